package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Compares the catalog with Railway's own introspection, if {@code INTERLOCK_RAILWAY_SCHEMA} names a file with it:
 * nothing may be missing or invented.
 */
class RailwaySchemaTest {

    private static final String PINNED = "INTERLOCK_RAILWAY_SCHEMA";
    private static final Map<String, JsonNode> TYPES = new HashMap<>();
    private static GraphqlCatalog knowledge;

    @BeforeAll
    static void read() throws IOException {
        String pinned = System.getenv(PINNED);
        assumeTrue(pinned != null, () -> "skipped: " + PINNED + " names no file with Railway's introspection");
        JsonNode root = new ObjectMapper().readTree(Path.of(pinned).toFile());
        JsonNode schema = root.has("data") ? root.get("data").get("__schema") : root.get("__schema");
        schema.get("types").forEach(type -> TYPES.put(type.get("name").asText(), type));
        try (var in = Catalogs.class.getResourceAsStream("railway.yaml")) {
            knowledge = GraphqlCatalogReader.read(CatalogSection.read("railway.yaml", in.readAllBytes()));
        }
    }

    @Test
    void theCatalogHasTheSchemasOperations() {
        assertThat(knowledge.mutations().keySet()).isEqualTo(names("Mutation"));
        assertThat(knowledge.queries().keySet()).isEqualTo(names("Query"));
    }

    /** A clone without the pinned copy then compares with the same names. */
    @Test
    void theNameListEqualsTheSchemas() throws IOException {
        assertThat(RailwayNamesTest.names("query")).isEqualTo(names("Query"));
        assertThat(RailwayNamesTest.names("mutation")).isEqualTo(names("Mutation"));
    }

    @Test
    void everyOperationHasTheSchemasArgumentsAndType() {
        roots().forEach((name, root) -> assertThat(signature(
                        root.entry().shape().arguments(),
                        root.entry().shape().type().orElse("")))
                .as(name)
                .isEqualTo(signature(root.field())));
    }

    @Test
    void theTypesEqualThoseReachableInAnswers() {
        Set<String> reachable = reachable();
        assertThat(knowledge.shapes().types().keySet()).isEqualTo(reachable);
        for (String type : reachable) {
            Map<String, String> expected = new TreeMap<>();
            fields(type).forEach(field -> expected.put(field.get("name").asText(), signature(field)));
            Map<String, String> known = new TreeMap<>();
            knowledge
                    .shapes()
                    .types()
                    .get(type)
                    .forEach((name, field) -> known.put(
                            name, signature(field.arguments(), field.type().orElse(""))));
            known.remove("__typename");
            assertThat(known).as(type).isEqualTo(expected);
        }
    }

    @Test
    void theInputsEqualTheSchemas() {
        knowledge.shapes().inputs().forEach((name, fields) -> {
            Map<String, String> expected = new TreeMap<>();
            TYPES.get(name)
                    .get("inputFields")
                    .forEach(field -> expected.put(field.get("name").asText(), leaf(base(field)) ? "" : base(field)));
            Map<String, String> known = new TreeMap<>();
            fields.forEach((field, input) -> known.put(field, input.type().orElse("")));
            assertThat(known).as(name).isEqualTo(expected);
        });
    }

    /** A value may be open only if the schema itself does not describe its contents. */
    @Test
    void onlyProviderScalarsAreOpen() {
        Set<String> builtIn = Set.of("String", "Int", "Float", "Boolean", "ID");
        roots().forEach((name, root) -> root.field().get("args").forEach(argument -> {
            ProviderSchema.InputField input =
                    root.entry().shape().arguments().get(argument.get("name").asText());
            if (input.isOpen()) {
                assertThat(TYPES.get(base(argument)).get("kind").asText())
                        .as(name)
                        .isEqualTo("SCALAR");
                assertThat(base(argument)).as(name).isNotIn(builtIn);
            }
        }));
    }

