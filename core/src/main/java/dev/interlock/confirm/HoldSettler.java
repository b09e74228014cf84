package dev.interlock.confirm;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Determines what time, a new seal or the end of its lease has made of a hold, so that nobody signs in vain.
 *
 * <p>INVARIANT: a hold that is seen as over stays over. Time is never set back, a seal never returns, and a lease that
 * has ended does not begin again. So the first observer need not record it.
 *
 * <p>Threading: one thread, for one read of the store.
 */
final class HoldSettler {

    private static final String LEASE_OVER = "The lease that requested it is no longer valid.";

    private final String seal;
    private final Instant now;
    private final Predicate<String> leases;
    private final Map<String, Boolean> asked = new HashMap<>();

    /**
     * Creates a view of holds at {@code now}.
     *
     * @param seal the identifier of the one in force
     * @param leases tells whether the root lease of that name is in force; called once for each
     */
    HoldSettler(String seal, Instant now, Predicate<String> leases) {
        this.seal = seal;
        this.now = now;
        this.leases = leases;
    }

    Hold seen(Hold hold) {
        Hold timely = HoldExpiry.seen(hold, now);
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
        Hold seen = seen(hold);
        if (!seen.state().equals(hold.state())) {
            rows.step(hold, seen);
        }
        return seen;
    }

    /** Returns whether the state in {@code glance} may still be right, apart from time. */
    boolean isCurrent(HoldRows.HoldHead glance) {
        return glance.seal().equals(seal) && isInForce(glance.lease());
    }

    private boolean isInForce(String lease) {
        return asked.computeIfAbsent(lease, leases::test);
    }
}
