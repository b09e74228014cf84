/**
 * Backups: taking them, testing them by a real restore, and comparing the counts.
 *
 * <p>Begin with {@link dev.interlock.backup.BackupRun} and {@link dev.interlock.backup.RestoreTest}.
 * {@link dev.interlock.backup.PlanJob} is the only class that knows every kind of source. Both run in their own
 * process, with a password and a key that neither the gateway nor an agent can read. That process signs a
 * {@link dev.interlock.backup.BackupAttestation}, on which decisions rest. This package must not know who uses its
 * results, or for which decisions.
 */
@NullMarked
package dev.interlock.backup;

import org.jspecify.annotations.NullMarked;
