package dev.interlock.catalog.graphql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that long numbers are refused. Parsing digits takes time in the square of their count, which a caller must not
 * choose.
 */
final class LongNumberTest {

    private static final String MANY = "9".repeat(40_000);

    private static GraphqlReading read(String document) {
        String body = new Value.Members(Map.of("query", new Value.Text(document))).json();
        return new GraphqlReader().post(body.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{ f(a: N) }",
                "{ f(a: -N) }",
                "{ f(a: N.5) }",
                "{ f(a: 0.N) }",
                "{ f(a: 1eN) }",
                "{ f(a: {b: [1, N]}) }",
                "query ($v: Int = N) { f(a: $v) }",
                "{ f(a: 1) @skip(if: N) }",
                // in a fragment that is never used
                "{ f } fragment F on T { f(a: N) }",
            })
    void longNumbersAreNotEvaluated(String document) {
        assertThat(read(document.replace("N", MANY)))
                .isEqualTo(new GraphqlReading.GraphqlRejection(
                        "A number in the document has more than 40 characters.",
                        "Send it as a string, or with at most 15 digits."));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{ f(a: \"N\") }",
                "{ f(a: \"-N\") }",
                "{ f(a: \"\\\"N\") }",
                "{ f(a: \"\"\"N\"\"\") }",
                "{ f(a: \"\"\"\n-N\n\\\"\"\"N\"\"\") }",
                "{ f(a: 1) # N\n}",
                "{ fN: f(a: _N) }",
            })
    void digitsElsewhereAreRead(String document) {
        assertThat(read(document.replace("N", "9".repeat(400)))).isInstanceOf(GraphqlReading.GraphqlRequests.class);
    }

    @Test
    void ordinaryNumbersAreRead() {
        assertThat(read("{ f(a: 9007199254740991, b: -1.5e-3, c: 0) }"))
                .isInstanceOf(GraphqlReading.GraphqlRequests.class);
    }
}
