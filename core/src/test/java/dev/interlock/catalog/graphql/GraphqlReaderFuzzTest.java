package dev.interlock.catalog.graphql;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Fuzzes the reader: no exception may come out, and its output reads as the same. */
class GraphqlReaderFuzzTest {

    private final GraphqlReader reader = new GraphqlReader();

    @FuzzTest(maxDuration = "45s")
    void post(byte[] body) {
        check(reader.post(body));
    }

    @FuzzTest(maxDuration = "45s")
    void document(byte[] document) {
        String text = new String(document, StandardCharsets.UTF_8);
        check(reader.get(List.of(Map.entry("query", text))));
        check(reader.post(new Value.Members(Map.of("query", new Value.Text(text.replaceAll("[\\uD800-\\uDFFF]", "?"))))
                .json()
                .getBytes(StandardCharsets.UTF_8)));
    }

    private void check(GraphqlReading reading) {
        if (reading instanceof GraphqlReading.GraphqlRequests understood
                && !reader.post(understood.body().getBytes(StandardCharsets.UTF_8))
                        .equals(understood)) {
            throw new IllegalStateException("printed and read again, it is another request");
        }
    }
}
