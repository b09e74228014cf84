/**
 * The stored form of backups: encrypted files with a manifest ({@link dev.interlock.backup.kept.BackupRepository}).
 * {@link dev.interlock.backup.kept.BackupContent} describes the content for each kind of source, so that a restore can
 * be checked for completeness. This package must not know how a copy is made.
 */
@NullMarked
package dev.interlock.backup.kept;

import org.jspecify.annotations.NullMarked;
