/**
 * Backups: another tool takes and stores them; here they are restored for real and compared with their source.
 *
 * <p>Begin with {@link dev.interlock.backup.BackupProof}, the only class that knows every kind of source. It runs in a
 * process of its own, with passwords and a key that neither the gateway nor an agent can read. That process signs a
 * {@link dev.interlock.backup.BackupAttestation}, on which decisions rest. This package must not know who uses its
 * results, or for which decisions.
 */
@NullMarked
package dev.interlock.backup;

import org.jspecify.annotations.NullMarked;
