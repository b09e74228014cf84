package dev.interlock.vault;

import dev.interlock.action.Impact;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.ResolvedAttempt;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The parts of an attempt that decide which credential opens, with a {@code subject} if there is a proof. Of an agent's
 * own text it holds only digests.
 */
record CredentialNeed(String upstream, Set<Impact> impacts, Set<String> environments, Optional<ProofSubject> subject) {

    /** What people sign for: the root lease and the people behind it, the request, its meaning and blast radius. */
    record ProofSubject(
            String lease,
            String agent,
            String person,
            LeaseSigners signers,
            String requestDigest,
            String meaningDigest) {

        static ProofSubject of(ResolvedAttempt sensed) {
            return new ProofSubject(
                    sensed.lease().root(),
                    sensed.lease().agent(),
                    sensed.lease().person(),
                    sensed.lease().signers(),
                    sensed.requestDigest(),
                    sensed.meaningDigest());
        }
    }

    CredentialNeed {
        impacts = Collections.unmodifiableSet(new TreeSet<>(impacts));
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
    }

    static CredentialNeed of(ResolvedAttempt sensed, boolean proven) {
        return new CredentialNeed(
                sensed.attempt().upstream(),
                sensed.impacts(),
                sensed.environments(),
                proven ? Optional.of(ProofSubject.of(sensed)) : Optional.empty());
    }
}
