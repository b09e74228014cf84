package dev.interlock.system.bench;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.policy.Policies;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Measures decisions alone, in this process: one repeated attempt, and new ones. */
final class DecisionBench {

    private static final Instant NOW = Instant.now();
    private static final int WARM = 3_000;

    /** A policy under which an answer for one resource says nothing about another: new resources are decided anew. */
    private static final String READS_IDS = """

            @id("never-that-one")
            forbid (principal, action in Impact::Action::"read", resource)
            when { resource == Resource::"railway:service/svc-never" };
            """;

    private DecisionBench() {}

    /**
     * Median microseconds a decision.
     *
     * @param repeated the same attempt again
     * @param fresh an attempt on a new resource
     */
    record DecisionMedians(double repeated, double fresh) {}

    static DecisionMedians under(int policies, int rounds) {
        Seal seal = seal(BenchInstallation.policies(policies - 1) + READS_IDS);
        Policies engine = new Policies(_ -> "");
        engine.prepare(seal);
        ResolvedAttempt same = sensed(0);
        for (int i = 0; i < WARM; i++) {
            permit(engine.decide(seal, same));
            permit(engine.decide(seal, sensed(-i - 1)));
        }
        return new DecisionMedians(median(rounds, engine, seal, true), median(rounds, engine, seal, false));
    }

    private static double median(int rounds, Policies engine, Seal seal, boolean repeated) {
        long[] took = new long[rounds];
        for (int i = 0; i < rounds; i++) {
            ResolvedAttempt sensed = sensed(repeated ? 0 : i + 1);
            long start = System.nanoTime();
            Verdict verdict = engine.decide(seal, sensed);
            took[i] = System.nanoTime() - start;
            permit(verdict);
        }
        Arrays.sort(took);
        return took[rounds / 2] / 1000.0;
    }

    /** Requires a permit; a refusal would be faster, and measure something else. */
    private static void permit(Verdict verdict) {
        if (!(verdict instanceof Verdict.Permit)) {
            throw new IllegalStateException("the benchmark's own question was refused: " + verdict);
        }
    }

    private static ResolvedAttempt sensed(int number) {
        Resource resource = Resource.parse("railway:service/svc-" + number);
        Placement place = new Placement(resource, Set.of("staging"), Set.of(), Provenance.SEALED, true);
        HttpCall call = new HttpCall("POST", "up.example", "/", List.of(), List.of(), Bytes.empty());
        Lease lease = new Lease(
                "L-1",
                "L-1",
                "jer/cursor",
                "jer",
                LeaseSigners.NOBODY,
                "work",
                Optional.of("work"),
                Set.of("staging"),
                Set.of(Impact.READ, Impact.WRITE),
                Set.of(),
                Optional.empty(),
                NOW,
                NOW.plus(Duration.ofHours(8)));
        Action action = new Action(
                new Operation("railway", "service"),
                Set.of(Impact.READ),
                Reversibility.REVERSIBLE,
                Set.of(resource),
                List.of());
        return new ResolvedAttempt(
                new Attempt("railway", List.of(), Optional.empty(), call, NOW),
                lease,
                List.of(action),
                Map.of(resource, place),
                new BlastRadius(Set.of("staging"), Set.of(), List.of(), List.of(), List.of()),
                call,
                SaltedDigests.OPEN);
    }

    private static Seal seal(String policies) {
        return Seal.empty("bench", "bench", 1, NOW, NOW.plus(Duration.ofDays(1)))
                .with(parts -> {
                    parts.environments = Map.of(
                            "staging", new Seal.Environment("staging", false),
                            "production", new Seal.Environment("production", true));
                    parts.people = Map.of("jer", new Seal.Person("jer", Set.of("owners"), List.of(), Optional.empty()));
                    parts.softwareKeys = true;
                    parts.agents = Map.of("jer/cursor", new Seal.Agent("jer/cursor", "jer", Set.of("platform")));
                    parts.policies = List.of(new Seal.PolicyText("policy.cedar", policies));
                    parts.catalogs = Map.of("railway", "00".repeat(32));
                });
    }
}
