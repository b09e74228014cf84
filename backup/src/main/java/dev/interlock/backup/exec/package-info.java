/**
 * Backups that the operator's own programs make and restore. Begin with
 * {@link dev.interlock.backup.exec.ExecSourceHandler}; {@code docs/backup-programs.md} has the contract.
 */
@NullMarked
package dev.interlock.backup.exec;

import org.jspecify.annotations.NullMarked;
