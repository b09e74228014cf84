package dev.interlock.gate;

import dev.interlock.action.Impact;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.UndoRules;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.confirm.Confirmation;
import dev.interlock.confirm.HoldReadiness;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SeenIntent;
import dev.interlock.evidence.WitnessRules;
import dev.interlock.gate.PreparedDecisions.PreparedDecision;
import dev.interlock.inventory.Freshness;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.limits.LimitEnforcer.ReleaseResult;
import dev.interlock.vault.CredentialResult;
import java.util.List;
import java.util.Optional;

/**
 * A call on its way through {@link Gate}, which grows from phase to phase. A later phase knows all that an earlier one
 * knows.
 *
 * <p>INVARIANT: each phase is made only by the phase before it, and only from the proof that its turn has come. Only
 * {@link OpenedCall} can be forwarded. It needs a {@link WitnessedCall}, that needs a {@link ReleasedCall}, that needs
 * a {@link RecordedCall}, and that needs a durable intent.
 */
abstract sealed class CallPhase<R> {

    final Seal seal;
    final ResolvedAttempt sensed;
    final Optional<PriorState> prior;
    final ObservedUpstream<R> upstream;
    final AuditRecorder records;

    private CallPhase(
            Seal seal,
            ResolvedAttempt sensed,
            Optional<PriorState> prior,
            ObservedUpstream<R> upstream,
            AuditRecorder records) {
        this.seal = seal;
        this.sensed = sensed;
        this.prior = prior;
        this.upstream = upstream;
        this.records = records;
    }

    private CallPhase(CallPhase<R> before) {
        this(before.seal, before.sensed, before.prior, before.upstream, before.records);
    }

    /** A call that is resolved, and about which nothing is decided yet. */
    static final class ResolvedCall<R> extends CallPhase<R> {
        final Freshness freshness;

        /** The confirmation that was found before it was resolved afresh. */
        final Optional<Confirmation> found;

        /** The facts that the provider did not give just now, which therefore count as most protected. */
        final List<String> gaps;

        final Optional<PreparedDecision> prepared;

        ResolvedCall(
                Resolution.Resolved resolved,
                Freshness freshness,
                Optional<Confirmation> found,
                ObservedUpstream<R> upstream,
                AuditRecorder records) {
            super(resolved.seal(), resolved.resolved(), resolved.prior(), upstream, records);
            this.freshness = freshness;
            this.found = found;
            this.gaps = resolved.gaps();
            this.prepared = resolved.prepared();
        }

        private ResolvedCall(ResolvedCall<R> before, ResolvedAttempt counted, Optional<PriorState> prior) {
            super(before.seal, counted, prior, before.upstream, before.records);
            this.freshness = before.freshness;
            this.found = before.found;
            this.gaps = before.gaps;
            this.prepared = Optional.empty();
        }

        /** Returns the call as its upstream has counted it, with what it changes if {@code rules} let that be kept. */
        ResolvedCall<R> measured(Optional<UndoRules> rules, long reading) {
            Upstream.Measured measured = upstream.measured(sensed.actions(), rules);
            ResolvedAttempt counted = sensed.with(measured.actions());
            Optional<PriorState> kept = measured.state()
                    .flatMap(state -> rules.map(may -> PriorState.ofRows(seal, counted, state, may, reading)))
                    .filter(PriorState::isShort);
            return new ResolvedCall<>(
                    this, kept.map(state -> counted.with(state.actions())).orElse(counted), kept);
        }

        ResolvedCall<R> with(ResolvedAttempt counted) {
            return new ResolvedCall<>(this, counted, prior);
        }

        Outcome<R> refuse(Verdict verdict, Refusal refusal) throws LedgerUnavailableException {
            return records.refused(sensed, verdict.grounds(), refusal);
        }

        PermittedCall<R> permitted(Verdict.Permit permit) {
            return new PermittedCall<>(
                    this,
                    permit.grounds(),
                    Optional.empty(),
                    prepared.filter(before -> before.permit().equals(permit)
                                    && before.actions().equals(sensed.actions()))
                            .map(PreparedDecision::told));
        }

        PermittedCall<R> permitted(Verdict.Hold hold, HoldReadiness.ReadyHold ready) {
            return new PermittedCall<>(this, hold.grounds(), Optional.of(ready.confirmation()), Optional.empty());
        }
    }

