/**
 * Whatever somebody's own programs copy and restore. Begin with {@link dev.interlock.backup.exec.ExecSaving}; the
 * contract is in {@code docs/backups.md}.
 */
@NullMarked
package dev.interlock.backup.exec;

import org.jspecify.annotations.NullMarked;
