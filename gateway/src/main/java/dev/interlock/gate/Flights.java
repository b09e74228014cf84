package dev.interlock.gate;

import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * Every call that is under way.
 *
 * <p>A call is in here before it is asked for the last time whether it may go, and whoever ends a lease looks in here
 * after they have: so one of both sees the other, and nothing slips through between.
 *
 * <p>A host takes so many calls at once and no more ({@code UpstreamLimits}): a lease that leaves its answers unread
 * would otherwise have them all, and every other agent none.
 *
 * <p>Threading: any.
 */
final class Flights {

    /**
     * To one host, of one lease and all that was derived from it: half of what a host takes, under however many names
     * the seal has it.
     */
    static final int MOST = 64;

    private final Set<Call> underWay = ConcurrentHashMap.newKeySet();

    /** One of them. */
    final class Call implements Flight {
        private final Lease lease;
        private final String authority;
        private final Runnable cut;
        private final Function<List<String>, Optional<Refusal>> why;
        private volatile List<String> confirmedBy = List.of();
        private final AtomicReference<Optional<Refusal>> stopped = new AtomicReference<>(Optional.empty());

        private Call(Lease lease, String authority, Runnable cut, Function<List<String>, Optional<Refusal>> why) {
            this.lease = lease;
            this.authority = authority;
            this.cut = cut;
            this.why = why;
        }

        /** Whether its lease has more under way there than it may, this one included. */
        boolean isOneTooMany() {
            return number(lease, authority) > MOST;
        }

        /** These people have let it go. To be said before it is asked whether any of them was stopped. */
        void confirmedBy(List<String> people) {
            confirmedBy = List.copyOf(people);
        }

        /** Why it may not go, or not go on, if it may not. */
        Optional<Refusal> why() {
            return why.apply(confirmedBy);
        }

        /** Why it was cut off, if it was. */
        Optional<Refusal> stopped() {
            return stopped.get();
        }

        @Override
        public void close() {
            underWay.remove(this);
        }
    }

    /** Whether {@code lease} has so many under way to {@code authority} that one more would be too many. */
    boolean isFull(Lease lease, String authority) {
        return number(lease, authority) >= MOST;
    }

    private long number(Lease lease, String authority) {
        return underWay.stream()
                .filter(call ->
                        call.authority.equals(authority) && call.lease.root().equals(lease.root()))
                .count();
    }

    /**
     * One more.
     *
     * @param why why it may not go, or not go on, if it may not: asked with who has confirmed it, as far as it got
     */
    Call begin(Lease lease, String authority, Runnable cut, Function<List<String>, Optional<Refusal>> why) {
        Call call = new Call(lease, authority, cut, why);
        underWay.add(call);
        return call;
    }

    /** Cuts off each call that may not go on. Returns how many these were. */
    int cut() {
        int number = 0;
        for (Call call : underWay) {
            Optional<Refusal> reason = call.why();
            if (reason.isPresent() && call.stopped.compareAndSet(Optional.empty(), reason)) {
                call.cut.run();
                number++;
            }
        }
        return number;
    }
}
