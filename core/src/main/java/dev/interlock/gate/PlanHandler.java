package dev.interlock.gate;

import dev.interlock.action.Lease;
import dev.interlock.action.Obligations;
import dev.interlock.action.QueueTimeoutException;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldPlans;
import dev.interlock.confirm.HoldTicket;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.identity.CallIdentity;
import dev.interlock.identity.Identity;
import dev.interlock.ledger.LedgerUnavailableException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Judges each step of a plan as a dry run. If all may go, and some only with people's confirmation, it asks for all of
 * them at once. Threading: any.
 */
public final class PlanHandler implements PlanRequests {

    private static final System.Logger LOG = System.getLogger(PlanHandler.class.getName());

    private final Supplier<Optional<Seal>> seals;
    private final Identity identity;
    private final HoldPlans plans;
    private final AuditRecorder records;
    private final CallHandler handler;

    public PlanHandler(
            Supplier<Optional<Seal>> seals,
            Identity identity,
            Confirmations confirmations,
            AuditRecorder records,
            CallHandler handler) {
        this.seals = seals;
        this.identity = identity;
        this.plans = confirmations.plans();
        this.records = records;
        this.handler = handler;
    }

    /** A way to no upstream. */
    private static final LocalUpstream<Void> NO_UPSTREAM = (_, _) -> {
        throw new IllegalStateException("a dry run forwards nothing");
    };

    /**
     * A step that was judged.
     *
     * @param step its number, from 1
     * @param refusal why it may not go, if it may not
     * @param judged the verdict, if it may
     */
    private record JudgedStep(
            int step, String verdict, String reason, Optional<Refusal> refusal, Optional<Outcome.JudgedCall> judged) {

        static JudgedStep refused(int step, String verdict, Refusal refusal) {
            return new JudgedStep(step, verdict, refusal.reason(), Optional.of(refusal), Optional.empty());
        }

        boolean isAsked() {
            return judged.filter(call -> call.verdict() instanceof Verdict.Hold).isPresent();
        }

        /** Returns whether it takes a place in the order. What only reads does not. */
        boolean isOrdered() {
            return judged.filter(call -> !call.resolved().isPureRead()).isPresent();
        }

        ResolvedAttempt resolved() {
            return judged.orElseThrow().resolved();
        }

        Json.Members json() {
            return Json.object()
                    .with("step", step)
                    .with("verdict", verdict)
                    .withOptional("summary", judged.map(call -> call.resolved().headline()))
                    .with("detail", reason)
                    .withOptional("next", refusal.map(Refusal::next));
        }
    }

    @Override
    public Result plan(Request request) {
        try {
            return switch (identity.recognise(request.presented(), request.place(), request.at())) {
                case CallIdentity.KnownCaller known -> plan(known.lease(), request);
                case CallIdentity.RejectedCaller rejected ->
                    refused(CallerCheck.rejected(rejected), request, List.of());
            };
        } catch (LedgerUnavailableException e) {
            LOG.log(System.Logger.Level.ERROR, "no plan, because the ledger cannot append", e);
            return new Result.RefusedPlan("", Refusals.noLedger(e), List.of());
        } catch (RuntimeException | StackOverflowError e) {
            LOG.log(System.Logger.Level.ERROR, "no plan, because of an internal failure", e);
            return new Result.RefusedPlan("", Refusals.OURS, List.of());
        }
    }

    private Result plan(Lease lease, Request request) throws LedgerUnavailableException {
        Optional<Outcome.Refused<Void>> carried = handler.searched(lease, request.place(), request.body());
        if (carried.isPresent()) {
            return new Result.RefusedPlan(carried.get().receipt(), carried.get().refusal(), List.of());
        }
        Optional<Seal> seal = seals.get();
        if (seal.isEmpty()) {
            return refused(Resolution.Rejected.of(lease, Refusals.OURS), request, List.of());
        }
        List<PlannedCall> calls;
        try {
            calls = request.steps().get();
        } catch (MalformedException e) {
            return refused(Resolution.Rejected.of(lease, PlanRefusals.unread(e)), request, List.of());
        }
        List<JudgedStep> steps = new ArrayList<>();
        for (PlannedCall call : calls) {
            steps.add(judged(steps.size() + 1, call, request));
        }
        return decided(seal.get(), lease, steps, request);
    }

    private JudgedStep judged(int step, PlannedCall call, Request request) {
        return switch (call) {
            case PlannedCall.UnreadCall(String asked, Refusal refusal) -> {
                var _ = handler.unread(request.presented(), request.place(), asked, refusal, request.at());
                yield JudgedStep.refused(step, DryRun.Prediction.REFUSE.word(), refusal);
            }
            case PlannedCall.ReadCall(var attempt) ->
                switch (handler.handle(attempt, NO_UPSTREAM)) {
                    case Outcome.DryRunOutcome<Void>(String _, DryRun trial, var judged) -> judged(step, trial, judged);
                    case Outcome.Refused<Void> refused ->
                        JudgedStep.refused(step, DryRun.Prediction.REFUSE.word(), refused.refusal());
                    case Outcome.Held<Void> _, Outcome.Forwarded<Void> _ ->
                        throw new IllegalStateException("a step of a plan is a dry run");
                };
        };
    }

