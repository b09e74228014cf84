package dev.interlock.confirm;

import com.github.f4b6a3.ulid.Ulid;
import dev.interlock.action.Bytes;
import dev.interlock.action.DigestPhrase;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.SealConversion;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.PlanStep;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.Statement;
import dev.interlock.evidence.StatementList;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The gate's side of plans. A plan is a set of holds with an order, which their statements say ({@link PlanStep}). All
 * its steps are held, also those that would pass alone: people sign for what the others rest on.
 *
 * <p>INVARIANT: a step is used after the one before it has succeeded, and what ends one unused ends all that are left.
 */
public final class HoldPlans {

    /** The maximum number of steps: of the statements in one signed list. */
    public static final int MAX_STEPS = StatementList.MAX;

    /** Maximum leases that are known to have no plan. */
    private static final int MAX_LEASES = 1_000;

    public sealed interface PlanResult {

        /**
         * People are asked, by the set {@code id}; the tickets are in the order of the steps. Not {@code isFresh} if
         * they were asked before. {@code words} is the digest of what they sign.
         */
        record AskedPlan(String id, String question, String words, List<HoldTicket> tickets, boolean isFresh)
                implements PlanResult {
            public AskedPlan {
                tickets = List.copyOf(tickets);
            }
        }

        /** Nobody is asked, because of the step at {@code index}, from 0. */
        record UnaskedPlan(int index, Confirmations.ParkResult why) implements PlanResult {}
    }

    private final Confirmations confirmations;
    private final HoldStore store;

    /** How often a plan was opened. Nothing else makes one, so there is one such object. */
    private final AtomicLong opened = new AtomicLong();

    /** Leases that had no live plan, with {@link #opened} before that was read: they have none until it grows. */
    private final Map<String, Long> withoutPlan = new ConcurrentHashMap<>();

    HoldPlans(Confirmations confirmations, HoldStore store) {
        this.confirmations = confirmations;
        this.store = store;
    }

    /** Takes no lease for one without a plan any more, until the store has said so again. */
    void forget() {
        opened.incrementAndGet();
    }

    /** Opens a plan as {@link #asking} does. */
    public PlanResult open(Seal seal, List<ResolvedAttempt> steps, Obligations obligations) {
        try {
            return asking(seal, steps, obligations);
        } finally {
            forget(); // who read the count before may have read the store too early
        }
    }

    /**
     * Asks people about {@code steps}, no two of the same request, of one lease. All must be confirmed as
     * {@code obligations} say, which include those of each step. What waits for the same requests, alone or in another
     * plan, is over.
     */
    private PlanResult asking(Seal seal, List<ResolvedAttempt> steps, Obligations obligations) {
        SealDocument signatories = SealConversion.of(seal);
        Verdict.Hold verdict = new Verdict.Hold(new VerdictReasons(seal.id(), List.of()), obligations);
        List<ComparableAttempt> wanted = steps.stream()
                .map(step -> new ComparableAttempt(seal, step, obligations.other()))
                .toList();
        String lease = steps.getFirst().lease().root();
        return store.writeForLease(lease, rows -> {
            Instant now = confirmations.begin(rows);
            Optional<HoldSet> known = known(rows, seal, lease, wanted, obligations);
            if (known.isPresent()) {
                return asked(
                        known.get(),
                        known.get().holds().stream()
                                .map(hold -> PlanOrder.waiting(rows, hold, signatories, now)
                                        .orElseGet(() -> HoldPhrases.ticket(hold, signatories, now)))
                                .toList(),
                        false);
            }
            List<Statement> statements = new ArrayList<>();
            for (ComparableAttempt step : wanted) {
                Optional<HoldReadiness.DeniedHold> no =
                        new HoldMatcher(signatories, step, obligations, now).denial(rows);
                if (no.isPresent()) {
                    return new PlanResult.UnaskedPlan(
                            statements.size(), new Confirmations.ParkResult.DeniedAttempt(no.get()));
                }
                Optional<Statement> statement = step.isTooLong
                        ? Optional.empty()
                        : confirmations
                                .statement(signatories, step, verdict, HoldPhrases.summary(step.resolved), now)
                                .flatMap(alone -> placed(alone, statements, steps.size()));
                if (statement.isEmpty()) {
                    return new PlanResult.UnaskedPlan(
                            statements.size(),
                            new Confirmations.ParkResult.UnaskableAttempt(
                                    "It is too long to show to people in full, so nobody can confirm it."));
                }
                statements.add(statement.get());
            }
            List<Hold> replaced = wanted.stream()
                    .flatMap(step -> rows.liveOf(lease, step.requestDigest).stream())
                    .toList();
            // All steps are one question, so what its first one is told holds for the rest.
            Optional<Confirmations.ParkResult> limit = wanted.getFirst().isByAgent()
                    ? Confirmations.limit(
                            rows,
                            Hold.open(statements.getFirst(), wanted.getFirst().classes, now.plus(Hold.DEFAULT_LIFE)),
                            replaced,
                            now)
                    : Optional.empty();
            if (limit.isPresent()) {
                return new PlanResult.UnaskedPlan(0, limit.get());
            }
            wanted.forEach(step -> rows.liveOf(lease, step.requestDigest)
                    .ifPresent(waiting -> rows.step(
                            waiting, waiting.ended(HoldState.VOID, "The agent has asked for it again, in a plan."))));
            return ask(rows, signatories, wanted, statements, now);
        });
    }

