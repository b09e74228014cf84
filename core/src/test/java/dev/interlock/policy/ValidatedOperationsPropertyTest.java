package dev.interlock.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Seal;
import dev.interlock.testing.CaseCount;
import dev.interlock.testing.Fixtures;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BinaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests that a validation with fewer operations finds the same errors as one with all operations. */
@Tag("random")
class ValidatedOperationsPropertyTest {

    private static final int SETS = CaseCount.of(400);

    /** The names in {@link RandomPolicies}; with others, unknown names would be the only findings. */
    private static final List<String> AGENTS = List.of("jer/cursor", "ann/bot", "zoë/\"x\"");

    private static final CatalogFacts CATALOGS = Fixtures.facts(
            Map.of(
                    "railway",
                    IntStream.range(0, 12)
                            .mapToObj(i -> i == 3 ? "volumeDelete" : i == 7 ? "project" : "operation" + i)
                            .collect(Collectors.toMap(
                                    name -> name, _ -> Set.of(Impact.READ), (a, _) -> a, TreeMap::new))),
            Map.of("railway", "00".repeat(32)));

    /** Cedar's text about each operation is the same; it truncates the part after its name somewhere. */
    private static final Pattern OPERATION = Pattern.compile("Operation::Action::\".*");

    private final AtomicInteger validated = new AtomicInteger();

    private Set<String> found(Seal seal, BinaryOperator<Set<String>> looked) {
        return PolicyChecks.check(seal, CATALOGS, looked).stream()
                .map(problem -> OPERATION.matcher(problem.toString()).replaceFirst("an operation"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Seal seal(String text) {
        return Fixtures.seal(text).with(parts -> {
            parts.agents = AGENTS.stream()
                    .collect(Collectors.toMap(
                            name -> name, name -> new Seal.Agent(name, "jer", Set.of("platform", "data", "web"))));
            parts.environments = Set.of("staging", "production", "dev").stream()
                    .collect(Collectors.toMap(name -> name, name -> new Seal.Environment(name, false, false)));
        });
    }

    private boolean agrees(String text) {
        Seal seal = seal(text);
        Set<String> withAll = found(seal, (all, _) -> {
            validated.incrementAndGet();
            return all;
        });
        assertThat(found(seal, CedarSchema::representativeOperations))
                .as("%s", text)
                .isEqualTo(withAll);
        return withAll.isEmpty();
    }

    @Test
    void reducedValidationFindsTheSameProblems() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int sound = 0;
        for (int set = 0; set < SETS; set++) {
            sound += agrees(new RandomPolicies(random).policies(1 + random.nextInt(2))) ? 1 : 0;
        }
        // Otherwise the test tried nothing.
        if (!CaseCount.includeRare()) {
            return;
        }
        assertThat(validated).hasValueGreaterThan(SETS / 4);
        assertThat(sound).isBetween(SETS / 40, SETS - SETS / 10);
    }

    /** A policy may be valid for the operations that it names and for no other, or the other way round. */
    @Test
    void oneUnnamedOperationRepresentsAllOthers() {
        for (String condition : List.of(
                "action == Operation::Action::\"railway/project\" || context.nothing == 1",
                "action != Operation::Action::\"railway/project\" || context.nothing == 1",
                "action in Impact::Action::\"read\" && context.nothing == 1",
                "[Operation::Action::\"railway/project\"].contains(action)",
                "action is Operation::Action && context.nothing == 1")) {
            assertThat(agrees("@id(\"a\") permit (principal, action, resource) when { " + condition + " };"))
                    .as(condition)
                    .isEqualTo(!condition.contains("nothing"));
        }
    }
}
