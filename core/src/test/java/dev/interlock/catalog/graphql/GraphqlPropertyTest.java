package dev.interlock.catalog.graphql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.CaseCount;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests random requests, and their printed form read again. */
@Tag("random")
class GraphqlPropertyTest {

    private static final int CASES = CaseCount.of(150);
    private final GraphqlReader reader = new GraphqlReader();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 20_261_120, 7_411, 99})
    void printedDocumentsReadBackAlike(long seed) {
        Writer writer = new Writer(RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
        int understood = 0;
        for (int i = 0; i < CASES; i++) {
            String body = writer.request();
            if (reader.post(bytes(body)) instanceof GraphqlReading.GraphqlRequests first) {
                understood++;
                assertThat(reader.post(bytes(first.body())))
                        .as("seed %d: %s", seed, body)
                        .isEqualTo(first);
                assertThat(first.body())
                        .as("seed %d: %s", seed, body)
                        .doesNotContain("@include")
                        .doesNotContain("@skip");
            }
        }
        assertThat(understood)
                .as("seed %d makes mostly readable requests", seed)
                .isGreaterThan(CASES / 2);
    }

    /** Fields that a directive excludes leave no trace. All others are there, however deeply they are wrapped. */
    @ParameterizedTest
    @ValueSource(longs = {3, 4, 5})
    void exactlyTheSelectedFieldsAreSeen(long seed) {
        Writer writer = new Writer(RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
        for (int i = 0; i < CASES; i++) {
            List<String> expected = new ArrayList<>();
            String body = writer.wrapped(expected);
            GraphqlReading reading = reader.post(bytes(body));
            assertThat(reading).as("seed %d: %s", seed, body).isInstanceOf(GraphqlReading.GraphqlRequests.class);
            List<String> seen = ((GraphqlReading.GraphqlRequests) reading)
                    .requests().getFirst().fields().stream()
                            .map(GraphqlRequest.SelectedField::name)
                            .toList();
            assertThat(seen).as("seed %d: %s", seed, body).isEqualTo(expected);
        }
    }

    @Test
    void noTextFormShowsTheAgentsText() {
        GraphqlReading reading =
                reader.post(bytes("{\"query\":\"query($v: String) { f(a: \\\"hunter2\\\", b: $v, c: 271828) }\","
                        + "\"variables\":{\"v\":\"hunter3\"}}"));
        assertThat(reading).isInstanceOf(GraphqlReading.GraphqlRequests.class);
        GraphqlRequest request =
                ((GraphqlReading.GraphqlRequests) reading).requests().getFirst();
        assertThat(reading + " " + request.fields() + request.variables())
                .doesNotContain("hunter")
                .doesNotContain("271828");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static final class Writer {

        private static final List<String> TEXTS = List.of(
                "a",
                "",
                "ä",
                "\uD83D\uDE80",
                "\"",
                "\\",
                "\"\"\"",
                "#",
                "\u0000",
                "\u001f",
                "\u2028",
                "line\nline",
                "  indented",
                "$v",
                "\\u0041");

        private final RandomGenerator random;
        private int fields;

        Writer(RandomGenerator random) {
            this.random = random;
        }

        String request() {
            fields = 0;
            Map<String, Value> variables = new LinkedHashMap<>();
            StringBuilder header = new StringBuilder();
            for (int i = 0; i < random.nextInt(1, 4); i++) {
                variable("v" + i, header, variables);
            }
            String document = pick("query", "mutation") + " Op(" + header + ") " + selections(3) + " fragment F on T "
                    + selections(1) + "# comment\n";
            return new Value.Members(Map.of(
                            "query",
                            new Value.Text(document.replace("{ ", "{ ...F ")),
                            "variables",
                            new Value.Members(variables)))
                    .json();
        }

        private void variable(String name, StringBuilder header, Map<String, Value> variables) {
            boolean flag = name.equals("v0");
            header.append("$").append(name).append(": ").append(flag ? "Boolean!" : pick("JSON", "[JSON]"));
            if (!flag && random.nextBoolean()) {
                header.append(" = ").append(literal(2, false));
            }
            if (flag || random.nextBoolean()) {
                variables.put(name, flag ? new Value.Flag(true) : json(2));
            }
            header.append(" ");
        }

        private String selections(int depth) {
            StringBuilder text = new StringBuilder("{ keep" + fields++);
            for (int i = 0; i < random.nextInt(0, 4); i++) {
                text.append(" ").append(selection(depth));
            }
            return text.append("} ").toString().replaceFirst("\\{ ", depth == 3 ? "{ " : "{");
        }

        private String selection(int depth) {
            String directive =
                    pick("", "", " @include(if: true)", " @skip(if: false)", " @include(if: $v0)", " @skip(if: $v0)");
            return switch (random.nextInt(4)) {
                case 0 -> "... " + pick("", "on T") + directive + selections(0);
                case 1 ->
                    pick("", "x" + fields + ": ") + "f" + fields++ + directive
                            + (depth > 0 ? selections(depth - 1) : "");
                default -> "f" + fields++ + "(a: " + literal(2, true) + ")" + directive;
            };
        }

        private String literal(int depth, boolean variables) {
            return switch (random.nextInt(depth > 0 ? 9 : 6)) {
                case 0 -> pick("null", "true", "WORD");
                case 1 -> pick("0", "-7", "9007199254740991", "1.5", "1.0", "2e3", "-0", "0.000001");
                case 2 -> variables ? pick("$v0", "1") : "1";
                case 3 -> "\"\"\"" + pick("block", "  two\n  lines", "q\\\"\"\"q", "\u00e4") + "\"\"\"";
                case 4, 5 -> new Value.Text(TEXTS.get(random.nextInt(TEXTS.size()))).json();
                case 6 -> "[" + literal(depth - 1, variables) + ", " + literal(depth - 1, variables) + "]";
                default -> "{a: " + literal(depth - 1, variables) + ", b: " + literal(depth - 1, variables) + "}";
            };
        }

        private Value json(int depth) {
            return switch (random.nextInt(depth > 0 ? 5 : 3)) {
                case 0 -> new Value.NullLiteral();
                case 1 -> new Value.Numeric(new java.math.BigDecimal(random.nextInt()));
                case 2 -> new Value.Text(TEXTS.get(random.nextInt(TEXTS.size())));
                case 3 -> new Value.Items(List.of(json(depth - 1), json(depth - 1)));
                default -> new Value.Members(Map.of("k", json(depth - 1), "\u00e4", json(depth - 1)));
            };
        }

        /** Returns a request whose remaining root fields are known. */
        String wrapped(List<String> expected) {
            fields = 0;
            StringBuilder fragments = new StringBuilder();
            String root = wrap(3, true, expected, fragments);
            expected.addFirst("first");
            return new Value.Members(Map.of(
                            "query",
                            new Value.Text(
                                    "mutation($yes: Boolean = true, $no: Boolean!) { first " + root + "}" + fragments),
                            "variables",
                            new Value.Members(Map.of("no", new Value.Flag(false)))))
                    .json();
        }

        private String wrap(int depth, boolean in, List<String> expected, StringBuilder fragments) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < random.nextInt(1, 4); i++) {
                boolean here = random.nextBoolean();
                String directive = here
                        ? pick("", " @include(if: true)", " @skip(if: $no)", " @include(if: $yes)")
                        : pick(" @include(if: false)", " @skip(if: true)", " @skip(if: $yes)", " @include(if: $no)");
                text.append(part(depth, in && here, directive, expected, fragments))
                        .append(" ");
            }
            return text.toString();
        }

        private String part(int depth, boolean in, String directive, List<String> expected, StringBuilder fragments) {
            int number = fields++;
            if (depth == 0 || random.nextInt(3) == 0) {
                if (in) {
                    expected.add("f" + number);
                }
                return pick("", "alias" + number + ": ") + "f" + number + directive;
            }
            String inner = wrap(depth - 1, in, expected, fragments);
            if (random.nextBoolean()) {
                return "..." + pick("", " on Mutation") + directive + " { " + inner + "}";
            }
            fragments
                    .append(" fragment F")
                    .append(number)
                    .append(" on Mutation { ")
                    .append(inner)
                    .append("}");
            return "...F" + number + directive;
        }

        private String pick(String... of) {
            return of[random.nextInt(of.length)];
        }
    }
}
