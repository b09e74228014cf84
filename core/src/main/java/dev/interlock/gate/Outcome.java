package dev.interlock.gate;

import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import java.time.Instant;

/**
 * How an attempt ended, for the front to say in its own protocol.
 *
 * @param <R> what the front's way of forwarding returns
 */
public sealed interface Outcome<R> {

    /** The identifier of the receipt; empty if none could be written. */
    String receipt();

    /**
     * It went, and this came back.
     *
     * @param flight to be closed when the answer has been passed on; until then it can be cut off
     */
    record Forwarded<R>(String receipt, R answer, Flight flight) implements Outcome<R> {}

    /** It did not go; or it went and no answer came, which the refusal then says. */
    record Refused<R>(String receipt, Refusal refusal) implements Outcome<R> {}

    /**
     * It waits for people.
     *
     * @param lease whose it is
     */
    record Held<R>(String receipt, Lease lease, String hold, Refusal refusal, Instant expires) implements Outcome<R> {}

    /** It was a question only, and this is the answer; nothing was sent, and nobody was asked. */
    record Tried<R>(String receipt, Trial trial) implements Outcome<R> {}
}
