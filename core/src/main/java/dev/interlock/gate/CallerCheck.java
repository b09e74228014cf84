package dev.interlock.gate;

import dev.interlock.action.Alert;
import dev.interlock.action.Attempt;
import dev.interlock.action.Refusal;
import dev.interlock.action.SandboxRules;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.identity.CallIdentity;
import dev.interlock.identity.Identity;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Says who is behind a request that is refused, and what people must see of that. */
final class CallerCheck {

    private final Supplier<Optional<Seal>> seals;
    private final Identity identity;

    CallerCheck(Supplier<Optional<Seal>> seals, Identity identity) {
        this.seals = seals;
        this.identity = identity;
    }

    /** Finds out who is behind a request that is refused anyway, with {@code refusal}. */
    Resolution.Rejected identify(
            List<Attempt.PresentedCredential> presented, Optional<String> place, Refusal refusal, Instant at) {
        return switch (identity.recognise(presented, place, at)) {
            case CallIdentity.KnownCaller known -> Resolution.Rejected.of(known.lease(), refusal);
            case CallIdentity.RejectedCaller rejected -> judged(rejected).answering(refusal);
        };
    }

    /** Returns the same as {@link #rejected}, with what the seal says of decoys. */
    Resolution.Rejected judged(CallIdentity.RejectedCaller caller) {
        Resolution.Rejected rejected = rejected(caller);
        boolean ends = caller instanceof CallIdentity.ForeignCredential foreign
                && foreign.isDecoy()
                && seals.get()
                        .filter(seal -> seal.sandbox().presented() == SandboxRules.DecoyReaction.KILL)
                        .isPresent();
        return ends
                ? new Resolution.Rejected(
                        rejected.lease(),
                        rejected.refusal(),
                        rejected.observed(),
                        rejected.alarm()
                                .map(alarm -> new Resolution.ResolutionAlert(alarm.rule(), alarm.summary(), true)))
                : rejected;
    }

    static Resolution.Rejected rejected(CallIdentity.RejectedCaller rejected) {
        return switch (rejected) {
            case CallIdentity.ForeignCredential foreign ->
                new Resolution.Rejected(
                        foreign.beside(),
                        foreign.refusal(),
                        Json.object()
                                .with("carrier", foreign.carrier())
                                .with("fingerprint", foreign.fingerprint())
                                .with("would_open", foreign.wouldOpen().orElse("unknown")),
                        found(foreign));
            case CallIdentity.MisplacedLease misplaced ->
                new Resolution.Rejected(
                        Optional.of(misplaced.lease()),
                        misplaced.refusal(),
                        Json.object(),
                        Optional.of(new Resolution.ResolutionAlert(
                                Alert.AlertKind.LEASE_MISPLACED,
                                misplaced.refusal().reason(),
                                false)));
            case CallIdentity.ExpiredLease expired -> Resolution.Rejected.of(expired.lease(), expired.refusal());
            case CallIdentity.KilledLease killed -> Resolution.Rejected.of(killed.lease(), killed.refusal());
            case CallIdentity.RevokedLease revoked -> Resolution.Rejected.of(revoked.lease(), revoked.refusal());
            case CallIdentity.UnsupportedLease withdrawn ->
                Resolution.Rejected.of(withdrawn.lease(), withdrawn.refusal());
            case CallIdentity.NoCredential absent -> Resolution.Rejected.of(absent.refusal());
            case CallIdentity.UnsetVariable unset -> Resolution.Rejected.of(unset.refusal());
            case CallIdentity.UnknownToken unknown -> Resolution.Rejected.of(unknown.refusal());
            case CallIdentity.ClockSetBack untimely -> Resolution.Rejected.of(untimely.refusal());
        };
    }

    /** Returns the alert. It names a credential that is stored, or a decoy; the agent does not learn it. */
    private static Optional<Resolution.ResolutionAlert> found(CallIdentity.ForeignCredential foreign) {
        String known = foreign.wouldOpen()
                .map(name -> " It is stored as `" + name + "`.")
                .orElse("");
        return Optional.of(new Resolution.ResolutionAlert(
                Alert.AlertKind.FOREIGN_CREDENTIAL, foreign.refusal().reason() + known, false));
    }
}
