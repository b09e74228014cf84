package dev.interlock.author;

import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.evidence.Json;
import dev.interlock.action.CatalogFacts;
import dev.interlock.policy.Dissection;
import dev.interlock.policy.Policies;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Decides about every attempt of the {@link Universe}, and says of each invariant whether it holds. */
public final class Proof {

    /**
     * Of one invariant.
     *
     * @param at file and line; empty for those that are built in
     * @param attempts to how many it applied
     * @param counterexample where it fails: a scenario that can be pasted into a test file, and is red there
     * @param got what came out instead; empty if it holds
     */
    public record Result(String name, String at, long attempts, Optional<String> counterexample, String got) {

        /** Whether it holds of every attempt to which it applies. */
        public boolean holds() {
            return counterexample.isEmpty();
        }

        /** For programs. */
        public Json.Members json() {
            return Json.object()
                    .with("name", name)
                    .with("at", at)
                    .with("holds", holds())
                    .with("attempts", attempts)
                    .with("got", got)
                    .withOptional("counterexample", counterexample);
        }
    }

    /**
     * All results.
     *
     * @param decided about how many attempts was decided
     * @param open what policies read and was not gone through; of other values than those tried nothing is shown
     */
    public record Report(List<Result> results, long decided, Set<String> open) {
        public Report {
            results = List.copyOf(results);
        }

        /** Whether all hold. */
        public boolean holds() {
            return results.stream().allMatch(Result::holds);
        }
    }

    private final Policies policies = new Policies(_ -> "");
    private final Seal seal;
    private final Map<Invariant, Long> attempts = new LinkedHashMap<>();
    private final Map<Invariant, Result> failed = new LinkedHashMap<>();
    private long decided;

    private Proof(Seal seal, List<Invariant> invariants) {
        this.seal = seal;
        invariants.forEach(invariant -> attempts.put(invariant, 0L));
    }

    /** Proves what is built in, and what the directory's {@code invariants.yaml} says. */
    public static Report of(PolicyDirectory directory, CatalogFacts catalogs) {
        List<Invariant> all = new ArrayList<>(Invariant.builtIn());
        all.addAll(directory.invariants());
        return prove(directory.draft(), all, catalogs);
    }

    /** Proves what the directory's {@code invariants.yaml} says, without which nothing may be sealed. */
    public static Report own(PolicyDirectory directory, CatalogFacts catalogs) {
        return prove(directory.draft(), directory.invariants(), catalogs);
    }

    private static Report prove(Seal seal, List<Invariant> invariants, CatalogFacts catalogs) {
        Proof proof = new Proof(seal, invariants);
        Universe universe = new Universe(seal, catalogs, Dissection.of(seal));
        if (!invariants.isEmpty()) {
            universe.forEach(proof::attempt);
        }
        return new Report(
                proof.attempts.entrySet().stream()
                        .map(entry -> proof.result(entry.getKey(), entry.getValue()))
                        .toList(),
                proof.decided,
                universe.open());
    }

    private void attempt(Example example) {
        List<Invariant> applying = attempts.keySet().stream()
                .filter(invariant -> invariant.which().fits(seal, example))
                .toList();
        if (applying.isEmpty()) {
            return;
        }
        Verdict verdict = policies.decide(seal, example.sensed(seal));
        decided++;
        for (Invariant invariant : applying) {
            attempts.merge(invariant, 1L, Long::sum);
            if (!failed.containsKey(invariant) && !invariant.holds(Verdicts.kind(verdict))) {
                failed.put(
                        invariant,
                        new Result(
                                invariant.name(),
                                invariant.at(),
                                0,
                                Optional.of(example.scenario(invariant.name(), invariant.expected())),
                                (Verdicts.word(verdict) + ": " + Verdicts.because(verdict)).strip()));
            }
        }
    }

    private Result result(Invariant invariant, long count) {
        Result failure = failed.get(invariant);
        return new Result(
                invariant.name(),
                invariant.at(),
                count,
                failure == null ? Optional.empty() : failure.counterexample(),
                failure == null ? "" : failure.got());
    }
}
