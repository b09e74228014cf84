/**
 * The records of agents' runs: the terminal output, the agent's own transcripts, and the digest that the ledger has of
 * both. The package compares them with the actions that the gateway saw.
 *
 * <p>It must not know how an agent is started or confined. All text of an agent is a claim and may be hostile: it is
 * bounded, never followed anywhere, and made safe before display. Start with
 * {@link dev.interlock.session.SessionRecorder} (being made) and {@link dev.interlock.session.Session} (finished).
 */
@NullMarked
package dev.interlock.session;

import org.jspecify.annotations.NullMarked;
