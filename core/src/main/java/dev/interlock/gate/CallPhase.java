package dev.interlock.gate;

import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.confirm.Confirmation;
import dev.interlock.confirm.HoldReadiness;
import dev.interlock.inventory.Freshness;
import dev.interlock.limits.LimitEnforcer.ReleaseResult;
import dev.interlock.vault.CredentialResult;
import java.util.List;
import java.util.Optional;

/**
 * A call on its way through {@link Gate}, which grows from phase to phase.
 *
 * <p>INVARIANT: each phase is made only by the phase before it, and only from the proof that its turn has come. Only
 * {@link OpenedCall} can be forwarded. It needs a {@link ReleasedCall}, that needs a {@link RecordedCall}, and that
 * needs a durable intent.
 *
 * @param <R> the answer of the front's upstream
 */
abstract sealed class CallPhase<R> {

    final Seal seal;
    final ResolvedAttempt sensed;
    final Optional<PriorState> prior;
    final ObservedUpstream<R> upstream;

    private CallPhase(Seal seal, ResolvedAttempt sensed, Optional<PriorState> prior, ObservedUpstream<R> upstream) {
        this.seal = seal;
        this.sensed = sensed;
        this.prior = prior;
        this.upstream = upstream;
    }

    private CallPhase(CallPhase<R> before) {
        this(before.seal, before.sensed, before.prior, before.upstream);
    }

    /** A call that is resolved, and about which nothing is decided yet. */
    static final class ResolvedCall<R> extends CallPhase<R> {
        final Freshness freshness;

        /** The facts that the provider did not give just now, which therefore count as most protected. */
        final List<String> gaps;

        ResolvedCall(Resolution.Resolved resolved, Freshness freshness, ObservedUpstream<R> upstream) {
            super(resolved.seal(), resolved.resolved(), resolved.prior(), upstream);
            this.freshness = freshness;
            this.gaps = resolved.gaps();
        }

        PermittedPhase<R> permitted(Verdict.Permit permit) {
            return new PermittedPhase<>(this, permit.grounds(), Optional.empty());
        }

        PermittedPhase<R> permitted(Verdict.Hold hold, HoldReadiness.ReadyHold ready) {
            return new PermittedPhase<>(this, hold.grounds(), Optional.of(ready.confirmation()));
        }
    }

    /** A call that may go: the policies permit it, or people have confirmed it. */
    static final class PermittedPhase<R> extends CallPhase<R> {
        final VerdictReasons grounds;
        final Optional<Confirmation> confirmation;

        private PermittedPhase(ResolvedCall<R> before, VerdictReasons grounds, Optional<Confirmation> confirmation) {
            super(before);
            this.grounds = grounds;
            this.confirmation = confirmation;
        }

        RecordedCall<R> recorded(InFlightCalls.Entry flight, AuditRecorder.Intent intent) {
            return new RecordedCall<>(this, flight, intent);
        }
    }

    /** A call in flight whose intent is durable. From here on exactly one outcome is recorded. */
    static final class RecordedCall<R> extends CallPhase<R> {
        final PermittedPhase<R> permitted;
        final InFlightCalls.Entry flight;
        final AuditRecorder.Intent intent;

        private RecordedCall(PermittedPhase<R> before, InFlightCalls.Entry flight, AuditRecorder.Intent intent) {
            super(before);
            this.permitted = before;
            this.flight = flight;
            this.intent = intent;
        }

        ReleasedCall<R> released(ReleaseResult.GrantedRelease granted) {
            return new ReleasedCall<>(this, granted);
        }
    }

    /** A call that nobody has stopped meanwhile, and that is counted against the limits. */
    static final class ReleasedCall<R> extends CallPhase<R> {
        final RecordedCall<R> recorded;
        final ReleaseResult.GrantedRelease granted;

        private ReleasedCall(RecordedCall<R> before, ReleaseResult.GrantedRelease granted) {
            super(before);
            this.recorded = before;
            this.granted = granted;
        }

        OpenedCall<R> opened(CredentialResult.CredentialOpened opening) {
            return new OpenedCall<>(this, Credential.of(opening.credential()));
        }

        OpenedCall<R> opened(CredentialResult.NoCredentialNeeded unneeded) {
            return new OpenedCall<>(this, Credential.none());
        }
    }

    /** A call whose confirmation is used up and whose credential is open. It can be forwarded. */
    static final class OpenedCall<R> extends CallPhase<R> {
        final RecordedCall<R> recorded;
        final ReleaseResult.GrantedRelease granted;
        final Credential credential;

        private OpenedCall(ReleasedCall<R> before, Credential credential) {
            super(before);
            this.recorded = before.recorded;
            this.granted = before.granted;
            this.credential = credential;
        }
    }
}
