package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Refusal;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.UndoRules;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.gate.Credential;
import dev.interlock.gate.DryRun;
import dev.interlock.gate.Handler;
import dev.interlock.gate.NotSentException;
import dev.interlock.gate.Outcome;
import dev.interlock.gate.Upstream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lets reads pass, asks about everything else, and lets pass once what was signed. Knows one lease. */
final class TestingGate implements Handler {

    static final String TOKEN = "ilk_the-lease";

    private static final Lease LEASE = new Lease(
            "L-1",
            "L-1",
            "jer/cursor",
            "jer",
            LeaseSigners.NOBODY,
            "task",
            Optional.empty(),
            Set.of("staging"),
            Set.of(Impact.READ),
            Set.of(),
            Optional.empty(),
            Instant.EPOCH,
            Instant.MAX);

    private final String credential;
    /** That for what destroys. */
    volatile String destroying;
    /** What is in such a schema needs that one as well. */
    volatile String apart = "none.";
    /** What a lease would be told that asks for writing. */
    volatile DryRun.Prediction writes = DryRun.Prediction.HOLD;
    /** Lets what changes no more rows pass. */
    volatile long permitted = -1;

    /** The longest state that would be kept. */
    volatile int most;

    volatile Optional<Bytes> kept = Optional.empty();
    /** Lets what only adds pass, as most policies do outside production. */
    volatile boolean isLenient;

    /** Runs before anything is sent that was measured. */
    volatile Runnable beforeSending = () -> {};

    private final Set<String> signed = Collections.synchronizedSet(new HashSet<>());
    private final List<String> held = Collections.synchronizedList(new ArrayList<>());
    /** That of the last call. */
    volatile @Nullable Upstream<?> upstream;

    /** Whether the lease was ended. */
    volatile boolean isKilled;

    /** The sessions and calls that a kill would cut off. */
    final List<Upstream<?>> open = Collections.synchronizedList(new ArrayList<>());

    final List<SqlCall> attempted = Collections.synchronizedList(new ArrayList<>());
    final List<Optional<String>> places = Collections.synchronizedList(new ArrayList<>());
    final List<List<Action>> measured = Collections.synchronizedList(new ArrayList<>());
    final List<SqlCall> forwarded = Collections.synchronizedList(new ArrayList<>());
    final List<Receipt.Result> atOnce = Collections.synchronizedList(new ArrayList<>());
    final List<Upstream.AnswerOutcome> outcomes = Collections.synchronizedList(new ArrayList<>());

    TestingGate(String credential) {
        this.credential = credential;
        this.destroying = credential;
    }

    /** Signs everything that waits. */
    void signAll() {
        signed.addAll(held);
        held.clear();
    }

    private static boolean adds(Action action) {
        return action.impacts().equals(Set.of(Impact.WRITE)) && action.reversibility() == Reversibility.REVERSIBLE;
    }

    private static long rows(List<Action> actions) {
        return actions.stream()
                .flatMap(action -> action.facts().stream())
                .filter(fact -> fact.name().equals(Consequences.COUNT))
                .mapToLong(fact -> fact.value().equals(Fact.UNCOUNTED) ? Long.MAX_VALUE : Long.parseLong(fact.value()))
                .max()
                .orElse(Long.MAX_VALUE);
    }

    private Optional<UndoRules> rules() {
        return most == 0 ? Optional.empty() : Optional.of(new UndoRules(Duration.ofDays(7), Duration.ofHours(1), most));
    }

    private List<Action> measured(Upstream.Measured found) {
        kept = found.state();
        return found.actions();
    }

    @Override
    public <R> Outcome<R> handle(Attempt attempt, Upstream<R> upstream) {
        SqlCall call = (SqlCall) attempt.call();
        this.upstream = upstream;
        if (!attempt.isDryRun()) {
            attempted.add(call);
            places.add(attempt.place());
        }
        if (attempt.presented().isEmpty()
                || isKilled
                || !attempt.presented().getFirst().secret().use(TOKEN::equals)) {
            return new Outcome.Refused<>("R-1", Refusal.denied("This is no lease.", "Ask for one.", List.of()));
        }
        String digest = call.canonical(SaltedDigests.OPEN).canonicalText();
        if (attempt.isDryRun()) {
            boolean isRead = call.actions().stream().allMatch(Action::isPureRead);
            DryRun.Prediction would = isRead ? DryRun.Prediction.PERMIT : writes;
            return new Outcome.DryRunOutcome<>(
                    "R-1", new DryRun(would, "", "", List.of(), Optional.empty(), Optional.empty()));
        }
        boolean reads = call.actions().stream().allMatch(each -> each.isPureRead() || (isLenient && adds(each)));
        List<Action> actions = reads ? call.actions() : measured(upstream.measured(call.actions(), rules()));
        String asked = digest + actions;
        boolean passes = reads || rows(actions) <= permitted;
        measured.add(actions);
        if (!passes && !signed.remove(asked)) {
            held.add(asked);
            return new Outcome.Held<>(
                    "R-1",
                    LEASE,
                    "H-1",
                    new Refusal(
                            Refusal.Kind.CONFIRMATION_REQUIRED,
                            Refusal.Finality.APPROVABLE,
                            "It would " + actions + ".",
                            "Wait.",
                            List.of(),
                            Optional.empty()),
                    Instant.MAX);
        }
        boolean destroys = call.actions().stream().anyMatch(action -> action.has(Impact.DESTROY))
                || call.actions().toString().contains(apart);
        Credential opened = _ -> Optional.of(new Header("password", destroys ? destroying : credential));
        try {
            upstream.scanAnswerBy((_, _) -> true);
            forwarded.add(call);
            beforeSending.run();
            R answer = upstream.forward(call, opened);
            atOnce.add(upstream.ending(answer).result());
            upstream.whenEnded(answer, () -> outcomes.add(upstream.ending(answer)));
            open.add(upstream);
            return new Outcome.Forwarded<>("R-1", answer, () -> open.remove(upstream));
        } catch (IOException e) {
            if (!(e instanceof NotSentException)) { // something may have happened, as the real gate says
                outcomes.add(new Upstream.AnswerOutcome(Receipt.Result.UNKNOWN, Json.object(), Optional.empty()));
            }
            return new Outcome.Refused<>("R-1", Refusal.unavailable(e.getMessage(), "Try again."));
        }
    }
}
