package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Secret;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Derives narrower leases for a front, from the lease that a request carried. */
public interface LeaseDeriver {

    /**
     * Derives a child of the presented lease, with a scope as JSON. A remote machine that presents nothing gets its own
     * lease. Never throws for anything that an agent can cause.
     */
    Result derive(List<Attempt.PresentedCredential> presented, Optional<String> place, Bytes asked, Instant at);

    sealed interface Result {

        /** The child lease was issued; its token is shown once. */
        record DerivedLease(String receipt, Lease lease, Secret token) implements Result {}

        record RefusedDerivation(String receipt, Refusal refusal) implements Result {}
    }
}
