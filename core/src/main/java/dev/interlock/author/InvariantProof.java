package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.policy.Policies;
import dev.interlock.policy.PolicyAnalysis;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Decides about every attempt of the {@link Universe}, and reports for each invariant whether it holds. */
public final class InvariantProof {

    /**
     * The result for one invariant.
     *
     * @param at file and line; empty for built-in invariants
     * @param attempts the number of attempts to which it applied
     * @param counterexample a scenario where it fails; pasted into a test file, it fails there too
     * @param got the actual verdict; empty if the invariant holds
     */
    public record InvariantResult(String name, String at, long attempts, Optional<String> counterexample, String got) {

        /** Returns whether it holds for every attempt to which it applies. */
        public boolean holds() {
            return counterexample.isEmpty();
        }
    }

    /**
     * All results.
     *
     * @param decided the number of attempts decided
     * @param open the traits that policies read and that were not varied; other values than those tried are unproven
     */
    public record InvariantReport(List<InvariantResult> results, long decided, Set<String> open) {
        public InvariantReport {
            results = List.copyOf(results);
        }

        public boolean holds() {
            return results.stream().allMatch(InvariantResult::holds);
        }
    }

    private final Policies policies = new Policies(_ -> "");
    private final Seal seal;
    private final Map<Invariant, Long> attempts = new LinkedHashMap<>();
    private final Map<Invariant, InvariantResult> failed = new LinkedHashMap<>();
    private long decided;

    private InvariantProof(Seal seal, List<Invariant> invariants) {
        this.seal = seal;
        invariants.forEach(invariant -> attempts.put(invariant, 0L));
    }

    /** Proves the built-in invariants and those of the directory's {@code invariants.yaml}. */
    public static InvariantReport of(PolicyDirectory directory, CatalogFacts catalogs) {
        List<Invariant> all = new ArrayList<>(Invariant.builtIn());
        all.addAll(directory.invariants());
        return prove(directory.draft(), all, catalogs);
    }

    /** Proves the invariants of {@code invariants.yaml}, which must hold before anything is sealed. */
    public static InvariantReport own(PolicyDirectory directory, CatalogFacts catalogs) {
        return prove(directory.draft(), directory.invariants(), catalogs);
    }

    private static InvariantReport prove(Seal seal, List<Invariant> invariants, CatalogFacts catalogs) {
        InvariantProof proof = new InvariantProof(seal, invariants);
        Universe universe = new Universe(seal, catalogs, PolicyAnalysis.of(seal));
        if (!invariants.isEmpty()) {
            universe.forEach(proof::attempt);
        }
        return new InvariantReport(
                proof.attempts.entrySet().stream()
                        .map(entry -> proof.result(entry.getKey(), entry.getValue()))
                        .toList(),
                proof.decided,
                universe.open());
    }

    private void attempt(HypotheticalAttempt example) {
        List<Invariant> applying = attempts.keySet().stream()
                .filter(invariant -> invariant.which().fits(seal, example))
                .toList();
        if (applying.isEmpty()) {
            return;
        }
        Verdict verdict = policies.decide(seal, example.resolved(seal));
        decided++;
        for (Invariant invariant : applying) {
            attempts.merge(invariant, 1L, Long::sum);
            if (!failed.containsKey(invariant) && !invariant.holds(Verdicts.kind(verdict))) {
                failed.put(
                        invariant,
                        new InvariantResult(
                                invariant.name(),
                                invariant.at(),
                                0,
                                Optional.of(example.scenario(invariant.name(), invariant.expected())),
                                (Verdicts.word(verdict) + ": " + Verdicts.because(verdict)).strip()));
            }
        }
    }

    private InvariantResult result(Invariant invariant, long count) {
        InvariantResult failure = failed.get(invariant);
        return new InvariantResult(
                invariant.name(),
                invariant.at(),
                count,
                failure == null ? Optional.empty() : failure.counterexample(),
                failure == null ? "" : failure.got());
    }
}
