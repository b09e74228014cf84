package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Whom a front asks for a narrower child of the lease that a request carried. */
public interface Deriver {

    /**
     * Derives a child of the lease among {@code presented}. Never throws for anything that an agent can cause.
     *
     * @param place the listener it was asked at, if that belongs to one agent alone
     * @param asked what the child is to have, as JSON
     */
    Derived derive(List<Attempt.Presented> presented, Optional<String> place, Bytes asked, Instant at);

    /** What came of it. */
    sealed interface Derived {

        /** The identifier of the receipt; empty if none could be written. */
        String receipt();

        /**
         * It is given.
         *
         * @param token the child's, shown once
         */
        record Given(String receipt, Lease lease, Secret token) implements Derived {}

        /** It is not given. */
        record Refused(String receipt, Refusal refusal) implements Derived {}
    }
}
