package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Impact;
import dev.interlock.action.Reversibility;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests what the built-in catalogs say of operations, by rules that hold for every provider. */
class JudgementTest {

    private static final Catalogs CATALOGS = Catalogs.builtIn();
    private static final Set<String> KINDS = Set.of("adds", "runs", "sets", "takes", "text", "view");

    static Set<String> catalogs() {
        return CATALOGS.names();
    }

    /** A write is something that can be changed back; agents may write without asking. */
    @ParameterizedTest
    @MethodSource("catalogs")
    void noWriteIsIrreversible(String name) {
        assertThat(CATALOGS.find(name).orElseThrow().operations())
                .isNotEmpty()
                .noneMatch(operation ->
                        isWrite(operation.impacts()) && operation.reversibility() == Reversibility.IRREVERSIBLE);
    }

    /** Nor does the state at the provider, or a kept one, make a write of what cannot be changed back. */
    @ParameterizedTest
    @MethodSource("catalogs")
    void noUndoMakesAnIrreversibleWrite(String name) throws IOException {
        entries(name)
                .forEach((operation, entry) -> entry.undo()
                        .ifPresent(plan -> assertThat(
                                        isWrite(plan.kept()) && plan.reversibility() == Reversibility.IRREVERSIBLE)
                                .as(operation)
                                .isFalse()));
    }

    /**
     * Agents may write without asking. Whether a write starts somebody's code, shows a secret or hides something cannot
     * be computed. So each was judged by hand, and a new one is red until it was.
     */
    @Test
    void everyWriteWasJudgedByHand() throws IOException {
        Set<String> writes = new TreeSet<>();
        for (String name : catalogs()) {
            entries(name).forEach((operation, entry) -> {
                if (isWrite(entry.impacts())) {
                    writes.add(name + " " + operation);
                }
            });
        }
        assertThat(reviewed().keySet()).containsExactlyInAnyOrderElementsOf(writes);
        assertThat(reviewed().values()).allSatisfy(line -> assertThat(KINDS).contains(line.get(2)));
    }

    /** What overwrites or empties a thing must not be milder than what deletes it, unless somebody said why it is. */
    @Test
    void aWriteWhereADeletionDestroysSaysWhyItLosesNothing() throws IOException {
        Map<String, List<String>> reviewed = reviewed();
        for (String name : catalogs()) {
            Set<String> deletions = new TreeSet<>();
            Map<String, CatalogEntry> entries = entries(name);
            Map<String, String> paths = paths(name);
            entries.forEach((operation, entry) -> {
                if (entry.impacts().contains(Impact.DESTROY)) {
                    String request = paths.getOrDefault(operation, "");
                    deletions.add(request.startsWith("DELETE ") ? request.substring(7) : operation);
                }
            });
            entries.forEach((operation, entry) -> {
                String request = paths.getOrDefault(operation, "");
                boolean isBesideADeletion = request.isEmpty()
                        ? deletionsLike(operation).stream().anyMatch(deletions::contains)
                        : !request.startsWith("DELETE ")
                                && deletions.contains(request.substring(request.indexOf(' ') + 1));
                if (isWrite(entry.impacts())) {
                    assertThat(Objects.requireNonNull(reviewed.get(name + " " + operation)))
                            .as("%s of %s", operation, name)
                            .hasSize(isBesideADeletion ? 4 : 3);
                }
            });
        }
    }

    private static List<String> deletionsLike(String operation) {
        List<String> names = new ArrayList<>();
        for (String verb : List.of("Update", "Upsert", "Set")) {
            if (operation.contains(verb)) {
                names.add(operation.replace(verb, "Delete"));
            }
        }
        if (operation.startsWith("update")) {
            names.add("delete" + operation.substring("update".length()));
        }
        return names;
    }

    private static boolean isWrite(Set<Impact> impacts) {
        return impacts.contains(Impact.WRITE)
                && Set.of(Impact.READ, Impact.WRITE).containsAll(impacts);
    }

    private static Map<String, List<String>> reviewed() {
        return RestFixture.lines("writes.tsv").stream()
                .filter(line -> !line.startsWith("#"))
                .map(line -> List.of(line.split("\t")))
                .collect(Collectors.toMap(line -> line.get(0) + " " + line.get(1), line -> line));
    }

    private static Catalog dialect(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(Catalogs.class.getResourceAsStream(name + ".yaml"))) {
            return CatalogFile.read(name + ".yaml", in.readAllBytes());
        }
    }

    private static Map<String, CatalogEntry> entries(String name) throws IOException {
        Map<String, CatalogEntry> entries = new TreeMap<>();
        switch (dialect(name)) {
            case GraphqlDialect graphql -> entries.putAll(graphql.knowledge().mutations());
            case McpDialect mcp -> entries.putAll(mcp.knowledge().operations());
            case RestDialect rest -> {
                rest.knowledge()
                        .operations()
                        .forEach((operation, described) -> entries.put(operation, described.entry()));
                rest.graphql()
                        .ifPresent(graphql -> entries.putAll(graphql.knowledge().mutations()));
                rest.mcp().ifPresent(mcp -> entries.putAll(mcp.knowledge().operations()));
            }
            case SqlDialect _ -> {} // the front reads each statement; its own tests say what it does
        }
        return entries;
    }

    private static Map<String, String> paths(String name) throws IOException {
        Map<String, String> paths = new TreeMap<>();
        if (dialect(name) instanceof RestDialect rest) {
            rest.knowledge()
                    .operations()
                    .forEach((operation, described) -> paths.put(
                            operation,
                            described.line().method() + " " + described.line().template()));
        }
        return paths;
    }
}
