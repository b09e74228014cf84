package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Refusal;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldStatus;
import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Lets an agent wait for people. A held call that has time ({@code Prefer: wait}) is tried once more when its hold
 * becomes usable, exactly as if the agent had sent it again then. Threading: any.
 */
final class WaitingHandler implements Handler {

    /** Maximum bytes of the body of a call that waits. A longer one would lie in memory that others need. */
    static final int MAX_BODY = 64 * 1024;

    /** Time between two reports to the client: shorter than clients and networks keep a silent connection. */
    private static final Duration REPORT_PAUSE = Duration.ofSeconds(30);

    private static final System.Logger LOG = System.getLogger(WaitingHandler.class.getName());

    private final Gate next;
    private final HoldWaiters waits;
    private final Confirmations confirmations;
    private final Supplier<Instant> clock;

    /** The holds of which one waiting copy is being tried. The other copies wait for the result. */
    private final Set<String> trying = ConcurrentHashMap.newKeySet();

    WaitingHandler(Gate next, HoldWaiters waits, Confirmations confirmations, Supplier<Instant> clock) {
        this.next = next;
        this.waits = waits;
        this.confirmations = confirmations;
        this.clock = clock;
    }

    /** Returns the outcome within the attempt's patience. A held call stays held if too many wait already. */
    @Override
    public <R> Outcome<R> handle(Attempt attempt, Upstream<R> upstream) {
        Outcome<R> outcome = next.handle(attempt, upstream);
        if (!(outcome instanceof Outcome.Held<R> held) || !mayWait(attempt)) {
            return outcome;
        }
        try (HoldWaiters.Waiter seat = waits.seat(held.lease(), attempt.waitLimit())) {
            if (!seat.isFree()) {
                return held;
            }
            try (Upstream.WaitState client = upstream.beginWaiting(seat::leave)) {
                return new WaitingCall<>(attempt, upstream, seat, client).outcome(held);
            }
        }
    }

    private static boolean mayWait(Attempt attempt) {
        return !attempt.waitLimit().isZero()
                && !attempt.isDryRun()
                && !attempt.isProbe()
                && attempt.call().body().length() <= MAX_BODY;
    }

    private final class WaitingCall<R> {

        private final Attempt attempt;
        private final Upstream<R> upstream;
        private final HoldWaiters.Waiter seat;
        private final Upstream.WaitState client;
        private boolean stirred;
        private String reported = "";
        private Duration reportAt = Duration.ZERO;

        private WaitingCall(Attempt attempt, Upstream<R> upstream, HoldWaiters.Waiter seat, Upstream.WaitState client) {
            this.attempt = attempt;
            this.upstream = upstream;
            this.seat = seat;
            this.client = client;
        }

        /** Waits for each hold in turn, while there is time: a call that is tried again may be held by another one. */
        Outcome<R> outcome(Outcome.Held<R> first) {
            Outcome.Held<R> held = first;
            while (true) {
                Outcome<R> after = awaited(held);
                if (!(after instanceof Outcome.Held<R> other) || other.hold().equals(held.hold())) {
                    return after;
                }
                held = other;
            }
        }

        private Outcome<R> awaited(Outcome.Held<R> held) {
            seat.bell.listenFor(held.hold());
            while (true) {
                Duration left = seat.timeLeft();
                if (seat.isAbandoned()) {
                    return held;
                }
                if (!left.isPositive()) {
                    return stirred ? again() : held; // a missing fact that the answer names may have come meanwhile
                }
                Duration lived = seat.leaseTimeLeft(attempt.upstream());
                if (!lived.isPositive()) {
                    return again();
                }
                Duration change = lived;
                switch (standing(held)) {
                    case HoldStatus.UndecidedHold(boolean isSigned, Duration byItself) -> {
                        change = HoldWaiters.earlier(byItself, lived);
                        report(held, isSigned, left);
                    }
                    case HoldStatus.UsableHold _ -> {
                        Optional<Outcome<R>> released = release(held);
                        if (released.isPresent()) {
                            return released.get();
                        }
                    }
                    case HoldStatus.EndedHold(HoldStatus.HoldEnd how) -> {
                        return over(held, how);
                    }
                }
                try {
                    stirred |= seat.await(HoldWaiters.earlier(change, REPORT_PAUSE));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt(); // the gateway ends
                    return held;
                }
            }
        }

        /** Tells the client when it begins to wait for something else, and after each pause. */
        private void report(Outcome.Held<R> held, boolean isSigned, Duration left) {
            String state = held.hold() + isSigned;
            if (!state.equals(reported) || left.compareTo(reportAt) <= 0) {
                client.report(held.hold(), held.refusal(), isSigned, left);
                reported = state;
                reportAt = left.minus(REPORT_PAUSE);
            }
        }

        /** Returns the state of the hold. If the store cannot say, the call waits on: a change there wakes it. */
        private HoldStatus standing(Outcome.Held<R> held) {
            try {
                return confirmations.standing(held.hold());
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "the outcome of a hold cannot be determined: {0}", e.getMessage());
                return new HoldStatus.UndecidedHold(false, attempt.waitLimit());
            }
        }

        /** Empty if another copy is being tried, or has gone: of all copies that wait, one goes. */
        private Optional<Outcome<R>> release(Outcome.Held<R> held) {
            if (!trying.add(held.hold())) {
                return Optional.empty();
            }
            try { // checked once more, now that no other copy is being tried: one may have gone since the last check
                if (!(standing(held) instanceof HoldStatus.UsableHold)) {
                    return Optional.empty();
                }
                client.markSigned();
                return Optional.of(again());
            } finally {
                trying.remove(held.hold());
                waits.wakeAll(); // the call may not have gone: then it is another copy's turn
            }
        }

        private Outcome<R> over(Outcome.Held<R> held, HoldStatus.HoldEnd how) {
            return switch (how) {
                case REFUSED, VOID -> again();
                case EXPIRED -> next.refuse(attempt, told(held, Refusals.unanswered(held)));
                case USED -> next.refuse(attempt, told(held, Refusals.overtaken(held)));
            };
        }

        private Resolution.Rejected told(Outcome.Held<R> held, Refusal refusal) {
            return new Resolution.Rejected(
                    Optional.of(held.lease()), refusal, Json.object().with("hold", held.hold()), Optional.empty());
        }

        private Outcome<R> again() {
            return next.handle(attempt.resentAt(clock.get()), upstream);
        }
    }
}
