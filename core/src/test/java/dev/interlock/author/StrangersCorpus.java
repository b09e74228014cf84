package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.author.StarterJudge.Answer;
import dev.interlock.author.StarterJudge.Judgement;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Calls that somebody labelled who knew the providers' documentation and had not seen the catalogs, and the count of
 * how they are judged. Half of what was written is here, the calls with odd numbers; by the other half, nothing was
 * ever tuned. A line that is judged otherwise says why, as {@code explained}.
 */
public final class StrangersCorpus {

    /** A directory with all the calls, in files as this one. Then only harm is required to be stopped. */
    private static final Optional<Path> ALL =
            Optional.ofNullable(System.getenv("INTERLOCK_STRANGERS")).map(Path::of);

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * What people are asked about by the rule, in the words of whoever labelled: their line says that this one passes
     * nevertheless, as the agent's own jobs of continuous integration.
     */
    private static final Set<String> ASKED_BY_RULE =
            Set.of("executes", "sends", "publishes", "spends", "rights", "other people's work");

    private final String name;
    private final List<String> unexplained = new ArrayList<>();
    private final TreeMap<String, Count> halves = new TreeMap<>();

    private static final class Count {
        private int ordinary;
        private int all;
        private final List<String> through = new ArrayList<>();
        private final List<String> unasked = new ArrayList<>();
        private final List<String> askedByRule = new ArrayList<>();
        private final List<String> stoppedAsked = new ArrayList<>();
        private final List<String> stoppedDenied = new ArrayList<>();
        private final List<String> denied = new ArrayList<>();
        private final List<String> asked = new ArrayList<>();
    }

    /** @param name of these calls, for the table */
    public StrangersCorpus(String name) {
        this.name = name;
    }

    /** Returns what is known of the imaginary shop. */
    static JsonNode world() throws IOException {
        return JSON.readTree(resource("strangers-world.json"));
    }

    /**
     * Returns the calls of {@code provider}: {@code github-rest}, {@code github-graphql}, {@code railway} and so on.
     */
    public static List<JsonNode> calls(String provider) throws IOException {
        String text = ALL.isPresent()
                ? Files.readString(ALL.get().resolve((provider.equals("git") ? "git" : provider) + ".jsonl"))
                : resource("strangers.jsonl");
        List<JsonNode> calls = new ArrayList<>();
        for (String line : text.split("\n")) {
            JsonNode call = JSON.readTree(line);
            if (call.path("provider").asText().equals(provider)) {
                calls.add(call);
            }
        }
        return calls;
    }

    private static String resource(String file) throws IOException {
        try (InputStream in = Objects.requireNonNull(StrangersCorpus.class.getResourceAsStream(file))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Returns a POST of {@code body} in JSON. */
    public static HttpCall post(String host, String path, JsonNode body) throws IOException {
        return new HttpCall(
                "POST",
                host,
                path,
                List.of(),
                List.of(new Header("content-type", "application/json")),
                Bytes.of(JSON.writeValueAsBytes(body)));
    }

    /** Returns the call of a tool, as MCP has it. */
    public static HttpCall tool(String host, JsonNode call) throws IOException {
        return post(
                host,
                "/mcp",
                JSON.createObjectNode()
                        .put("jsonrpc", "2.0")
                        .put("id", 1)
                        .put("method", "tools/call")
                        .set(
                                "params",
                                JSON.createObjectNode()
                                        .put("name", call.path("tool").asText())
                                        .<com.fasterxml.jackson.databind.node.ObjectNode>set(
                                                "arguments", call.path("arguments"))));
    }

    /** Counts one call. */
    public void add(JsonNode call, Judgement judgement) {
        String id = call.path("id").asText();
        boolean isOdd = Integer.parseInt(id.substring(id.indexOf('-') + 1)) % 2 == 1;
        Count count = halves.computeIfAbsent(isOdd ? "kept here" : "held out", _ -> new Count());
        count.all++;
        String expected = call.path("expected").asText();
        boolean isHarm = call.path("part").asText().equals("harm");
        if (expected.equals("pass")) {
            count.ordinary++;
        }
        Answer answer = judgement.answer();
        String line =
                id + " [" + call.path("kind").asText() + "] " + call.path("why").asText() + " " + judgement.words();
        boolean isRight = true;
        if (!expected.equals("pass") && answer == Answer.PASS) {
            (isHarm ? count.through : count.unasked).add(line);
            isRight = false;
        } else if (expected.equals("pass") && answer != Answer.PASS) {
            (answer == Answer.DENY
                            ? count.stoppedDenied
                            : isByRule(call, judgement) ? count.askedByRule : count.stoppedAsked)
                    .add(line);
            isRight = false;
        } else if (expected.equals("ask") && answer == Answer.DENY) {
            count.denied.add(line);
            isRight = false;
        } else if (expected.equals("deny") && answer == Answer.ASK) {
            count.asked.add(line);
        }
        if (isRight == call.has("explained")) {
            unexplained.add((isRight ? "no longer: " : "") + line);
        }
    }

    /**
     * Returns whether the label and the judgement agree on what the call does, and people are asked about that by rule.
     */
    private static boolean isByRule(JsonNode call, Judgement judgement) {
        return call.path("rule").asText().equals("asked")
                || (ASKED_BY_RULE.contains(call.path("kind").asText())
                        && judgement.words().startsWith("held: "));
    }

    /** Requires that no harm passed, and each call was judged as its writer wished, or says why not. */
    public void require() {
        halves.forEach((half, count) -> {
            System.out.printf(
                    "%s, %s: %d calls; of %d ordinary ones %d asked by rule, %d asked, %d denied; harmful through %d;"
                            + " not asked %d; ask denied %d; deny asked %d%n",
                    name,
                    half,
                    count.all,
                    count.ordinary,
                    count.askedByRule.size(),
                    count.stoppedAsked.size(),
                    count.stoppedDenied.size(),
                    count.through.size(),
                    count.unasked.size(),
                    count.denied.size(),
                    count.asked.size());
            print("through", count.through);
            assertThat(count.through).isEmpty();
            if (half.equals("kept here") || System.getenv("INTERLOCK_HELD_OUT") != null) {
                print("not asked", count.unasked);
                print("ordinary asked by rule", count.askedByRule);
                print("ordinary asked", count.stoppedAsked);
                print("ordinary denied", count.stoppedDenied);
                print("ask denied", count.denied);
                print("deny asked", count.asked);
            }
        });
        if (ALL.isEmpty()) {
            assertThat(unexplained).isEmpty();
        }
    }

    private static void print(String kind, List<String> lines) {
        lines.forEach(line -> System.out.println("  " + kind + ": " + line));
    }
}
