/**
 * The front that speaks PostgreSQL's protocol: an agent's client connects here with its lease for a password. Start at
 * {@link dev.interlock.front.postgres.PostgresFront}; {@code ClientSession} is a connection, {@code StatementPhase} its
 * life after the greeting. What statements mean is read in {@code sql}.
 */
@NullMarked
package dev.interlock.front.postgres;

import org.jspecify.annotations.NullMarked;
