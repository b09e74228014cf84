package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

    private static final ObjectMapper JACKSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final String ALPHABET = "ab\"\\/\b\f\n\r\t\u0000\u001f\u007f\u00e9\u20ac\ufb01\ud83d\ude00{}[]:,01-";

    @Test
    void sortsMembersByCodeUnits() {
        // RFC 8785 §3.2.3: an emoji (a surrogate pair) comes before U+FB33, though its code point is higher.
        Json.Members object = Json.object()
                .with("\ufb33", 1)
                .with("\ud83d\ude00", 2)
                .with("\u20ac", 3)
                .with("\r", 4)
                .with("1", 5)
                .with("\u0080", 6)
                .with("\u00f6", 7);
        assertThat(object.canonicalText())
                .isEqualTo(
                        "{\"\\r\":4,\"1\":5,\"\u0080\":6,\"\u00f6\":7,\"\u20ac\":3,\"\ud83d\ude00\":2,\"\ufb33\":1}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " 1",
                "1 ",
                "01",
                "-0",
                "1.0",
                "1e2",
                "+1",
                "9007199254740992",
                "99999999999999999999",
                "\"\\u0041\"",
                "\"\\/\"",
                "\"\\u000a\"",
                "\"\\u001F\"",
                "\"\\ud83d\\ude00\"",
                "\"\n\"",
                "\"",
                "{\"b\":1,\"a\":2}",
                "{\"a\":1,\"a\":1}",
                "{\"a\":1,}",
                "{a:1}",
                "[1,]",
                "[1 ,2]",
                "[",
                "tru",
                "nul",
                "NaN",
                "{\"a\" :1}",
                "1 2",
                "\ufeff1",
                "\u0661"
            })
    void acceptsOnlyTheCanonicalSpelling(String text) {
        assertThatThrownBy(() -> Json.read(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void refusesInvalidUtf8AndDeepNesting() {
        assertThatThrownBy(() -> Json.read(new byte[] {'"', (byte) 0xc0, (byte) 0x80, '"'}))
                .isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> Json.read(new byte[] {'"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"'}))
                .isInstanceOf(MalformedException.class);
        String deep = "[".repeat(100) + "]".repeat(100);
        assertThatThrownBy(() -> Json.read(deep.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("deeper");
    }

    /** Another parser reads written text as the same value, and so do we. */
    @Test
    void jacksonReadsTheWrittenJsonAlike() throws IOException {
        long seed = RandomGenerator.getDefault().nextLong();
        RandomGenerator random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            Json value = value(random, 0);
            byte[] bytes = value.canonical();
            assertThat(Json.read(bytes)).as("seed %d", seed).isEqualTo(value);
            assertThat(ofJackson(JACKSON.readTree(bytes))).as("seed %d", seed).isEqualTo(value);
        }
    }

    /** Members that keep their text are written as those that do not, whatever is set and removed around them. */
    @Test
    void whatIsPreparedIsWrittenAlike() {
        long seed = RandomGenerator.getDefault().nextLong();
        RandomGenerator random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            Map<String, Json> expected = new TreeMap<>();
            Json.Members built = Json.object();
            for (int step = random.nextInt(20); step > 0; step--) {
                String name = text(random);
                Json value = value(random, 2);
                switch (random.nextInt(6)) {
                    case 0 -> {
                        expected.remove(name);
                        built = built.without(List.of(name));
                    }
                    case 1 -> built = built.prepared();
                    default -> {
                        expected.put(name, value);
                        built = built.with(name, value);
                    }
                }
            }
            assertThat(built).as("seed %d", seed).isEqualTo(new Json.Members(expected));
            assertThat(built.canonicalText()).as("seed %d", seed).isEqualTo(written(new Json.Members(expected)));
            Receipt receipt = new Receipt("R-01JD0000000000000000000000", Receipt.Kind.HELD, Instant.EPOCH, "o", built);
            expected.put("type", new Json.Text("interlock-receipt@v1"));
            expected.put("id", new Json.Text(receipt.id()));
            expected.put("kind", new Json.Text("held"));
            expected.put("at", new Json.Text("1970-01-01T00:00:00Z"));
            expected.put("origin", new Json.Text("o"));
            assertThat(new String(receipt.canonical(), StandardCharsets.UTF_8))
                    .as("seed %d", seed)
                    .isEqualTo(written(new Json.Members(expected)));
        }
    }

    /** Writes RFC 8785 as slowly and plainly as it can be written. */
    private static String written(Json value) {
        return switch (value) {
            case Json.Text(String text) ->
                text.chars()
                        .mapToObj(c -> {
                            int letter = "\b\t\n\f\r\"\\".indexOf(c);
                            return letter >= 0
                                    ? "\\" + "btnfr\"\\".charAt(letter)
                                    : c < 0x20 ? "\\u%04x".formatted(c) : Character.toString((char) c);
                        })
                        .collect(Collectors.joining("", "\"", "\""));
            case Json.Whole(long number) -> Long.toString(number);
            case Json.Flag(boolean flag) -> Boolean.toString(flag);
            case Json.Nothing() -> "null";
            case Json.Array(List<Json> items) ->
                items.stream().map(JsonTest::written).collect(Collectors.joining(",", "[", "]"));
            case Json.Members(Map<String, Json> members) ->
                new TreeMap<>(members)
                        .entrySet().stream()
                                .map(member ->
                                        written(new Json.Text(member.getKey())) + ":" + written(member.getValue()))
                                .collect(Collectors.joining(",", "{", "}"));
        };
    }

    /** The other parser reads altered bytes that we accept as the same value. */
    @Test
    void neverAcceptsJsonThatJacksonReadsDifferently() throws IOException {
        long seed = RandomGenerator.getDefault().nextLong();
        RandomGenerator random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = value(random, 0).canonical();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            Json ours;
            try {
                ours = Json.read(bytes);
            } catch (MalformedException e) {
                continue;
            }
            assertThat(ofJackson(readable(bytes, seed))).as("seed %d", seed).isEqualTo(ours);
        }
    }

    private static JsonNode readable(byte[] bytes, long seed) throws IOException {
        try {
            return JACKSON.readTree(bytes);
        } catch (JsonProcessingException e) {
            throw new AssertionError("accepted what Jackson refuses, seed " + seed, e);
        }
    }

    private static Json value(RandomGenerator random, int depth) {
        return switch (random.nextInt(depth > 3 ? 4 : 6)) {
            case 0 -> new Json.Text(text(random));
            case 1 -> new Json.Whole(random.nextLong(-Json.MAX_WHOLE, Json.MAX_WHOLE + 1));
            case 2 -> new Json.Flag(random.nextBoolean());
            case 3 -> new Json.Nothing();
            case 4 -> array(random, depth);
            default -> object(random, depth);
        };
    }

    private static Json array(RandomGenerator random, int depth) {
        List<Json> items = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            items.add(value(random, depth + 1));
        }
        return new Json.Array(items);
    }

    private static Json object(RandomGenerator random, int depth) {
        Map<String, Json> members = new TreeMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            members.put(text(random), value(random, depth + 1));
        }
        return new Json.Members(members);
    }

    private static String text(RandomGenerator random) {
        int[] codePoints = ALPHABET.codePoints().toArray();
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(6); i > 0; i--) {
            text.appendCodePoint(codePoints[random.nextInt(codePoints.length)]);
        }
        return text.toString();
    }

    private static Json ofJackson(JsonNode node) {
        return switch (node.getNodeType()) {
            case STRING -> new Json.Text(node.textValue());
            case NUMBER -> new Json.Whole(node.longValue());
            case BOOLEAN -> new Json.Flag(node.booleanValue());
            case NULL -> new Json.Nothing();
            case ARRAY -> {
                List<Json> items = new ArrayList<>();
                node.forEach(item -> items.add(ofJackson(item)));
                yield new Json.Array(items);
            }
            case OBJECT -> {
                Map<String, Json> members = new TreeMap<>();
                node.properties().forEach(field -> members.put(field.getKey(), ofJackson(field.getValue())));
                yield new Json.Members(members);
            }
            default -> throw new AssertionError(node.getNodeType());
        };
    }

    @Test
    void arraysHoldOneKindOfValue() {
        Json.Members object = Json.object()
                .withTexts("texts", List.of("a", "b"))
                .with("objects", new Json.Array(List.of(Json.object().with("a", 1))))
                .withOptional("some", Optional.of("x"))
                .withOptional("none", Optional.empty());
        assertThat(object.texts("texts")).containsExactly("a", "b");
        assertThat(object.objects("objects")).containsExactly(Json.object().with("a", 1));
        assertThat(object.texts("missing")).isEmpty();
        assertThat(object.objects("missing")).isEmpty();
        assertThat(object.text("some")).isEqualTo("x");
        assertThat(object.get("none")).isEmpty();
        assertThatThrownBy(() -> object.objects("texts")).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> object.texts("objects")).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> object.texts("some")).isInstanceOf(MalformedException.class);
    }

    @Test
    void whatSomebodyWroteLosesNothing() {
        byte[] spaced = "{ \"b\": 1,\n \"a\": null }".getBytes(StandardCharsets.UTF_8);
        assertThat(Json.readWritten(spaced, "the plan").canonicalText()).isEqualTo("{\"a\":null,\"b\":1}");
        for (String number : new String[] {"1.5", "1e3", "99999999999999999"}) {
            byte[] lossy = ("{\"a\":" + number + "}").getBytes(StandardCharsets.UTF_8);
            assertThatThrownBy(() -> Json.readWritten(lossy, "the plan"))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageContaining("not whole");
        }
    }
}
