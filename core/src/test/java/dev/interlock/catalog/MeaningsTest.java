package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.catalog.FieldMeaning.FieldKind;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.testing.BuiltIn;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Walks every field of every operation of the built-in catalogs, in each language, and checks that what a field means
 * is judged alike wherever it stands.
 */
class MeaningsTest {

    /** A value that each meaning has a rule for, and one that it has none for, if any; by catalog and meaning. */
    private static final Map<String, List<String>> EXAMPLES = new TreeMap<>();

    static {
        RestFixture.lines("meaning-examples.tsv").stream()
                .map(line -> line.split("\t", -1))
                .forEach(line -> EXAMPLES.put(line[0] + " " + line[1], List.of(line[2].replace("\\n", "\n"), line[3])));
    }

    /** An operation in one language, with its fields. */
    private record Door(String language, String operation, CatalogEntry entry, ProviderSchema shapes) {

        private Map<ArgumentPath, FieldKind> fields() {
            return shapes.fields(entry.shape().arguments());
        }

        @Override
        public String toString() {
            return language + " " + operation;
        }
    }

    private record Known(CatalogHead head, List<Door> doors) {}

    private static Known known(String catalog) {
        List<Door> doors = new ArrayList<>();
        return switch (BuiltIn.CATALOGS.find(catalog).orElseThrow()) {
            case GraphqlDialect graphql -> new Known(graphql.knowledge().head(), doors(graphql.knowledge()));
            case McpDialect mcp -> new Known(mcp.knowledge().head(), doors(mcp.knowledge()));
            case SqlDialect sql -> new Known(sql.head(), doors);
            case RestDialect rest -> {
                rest.knowledge()
                        .operations()
                        .values()
                        .forEach(each -> doors.add(new Door("REST", each.name(), each.entry(), each.shapes())));
                rest.pushes().stream()
                        .flatMap(push -> Stream.of(push.create(), push.update(), push.delete()))
                        .flatMap(each -> Stream.of(each.asSent(), each.whileKept()))
                        .forEach(each -> doors.add(new Door("push", each.name(), each.entry(), each.shapes())));
                rest.graphql().ifPresent(part -> doors.addAll(doors(part.knowledge())));
                rest.mcp().ifPresent(part -> doors.addAll(doors(part.knowledge())));
                yield new Known(rest.knowledge().head(), doors);
            }
        };
    }

    private static List<Door> doors(GraphqlCatalog knowledge) {
        Map<String, CatalogEntry> all = new LinkedHashMap<>(knowledge.queries());
        all.putAll(knowledge.mutations());
        return all.entrySet().stream()
                .map(each -> new Door("GraphQL", each.getKey(), each.getValue(), knowledge.shapes()))
                .toList();
    }

    private static List<Door> doors(McpCatalog knowledge) {
        return knowledge.operations().entrySet().stream()
                .map(each -> new Door("MCP", each.getKey(), each.getValue(), knowledge.shapes()))
                .toList();
    }

