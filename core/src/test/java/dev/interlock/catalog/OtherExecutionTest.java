package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Action;
import dev.interlock.action.HttpCall;
import dev.interlock.testing.CaseCount;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests the same as {@link ExecutionPropertyTest} with graphql-js as the executor. There, reader and executor are both
 * graphql-java, and share any misreading.
 */
@Timeout(300)
@Tag("process")
@Tag("random")
final class OtherExecutionTest {

    private static final int CASES = CaseCount.of(600);
    private static final List<String> PATHS = List.of("id", "sure", "note", "input.title");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path directory;

    private record Case(GraphqlCall asked, HttpCall form, CallReading.CallMeaning understood) {

        ObjectNode question() {
            HttpCall sent = HttpCall.of(understood.outgoing());
            ObjectNode question = JSON.createObjectNode()
                    .put("method", sent.method())
                    .put("type", sent.header("content-type").orElse(""))
                    .put("body", sent.body().toArray());
            ArrayNode query = question.putArray("query");
            sent.query().forEach(p -> query.addArray().add(p.name()).add(p.value()));
            PATHS.forEach(question.putArray("paths")::add);
            return question;
        }

        List<String> decided() {
            return understood.actions().stream()
                    .filter(action -> !action.operation().name().startsWith("__"))
                    .map(Case::line)
                    .sorted()
                    .toList();
        }

        private static String line(Action action) {
            TreeMap<String, String> values = new TreeMap<>();
            PATHS.forEach(path -> action.facts().stream()
                    .filter(fact -> fact.name().equals("argument." + path))
                    .forEach(fact -> values.put(path, fact.value())));
            return action.operation().name() + values;
        }
    }

    private static Path modules() {
        String home = System.getProperty("user.home");
        String cache = Optional.ofNullable(System.getenv("XDG_CACHE_HOME")).orElse(home + "/.cache");
        return Path.of(Optional.ofNullable(System.getenv("INTERLOCK_GRAPHQL")).orElse(cache + "/interlock-graphql"));
    }

    @Test
    void graphqlJsExecutesExactlyTheDecidedOperations() throws Exception {
        assumeTrue(
                Files.isDirectory(modules().resolve("node_modules/graphql")) && IndependentReader.isThere("node"),
                "skipped: Node with npm's `graphql` is not installed; `.ci/run` does");
        long seed = RandomGenerator.getDefault().nextLong();
        System.out.println("seed " + seed);
        GraphqlCall.Writer writer = new GraphqlCall.Writer(
                RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
        List<Case> cases = new ArrayList<>();
        for (int i = 0; i < CASES; i++) {
            GraphqlCall asked = writer.request();
            for (HttpCall form : asked.forms()) {
                if (GraphqlExecutor.CATALOG.read(form) instanceof CallReading.CallMeaning understood) {
                    cases.add(new Case(asked, form, understood));
                }
            }
        }
        List<JsonNode> answers = IndependentReader.answers(
                directory,
                cases.stream().map(Case::question).toList(),
                "node",
                "executes-graphql.js",
                modules().toString(),
                GraphqlExecutor.SCHEMA);
        int whole = 0;
        for (int i = 0; i < cases.size(); i++) {
            Case each = cases.get(i);
            List<String> executed = executed(answers.get(i));
            String where = "seed " + seed + ": " + each.asked + " as " + each.form.header("content-type");
            assertThat(each.decided()).as(where).containsAll(executed);
            if (answers.get(i).path("whole").asBoolean()) {
                whole++;
                assertThat(executed).as(where).isEqualTo(each.decided());
            }
        }
        assertThat(whole)
                .as("seed %d makes many requests that are executed", seed)
                .isGreaterThan(CASES / 3);
    }

    private static List<String> executed(JsonNode answer) {
        List<String> executed = new ArrayList<>();
        for (JsonNode field : answer.path("executed")) {
            TreeMap<String, String> values = new TreeMap<>();
            field.path("values")
                    .properties()
                    .forEach(
                            value -> values.put(value.getKey(), value.getValue().asText()));
            executed.add(field.path("name").asText() + values);
        }
        return executed.stream().sorted().toList();
    }
}
