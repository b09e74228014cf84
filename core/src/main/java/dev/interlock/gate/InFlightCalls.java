package dev.interlock.gate;

import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * The calls in flight: each from before its intent is written until its answer has been passed on.
 *
 * <p>A call is added before it is checked for the last time, and somebody who ends a lease cuts off calls only after it
 * has ended. So one of the two always sees the other. The limits leave places at a host, and in the ledger, to other
 * agents. Threading: any.
 */
final class InFlightCalls {

    /** Maximum calls to one host, of one agent under all its leases: half of a host's capacity. */
    static final int MOST = 64;

    /**
     * Maximum calls to all hosts: a fourth of the receipts that wait for the disk at once. Real work uses few hosts.
     */
    static final int MOST_OF_ALL = 256;

    /** The calls of an agent to one host. An empty authority means all hosts. */
    private record CallGroup(String agent, String authority) {}

    private final Map<CallGroup, Integer> taken = new HashMap<>();

    private final Set<Entry> underWay = ConcurrentHashMap.newKeySet();

    final class Entry implements InFlightCall {
        private final List<CallGroup> shares;
        private final Runnable cut;
        private final Function<List<String>, Optional<Refusal>> why;
        private volatile List<String> confirmedBy = List.of();
        private final AtomicBoolean hasPlace = new AtomicBoolean(true);
        private final AtomicReference<Optional<Refusal>> stopped = new AtomicReference<>(Optional.empty());

        private Entry(List<CallGroup> shares, Runnable cut, Function<List<String>, Optional<Refusal>> why) {
            this.shares = shares;
            this.cut = cut;
            this.why = why;
        }

        /** Names the people who confirmed it. To be called before it is checked whether any of them was stopped. */
        void confirmedBy(List<String> people) {
            confirmedBy = List.copyOf(people);
        }

        /** Returns why it may not go, or not go on, if it may not. */
        Optional<Refusal> stopReason() {
            return why.apply(confirmedBy);
        }

        Optional<Refusal> cutReason() {
            return stopped.get();
        }

        @Override
        public void leavePlace() {
            if (hasPlace.getAndSet(false)) { // counts once, however often it is closed
                giveBack(shares);
            }
        }

        @Override
        public void close() {
            underWay.remove(this);
            leavePlace();
        }
    }

    /**
     * Adds a call; empty if its agent has the maximum. {@code why} is given the people who have confirmed it so far.
     */
    Optional<Entry> admit(Lease lease, String authority, Runnable cut, Function<List<String>, Optional<Refusal>> why) {
        CallGroup there = new CallGroup(lease.agent(), authority);
        CallGroup all = new CallGroup(lease.agent(), "");
        if (!take(there, all)) {
            return Optional.empty();
        }
        Entry call = new Entry(List.of(there, all), cut, why);
        underWay.add(call);
        return Optional.of(call);
    }

    private boolean take(CallGroup there, CallGroup all) {
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

    private void giveBack(List<CallGroup> shares) {
        synchronized (taken) {
            for (CallGroup share : shares) {
                int left = taken.getOrDefault(share, 1) - 1;
                if (left == 0) {
                    taken.remove(share);
                } else {
                    taken.put(share, left);
                }
            }
        }
    }

    int cutStopped() {
        int number = 0;
        for (Entry call : underWay) {
            Optional<Refusal> reason = call.stopReason();
            if (reason.isPresent() && call.stopped.compareAndSet(Optional.empty(), reason)) {
                call.cut.run();
                number++;
            }
        }
        return number;
    }
}
