package dev.interlock.gate;

import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;

/**
 * Every call that is under way.
 *
 * <p>A call is in here before it is asked for the last time whether it may go, and whoever ends a lease looks in here
 * after they have: so one of both sees the other, and nothing slips through between.
 *
 * <p>Threading: any.
 */
final class Flights {

    private final Set<Call> underWay = ConcurrentHashMap.newKeySet();

    /** One of them. */
    final class Call implements Flight {
        private final Lease lease;
        private final String upstream;
        private final Runnable cut;
        private final AtomicReference<Optional<Refusal>> stopped = new AtomicReference<>(Optional.empty());

        private Call(Lease lease, String upstream, Runnable cut) {
            this.lease = lease;
            this.upstream = upstream;
            this.cut = cut;
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

    Call begin(Lease lease, String upstream, Runnable cut) {
        Call call = new Call(lease, upstream, cut);
        underWay.add(call);
        return call;
    }

    /** Cuts off each call for which {@code why} has a reason. Returns how many these were. */
    int cut(BiFunction<Lease, String, Optional<Refusal>> why) {
        int number = 0;
        for (Call call : underWay) {
            Optional<Refusal> reason = why.apply(call.lease, call.upstream);
            if (reason.isPresent() && call.stopped.compareAndSet(Optional.empty(), reason)) {
                call.cut.run();
                number++;
            }
        }
        return number;
    }
}
