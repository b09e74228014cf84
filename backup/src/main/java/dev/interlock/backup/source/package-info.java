/**
 * The sources of backups ({@link dev.interlock.backup.source.BackupSource}), and the operations that each kind needs:
 * {@link dev.interlock.backup.source.SourceHandler}. A new kind is a package beside {@code postgres} with its own
 * Saving. It also needs a record in Source, one in {@link dev.interlock.backup.kept.BackupContent}, and a case of
 * {@code Job.saving}. This package must not know any kind.
 */
@NullMarked
package dev.interlock.backup.source;

import org.jspecify.annotations.NullMarked;
