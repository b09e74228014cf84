package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.confirm.Bell;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.Standing;
import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Agents that wait for people: a held call that said it has time ({@code Prefer: wait}) is tried once more when its
 * hold becomes usable, exactly as if the agent had sent it again then.
 *
 * <p>Who waits holds a virtual thread, its connection and its body, and nothing that others need: no transaction, no
 * line to an upstream. It is woken by confirm when something has become of the hold, and by nothing in between.
 *
 * <p>Threading: any.
 */
final class Waits {

    /** At once. Each holds one connection, and the front has several times as many. */
    static final int MOST = 64;

    /** Of one lease and all that was derived from it: as many as it may open holds. */
    static final int MOST_OF_A_LEASE = Confirmations.MAX_HOLDS_PER_LEASE;

    /** A longer body lies in memory that others need; such a call is answered at once. In bytes. */
    static final int MAX_BODY = 64 * 1024;

    private static final System.Logger LOG = System.getLogger(Waits.class.getName());

    private final Confirmations confirmations;
    private final BiFunction<Lease, String, Optional<Refusal>> stopped;
    private final Supplier<Instant> clock;
    private final Set<Seat> waiting = ConcurrentHashMap.newKeySet();

    /** Holds of which one waiting copy is being tried: the others wait for what becomes of that. */
    private final Set<String> trying = ConcurrentHashMap.newKeySet();

    private volatile boolean ended;

    /** What can become of a call that waited. */
    interface Steps<R> {

        /** It is decided anew. */
        Outcome<R> again(Attempt attempt);

        /** It is refused, on record. */
        Outcome<R> over(Perception.Unheard unheard);
    }

    Waits(Confirmations confirmations, BiFunction<Lease, String, Optional<Refusal>> stopped, Supplier<Instant> clock) {
        this.confirmations = confirmations;
        this.stopped = stopped;
        this.clock = clock;
    }

    /** What came of {@code attempt} within its patience; {@code held}, if it has none or too many wait already. */
    <R> Outcome<R> decided(Attempt attempt, Outcome.Held<R> held, Upstream<R> upstream, Steps<R> steps) {
        if (attempt.patience().isZero() || attempt.isDryRun() || attempt.isProbe() || !isSmall(attempt)) {
            return held;
        }
        try (Seat seat = new Seat(held.lease(), attempt.patience())) {
            if (!seat.isFree()) {
                return held;
            }
            try (Upstream.Waiting _ = upstream.waits(seat::leave)) {
                return new Wait<>(attempt, seat, steps).outcome(held);
            }
        }
    }

    /** A place to wait in for whoever holds {@code lease}; to be asked whether there is one, and to be closed. */
    Seat seat(Lease lease, Duration patience) {
        return new Seat(lease, patience);
    }

    private static boolean isSmall(Attempt attempt) {
        return switch (attempt.call()) {
            case HttpCall call -> call.body().length() <= MAX_BODY;
        };
    }

    /** Has everybody who waits look whether they may: leases were ended, or a kill stands. */
    void lookUp() {
        waiting.forEach(seat -> seat.bell.ring());
    }

    /** Nobody waits from now on. */
    void end() {
        ended = true;
        lookUp();
    }

    /** Where one agent waits, for as long as it has patience, is there, and the gateway lasts. */
    final class Seat implements AutoCloseable {

        final Bell bell = confirmations.bell();
        private final Lease lease;
        private final Duration patience;
        private final long began = System.nanoTime();
        private volatile boolean gone;

        private Seat(Lease lease, Duration patience) {
            this.lease = lease;
            this.patience = patience;
            waiting.add(this); // before it counts: of racing ones, too few wait rather than too many
        }

        /** False if there are too many already, of its lease or in all. */
        boolean isFree() {
            long kin = waiting.stream()
                    .filter(other -> other.lease.root().equals(lease.root()))
                    .count();
            return !ended && kin <= MOST_OF_A_LEASE && waiting.size() <= MOST;
        }

        /** Whoever waited is gone. */
        void leave() {
            gone = true;
            bell.ring();
        }

