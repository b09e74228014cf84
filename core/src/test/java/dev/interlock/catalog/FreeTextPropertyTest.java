package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Fact;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.testing.BuiltIn;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests every operation of every built-in catalog: no free text of a request reaches a receipt. */
final class FreeTextPropertyTest {

    private static final long SEED = Long.getLong("interlock.seed", 20_261_123L);
    private static final int MAX_DEPTH = 4;
    private static final String MARK = "hunter";

    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);

    private record Described(String name, CatalogEntry entry, ProviderSchema shapes) {}

    static Stream<String> catalogs() {
        return BuiltIn.CATALOGS.names().stream()
                .filter(name ->
                        !BuiltIn.CATALOGS.find(name).orElseThrow().protocols().contains("sql")) // read by its front
                .sorted();
    }

    @ParameterizedTest
    @MethodSource("catalogs")
    void receiptsHoldNoFreeTextOfARequest(String catalog) throws IOException {
        Set<String> open = new TreeSet<>();
        for (Described operation : operations(catalog)) {
            Map<String, Value> arguments = arguments(operation);
            Set<String> naming = operation.entry().naming().stream()
                    .map(path -> Fact.ARGUMENT + path)
                    .collect(Collectors.toSet());
            ActionFacts.of(
                            new AppliedEntry(
                                    operation.entry(),
                                    arguments,
                                    operation.entry().rules(),
                                    List.of()),
                            List.of())
                    .stream()
                    .filter(fact -> !fact.isSalted() && fact.value().contains(MARK))
                    // Identifiers of resources are recorded with the resources, whatever they look like.
                    .filter(fact -> !naming.contains(fact.name()))
                    .forEach(fact -> open.add(operation.name() + " " + fact.name()));
        }
        assertThat(open).as("seed %d", SEED).isEmpty();
    }

    private static List<Described> operations(String catalog) throws IOException {
        try (InputStream in = Catalogs.class.getResourceAsStream(catalog + ".yaml")) {
            CatalogSection top = CatalogSection.read(catalog + ".yaml", in.readAllBytes());
            List<Described> all = new ArrayList<>();
            if (top.require("protocol").text().equals("graphql")) {
                all.addAll(operations(GraphqlCatalogReader.read(top)));
            } else {
                RestCatalogReader.read(top)
                        .knowledge()
                        .operations()
                        .forEach((name, entry) -> all.add(new Described(name, entry.entry(), entry.shapes())));
                top.find("graphql")
                        .map(part -> GraphqlCatalogReader.part(CatalogHead.read(top), part))
                        .ifPresent(part -> all.addAll(operations(part)));
            }
            return all;
        }
    }

    private static List<Described> operations(GraphqlCatalog catalog) {
        List<Described> all = new ArrayList<>();
        Stream.of(catalog.queries(), catalog.mutations())
                .forEach(some -> some.forEach((name, entry) -> all.add(new Described(name, entry, catalog.shapes()))));
        return all;
    }

    private Map<String, Value> arguments(Described operation) {
        List<ArgumentPath> read = List.copyOf(operation.entry().readPaths());
        Map<String, Value> arguments = new LinkedHashMap<>();
        operation.entry().shape().arguments().forEach((name, input) -> {
            List<List<String>> ways =
                    after(read.stream().map(ArgumentPath::steps).toList(), name);
            arguments.put(name, name.equals("header") ? new Value.Members(Map.of()) : value(operation, input, ways, 0));
        });
        return arguments;
    }

    private Value value(Described operation, ProviderSchema.InputField input, List<List<String>> ways, int depth) {
        if (depth < MAX_DEPTH && input.type().isPresent()) {
            Map<String, Value> members = new LinkedHashMap<>();
            operation
                    .shapes()
                    .input(input.type().get())
                    .forEach((name, below) -> members.put(name, value(operation, below, after(ways, name), depth + 1)));
            return random.nextBoolean()
                    ? new Value.Members(members)
                    : new Value.Items(List.of(new Value.Members(members)));
        }
        if (input.isOpen()) {
            return open(ways);
        }
        return random.nextInt(4) > 0 ? text() : new Value.Items(List.of(text(), text()));
    }

    private Value open(List<List<String>> ways) {
        Set<String> names = ways.stream()
                .filter(way -> !way.isEmpty())
                .map(List::getFirst)
                .filter(name -> !name.startsWith("@") && !name.equals(ArgumentPath.ANY))
                .collect(Collectors.toCollection(TreeSet::new));
        if (names.isEmpty()) {
            return switch (random.nextInt(3)) {
                case 0 -> text();
                case 1 -> new Value.Items(List.of(text()));
                default -> new Value.Members(Map.of("name", new Value.Text("main"), "note", text()));
            };
        }
        Map<String, Value> members = new LinkedHashMap<>();
        names.forEach(name -> members.put(name, open(after(ways, name))));
        return new Value.Members(members);
    }

    private static List<List<String>> after(List<List<String>> ways, String name) {
        return ways.stream()
                .filter(way -> !way.isEmpty() && way.getFirst().equals(name))
                .map(way -> way.subList(1, way.size()))
                .toList();
    }

    /** Two words, or one that is longer than any name. */
    private Value text() {
        String unique = MARK + random.nextInt(1_000_000);
        return new Value.Text(random.nextInt(4) > 0 ? unique + " is it" : unique + "x".repeat(200));
    }
}
