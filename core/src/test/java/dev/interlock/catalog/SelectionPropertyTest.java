package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.CaseCount;
import graphql.language.AstPrinter;
import graphql.parser.Parser;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests that a selection means what it asks for, however it is written, for each guarded field of each catalog that
 * speaks GraphQL. What is legal, graphql-java says.
 */
@Tag("random")
final class SelectionPropertyTest {

    private static final int REWRITINGS = CaseCount.of(4);
    private static final int CONDITIONS = CaseCount.of(6);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A catalog that speaks GraphQL, and its schema as another reader knows it. */
    private record Speaker(String name, Catalog catalog, GraphqlCatalog knowledge, CatalogSchema schema) {

        static Speaker of(String name, Catalog catalog) {
            GraphqlCatalog knowledge = dialect(catalog).orElseThrow().knowledge();
            return new Speaker(name, catalog, knowledge, CatalogSchema.of(knowledge));
        }

        CallReading read(String document, Map<String, ?> variables) {
            try {
                return catalog.read(new HttpCall(
                        "POST",
                        "api.example",
                        knowledge.endpoints().iterator().next(),
                        List.of(),
                        List.of(new Header("content-type", "application/json")),
                        Bytes.of(JSON.writeValueAsBytes(Map.of("query", document, "variables", variables)))));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Optional<GraphqlDialect> dialect(Catalog catalog) {
        return switch (catalog) {
            case GraphqlDialect own -> Optional.of(own);
            case RestDialect rest -> rest.graphql();
            default -> Optional.empty();
        };
    }

    static Stream<Speaker> speakers() throws IOException {
        try (InputStream in = Objects.requireNonNull(Catalogs.class.getResourceAsStream("example-graphql.yaml"))) {
            return Stream.concat(
                            BuiltIn.CATALOGS.names().stream()
                                    .map(name -> Map.entry(
                                            name, BuiltIn.CATALOGS.find(name).orElseThrow())),
                            Stream.of(Map.entry("example", CatalogFile.read("example.yaml", in.readAllBytes()))))
                    .filter(catalog -> dialect(catalog.getValue()).isPresent())
                    .map(catalog -> Speaker.of(catalog.getKey(), catalog.getValue()));
        }
    }

    /** What a call means, whatever its fields are called in the answer and in which order they stand. */
    private record Meaning(Set<Judged> actions, Set<List<String>> revealed) {

        record Judged(
                Operation operation,
                Set<Impact> impacts,
                Reversibility reversibility,
                Set<Resource> resources,
                Set<Fact> facts,
                boolean piecemeal) {

            static Judged of(Action action) {
                return new Judged(
                        action.operation(),
                        action.impacts(),
                        action.reversibility(),
                        action.resources(),
                        Set.copyOf(action.facts()),
                        action.piecemeal());
            }
        }

        static Meaning of(CallReading reading, Map<String, String> aliases, String text) {
            assertThat(reading).as(text).isInstanceOf(CallReading.CallMeaning.class);
            CallReading.CallMeaning meaning = (CallReading.CallMeaning) reading;
            return new Meaning(
                    meaning.actions().stream().map(Judged::of).collect(Collectors.toSet()),
                    meaning.redaction().map(ResponseRedaction::paths).orElse(Set.of()).stream()
                            .map(path -> path.stream()
                                    .map(key -> aliases.getOrDefault(key, key))
                                    .toList())
                            .collect(Collectors.toSet()));
        }
    }

    /** A query that selects one guarded field, with the way to it. */
    private record Guarded(String field, String document) {}

    /** A way from an operation to a type: the text before and behind what is selected there. */
    private record Way(String type, String before, int depth) {

        String selecting(String field) {
            return before + field + " }".repeat(depth);
        }
    }

    /** Returns each operation once, and each guarded field once below a query and once below a mutation. */
    private static List<Guarded> guarded(Speaker speaker) {
        List<Guarded> guarded = new ArrayList<>();
        for (List<Way> operations : List.of(
                operations(speaker, "query", speaker.knowledge().queries()),
                operations(speaker, "mutation", speaker.knowledge().mutations()))) {
            operations.forEach(way ->
                    guarded.add(new Guarded(way.type() + ".", way.selecting(leaf(speaker, way.type())))));
            ways(speaker, operations)
                    .forEach(way -> fields(speaker, way.type())
                            .map(field -> new Guarded(way.type() + "." + field.name(), way.selecting(field.text())))
                            .forEach(guarded::add));
        }
        return guarded;
    }

    private static List<Way> operations(Speaker speaker, String kind, Map<String, CatalogEntry> entries) {
        return entries.entrySet().stream()
                .flatMap(entry -> entry.getValue().shape().type().stream()
                        .map(type -> new Way(type, kind + " { " + call(entry.getKey(), entry.getValue()) + " { ", 2)))
                .toList();
    }

    private static String call(String name, CatalogEntry entry) {
        String arguments = entry.resources().entrySet().stream()
                .flatMap(named -> Stream.concat(Stream.of(named.getKey()), named.getValue().parts().stream()))
                .filter(path -> path.steps().size() == 1)
                .map(path -> path + ": \"x\"")
                .distinct()
                .collect(Collectors.joining(", "));
        return arguments.isEmpty() ? name : name + "(" + arguments + ")";
    }

    /** Returns a shortest way to each type below {@code operations}. */
    private static List<Way> ways(Speaker speaker, List<Way> operations) {
        Map<String, Way> ways = new LinkedHashMap<>();
        operations.forEach(way -> ways.putIfAbsent(way.type(), way));
        Deque<Way> open = new ArrayDeque<>(ways.values());
        while (!open.isEmpty()) {
            Way way = open.removeFirst();
            List<Way> next = new ArrayList<>();
            speaker.schema().objects(way.type()).stream()
                    .filter(object -> !object.equals(way.type()))
                    .sorted()
                    .forEach(object ->
                            next.add(new Way(object, way.before() + "... on " + object + " { ", way.depth() + 1)));
            speaker.schema()
                    .fields(way.type())
                    .forEach(field -> speaker.schema()
                            .below(way.type(), field)
                            .ifPresent(type -> next.add(new Way(type, way.before() + field + " { ", way.depth() + 1))));
            next.stream()
                    .filter(other -> ways.putIfAbsent(other.type(), other) == null)
                    .forEach(open::addLast);
        }
        return List.copyOf(ways.values());
    }

    private record SelectedText(String name, String text) {}

    private static Stream<SelectedText> fields(Speaker speaker, String type) {
        GraphqlCatalog knowledge = speaker.knowledge();
        return speaker.schema().fields(type).stream().flatMap(name -> {
            ProviderSchema.OutputField field =
                    knowledge.shapes().field(type, name).orElseThrow();
            String path = type + "." + name;
            List<String> named = field.arguments().keySet().stream()
                    .filter(argument -> knowledge.aliases().containsKey(path + "." + argument))
                    .toList();
            boolean isGuarded = field.outward()
                    || !named.isEmpty()
                    || knowledge.aliases().containsKey(path)
                    || knowledge.secrets().carries(type, name, Map.of());
            String below = speaker.schema()
                    .below(type, name)
                    .map(other -> " { " + leaf(speaker, other) + " }")
                    .orElse("");
            return isGuarded
                    ? Stream.of(new SelectedText(
                            name, name + (named.isEmpty() ? "" : "(" + named.getFirst() + ": \"HEAD:a.md\")") + below))
                    : Stream.empty();
        });
    }

    // One that is no label, so that a way out counts.
    private static String leaf(Speaker speaker, String type) {
        return speaker.schema().fields(type).stream()
                .filter(name -> speaker.schema().below(type, name).isEmpty())
                .filter(name -> !speaker.knowledge().labels().contains(name))
                .findFirst()
                .or(() -> speaker.schema().fields(type).stream()
                        .filter(name -> speaker.schema().below(type, name).isEmpty())
                        .findFirst())
                .orElse(Classifier.TYPENAME);
    }

    @ParameterizedTest
    @MethodSource("speakers")
    void rewrittenSelectionsMeanTheSame(Speaker speaker) {
        Random random = seeded();
        List<Guarded> all = guarded(speaker);
        assertThat(all).isNotEmpty();
        for (Guarded guarded : all) {
            requireAlike(speaker, guarded.document(), Map.of(), true, random);
        }
    }

    /** Real documents have fragments, variables and directives of their own. */
    @ParameterizedTest
    @MethodSource("commands")
    void rewrittenCommandsMeanTheSame(JsonNode command) {
        requireAlike(
                GITHUB,
                command.path("query").asText(),
                JSON.convertValue(command.path("variables"), Map.class),
                false,
                seeded());
    }

    private static final Speaker GITHUB =
            Speaker.of("github", BuiltIn.CATALOGS.find("github").orElseThrow());

    static Stream<JsonNode> commands() {
        // The schema's questions about itself have types of their own.
        return GithubGraphqlTest.commands()
                .filter(command -> !command.path("query").asText().contains("__type("));
    }

    private static void requireAlike(
            Speaker speaker, String document, Map<String, Object> variables, boolean isJudged, Random random) {
        Meaning expected = Meaning.of(speaker.read(document, variables), Map.of(), document);
        for (int i = 0; i < REWRITINGS; i++) {
            DocumentRewriter.Rewritten other =
                    new DocumentRewriter(speaker.schema(), random).rewrite(document, variables);
            String text = AstPrinter.printAstCompact(other.document());
            if (isJudged) {
                assertThat(speaker.schema().problems(Parser.parse(text)))
                        .as(text)
                        .isEqualTo("[]");
            }
            assertThat(Meaning.of(speaker.read(text, other.variables()), other.aliases(), text))
                    .as("%s\nas\n%s", document, text)
                    .isEqualTo(expected);
        }
    }

    /** The type of a place is the schema's: no fragment opens another type's fields there. */
    @ParameterizedTest
    @MethodSource("speakers")
    void foreignTypeConditionsAreRefused(Speaker speaker) {
        Random random = seeded();
        List<String> types = new ArrayList<>(speaker.schema().types());
        int refused = 0;
        for (Guarded guarded : guarded(speaker)) {
            Meaning expected = Meaning.of(speaker.read(guarded.document(), Map.of()), Map.of(), guarded.document());
            Collections.shuffle(types, random);
            for (String condition : types.subList(0, Math.min(CONDITIONS, types.size()))) {
                String fragment = "... on " + condition + " { " + selected(speaker, guarded, condition) + " } ";
                String document = inserted(guarded.document(), fragment, random);
                boolean isLegal = speaker.schema().isLegal(Parser.parse(document));
                CallReading reading = speaker.read(document, Map.of());
                refused += isLegal ? 0 : 1;
                assertThat(reading)
                        .as(document)
                        .isInstanceOf(isLegal ? CallReading.CallMeaning.class : CallReading.CallRejection.class);
                if (isLegal) {
                    assertThat(actions(reading)).as(document).containsAll(operations(expected));
                }
            }
        }
        assertThat(refused == 0).as("a type that is the only one").isEqualTo(types.size() == 1);
    }

    private static Set<Operation> operations(Meaning meaning) {
        return meaning.actions().stream().map(Meaning.Judged::operation).collect(Collectors.toSet());
    }

    private static Set<Operation> actions(CallReading reading) {
        return ((CallReading.CallMeaning) reading)
                .actions().stream().map(Action::operation).collect(Collectors.toSet());
    }

    // The guarded field's name, if the other type has it: there it may have no guard.
    private static String selected(Speaker speaker, Guarded guarded, String type) {
        String name = guarded.field().substring(guarded.field().indexOf('.') + 1);
        return "b: "
                + (speaker.schema().fields(type).contains(name)
                                && speaker.schema().below(type, name).isEmpty()
                        ? name
                        : Classifier.TYPENAME);
    }

    // Below the operation: at its root, only the root's type may stand.
    private static String inserted(String document, String fragment, Random random) {
        List<Integer> places = new ArrayList<>();
        for (int at = document.indexOf("{ ") + 2; (at = document.indexOf("{ ", at)) >= 0; at += 2) {
            places.add(at + 2);
        }
        int place = places.get(random.nextInt(places.size()));
        return document.substring(0, place) + fragment + document.substring(place);
    }

    /** Conditions within each other narrow further, and the innermost does not stand for all. */
    @ParameterizedTest
    @MethodSource("speakers")
    void nestedConditionsAreComposed(Speaker speaker) {
        CatalogSchema schema = speaker.schema();
        Random random = seeded();
        int refused = 0;
        for (Way way :
                ways(speaker, operations(speaker, "query", speaker.knowledge().queries()))) {
            for (String wide : schema.types()) {
                List<String> others = schema.objects(wide).stream()
                        .filter(object -> !schema.objects(way.type()).contains(object))
                        .sorted()
                        .toList();
                if (others.isEmpty() || !schema.objects(wide).containsAll(schema.objects(way.type()))) {
                    continue;
                }
                String other = others.get(random.nextInt(others.size()));
                String document =
                        way.selecting("... on " + wide + " { ... on " + other + " { " + Classifier.TYPENAME + " } }");
                assertThat(schema.isLegal(Parser.parse(document)))
                        .as("to graphql-java, legal and never met: %s", document)
                        .isTrue();
                assertThat(speaker.read(document, Map.of())).as(document).isInstanceOf(CallReading.CallRejection.class);
                refused++;
            }
        }
        assertThat(refused == 0)
                .isEqualTo(speaker.knowledge().shapes().abstracts().objects().isEmpty());
    }

    private static Random seeded() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        return new Random(seed);
    }
}
