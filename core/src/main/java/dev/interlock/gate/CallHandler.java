package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Lease;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.confirm.Confirmations;
import dev.interlock.evidence.Json;
import dev.interlock.inventory.Freshness;
import dev.interlock.inventory.LocatedActions;
import dev.interlock.inventory.LossDescription;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.policy.Policies;
import dev.interlock.undo.UndoStore;
import dev.interlock.vault.CredentialKeeper;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The entry to this package: {@link Gate}, and its agents that wait for people ({@link WaitingHandler}). Calls that are
 * in flight or wait can be stopped here. Threading: any.
 */
public final class CallHandler implements Handler {

    private final AuditRecorder records;
    private final Gate gate;
    private final AttemptResolver resolver;
    private final DecisionPoint decisions;
    private final HoldWaiters waits;
    private final Rejections rejections;
    private final Handler handler;

    public CallHandler(
            AttemptResolver resolver,
            Policies policies,
            LimitEnforcer limits,
            Confirmations confirmations,
            CredentialKeeper keys,
            AuditRecorder records,
            Consumer<Lease> ending,
            Observer observer,
            UndoStore states) {
        this.records = records;
        this.resolver = resolver;
        this.waits = new HoldWaiters(confirmations, resolver.identity::stopReason, records::now);
        this.rejections = new Rejections(resolver, records, ending, this::cutStopped, observer);
        this.decisions = new DecisionPoint(resolver.identity, policies, limits, confirmations);
        this.gate = new Gate(resolver, decisions, limits, confirmations, keys, records, rejections, observer, states);
        this.handler = new WaitingHandler(gate, waits, confirmations, records::now);
    }

    @Override
    public <R> Outcome<R> handle(Attempt attempt, Upstream<R> upstream) {
        return handler.handle(attempt, upstream);
    }

    /**
     * Records what a front refused by itself, and returns the receipt's identifier or an empty text. Never throws. The
     * target {@code asked} is searched, and shown nowhere.
     */
    public String unread(
            List<Attempt.PresentedCredential> presented,
            Optional<String> place,
            String asked,
            Refusal refusal,
            Instant at) {
        return rejections.unread(presented, place, asked, refusal, at);
    }

    /** Does the same for a probe, which is refused as expected. */
    public String unreadProbe(Refusal refusal) {
        return rejections.unreadProbe(refusal);
    }

    /**
     * Decides about {@code assumed}, which nobody sends, as for a call of this moment: kills, freezes and used budgets
     * take part, and nothing is sent, counted, held or recorded. Returns the result as JSON.
     */
    public Json.Members predict(Seal seal, ResolvedAttempt assumed) {
        List<Action> actions = assumed.actions().stream().map(seal::classified).toList();
        String upstream = assumed.attempt().upstream();
        LocatedActions located =
                resolver.inventory.locate(seal, upstream, "anybody", assumed.actions(), Freshness.CACHED);
        ResolvedAttempt resolved = new ResolvedAttempt(
                new Attempt(
                        upstream, List.of(), Optional.empty(), assumed.attempt().call(), records.now()),
                assumed.lease(),
                actions,
                located.placements(),
                located.radius(),
                assumed.outgoing(),
                assumed.digests());
        Optional<Refusal> stop = Optional.ofNullable(
                        seal.agents().get(assumed.lease().agent()))
                .flatMap(agent ->
                        resolver.identity.stopReason(agent, assumed.lease().template(), upstream));
        Verdict verdict = decisions.decide(seal, resolved);
        DryRun trial = DryRun.of(resolved, verdict, LossDescription.describe(resolved, records.now()), located.gaps());
        Json.Members places = Json.object();
        for (Placement placement : resolved.placements().values()) {
            places = places.withTexts(
                    placement.resource().toString(), placement.groups().stream().map(Resource::toString));
        }
        return Json.object()
                .with("seal", verdict.grounds().seal())
                .with("verdict", (stop.isPresent() ? DryRun.Prediction.REFUSE : trial.would()).word())
                .with("because", stop.map(Refusal::reason).orElse(trial.reason()))
                .withTexts("policies", verdict.grounds().policies())
                .withTexts("limits", verdict.grounds().limits().stream().map(VerdictReasons.ReachedLimit::name))
                .with("stopped", stop.isPresent())
                .withTexts("gaps", located.gaps())
                .with("meaning", resolved.meaning())
                .with("groups", places);
    }

    Verdict judge(Seal seal, ResolvedAttempt assumed) {
        return decisions.judge(seal, assumed);
    }

    /** Returns whether {@code question} would be answered at once, and whole, by what the policies say now. */
    boolean mayRead(Attempt question) {
        return resolver.resolve(question, Freshness.CACHED) instanceof Resolution.Resolved read
                && read.redactor().isEmpty()
                && decisions.judge(read.seal(), read.resolved()) instanceof Verdict.Permit;
    }

    boolean distinguishes(Seal seal, Operation operation) {
        return decisions.distinguishes(seal, operation);
    }

    Optional<Outcome.Refused<Void>> searched(Lease lease, Optional<String> place, Bytes text)
            throws LedgerUnavailableException {
        return rejections.searched(lease, place, text);
    }

    /**
     * Cuts off every call that is in flight or waits and may no longer. Returns the number of calls in flight cut off.
     */
    public int cutStopped() {
        waits.wakeAll();
        int cut = gate.cutStopped();
        records.recordAllCounted(); // somebody reads the receipts of the lease next
        return cut;
    }

    /** Records refusals that were only counted, and that no later refusal has recorded. For a scheduler. */
    public void recordCountedRefusals() {
        records.recordOverdue();
    }

    HoldWaiters waits() {
        return waits;
    }

    /** Ends all waiting for people, for good: each that waits is answered as if its time were over. */
    public void endWaits() {
        waits.end();
    }
}