    /** A call that may go: the policies permit it, or people have confirmed it. */
    static sealed class PermittedCall<R> extends CallPhase<R> {
        final VerdictReasons grounds;
        final Optional<Confirmation> confirmation;
        private final Optional<Json.Members> told;

        private PermittedCall(
                CallPhase<R> before,
                VerdictReasons grounds,
                Optional<Confirmation> confirmation,
                Optional<Json.Members> told) {
            super(before);
            this.grounds = grounds;
            this.confirmation = confirmation;
            this.told = told;
        }

        /** Returns what its receipts say of it. */
        Json.Members told() {
            Json.Members all = ReceiptMembers.withRequest(
                    sensed, told.orElseGet(() -> ReceiptMembers.withoutRequest(sensed, grounds)));
            return watching()
                    .map(rules -> all.with(WitnessRules.DEMAND, rules.quorum()))
                    .orElse(all);
        }

        /** Returns what the seal demands of witnesses of this call, if it does. */
        final Optional<WitnessRules> watching() {
            return seal.witnesses()
                    .filter(rules -> rules.concern(
                            sensed.impacts().stream().map(Impact::word).toList()));
        }

        Outcome<R> refuse(Refusal refusal) throws LedgerUnavailableException {
            return records.refused(sensed, grounds, refusal);
        }

        RecordedCall<R> recorded(InFlightCalls.Entry flight, AuditRecorder.Intent intent) {
            return new RecordedCall<>(this, flight, intent);
        }
    }

    /** A call in flight whose intent is durable. From here on exactly one outcome is recorded. */
    static sealed class RecordedCall<R> extends PermittedCall<R> {
        final InFlightCalls.Entry flight;
        final AuditRecorder.Intent intent;

        private RecordedCall(PermittedCall<R> before, InFlightCalls.Entry flight, AuditRecorder.Intent intent) {
            super(before, before.grounds, before.confirmation, before.told);
            this.flight = flight;
            this.intent = intent;
        }

        @Override
        Outcome<R> refuse(Refusal refusal) {
            return intent.refused(refusal);
        }

        ReleasedCall<R> released(ReleaseResult.GrantedRelease granted) {
            return new ReleasedCall<>(this, granted);
        }
    }

    /** A call that nobody has stopped meanwhile, and that is counted against the limits. */
    static sealed class ReleasedCall<R> extends RecordedCall<R> {
        final ReleaseResult.GrantedRelease granted;

        private ReleasedCall(RecordedCall<R> before, ReleaseResult.GrantedRelease granted) {
            super(before, before.flight, before.intent);
            this.granted = granted;
        }

        /** Returns the call with what its witnesses saw; {@code seen} is empty only if its seal demands none. */
        WitnessedCall<R> witnessed(Optional<AuditRecorder.WitnessedIntent> seen) {
            Optional<SeenIntent> shown = seen.map(AuditRecorder.WitnessedIntent::seen);
            if (!shown.map(intent -> intent.receipt().id()).equals(watching().map(_ -> intent.id()))) {
                throw new IllegalStateException("the witnesses have not seen this intent");
            }
            return new WitnessedCall<>(this, shown);
        }
    }

    /** A call whose intent the witnesses have seen, if the seal demands that of any. */
    static sealed class WitnessedCall<R> extends ReleasedCall<R> {
        final Optional<SeenIntent> seen;

        private WitnessedCall(ReleasedCall<R> before, Optional<SeenIntent> seen) {
            super(before, before.granted);
            this.seen = seen;
        }

        OpenedCall<R> opened(CredentialResult.CredentialOpened opening) {
            return new OpenedCall<>(this, Credential.of(opening.credential()));
        }

        OpenedCall<R> opened(CredentialResult.NoCredentialNeeded unneeded) {
            return new OpenedCall<>(this, Credential.none());
        }
    }

    /** A call whose confirmation is used up and whose credential is open. It can be forwarded. */
    static final class OpenedCall<R> extends WitnessedCall<R> {
        final Credential credential;

        private OpenedCall(WitnessedCall<R> before, Credential credential) {
            super(before, before.seen);
            this.credential = credential;
        }
    }
}
