package dev.interlock.vault;

import dev.interlock.action.Impact;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Sensed;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * As much of an attempt as decides which credential opens: nothing that an agent has written, but by its digest.
 *
 * @param upstream where it goes
 * @param impacts all that it does
 * @param environments everywhere it does that
 * @param subject what a proof must be about; there if there is a proof
 */
record Need(String upstream, Set<Impact> impacts, Set<String> environments, Optional<Subject> subject) {

    /**
     * What people sign for.
     *
     * @param lease the root lease
     * @param agent whose it is
     * @param person on whose behalf
     * @param signers who signed for the lease
     * @param requestDigest of the request as it will leave
     * @param meaningDigest of what it does and costs
     */
    record Subject(
            String lease,
            String agent,
            String person,
            LeaseSigners signers,
            String requestDigest,
            String meaningDigest) {

        static Subject of(Sensed sensed) {
            return new Subject(
                    sensed.lease().root(),
                    sensed.lease().agent(),
                    sensed.lease().person(),
                    sensed.lease().signers(),
                    sensed.outgoing().digest(),
                    sensed.meaningDigest());
        }
    }

    Need {
        impacts = Collections.unmodifiableSet(new TreeSet<>(impacts));
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
    }

    static Need of(Sensed sensed, boolean proven) {
        return new Need(
                sensed.attempt().upstream(),
                sensed.impacts(),
                sensed.environments(),
                proven ? Optional.of(Subject.of(sensed)) : Optional.empty());
    }
}
