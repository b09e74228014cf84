package dev.interlock.evidence;

import java.util.List;

/**
 * The result of checking the signatures under a statement.
 *
 * @param signers the distinct people whose signatures are valid and count
 * @param rejected the reason for each signature that does not count
 * @param unmet what is still missing, in words; empty if the statement is confirmed
 */
public record ConfirmationResult(List<Signer> signers, List<String> rejected, List<String> unmet) {

    public ConfirmationResult {
        signers = List.copyOf(signers);
        rejected = List.copyOf(rejected);
        unmet = List.copyOf(unmet);
    }

    /**
     * Returns whether a signature counts, every quorum is met, and every backup is there. Cooldowns are not judged
     * here.
     */
    public boolean isSatisfied() {
        return unmet.isEmpty();
    }

    /** Returns whether it depends on a key without hardware, or on one that only the gateway says is theirs. */
    public boolean isWeak() {
        return signers.stream()
                .anyMatch(signer -> signer.keyClass() == KeyClass.SOFTWARE || signer.basis() == Signer.KeyBasis.CODE);
    }
}