    private PlanResult ask(
            HoldRows rows, SealDocument seal, List<ComparableAttempt> wanted, List<Statement> statements, Instant now) {
        List<HoldTicket> tickets = new ArrayList<>();
        for (int i = 0; i < wanted.size(); i++) {
            // The steps are one question, so the limit on open ones refuses the first or none.
            Confirmations.ParkResult parked =
                    confirmations.ask(rows, seal, Optional.of(statements.get(i)), wanted.get(i), now);
            if (!(parked instanceof Confirmations.ParkResult.ParkedAttempt(HoldTicket ticket, boolean _))) {
                return new PlanResult.UnaskedPlan(i, parked);
            }
            tickets.add(ticket);
        }
        HoldSet set = new HoldSet(rows.plan(rows.find(tickets.getFirst().id()).orElseThrow()));
        return asked(set, tickets, true);
    }

    private static PlanResult asked(HoldSet set, List<HoldTicket> tickets, boolean isFresh) {
        String words = DigestPhrase.of(Bytes.of(set.signed(Optional.empty())).sha256());
        return new PlanResult.AskedPlan(set.id(), set.question(), words, tickets, isFresh);
    }

    /** Returns the plan of exactly these steps about which people were asked, if none of it is used or over. */
    private static Optional<HoldSet> known(
            HoldRows rows, Seal seal, String lease, List<ComparableAttempt> wanted, Obligations obligations) {
        List<Hold> steps = rows.liveOf(lease, wanted.getFirst().requestDigest)
                .map(rows::plan)
                .orElse(List.of());
        boolean isSame = steps.size() == wanted.size();
        for (int i = 0; isSame && i < steps.size(); i++) {
            Statement asked = steps.get(i).statement();
            isSame = steps.get(i).state().isLive()
                    && asked.seal().equals(seal.id())
                    && asked.behind().equals(wanted.get(i).behind)
                    && asked.obligations().equals(obligations.canonical())
                    && asked.requestDigest().equals(wanted.get(i).requestDigest)
                    && asked.meaningDigest().equals(wanted.get(i).meaningDigest);
        }
        return isSame ? Optional.of(new HoldSet(steps)) : Optional.empty();
    }

    /** Returns {@code alone} as the step after {@code before}, under a name in their order; empty if it is too long. */
    private static Optional<Statement> placed(Statement alone, List<Statement> before, int of) {
        String first = before.isEmpty() ? alone.hold() : before.getFirst().hold();
        String id = before.isEmpty()
                ? first
                : "H-"
                        + Ulid.from(before.getLast().hold().substring("H-".length()))
                                .increment();
        Statement placed = alone.at(
                id,
                new PlanStep(
                        first,
                        before.size() + 1L,
                        of,
                        before.isEmpty() ? Optional.empty() : Optional.of(PlanStep.mark(before.getLast()))));
        return placed.json().canonical().length > Statement.MAX_BYTES ? Optional.empty() : Optional.of(placed);
    }

