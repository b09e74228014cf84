/**
 * What an agent's run leaves to look at: the record of its terminal and of what it says of itself, the digest that the
 * ledger has of that, and both laid beside what the gateway saw it do.
 *
 * <p>It must not know how an agent is started or confined. All that an agent wrote is a claim and may be hostile: it is
 * bounded, never followed anywhere, and made inert before it is shown. Start with
 * {@link dev.interlock.session.Recording} (being made) and {@link dev.interlock.session.Session} (made).
 */
@NullMarked
package dev.interlock.session;

import org.jspecify.annotations.NullMarked;
