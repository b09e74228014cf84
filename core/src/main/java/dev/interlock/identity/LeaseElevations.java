package dev.interlock.identity;

import dev.interlock.action.Elevation;
import dev.interlock.action.Lease;
import dev.interlock.action.Seal;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Holds the temporary elevations of leases. The store is authoritative; those that have not expired are also in memory.
 * Threading: any.
 */
public final class LeaseElevations {

    private final LeaseStore store;
    private final InstantSource wall;
    private final Map<String, LeaseElevation> byHold = new ConcurrentHashMap<>();

    LeaseElevations(LeaseStore store, InstantSource wall) {
        this.store = store;
        this.wall = wall;
        follow();
    }

    /** Takes up what other gateways added. */
    void follow() {
        store.elevations(wall.instant().minus(Elevation.MAX_TIME))
                .forEach(widening -> byHold.put(widening.hold(), widening));
    }

    /** Ends those that {@code isStopped} says of, also those of other gateways, durably and for good. */
    void end(Predicate<LeaseElevation> isStopped) {
        follow();
        for (LeaseElevation widening : List.copyOf(byHold.values())) {
            if (!widening.isEnded() && isStopped.test(widening)) {
                store.endElevation(widening.hold());
                byHold.put(widening.hold(), widening.ended());
            }
        }
    }

    /** Returns whether hold {@code id} has elevated a lease already. */
    public boolean isKnown(String id) {
        return byHold.containsKey(id);
    }

    /** Elevates a lease, durably; does nothing if that hold has done so before. */
    public void add(LeaseElevation widening) {
        if (store.addElevation(widening)) {
            byHold.values().removeIf(old -> old.until().plus(Elevation.MAX_TIME).isBefore(widening.until()));
            byHold.put(widening.hold(), widening);
        }
    }

    /** Returns the elevations from any signer, without those that have expired by the wall clock. */
    public List<LeaseElevation> of(Lease lease, Seal seal, Instant now) {
        if (byHold.isEmpty()) { // the usual case, and every refusal asks
            return List.of();
        }
        Instant onTheWall = wall.instant();
        return byHold.values().stream()
                .filter(widening -> widening.lease().equals(lease.id())
                        && widening.seal().equals(seal.id())
                        && now.isBefore(widening.until())
                        && onTheWall.isBefore(widening.receiptUntil()))
                .toList();
    }

    /** Returns the elevation by {@code hold}, until some time after its expiry. */
    public Optional<LeaseElevation> by(String hold) {
        return Optional.ofNullable(byHold.get(hold));
    }

    /** Returns why no signature could grant it, as a whole sentence; empty if one could. */
    static Optional<String> impossible(Seal seal, Lease lease, Elevation elevation) {
        if (!lease.root().equals(lease.id())) {
            return Optional.of(
                    "A derived lease cannot be elevated: request the elevation with the lease that it derives from.");
        }
        if (elevation.isNothingTo(lease)) {
            return Optional.of("Your lease permits all of that already.");
        }
        if (ChildLeaseScope.isTooMuch(elevation.resources())) { // a statement for people to sign has no room for it
            return Optional.of("The request names more or longer resources than a lease may.");
        }
        return elevation.environments().stream()
                .filter(name -> !seal.environments().containsKey(name))
                .findFirst()
                .map(_ -> "One of these environments is not in the seal; the seal has: "
                        + String.join(", ", seal.environments().keySet()) + ".");
    }
}