        /** Whether nobody is there to be answered, or the gateway ends. */
        boolean isLeft() {
            return gone || ended;
        }

        Duration left() {
            return patience.minusNanos(System.nanoTime() - began);
        }

        /**
         * How long its lease has to live, by the clock; nothing, if somebody has ended it or stopped its calls there.
         */
        Duration lived(String upstream) {
            return stopped.apply(lease, upstream).isPresent()
                    ? Duration.ZERO
                    : Duration.between(clock.get(), lease.expires());
        }

        /**
         * Returns after {@code longest}, or when something may have happened; whether it has rung.
         *
         * @throws InterruptedException if the gateway ends
         */
        boolean await(Duration longest) throws InterruptedException {
            return bell.await(earlier(longest, left()));
        }

        @Override
        public void close() {
            waiting.remove(this);
            bell.close();
        }
    }

    /** One call that waits. */
    private final class Wait<R> {

        private final Attempt attempt;
        private final Seat seat;
        private final Steps<R> steps;
        private boolean stirred;

        private Wait(Attempt attempt, Seat seat, Steps<R> steps) {
            this.attempt = attempt;
            this.seat = seat;
            this.steps = steps;
        }

        /** As often as it is held anew, by another hold, while there is time. */
        Outcome<R> outcome(Outcome.Held<R> first) {
            Outcome.Held<R> held = first;
            while (true) {
                Outcome<R> next = next(held);
                if (!(next instanceof Outcome.Held<R> other) || other.hold().equals(held.hold())) {
                    return next;
                }
                held = other;
            }
        }

        private Outcome<R> next(Outcome.Held<R> held) {
            seat.bell.listenFor(held.hold());
            while (true) {
                if (seat.isLeft()) {
                    return held;
                }
                if (!seat.left().isPositive()) {
                    return stirred ? again() : held; // what it was told is missing may have been given meanwhile
                }
                Duration lived = seat.lived(attempt.upstream());
                if (!lived.isPositive()) {
                    return again();
                }
                Duration change = lived;
                switch (standing(held)) {
                    case Standing.Undecided(Duration byItself) -> change = earlier(byItself, lived);
                    case Standing.Usable _ -> {
                        Optional<Outcome<R>> released = release(held);
                        if (released.isPresent()) {
                            return released.get();
                        }
                    }
                    case Standing.Over(Standing.How how) -> {
                        return over(held, how);
                    }
                }
                try {
                    stirred |= seat.await(change);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt(); // the gateway ends
                    return held;
                }
            }
        }

        /** Where nobody can say, it waits on: whoever changes something there rings. */
        private Standing standing(Outcome.Held<R> held) {
            try {
                return confirmations.standing(held.hold());
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "what became of a hold cannot be found out: {0}", e.getMessage());
                return new Standing.Undecided(attempt.patience());
            }
        }

        /** Empty if another copy of it is being tried, or has gone: of all that wait, one goes. */
        private Optional<Outcome<R>> release(Outcome.Held<R> held) {
            if (!trying.add(held.hold())) {
                return Optional.empty();
            }
            try { // once more, now that no other copy is being tried: one may have gone since it was looked at
                return standing(held) instanceof Standing.Usable ? Optional.of(again()) : Optional.empty();
            } finally {
                trying.remove(held.hold());
                lookUp(); // it may not have gone: then it is another's turn
            }
        }

        private Outcome<R> over(Outcome.Held<R> held, Standing.How how) {
            return switch (how) {
                case REFUSED, VOID -> again();
                case EXPIRED -> steps.over(told(held, Refusals.unanswered(held)));
                case USED -> steps.over(told(held, Refusals.overtaken(held)));
            };
        }

        private Perception.Unheard told(Outcome.Held<R> held, Refusal refusal) {
            return new Perception.Unheard(
                    Optional.of(held.lease()), refusal, Json.object().with("hold", held.hold()), Optional.empty());
        }

        private Outcome<R> again() {
            return steps.again(attempt.again(clock.get()));
        }
    }

    private static Duration earlier(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }
}
