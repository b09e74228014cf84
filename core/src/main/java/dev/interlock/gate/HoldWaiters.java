package dev.interlock.gate;

import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldSignal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * The places in which agents wait for people, and the signals that wake them. A waiter holds a virtual thread, its
 * connection and its body, and nothing that others need. Threading: any.
 */
final class HoldWaiters {

    /** Maximum waiters. Each holds one connection, and the front has several times as many. */
    static final int MOST = 64;

    /** Maximum waiters of one agent, under all its leases: as many as it may open holds. */
    static final int MOST_OF_AN_AGENT = Confirmations.MAX_HOLDS_PER_AGENT;

    private final Confirmations confirmations;
    private final BiFunction<Lease, String, Optional<Refusal>> stopped;
    private final Supplier<Instant> clock;
    private final Set<Waiter> waiting = ConcurrentHashMap.newKeySet();
    private volatile boolean ended;

    HoldWaiters(
            Confirmations confirmations,
            BiFunction<Lease, String, Optional<Refusal>> stopped,
            Supplier<Instant> clock) {
        this.confirmations = confirmations;
        this.stopped = stopped;
        this.clock = clock;
    }

    /** Returns a place to wait in. Ask {@link Waiter#isFree} before use, and close it. */
    Waiter seat(Lease lease, Duration patience) {
        return new Waiter(lease, patience);
    }

    /** Wakes everybody who waits, to check whether they still may: leases were ended, or a kill stands. */
    void wakeAll() {
        waiting.forEach(seat -> seat.bell.signal());
    }

    void end() {
        ended = true;
        wakeAll();
    }

    /** A place in which one agent waits, for as long as it has patience, is there, and the gateway lasts. */
    final class Waiter implements AutoCloseable {

        final HoldSignal bell = confirmations.openSignal();
        private final Lease lease;
        private final Duration patience;
        private final long began = System.nanoTime();
        private volatile boolean gone;

        private Waiter(Lease lease, Duration patience) {
            this.lease = lease;
            this.patience = patience;
            waiting.add(this); // before it counts: if several race, too few wait rather than too many
        }

        /** Returns false if there are too many waiters already, of its agent or in all. */
        boolean isFree() {
            long kin = waiting.stream()
                    .filter(other -> other.lease.agent().equals(lease.agent()))
                    .count();
            return !ended && kin <= MOST_OF_AN_AGENT && waiting.size() <= MOST;
        }

        void leave() {
            gone = true;
            bell.signal();
        }

        boolean isAbandoned() {
            return gone || ended;
        }

        Duration timeLeft() {
            return patience.minusNanos(System.nanoTime() - began);
        }

        /** Zero if somebody has ended the lease or stopped its calls there. */
        Duration leaseTimeLeft(String upstream) {
            return stopped.apply(lease, upstream).isPresent()
                    ? Duration.ZERO
                    : Duration.between(clock.get(), lease.expires());
        }

        /** Returns after {@code longest}, or when something may have happened: true if it was signalled. */
        boolean await(Duration longest) throws InterruptedException {
            return bell.await(earlier(longest, timeLeft()));
        }

        @Override
        public void close() {
            waiting.remove(this);
            bell.close();
        }
    }

    static Duration earlier(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }
}
