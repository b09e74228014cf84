/**
 * Backups as facts: taken, restored for real, counted.
 *
 * <p>Begin with {@link dev.interlock.backup.Taking} and {@link dev.interlock.backup.Verification};
 * {@link dev.interlock.backup.Job} is the one place that knows every kind of source. Both run in a process of their
 * own, with a password and a key that neither the gateway nor an agent can read; what comes of it for decisions is
 * {@link dev.interlock.backup.Attested}, signed there. This room must not know who asks, or what is decided with what
 * it finds.
 */
@NullMarked
package dev.interlock.backup;

import org.jspecify.annotations.NullMarked;
