/**
 * The storage of backups: bytes under names. Begin with {@link dev.interlock.backup.place.BackupStorage}. A new kind of
 * storage is a class beside {@link dev.interlock.backup.place.DirectoryStorage}, a record in
 * {@link dev.interlock.backup.place.BackupTarget} and a case of {@link dev.interlock.backup.place.BackupStorage#of}.
 * This package must not know what the bytes mean.
 */
@NullMarked
package dev.interlock.backup.place;

import org.jspecify.annotations.NullMarked;
