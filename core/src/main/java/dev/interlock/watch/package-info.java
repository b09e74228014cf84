/**
 * Notifies people of what must not wait: alerts on standard error and to receivers, each with its own spool and thread.
 * It also judges probes, by the answers alone.
 *
 * <p>It only sends: no decision waits for it, no message confirms anything, and it must not know policy, protocols or
 * credentials. An alert contains no secret, because its source has none. Start with
 * {@link dev.interlock.watch.AlertDispatcher}, and with {@link dev.interlock.watch.Probes} for recent probe results.
 */
@NullMarked
package dev.interlock.watch;

import org.jspecify.annotations.NullMarked;
