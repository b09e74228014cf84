/**
 * The records of agents' runs: their output, the digest that the ledger has of it, a summary of what the gateway saw.
 *
 * <p>It must not know how an agent is started or confined. All text of an agent is a claim and may be hostile. Start
 * with {@link dev.interlock.session.SessionRecorder} (being made) and {@link dev.interlock.session.Session} (finished).
 */
@NullMarked
package dev.interlock.session;

import org.jspecify.annotations.NullMarked;
