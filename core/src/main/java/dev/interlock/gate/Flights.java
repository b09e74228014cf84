package dev.interlock.gate;

import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * Every call that is under way, from before its intent is written.
 *
 * <p>A call is in here before it is asked for the last time whether it may go, and whoever ends a lease looks in here
 * after they have: so one of both sees the other, and nothing slips through between.
 *
 * <p>A host takes so many calls at once and no more ({@code UpstreamLimits}), and so does the ledger: a lease that
 * leaves its answers unread, or asks at every host at once, would otherwise have them all, and every other agent none.
 *
 * <p>Threading: any.
 */
final class Flights {

    /**
     * To one host, of one lease and all that was derived from it: half of what a host takes, under however many names
     * the seal has it.
     */
    static final int MOST = 64;

    /** To all hosts together: a fourth of the receipts that wait for the disk at once. Work keeps to few hosts. */
    static final int MOST_OF_ALL = 256;

    /** How many a lease and all that was derived from it have, to one host, or to all if that is empty. */
    private record Share(String root, String authority) {}

    /** Guarded by itself. */
    private final Map<Share, Integer> taken = new HashMap<>();

    private final Set<Call> underWay = ConcurrentHashMap.newKeySet();

    /** One of them. */
    final class Call implements Flight {
        private final List<Share> shares;
        private final Runnable cut;
        private final Function<List<String>, Optional<Refusal>> why;
        private volatile List<String> confirmedBy = List.of();
        private final AtomicReference<Optional<Refusal>> stopped = new AtomicReference<>(Optional.empty());

        private Call(List<Share> shares, Runnable cut, Function<List<String>, Optional<Refusal>> why) {
            this.shares = shares;
            this.cut = cut;
            this.why = why;
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
            if (underWay.remove(this)) { // once, however often it is closed
                giveBack(shares);
            }
        }
    }

    /**
     * One more; empty if its lease has as many under way as it may. It is to be closed.
     *
     * @param why why it may not go, or not go on, if it may not: asked with who has confirmed it, as far as it got
     */
    Optional<Call> begin(Lease lease, String authority, Runnable cut, Function<List<String>, Optional<Refusal>> why) {
        Share there = new Share(lease.root(), authority);
        Share all = new Share(lease.root(), "");
        if (!take(there, all)) {
            return Optional.empty();
        }
        Call call = new Call(List.of(there, all), cut, why);
        underWay.add(call);
        return Optional.of(call);
    }

    private boolean take(Share there, Share all) {
        synchronized (taken) {
            int thereBefore = taken.getOrDefault(there, 0);
            int allBefore = taken.getOrDefault(all, 0);
            if (thereBefore >= MOST || allBefore >= MOST_OF_ALL) {
                return false;
            }
            taken.put(there, thereBefore + 1);
            taken.put(all, allBefore + 1);
            return true;
        }
    }

    private void giveBack(List<Share> shares) {
        synchronized (taken) {
            for (Share share : shares) {
                int left = taken.getOrDefault(share, 1) - 1;
                if (left == 0) {
                    taken.remove(share);
                } else {
                    taken.put(share, left);
                }
            }
        }
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
