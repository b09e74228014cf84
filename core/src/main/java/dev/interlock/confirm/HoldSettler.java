package dev.interlock.confirm;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/** What time, a new seal or the end of its lease has made of a hold. INVARIANT: one that is seen as over stays over. */
final class HoldSettler {

    private static final String LEASE_OVER = "The lease that requested it is no longer valid.";

    private final String seal;
    private final Instant now;
    private final Predicate<String> leases;
    private final Map<String, Boolean> asked = new HashMap<>();

    HoldSettler(String seal, Instant now, Predicate<String> leases) {
        this.seal = seal;
        this.now = now;
        this.leases = leases;
    }

    Hold seen(Hold hold) {
        Hold timely = hold.seenAt(now);
        if (!timely.state().isLive()) {
            return timely;
        }
        if (!timely.statement().seal().equals(seal)) {
            return timely.ended(HoldState.VOID, HoldMatcher.SEALED_ANEW);
        }
        // Must be called after reading the hold: a lease is in force before a hold can be opened under it.
        return isInForce(timely.statement().lease()) ? timely : timely.ended(HoldState.VOID, LEASE_OVER);
    }

    Hold of(HoldRows rows, Hold hold) {
        return rows.settle(hold, seen(hold));
    }

    /** Returns whether the state in {@code glance} may still be right, apart from time. */
    boolean isCurrent(HoldRows.HoldHead glance) {
        return glance.seal().equals(seal) && isInForce(glance.lease());
    }

    private boolean isInForce(String lease) {
        return asked.computeIfAbsent(lease, leases::test);
    }
}
