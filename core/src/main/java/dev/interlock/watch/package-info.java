/**
 * Tells people what must not wait until they look: alerts on standard error and to receivers, each of which has its own
 * spool and its own thread. Judges probes, by the answers alone.
 *
 * <p>It only ever speaks: no decision waits for it, no message confirms anything, and it must not know policy,
 * protocols or credentials. An alert holds no secret, because those who raise it have none to give. Start with
 * {@link dev.interlock.watch.Watch}, and with {@link dev.interlock.watch.Probes} for what has been proved of late.
 */
@NullMarked
package dev.interlock.watch;

import org.jspecify.annotations.NullMarked;
