package dev.interlock.vault;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SeenIntent;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The parts of an attempt that decide which credential opens, with a {@code subject} if there is a proof, or witnesses.
 * Of an agent's own text it holds only digests. {@code grave} are the operations that run code or cannot be undone.
 */
record CredentialNeed(
        String upstream,
        Set<Impact> impacts,
        Set<String> environments,
        Set<String> grave,
        Optional<ProofSubject> subject) {

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
        grave = Collections.unmodifiableSet(new TreeSet<>(grave));
    }

    /**
     * Returns why no credential opens if {@code seal} demands witnesses, as a whole sentence; else uses the intent up.
     */
    Optional<String> unseen(SealDocument seal, Optional<SeenIntent> seen, UsedIntents used, Instant now) {
        Set<String> words = impacts.stream().map(Impact::word).collect(Collectors.toSet());
        Map<String, String> members = new TreeMap<>(Map.of("seal", seal.id(), "upstream", upstream));
        subject.ifPresent(signed -> {
            members.put("request_sha256", signed.requestDigest());
            members.put("meaning_sha256", signed.meaningDigest());
        });
        return seal.witnesses()
                .filter(rules -> rules.concern(words))
                .flatMap(rules -> seen.isPresent()
                        ? seen.get()
                                .objection(rules, used.log(), members, words, environments)
                                .or(() -> used.use(seen.get().receipt(), now))
                        : Optional.of("nothing shows what they saw"))
                .map(why -> "The seal opens this credential only once witnesses have seen the call: " + why + ".");
    }

    static CredentialNeed of(ResolvedAttempt sensed, boolean named) {
        return new CredentialNeed(
                sensed.attempt().upstream(),
                sensed.impacts(),
                sensed.environments(),
                sensed.actions().stream()
                        .filter(Action::isGrave)
                        .map(action -> action.operation().toString())
                        .collect(Collectors.toSet()),
                named ? Optional.of(ProofSubject.of(sensed)) : Optional.empty());
    }
}
