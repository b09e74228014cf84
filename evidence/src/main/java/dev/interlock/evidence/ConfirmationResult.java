package dev.interlock.evidence;

import java.util.List;

/** The people whose signatures count, why the others do not, and what is still missing, in words. */
public record ConfirmationResult(List<Signer> signers, List<String> rejected, List<String> unmet) {

    public ConfirmationResult {
        signers = List.copyOf(signers);
        rejected = List.copyOf(rejected);
        unmet = List.copyOf(unmet);
    }

    /** Returns whether nothing is missing. Cooldowns are not judged here. */
    public boolean isSatisfied() {
        return unmet.isEmpty();
    }

    /** Returns whether it depends on a key without hardware, or on one that only the gateway says is theirs. */
    public boolean isWeak() {
        return signers.stream()
                .anyMatch(signer -> signer.keyClass() == KeyClass.SOFTWARE || signer.basis() == Signer.KeyBasis.CODE);
    }
}
