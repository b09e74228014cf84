package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Refusal;
import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Whom a front asks for more than a lease has, in the name of whoever holds that lease. */
@FunctionalInterface
public interface Elevator {

    /** Asks for it, or says what became of it. Never throws for anything that an agent can cause. */
    Elevated elevate(Request request);

    /**
     * What an agent wants.
     *
     * @param place the listener it was asked at, if that belongs to one agent alone
     * @param patience how long the agent waits for people; zero if it does not
     * @param waits told that it waits, and what to run once the agent is gone
     */
    record Request(
            List<Attempt.Presented> presented,
            Optional<String> place,
            Wish wish,
            Instant at,
            Duration patience,
            Function<Runnable, Upstream.Waiting> waits) {
        public Request {
            presented = List.copyOf(presented);
        }
    }

    /** What about. */
    sealed interface Wish {

        /** More, as JSON. */
        record More(Bytes asked) implements Wish {}

        /** What became of what was asked for by {@code hold}. */
        record News(String hold) implements Wish {}
    }

    /** What came of it. */
    sealed interface Elevated {

        /** The identifier of the receipt; empty if none was written. */
        String receipt();

        /**
         * How it stands.
         *
         * @param hold by which people decide
         * @param isGiven whether the lease is wider now; otherwise people have not decided
         * @param members what there is to say of it
         */
        record Told(String receipt, String hold, boolean isGiven, Json.Members members) implements Elevated {}

        /** It is not given. */
        record Refused(String receipt, Refusal refusal) implements Elevated {}
    }
}
