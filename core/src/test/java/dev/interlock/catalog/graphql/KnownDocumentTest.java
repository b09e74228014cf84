package dev.interlock.catalog.graphql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.action.LoopThreads;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A document that is known is read where it comes in; a new one may take long, and other calls must not wait for it.
 */
final class KnownDocumentTest {

    private final GraphqlReader reader = new GraphqlReader();

    @Test
    void onlyKnownDocumentsAreReadOnAnEventLoop() throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", LoopThreads.class.getModule()))
                .isTrue();
        String query = "query A($id: String!) { environment(id: $id) { id name } }";
        assertThat(carrier(query, "one")).doesNotContain("loop");
        assertThat(carrier(query, "two")).doesNotContain("loop");
        assertThat(carrier(query, "three")).contains("loop");
        assertThat(carrier(query.replace("name", "createdAt"), "four")).doesNotContain("loop");
    }

    /** A text of four kilobytes may have a tree of some hundred, and agents would fill the heap with such. */
    @Test
    void aDocumentOfManyNodesIsNotKept() throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", LoopThreads.class.getModule()))
                .isTrue();
        for (String large : List.of(
                "query A($id: String!) { environment(id: $id) { " + "id ".repeat(600) + "} }",
                "query A($id: String!) { environment(id: $id, of: [" + "1 ".repeat(600) + "]) { id } }")) {
            for (int i = 0; i < 4; i++) {
                assertThat(carrier(large, "x")).doesNotContain("loop");
            }
        }
    }

    /** A few fragments, or one variable in many places, make a call long to judge, whoever has parsed it. */
    @Test
    void whatAKnownDocumentMultipliesLeavesTheLoop() throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", LoopThreads.class.getModule()))
                .isTrue();
        String fields = "query A($id: String!) { environment(id: $id) { " + "...F ".repeat(20)
                + "} } fragment F on E { " + "id ".repeat(60) + "}";
        String values = "mutation A($id: String!) { " + "up(in: $id) ".repeat(20) + "}";
        for (int i = 0; i < 4; i++) {
            assertThat(carrier(fields, "x")).doesNotContain("loop");
            assertThat(carrier(values, "x".repeat(4_000))).doesNotContain("loop");
        }
        assertThat(carrier(values, "x")).contains("loop");
    }

    /** What a mutation writes stays nowhere: only one whose values are all variables is known. */
    @Test
    void onlyAMutationWithoutValuesIsKnown() throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", LoopThreads.class.getModule()))
                .isTrue();
        String mutation = "mutation A($id: String!) { variableUpsert(input: {name: $id, value: $id}) }";
        String fragment =
                "mutation A($id: String!) { projectUpdate(id: $id, input: {}) { ...F } } fragment F on P { n(x: 1) }";
        for (String writing : List.of(
                mutation.replace("value: $id", "value: \"hush\""),
                mutation.replace("value: $id", "value: 7"),
                mutation.replace("value: $id", "value: [HUSH]"),
                mutation.replace("String!", "String! = \"hush\""),
                mutation + "#hush",
                fragment)) {
            for (int i = 0; i < 4; i++) {
                assertThat(carrier(writing, "x")).as(writing).doesNotContain("loop");
            }
        }
        carrier(mutation, "one");
        carrier(mutation, "two");
        assertThat(carrier(mutation, "three")).contains("loop");
    }

    /** Which fields are left depends on conditions and on absent variables. */
    @Tag("random")
    @Test
    void aKnownOperationIsReadAsANewOne() {
        long seed = Long.getLong("interlock.seed", 20_261_127L);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        String query = "query A($id: String, $c: Boolean = false, $d: Boolean, $l: [Int]) "
                + "{ a(id: $id) { id x(l: $l) @include(if: $c) ...F @skip(if: $c) } b(in: {l: [$l], d: $d}) { id } } "
                + "fragment F on T { y(c: $c, id: $id) }";
        String mutation =
                "mutation M($id: String!, $c: Boolean, $v: In) { up(id: $id, in: $v) { n @include(if: $c) m(c: $c) } }";
        Map<String, List<String>> values = Map.of(
                "id", List.of("\"a\"", "\"b\"", "null", "7"),
                "c", List.of("true", "false", "null", "\"true\""),
                "d", List.of("true", "false", "null"),
                "l", List.of("1", "[1,2]", "null"),
                "v", List.of("{\"a\":true}", "{\"a\":[1]}", "null"));
        for (int i = 0; i < 2_000; i++) {
            String given = values.keySet().stream()
                    .filter(_ -> random.nextBoolean())
                    .map(name -> "\"" + name + "\":"
                            + values.get(name)
                                    .get(random.nextInt(values.get(name).size())))
                    .collect(Collectors.joining(",", "\"variables\":{", "}"));
            byte[] body = body(random.nextBoolean() ? query : mutation, given).getBytes(StandardCharsets.UTF_8);
            assertThat(reader.post(body)).as("seed %d: %s", seed, given).isEqualTo(new GraphqlReader().post(body));
        }
    }

    @Test
    void aKnownDocumentIsReadWithTheVariablesAndTheOperationOfEachRequest() {
        String query =
                "query A($id: String!, $all: Boolean!) { a: environment(id: $id) { id ...F @include(if: $all) } } "
                        + "query B { project(id: \"p\") { id } } query D { project(id: \"q\") { id } } fragment F on Environment { name }";
        for (int i = 0; i < 4; i++) {
            for (String request : new String[] {
                body(query, "\"operationName\":\"A\",\"variables\":{\"id\":\"x" + i + "\",\"all\":true}"),
                body(query, "\"operationName\":\"A\",\"variables\":{\"id\":\"y\",\"all\":" + (i % 2 == 0) + "}"),
                body(query, "\"operationName\":\"B\""),
                body(query, "\"operationName\":\"D\""),
                body(query, "\"operationName\":\"C\"")
            }) {
                assertThat(reader.post(request.getBytes(StandardCharsets.UTF_8)))
                        .isEqualTo(new GraphqlReader().post(request.getBytes(StandardCharsets.UTF_8)));
            }
        }
    }

    private static String body(String query, String more) {
        return "{\"query\":\"" + query.replace("\"", "\\\"") + "\"," + more + "}";
    }

    /** Returns the thread, with its carrier, on which {@code query} has been read. */
    private String carrier(String query, String id) throws Exception {
        CompletableFuture<String> carrier = new CompletableFuture<>();
        byte[] body = body(query, "\"variables\":{\"id\":\"" + id + "\"}").getBytes(StandardCharsets.UTF_8);
        try (ExecutorService loop = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("loop").factory())) {
            LoopThreads.unstarted(loop, () -> {
                        assertThat(reader.post(body)).isInstanceOf(GraphqlReading.GraphqlRequests.class);
                        carrier.complete(Thread.currentThread().toString());
                    })
                    .start();
            return carrier.get();
        }
    }
}
