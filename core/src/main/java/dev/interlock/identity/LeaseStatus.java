package dev.interlock.identity;

import dev.interlock.action.Seal;
import java.util.Optional;

/** Checks whether the seal in force still supports a lease from an earlier seal. */
final class LeaseStatus {

    private final LeaseSignatures signatures;

    LeaseStatus(LeaseSignatures signatures) {
        this.signatures = signatures;
    }

    Optional<String> objection(Optional<Seal> seal, LeaseEntry entry) {
        return seal.map(inForce -> objection(inForce, entry))
                .orElse(Optional.of("No seal is in force, and nothing is permitted without one."));
    }

    private Optional<String> objection(Seal seal, LeaseEntry entry) {
        Optional<String> byRule = switch (LeaseRules.rule(seal, entry.asRequest())) {
            case LeaseRules.LeaseRuling.LeaseImpossible impossible -> Optional.of(impossible.reason());
            case LeaseRules.LeaseRuling.NoSignatureNeeded _ -> Optional.empty();
            case LeaseRules.LeaseRuling.SignatureRequired signed -> unlessSigned(seal, entry, signed);
        };
        return byRule.or(() -> ownerChanged(seal, entry));
    }

    private Optional<String> unlessSigned(
            Seal seal, LeaseEntry entry, LeaseRules.LeaseRuling.SignatureRequired needed) {
        if (entry.signature().isEmpty()) {
            return Optional.of(needed.reasons().getFirst());
        }
        LeaseEntry.Signature signature = entry.signature().get();
        return signatures.stillCounts(seal, entry.lease().agent(), signature)
                ? Optional.empty()
                : Optional.of("The signature of `" + signature.person() + "` that elevated it no longer counts.");
    }

    private static Optional<String> ownerChanged(Seal seal, LeaseEntry entry) {
        return Optional.ofNullable(seal.agents().get(entry.lease().agent()))
                .filter(agent -> !agent.owner().equals(entry.lease().person()))
                .map(agent -> "Its agent now belongs to `" + agent.owner() + "`.");
    }
}