    static Stream<String> catalogs() {
        return BuiltIn.CATALOGS.names().stream()
                .filter(name -> !known(name).head().meanings().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("catalogs")
    void aMeaningHasOneVerdictAtEveryDoor(String catalog) {
        Known known = known(catalog);
        for (FieldMeaning meaning : known.head().meanings()) {
            if (meaning.rules().isEmpty()) {
                continue;
            }
            List<String> example = EXAMPLES.get(catalog + " " + meaning.name());
            assertThat(example).as("%s needs an example", meaning.name()).isNotNull();
            Set<String> because = meaning.rules().stream()
                    .map(rule -> rule.require("because").text())
                    .collect(Collectors.toSet());
            Set<String> verdicts = new TreeSet<>();
            for (Door door : known.doors()) {
                for (ArgumentPath path :
                        meaning.paths(door.operation(), door.entry().impacts(), door.fields())) {
                    verdicts.add(verdict(door, path, example.getFirst(), because));
                    if (!example.get(1).equals("-")) {
                        assertThat(verdict(door, path, example.get(1), because))
                                .as("%s of %s at %s", example.get(1), meaning.name(), door)
                                .isEqualTo("[]");
                    }
                }
            }
            assertThat(verdicts).as(meaning.name()).hasSize(1).doesNotContain("[]");
        }
    }

    private static String verdict(Door door, ArgumentPath path, String value, Set<String> because) {
        Map<String, Value> arguments = ((Value.Members) at(path.steps(), value)).members();
        ProviderQuestion asked = new ProviderQuestion("default-branch", Resource.parse("github:repo/acme/shop"));
        return AppliedEntry.of(door.entry(), arguments)
                .settled(Set.of(asked.about()), ProviderAnswers.of(Map.of(asked, "main")))
                .rules()
                .stream()
                .filter(rule -> because.contains(rule.because()))
                .map(rule -> rule.impacts() + " " + rule.because())
                .sorted()
                .toList()
                .toString();
    }

    private static Value at(List<String> steps, String value) {
        if (steps.isEmpty()) {
            return new Value.Text(value);
        }
        String first = steps.getFirst();
        return switch (first) {
            case ArgumentPath.NAMES -> new Value.Members(Map.of(value, new Value.Text("v")));
            case ArgumentPath.ANY -> new Value.Members(Map.of("any", at(steps.subList(1, steps.size()), value)));
            default -> new Value.Members(Map.of(first, at(steps.subList(1, steps.size()), value)));
        };
    }

    /** A field with the name of one that has a meaning has it too, unless somebody said what else it is. */
    @ParameterizedTest
    @MethodSource("catalogs")
    void noFieldOfThatNameIsMissing(String catalog) {
        Known known = known(catalog);
        Map<String, String> others = RestFixture.exceptions("meaning-others.tsv", catalog);
        Set<String> used = new HashSet<>();
        Set<String> missing = new TreeSet<>();
        for (FieldMeaning meaning : known.head().meanings()) {
            if (meaning.isEverywhere()) {
                continue;
            }
            Set<String> names = meaning.fields().stream()
                    .map(field -> field.end().steps().getLast())
                    .filter(name -> !name.startsWith("@") && !name.equals(ArgumentPath.ANY))
                    .collect(Collectors.toSet());
            for (Door door : known.doors()) {
                if (isRead(door) != meaning.isRead() || meaning.exceptions().containsKey(door.operation())) {
                    continue;
                }
                List<ArgumentPath> meant =
                        meaning.paths(door.operation(), door.entry().impacts(), door.fields());
                door.fields().forEach((path, kind) -> {
                    String name = path.steps().getLast();
                    if (kind == FieldKind.BODY || !names.contains(name) || meant.contains(path)) {
                        return;
                    }
                    List<String> why = List.of(
                            meaning.name() + " " + door.operation(),
                            meaning.name() + " *." + name,
                            meaning.name() + " *");
                    if (why.stream().noneMatch(others::containsKey)) {
                        missing.add(meaning.name() + ": " + path + " of " + door);
                    }
                    used.addAll(why);
                });
            }
        }
        assertThat(String.join("\n", missing)).isEmpty();
        others.keySet().removeAll(used);
        assertThat(others.keySet()).as("others that are none any more").isEmpty();
    }

    /** Fields that name no branch that commits land on, that moves, goes or gets another name. */
    private static final Set<String> OTHER_REFS = Set.of(
            "actions/delete-actions-cache-by-key query.ref",
            "code-scanning/upload-sarif body.ref",
            "codespaces/create-with-repo-for-authenticated-user body.ref",
            "dependency-graph/create-repository-snapshot body.ref",
            "repos/create-org-ruleset body.rules.parameters.workflows.ref",
            "repos/create-repo-ruleset body.rules.parameters.workflows.ref",
            "repos/rename-branch body.new_name",
            "repos/transfer body.new_name",
            "repos/update-org-ruleset body.rules.parameters.workflows.ref",
            "repos/update-repo-ruleset body.rules.parameters.workflows.ref",
            "issues/update-label body.new_name",
            "label_write/create new_name",
            "label_write/update new_name",
            "label_write/delete new_name",
            "actions_run_trigger/cancel_workflow_run ref",
            "actions_run_trigger/delete_workflow_run_logs ref");

    /** Such operations are found by the names of fields. GitHub says which branch is the default one, nobody's list. */
    @Test
    void eachBranchMayBeTheDefaultOne() {
        Set<String> unasked = new TreeSet<>();
        for (Door door : known("github").doors()) {
            boolean isWorst = door.entry().impacts().contains(Impact.EXECUTE)
                    && door.entry().reversibility() == Reversibility.IRREVERSIBLE;
            if (door.language().equals("push") || isRead(door) || isWorst) {
                continue;
            }
            door.fields().forEach((path, kind) -> {
                if (kind == FieldKind.VALUE
                        && Set.of("branch", "branchName", "target_ref", "ref", "new_name")
                                .contains(path.steps().getLast())
                        && door.entry().rules().stream()
                                .noneMatch(rule -> rule.unless().isPresent()
                                        && rule.condition().paths().contains(path))) {
                    unasked.add(door.operation() + " " + path);
                }
            });
        }
        assertThat(unasked).isEqualTo(new TreeSet<>(OTHER_REFS));
    }

    private static boolean isRead(Door door) {
        return Set.of(Impact.READ, Impact.CREDENTIAL).containsAll(door.entry().impacts());
    }
}
