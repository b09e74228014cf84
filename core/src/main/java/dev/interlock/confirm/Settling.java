package dev.interlock.confirm;

import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What time, a new seal or the end of its lease has made of a hold: nobody is asked to sign in vain.
 *
 * <p>INVARIANT: what is seen as over stays over. Time is never set back, a seal never returns, and a lease that has
 * ended does not begin again; so that it need not be written down by whoever sees it first.
 *
 * <p>Threading: of one thread, for one look at the store.
 */
final class Settling {

    private static final String LEASE_OVER = "The lease that it was asked for under is not in force any more.";

    private final String seal;
    private final Instant now;
    private final Predicate<String> leases;
    private final Map<String, Boolean> asked = new HashMap<>();

    /**
     * Looks at holds as they are at {@code now}.
     *
     * @param seal the identifier of the one in force
     * @param leases whether the root lease of that name is in force; asked once of each
     */
    Settling(String seal, Instant now, Predicate<String> leases) {
        this.seal = seal;
        this.now = now;
        this.leases = leases;
    }

    /** What {@code hold} is, whether or not anybody has written it down. */
    Hold seen(Hold hold) {
        Hold timely = Expiry.seen(hold, now);
        if (!timely.state().isLive()) {
            return timely;
        }
        if (!timely.statement().seal().equals(seal)) {
            return timely.ended(HoldState.VOID, Matching.SEALED_ANEW);
        }
        // Asked after the hold was read: a lease is in force before anybody can open a hold under it.
        return isInForce(timely.statement().lease()) ? timely : timely.ended(HoldState.VOID, LEASE_OVER);
    }

    /** The same, written down. */
    Hold of(HoldRows rows, Hold hold) throws SQLException {
        Hold seen = seen(hold);
        if (!seen.state().equals(hold.state())) {
            rows.step(hold, seen);
        }
        return seen;
    }

    /** Whether what {@code glance} shows may still be what it is called, its time left aside. */
    boolean isCurrent(HoldRows.Glance glance) {
        return glance.seal().equals(seal) && isInForce(glance.lease());
    }

    private boolean isInForce(String lease) {
        return asked.computeIfAbsent(lease, leases::test);
    }
}
