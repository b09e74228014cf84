package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.SaltedDigests;
import dev.interlock.evidence.Json;
import dev.interlock.testing.TestingWorld;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MaskedBodyTest {

    private static final String VOLUME = "vol_1";

    private static Optional<Json.Array> masked(String body) {
        return masked(Bytes.utf8(body));
    }

    private static Optional<Json.Array> masked(Bytes body) {
        return masked("/graphql/v2", body);
    }

    private static Optional<Json.Array> masked(String path, Bytes body) {
        ResolvedAttempt like = TestingWorld.deletion(VOLUME, "staging");
        HttpCall call = new HttpCall("POST", "railway.test", path, List.of(), List.of(), body);
        return MaskedBody.of(new ResolvedAttempt(
                like.attempt(),
                like.lease(),
                like.actions(),
                like.placements(),
                like.radius(),
                call,
                SaltedDigests.OPEN));
    }

    private static String text(String body) {
        return masked(body).orElseThrow().items().stream()
                .map(Json.Members.class::cast)
                .map(piece -> piece.text("text"))
                .collect(Collectors.joining());
    }

    private static List<String> kinds(String body) {
        return masked(body).orElseThrow().items().stream()
                .map(Json.Members.class::cast)
                .map(piece -> piece.text("kind") + " " + piece.text("text"))
                .filter(piece -> !piece.startsWith("plain"))
                .toList();
    }

    @Test
    void onlyValuesOfTheStatementAreShown() {
        assertThat(
                        kinds(
                                "{\"id\": \"vol_1\", \"in\": [\"staging\", \"s3cret\"], \"n\": -12.5, \"t\": true, \"z\": null}"))
                .containsExactly(
                        "name id",
                        "text vol_1",
                        "name in",
                        "text staging",
                        "masked masked",
                        "name n",
                        "number -12.5",
                        "name t",
                        "number true",
                        "name z",
                        "number null");
    }

    @Test
    void aDocumentShowsNamesAndMasksTexts() {
        String document = "mutation {\\n  volumeDelete(id: \\\"vol_1\\\", note: \\\"s3cret\\\", n: 12345678901234)\\n"
                + "  # s3cret\\n  x(b: \\\"\\\"\\\"s3\\ncret\\\"\\\"\\\", e: \\\"vol\\\\u005f1\\\")\\n}";
        String shown = text("{\"query\": \"" + document + "\", \"variables\": {}}");
        assertThat(shown)
                .contains("volumeDelete(id: vol_1", "note: masked", "n: masked", "e: masked", "x(b: masked")
                .doesNotContain("s3cret", "cret", "12345678901234");
    }

    /** Only the member of that name at the top is a document; elsewhere it is a text. */
    @Test
    void aTextNamedLikeADocumentIsMasked() {
        assertThat(text("{\"variables\": {\"query\": \"s3cret\"}}")).doesNotContain("s3cret");
        assertThat(text("[{\"query\": \"s3cret\"}]")).doesNotContain("s3cret");
        assertThat(text("{\"query\": \"s3cret\"}")).doesNotContain("s3cret");
    }

    /** A search text may look like a document in a place that holds none. */
    @Test
    void aDocumentInAnotherMemberIsMaskedAsText() {
        Json.Array shown =
                masked("/search", Bytes.utf8("{\"query\": \"{ s3cret }\"}")).orElseThrow();
        assertThat(shown.canonicalText()).doesNotContain("s3cret");
    }

    @Test
    void longNumbersAreMasked() {
        assertThat(text("{\"pin\": 1234567890123}")).doesNotContain("1234567890123");
        assertThat(text("{\"pin\": 1e99}")).doesNotContain("1e99");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{}x",
                "{\"a\"}",
                "{\"a\":}",
                "[1,]",
                "\"\\x\"",
                "\"\\u00g0\"",
                "\"open",
                "s3cret=1",
                "{\"query\": \"{ a(b: \\\"open) }\"}"
            })
    void aBodyThatIsNotJsonIsNotShown(String body) {
        assertThat(masked(body)).isEmpty();
    }

    @Test
    void anUnreadBodyIsNotShown() {
        assertThat(masked("[".repeat(40) + "]".repeat(40))).isEmpty();
        assertThat(masked("\"" + "x".repeat(MaskedBody.MAX_BODY) + "\"")).isEmpty();
        assertThat(masked(Bytes.of(new byte[] {'"', (byte) 0xc3, '"'}))).isEmpty();
    }

    @Test
    void deceptiveCharactersAreShownVisibly() {
        assertThat(text("{\"\u202eid\": 1}")).contains("\\u{202e}");
    }

    /** A text that the statement does not show never comes out, wherever it is hidden. */
    @Test
    void noSecretIsEverShown() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            String body = value(random, 0);
            assertThat(masked(body).map(Json::canonicalText).orElse(""))
                    .as("seed %d: %s", seed, body)
                    .doesNotContain("S3CRET");
        }
    }

    private static String value(Random random, int depth) {
        return switch (random.nextInt(depth > 4 ? 3 : 6)) {
            case 0 -> "\"S3CRET" + random.nextInt() + "\"";
            case 1 -> Integer.toString(random.nextInt());
            case 2 -> "\"" + VOLUME + "\"";
            case 3 -> list(random, depth).stream().collect(Collectors.joining(",", "[", "]"));
            case 4 ->
                list(random, depth).stream()
                        .map(one -> "\"" + (random.nextBoolean() ? "query" : "k" + random.nextInt(9)) + "\":" + one)
                        .collect(Collectors.joining(" , ", "{ ", "}"));
            default ->
                "\"{ a(b: " + (random.nextBoolean() ? "\\\"S3CRET\\\"" : "\\\"\\\"\\\"S3CRET\\\"\\\"\\\"")
                        + ") # S3CRET\\n}\"";
        };
    }

    private static List<String> list(Random random, int depth) {
        List<String> values = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            values.add(value(random, depth + 1));
        }
        return values;
    }

    /** An agent could end its own hold by its text, and would leave no trace of having tried. */
    @Test
    void aLongTextInADocumentIsMaskedLikeAShortOne() {
        for (String text : List.of("x".repeat(15_000), "\\\\n".repeat(4_000))) {
            String document = "{\"query\": \"mutation { f(a: \\\"" + text + "\\\") }\"}";
            assertThat(text(document)).contains("f(a: ").doesNotContain("xxx").doesNotContain("\\n\\n");
        }
    }

    /** They may be the bytes of a key, one by one, or a numeric code. */
    @Test
    void numbersThatMayBeASecretAreMasked() {
        assertThat(kinds("{\"key\": [174, 47, 3], \"n\": 3}"))
                .containsExactly("name key", "masked masked", "masked masked", "masked masked", "name n", "number 3");
        assertThat(kinds("48291377")).containsExactly("masked masked");
        assertThat(kinds("{\"a\": [true, null]}")).containsExactly("name a", "number true", "number null");
    }
}