    private static JudgedStep judged(int step, DryRun trial, Optional<Outcome.JudgedCall> judged) {
        return switch (trial.would()) {
            case PERMIT, HOLD -> new JudgedStep(step, trial.would().word(), trial.reason(), Optional.empty(), judged);
            case REFUSE, UNCERTAIN ->
                JudgedStep.refused(
                        step, trial.would().word(), Refusal.denied(trial.reason(), trial.next(), trial.covers()));
        };
    }

    private Result decided(Seal seal, Lease lease, List<JudgedStep> steps, Request request)
            throws LedgerUnavailableException {
        Optional<Refusal> objection = objection(steps);
        if (objection.isPresent()) {
            return refused(Resolution.Rejected.of(lease, objection.get()), request, steps);
        }
        List<JudgedStep> ordered = steps.stream().filter(JudgedStep::isOrdered).toList();
        if (steps.stream().noneMatch(JudgedStep::isAsked)) {
            return new Result.PlanReport(
                    false,
                    Json.object()
                            .with("verdict", DryRun.Prediction.PERMIT.word())
                            .withItems("steps", steps.stream().map(JudgedStep::json))
                            .with(
                                    "next",
                                    "Nobody needs to be asked: send the steps, one after the other. Nothing was sent yet."));
        }
        return asked(seal, lease, steps, ordered, request);
    }

    private static Optional<Refusal> objection(List<JudgedStep> steps) {
        Map<String, Integer> known = new HashMap<>();
        for (JudgedStep step : steps) {
            if (step.refusal().isPresent()) {
                return step.refusal().map(refusal -> PlanRefusals.step(step.step(), refusal));
            }
            if (!step.resolved().outgoing().isWhole()) {
                return Optional.of(PlanRefusals.step(step.step(), Refusals.UNSEEN));
            }
            Integer same = known.putIfAbsent(step.resolved().requestDigest(), step.step());
            if (same != null) {
                return Optional.of(PlanRefusals.twice(same, step.step()));
            }
        }
        boolean isAlone = steps.stream().anyMatch(JudgedStep::isAsked)
                && steps.stream().filter(JudgedStep::isOrdered).count() < 2;
        return isAlone ? Optional.of(PlanRefusals.ALONE) : Optional.empty();
    }

    private Result asked(Seal seal, Lease lease, List<JudgedStep> steps, List<JudgedStep> ordered, Request request)
            throws LedgerUnavailableException {
        Obligations obligations = steps.stream()
                .flatMap(step -> step.judged().stream())
                .map(Outcome.JudgedCall::verdict)
                .map(verdict -> verdict instanceof Verdict.Hold hold ? hold.obligations() : Obligations.NONE)
                .reduce(Obligations.NONE, Obligations::and);
        HoldPlans.PlanResult result;
        try {
            result = plans.open(seal, ordered.stream().map(JudgedStep::resolved).toList(), obligations);
        } catch (QueueTimeoutException _) {
            return refused(Resolution.Rejected.of(lease, Refusals.BUSY), request, steps);
        }
        return switch (result) {
            case HoldPlans.PlanResult.UnaskedPlan(int index, Confirmations.ParkResult why) ->
                refused(
                        Resolution.Rejected.of(
                                lease, PlanRefusals.step(ordered.get(index).step(), PlanRefusals.of(why))),
                        request,
                        steps);
            case HoldPlans.PlanResult.AskedPlan plan -> {
                if (plan.isFresh()) {
                    records.held(
                            ordered.stream()
                                    .map(step -> step.judged().orElseThrow())
                                    .toList(),
                            obligations,
                            plan);
                }
                yield new Result.PlanReport(true, members(plan, steps, ordered));
            }
        };
    }

    private static Json.Members members(
            HoldPlans.PlanResult.AskedPlan plan, List<JudgedStep> steps, List<JudgedStep> ordered) {
        Map<Integer, String> holds = new HashMap<>();
        for (int i = 0; i < ordered.size(); i++) {
            holds.put(ordered.get(i).step(), plan.tickets().get(i).id());
        }
        HoldTicket first = plan.tickets().getFirst();
        return Json.object()
                .with("plan", plan.id())
                .with("verdict", DryRun.Prediction.HOLD.word())
                .with("summary", plan.question())
                .withItems(
                        "steps",
                        steps.stream()
                                .map(step ->
                                        step.json().withOptional("hold", Optional.ofNullable(holds.get(step.step())))))
                .withTexts("missing", first.missing())
                .with("expires", first.expires().toString())
                .with("next", PlanRefusals.next(plan));
    }

    private Result refused(Resolution.Rejected rejected, Request request, List<JudgedStep> steps)
            throws LedgerUnavailableException {
        return new Result.RefusedPlan(
                records.refused(rejected, request.place()),
                rejected.refusal(),
                steps.stream().map(JudgedStep::json).toList());
    }
}
