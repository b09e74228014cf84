package dev.interlock.evidence;

import java.util.List;

/**
 * What the signatures under a statement amount to.
 *
 * @param signers the distinct people who validly signed, and count
 * @param rejected why each signature that does not count does not
 * @param unmet what is still missing, in words; empty if the statement is confirmed
 */
public record Confirmed(List<Signer> signers, List<String> rejected, List<String> unmet) {

    public Confirmed {
        signers = List.copyOf(signers);
        rejected = List.copyOf(rejected);
        unmet = List.copyOf(unmet);
    }

    /**
     * Whether somebody who counts signed, every quorum is met, and every backup is there. Cooldowns are not judged
     * here.
     */
    public boolean isSatisfied() {
        return unmet.isEmpty();
    }

    /** Whether it rests on a key without hardware. */
    public boolean isWeak() {
        return signers.stream().anyMatch(signer -> signer.keyClass() == KeyClass.SOFTWARE);
    }
}
