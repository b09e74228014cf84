package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.author.StarterPolicy;
import dev.interlock.policy.Policies;
import dev.interlock.testing.BuiltIn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests over all catalogs, under both starter policies, that no refusal recommends what the same seal would deny to the
 * same lease, and that the catalog's reason is in every refusal.
 */
final class AdviceTest {

    private static final List<Set<String>> LEASES =
            List.of(Set.of("staging"), Set.of("production"), Set.of("staging", "production"));
    private static final String BECAUSE = "The catalog says why.";

    @TempDir
    private Path directory;

    private final Policies policies = new Policies(_ -> "");
    private int kept;
    private int dropped;

    static Seal seal(Path directory, String catalog, StarterPolicy.Preset preset, GateFixture house)
            throws IOException {
        Path made = Files.createDirectory(directory.resolve(catalog + preset));
        StarterPolicy starter = new StarterPolicy(
                "acme",
                "jer",
                house.sam.line(),
                "cursor",
                catalog,
                catalog,
                catalog.equals("pg") ? "postgres://provider.example/shop" : "https://provider.example",
                List.of("staging"),
                List.of("production"),
                Map.of("kim", house.kim.line()),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Set.of(),
                preset);
        for (Map.Entry<String, String> file : starter.files(BuiltIn.FACTS).entrySet()) {
            Files.writeString(made.resolve(file.getKey()), file.getValue());
        }
        return ((PolicyDirectory.LoadResult.SoundDirectory) PolicyDirectory.load(made, BuiltIn.FACTS))
                .directory()
                .draft();
    }

    static ResolvedAttempt attempt(GateFixture house, Action action, Set<String> covered, Set<String> where) {
        Resource resource = action.resources().iterator().next();
        HttpCall call = new HttpCall("POST", "nowhere", "/", List.of(), List.of(), Bytes.empty());
        return new ResolvedAttempt(
                new Attempt(action.operation().provider(), List.of(), Optional.empty(), call, house.clock.instant()),
                house.lease.within(covered, EnumSet.allOf(Impact.class), Set.of()),
                List.of(action),
                Map.of(resource, new Placement(resource, where, Set.of(), Provenance.SEALED, true)),
                new BlastRadius(where, Set.of(), List.of(), List.of(), List.of()),
                call,
                SaltedDigests.OPEN);
    }

    private static Action action(OperationSummary known, Set<Impact> impacts, Fact... facts) {
        return new Action(
                known.operation(),
                impacts.isEmpty() ? known.possible() : impacts,
                known.reversibility(),
                Set.of(new Resource(known.operation().provider(), "thing", "any")),
                List.of(facts));
    }

    @Test
    void noAdviceLeadsIntoAWall() throws IOException {
        try (GateFixture house = new GateFixture(directory.resolve("house"))) {
            for (String catalog : BuiltIn.CATALOGS.names()) {
                List<OperationSummary> advised = BuiltIn.FACTS.operations(catalog).stream()
                        .filter(known -> known.safer().isPresent())
                        .toList();
                if (!advised.isEmpty()) {
                    for (StarterPolicy.Preset preset : StarterPolicy.Preset.values()) {
                        Seal seal = seal(directory, catalog, preset, house);
                        advised.forEach(known -> LEASES.forEach(
                                covered -> LEASES.forEach(where -> requireHonest(house, seal, known, covered, where))));
                    }
                }
            }
        }
        assertThat(kept).isGreaterThan(900);
        assertThat(dropped).isGreaterThan(1_000);
    }

    private void requireHonest(
            GateFixture house, Seal seal, OperationSummary known, Set<String> covered, Set<String> where) {
        OperationSummary.SaferAlternative safer = known.safer().orElseThrow();
        for (Set<Impact> impacts : List.of(known.impacts(), known.possible())) {
            Action asked = action(
                    known,
                    impacts,
                    new Fact(Fact.SAFER, safer.how(), Provenance.SEALED),
                    new Fact(Fact.BECAUSE, BECAUSE, Provenance.SEALED));
            ResolvedAttempt sensed = house.decisions.recommending(
                    seal,
                    attempt(house, asked, covered, where),
                    action -> BuiltIn.CATALOGS
                            .find(known.operation().provider())
                            .flatMap(catalog -> catalog.safer(action)));
            String advice = Refusals.milder(sensed);
            if (advice.isEmpty()) {
                dropped++;
            } else {
                kept++;
                OperationSummary other = BuiltIn.FACTS.find(safer.operation()).orElseThrow();
                Verdict verdict = policies.decide(seal, attempt(house, action(other, other.impacts()), covered, where));
                assertThat(verdict)
                        .as("%s in %s under a lease for %s: %s", known.operation(), where, covered, advice)
                        .isNotInstanceOf(Verdict.Refuse.class);
            }
            if (policies.decide(seal, sensed) instanceof Verdict.Refuse(var _, Refusal refusal)) {
                assertThat(Refusals.offering(sensed, refusal, false).reason()).contains(BECAUSE);
            }
        }
    }
}