    /**
     * Returns {@code verdict}, or the one by which {@code sensed} goes as a step of a plan: its confirmation is needed
     * even if the policy would permit the call. A call that does the same as a step to the same, otherwise, ends the
     * plan: what people saw is no longer what will be.
     */
    public Verdict planned(ResolvedAttempt sensed, Verdict verdict) {
        if (verdict instanceof Verdict.Refuse) {
            return verdict;
        }
        String lease = sensed.lease().root();
        long before = opened.get();
        if (withoutPlan.getOrDefault(lease, -1L) == before) {
            return verdict;
        }
        LoopThreads.leave();
        List<Hold> live = store.read(rows -> steps(rows, sensed));
        if (live.isEmpty()) {
            if (withoutPlan.size() >= MAX_LEASES) {
                withoutPlan.clear();
            }
            withoutPlan.put(lease, before);
            return verdict;
        }
        String request = sensed.requestDigest();
        Optional<Hold> step = live.stream()
                .filter(hold -> hold.statement().requestDigest().equals(request))
                .findFirst();
        if (step.filter(hold -> !hold.state().isLive()).isPresent()) {
            return verdict; // it is used, and this is another call
        }
        if (step.isPresent()) {
            Obligations signed = Obligations.read(step.get().statement().obligations());
            return switch (verdict) {
                case Verdict.Permit(VerdictReasons grounds) -> new Verdict.Hold(grounds, signed);
                case Verdict.Hold(VerdictReasons grounds, Obligations own)
                when own.and(signed).equals(signed) -> new Verdict.Hold(grounds, signed);
                case Verdict.Hold _, Verdict.Refuse _ -> verdict;
            };
        }
        String deed = deed(sensed.meaning());
        if (live.stream().anyMatch(hold -> deed(hold.statement().meaning()).equals(deed))) {
            store.writeForLease(lease, rows -> {
                List<Hold> same = steps(rows, sensed).stream()
                        .filter(hold -> deed(hold.statement().meaning()).equals(deed))
                        .toList();
                same.forEach(hold -> endWith(rows, hold));
                return true;
            });
        }
        return verdict;
    }

    private static void endWith(HoldRows rows, Hold step) {
        String why = "The agent sent another call that does the same as step "
                + step.place().orElseThrow().step() + ", with other content.";
        if (step.state().isLive()) {
            rows.step(step, step.ended(HoldState.VOID, why));
        } else {
            rows.endRest(step, why);
        }
    }

    /** Returns the steps of the plans of its lease that are not over, with those that are used already. */
    private static List<Hold> steps(HoldRows rows, ResolvedAttempt sensed) {
        Map<String, Hold> plans = new LinkedHashMap<>();
        rows.livePlanned(sensed.lease().root())
                .forEach(hold -> plans.putIfAbsent(hold.place().orElseThrow().first(), hold));
        return plans.values().stream().flatMap(hold -> rows.plan(hold).stream()).toList();
    }

    /** Returns a text that is equal for calls that do the same to the same, whatever they write. */
    private static String deed(Json.Members meaning) {
        return Json.object()
                .with("upstream", meaning.text("upstream"))
                .withItems(
                        "actions",
                        meaning.objects("actions").stream()
                                .map(action -> Json.object()
                                        .with("operation", action.text("operation"))
                                        .withTexts(
                                                "resources",
                                                action.objects("resources").stream()
                                                        .map(resource -> resource.text("id")))))
                .canonicalText();
    }

    /** Records the end of the call that used {@code hold} by {@code intent}: only success lets the next step go. */
    public void ended(String hold, String intent, boolean isDone) {
        boolean isStep =
                store.read(rows -> rows.find(hold)).flatMap(Hold::place).isPresent();
        if (isStep) {
            store.write(rows -> {
                confirmations.begin(rows);
                rows.find(hold)
                        .filter(used -> used.state() == HoldState.CONSUMED
                                && used.ending().equals(Optional.of(intent)))
                        .ifPresent(used -> {
                            if (isDone) {
                                rows.finish(used);
                            } else {
                                rows.endRest(used, "its call did not succeed.");
                            }
                        });
                return true;
            });
        }
    }
}
