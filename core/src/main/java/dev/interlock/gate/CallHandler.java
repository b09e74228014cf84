package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.confirm.Confirmations;
import dev.interlock.evidence.Json;
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
 * in flight or wait can be stopped here.
 *
 * <p>Threading: any.
 */
public final class CallHandler implements Handler {

    private final AuditRecorder records;
    private final Gate gate;
    private final AttemptResolver resolver;
    private final DecisionPoint decisions;
    private final HoldWaiters waits;
    private final Rejections rejections;
    private final Handler handler;

    /**
     * Creates the handler.
     *
     * @param ending ends a lease and all that descend from it
     * @param observer receives the events of attempts
     * @param states keeps the states that calls change
     */
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
     * Records what a front refused by itself, because it never became an attempt. One of its credentials may be foreign
     * all the same. Returns the receipt's identifier, or an empty text if none was written. Never throws.
     *
     * @param presented the credentials it carried
     * @param place the listener it arrived at, if that belongs to one agent alone
     * @param asked its target as it came: searched, and shown nowhere
     */
    public String unread(
            List<Attempt.PresentedCredential> presented,
            Optional<String> place,
            String asked,
            Refusal refusal,
            Instant at) {
        return rejections.unread(presented, place, asked, refusal, at);
    }

    /**
     * Decides about {@code assumed}, which nobody sends, as {@link HypotheticalVerdict} says. Returns the result as
     * JSON.
     */
    public Json.Members predict(Seal seal, ResolvedAttempt assumed) {
        HypotheticalVerdict predicted = HypotheticalVerdict.of(resolver, decisions, seal, assumed, records.now());
        return predicted.json(LossDescription.describe(predicted.resolved(), records.now()));
    }

    Optional<Outcome.Refused<Void>> searched(Lease lease, Optional<String> place, Bytes text)
            throws LedgerUnavailableException {
        return rejections.searched(lease, place, text);
    }

    /**
     * Cuts off every call that is in flight or waits and may no longer, because a lease was ended or a kill stops it.
     * Returns the number of calls in flight that it cut off.
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