    @Test
    void everyIdentifierIsAResourceOrListedAsNone() throws IOException {
        JsonNode file;
        try (var in = Catalogs.class.getResourceAsStream("railway.yaml")) {
            file = new com.fasterxml.jackson.dataformat.yaml.YAMLMapper().readTree(in);
        }
        List<String> forgotten = new ArrayList<>();
        roots().forEach((name, root) -> {
            Set<String> mapped = mapped(file.get(root.kind()).get(name));
            identifiers(root.field().get("args"), "", 0)
                    .filter(path -> !mapped.contains(path))
                    .forEach(path -> forgotten.add(name + " " + path));
        });
        assertThat(forgotten).isEmpty();
    }

    private static Set<String> mapped(JsonNode entry) {
        Set<String> mapped = new HashSet<>();
        for (String key : List.of("resources", "otherwise")) {
            if (entry.has(key)) {
                entry.get(key).fieldNames().forEachRemaining(mapped::add);
            }
        }
        for (String key : List.of("facts", "ignored")) {
            if (entry.has(key)) {
                entry.get(key).forEach(path -> mapped.add(path.asText()));
            }
        }
        return mapped;
    }

    private static Stream<String> identifiers(JsonNode arguments, String prefix, int depth) {
        List<String> paths = new ArrayList<>();
        for (JsonNode argument : arguments) {
            String path = prefix + argument.get("name").asText();
            if (!leaf(base(argument)) && depth < 6) {
                identifiers(TYPES.get(base(argument)).get("inputFields"), path + ".", depth + 1)
                        .forEach(paths::add);
            } else if (Set.of("String", "ID").contains(base(argument))
                    && path.matches("(.*\\.)?(ids?|[A-Za-z]*Ids?)")) {
                paths.add(path);
            }
        }
        return paths.stream();
    }

    private record Root(String kind, JsonNode field, CatalogEntry entry) {}

    private static Map<String, Root> roots() {
        Map<String, Root> roots = new TreeMap<>();
        fields("Query")
                .forEach(field -> roots.put(
                        field.get("name").asText(),
                        new Root(
                                "queries",
                                field,
                                knowledge.queries().get(field.get("name").asText()))));
        fields("Mutation")
                .forEach(field -> roots.put(
                        field.get("name").asText(),
                        new Root(
                                "mutations",
                                field,
                                knowledge.mutations().get(field.get("name").asText()))));
        return roots;
    }

    private static Set<String> reachable() {
        Set<String> seen = new TreeSet<>();
        Deque<String> left = new ArrayDeque<>(List.of("Query", "Mutation"));
        while (!left.isEmpty()) {
            String name = left.pop();
            if (!leaf(name) && seen.add(name)) {
                fields(name).forEach(field -> left.push(base(field)));
                TYPES.get(name)
                        .path("possibleTypes")
                        .forEach(type -> left.push(type.get("name").asText()));
            }
        }
        seen.removeAll(Set.of("Query", "Mutation"));
        return seen;
    }

    private static List<JsonNode> fields(String type) {
        List<JsonNode> fields = new ArrayList<>();
        TYPES.get(type).path("fields").forEach(fields::add);
        return fields;
    }

    private static Set<String> names(String type) {
        Set<String> names = new HashSet<>();
        fields(type).forEach(field -> names.add(field.get("name").asText()));
        return names;
    }

    private static String signature(JsonNode field) {
        Map<String, String> arguments = new TreeMap<>();
        field.get("args")
                .forEach(argument ->
                        arguments.put(argument.get("name").asText(), leaf(base(argument)) ? "" : base(argument)));
        return arguments + " " + (leaf(base(field)) ? "" : base(field));
    }

    private static String signature(Map<String, ProviderSchema.InputField> arguments, String type) {
        Map<String, String> known = new TreeMap<>();
        arguments.forEach((name, input) -> known.put(name, input.type().orElse("")));
        return known + " " + type;
    }

    private static String base(JsonNode holder) {
        JsonNode type = holder.get("type");
        while (type.hasNonNull("ofType")) {
            type = type.get("ofType");
        }
        return type.get("name").asText();
    }

    private static boolean leaf(String type) {
        return Set.of("SCALAR", "ENUM").contains(TYPES.get(type).get("kind").asText());
    }
}
