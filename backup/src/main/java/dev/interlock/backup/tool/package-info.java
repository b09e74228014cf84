/** The tools that take, store and restore backups. Begin with {@link dev.interlock.backup.tool.BackupTool}. */
@NullMarked
package dev.interlock.backup.tool;

import org.jspecify.annotations.NullMarked;
