package dev.interlock.catalog.graphql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.action.LoopThreads;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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

    @Test
    void aKnownDocumentIsReadWithTheVariablesAndTheOperationOfEachRequest() {
        String query =
                "query A($id: String!, $all: Boolean!) { a: environment(id: $id) { id ...F @include(if: $all) } } "
                        + "query B { project(id: \"p\") { id } } fragment F on Environment { name }";
        for (int i = 0; i < 4; i++) {
            for (String request : new String[] {
                body(query, "\"operationName\":\"A\",\"variables\":{\"id\":\"x" + i + "\",\"all\":true}"),
                body(query, "\"operationName\":\"A\",\"variables\":{\"id\":\"y\",\"all\":" + (i % 2 == 0) + "}"),
                body(query, "\"operationName\":\"B\""),
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
