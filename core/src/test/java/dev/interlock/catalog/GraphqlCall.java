package dev.interlock.catalog;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** One GraphQL request, before it is encoded. */
record GraphqlCall(String document, String operation, Map<String, Object> variables) {

    private static final ObjectMapper JSON = new ObjectMapper();

    List<HttpCall> forms() throws Exception {
        String values = JSON.writeValueAsString(variables);
        String json =
                JSON.writeValueAsString(Map.of("query", document, "operationName", operation, "variables", variables));
        List<Parameter> beside = List.of(new Parameter("operationName", operation), new Parameter("variables", values));
        List<Parameter> all = new ArrayList<>(beside);
        all.add(new Parameter("query", document));
        return List.of(
                post("application/json", json, List.of()),
                post("application/graphql", document, beside),
                new HttpCall("GET", "acme.example", "/graphql", all, List.of(), Bytes.empty()));
    }

    private static HttpCall post(String type, String body, List<Parameter> query) {
        return new HttpCall(
                "POST", "acme.example", "/graphql", query, List.of(new Header("content-type", type)), Bytes.utf8(body));
    }

    /** Writes requests that hide which operation runs. */
    static final class Writer {

        private final RandomGenerator random;
        private final StringBuilder fragments = new StringBuilder();
        private int count;

        Writer(RandomGenerator random) {
            this.random = random;
        }

        GraphqlCall request() {
            fragments.setLength(0);
            count = 0;
            String kind = pick("query", "mutation", "mutation");
            String root = kind.equals("query") ? "Query" : "Mutation";
            Map<String, Object> variables = new LinkedHashMap<>();
            variables.put("no", false);
            variables.put("v", pick("one", "two"));
            if (random.nextBoolean()) {
                variables.put("d", pick("three", "four"));
            }
            String document = kind + " Mine($no: Boolean!, $yes: Boolean = true, $v: ID, $d: ID = \"other\") { keep: "
                    + (root.equals("Query") ? "thing" : "rename")
                    + "(id: $v) { id name @skip(if: $no) x: name @include(if: $yes) other { id } } last: drop(id: $d) "
                    + selections(root, 3) + "} ";
            return new GraphqlCall(fragments.insert(0, document) + decoy(), "Mine", variables);
        }

        private String decoy() {
            return pick("", " mutation Other { wipe(id: \"decoy\") }", " query Other { drop(id: \"decoy\") }");
        }

        private String selections(String root, int depth) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(3); i >= 0; i--) {
                text.append(selection(root, depth)).append(' ');
            }
            return text.toString();
        }

        private String selection(String root, int depth) {
            int number = count++;
            String when = pick(
                    "",
                    "",
                    " @include(if: true)",
                    " @include(if: $no)",
                    " @skip(if: $no)",
                    " @skip(if: $yes)",
                    " @include(if: $yes)",
                    " @skip(if: true)");
            return switch (random.nextInt(depth > 0 ? 4 : 1)) {
                case 1 -> "... on " + root + when + " { " + selections(root, depth - 1) + "}";
                case 2 -> "..." + when + " { " + selections(root, depth - 1) + "}";
                case 3 -> {
                    String inner = selections(root, depth - 1); // may append fragments of its own
                    fragments.append(" fragment F" + number + " on " + root + " { " + inner + "}");
                    yield "...F" + number + when;
                }
                default -> "a" + number + ": " + field(root) + when;
            };
        }

        private String field(String root) {
            String id = pick("\"five\"", "\"\"\"six\"\"\"", "$v", "$d", "\"se\\u0076en\"", "null", "8");
            String note = pick(
                    "\"drop(id: 1)\"",
                    "\"\"\"\n    in \\\"\"\" lines\n      \\n # no\n\n\"\"\"",
                    "\"#\\t\\\"} \"",
                    "\"\\uD83D\\uDE80 e\u0301 \u2028\"",
                    "null");
            return root.equals("Query")
                    ? pick("drop(id: " + id + ")", "thing(id: " + id + ") { id }")
                    : pick(
                            "drop(id: " + id + ")",
                            "wipe(sure: $no, id: " + id + ")",
                            "wipe(sure: true) # drop(id: \"x\")\n",
                            "rename(note: " + note + ", id: " + id
                                    + ", input: {title: \"{wipe}\", deep: {flag: $no}}) { id }");
        }

        private String pick(String... of) {
            return of[random.nextInt(of.length)];
        }
    }
}
