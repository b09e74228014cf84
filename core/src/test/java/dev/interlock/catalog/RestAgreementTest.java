package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.testing.BuiltIn;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests that forwarded requests mean to independent readers what was decided on. */
@Timeout(300)
final class RestAgreementTest {

    private static final List<String> PROVIDERS = List.of("github", "hetzner", "neon", "supabase");
    private static final Catalogs CATALOGS = BuiltIn.CATALOGS;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ROUNDS = 4;

    @TempDir
    private java.nio.file.Path directory;

    /** The independent readers of bodies. */
    enum Reader {
        NODE("node", "reads-json.js"),
        PYTHON("python3", "reads-json.py"),
        /** Node's reader, which finds members like Go's readers do: the last one of that name in any case. */
        FOLDING("node", "reads-json.js", "fold");

        private final String program;
        private final String script;
        private final String[] arguments;

        Reader(String program, String script, String... arguments) {
            this.program = program;
            this.script = script;
            this.arguments = arguments;
        }
    }

    private record Case(HttpCall asked, HttpCall sent, Action action, CatalogEntry entry) {

        /** Returns the paths into its body that have facts. */
        List<ArgumentPath> shown() {
            List<ArgumentPath> shown = new ArrayList<>(entry.resources().keySet());
            shown.addAll(entry.otherwise().keySet());
            shown.addAll(entry.facts().all());
            return shown.stream()
                    .filter(path -> path.steps().getFirst().equals("body"))
                    .distinct()
                    .toList();
        }

        List<String> facts(ArgumentPath path) {
            return RestFixture.facts(action, "argument." + path).stream()
                    .sorted()
                    .toList();
        }

        /** Returns the facts about {@code read}. */
        List<String> said(ArgumentPath path, JsonNode read) {
            List<String> said = new ArrayList<>();
            read.forEach(text ->
                    said.add(entry.facts().whole().contains(path) ? text.asText() : Fact.shortened(text.asText())));
            return said.stream().sorted().toList();
        }

        ObjectNode question() {
            ObjectNode question = JSON.createObjectNode()
                    .put("asked", asked.body().toArray())
                    .put("sent", sent.body().toArray());
            ArrayNode paths = question.putArray("paths");
            shown().forEach(path -> path.steps().stream().skip(1).forEach(paths.addArray()::add));
            return question;
        }

        @Override
        public String toString() {
            return asked.method() + " " + asked.path() + " "
                    + new String(asked.body().toArray(), StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @EnumSource
    @Tag("process")
    void independentParsersReadBodiesAlike(Reader reader) throws Exception {
        assumeTrue(
                IndependentReader.isThere(reader.program), () -> "skipped: `" + reader.program + "` is not installed");
        long seed = RandomGenerator.getDefault().nextLong();
        System.out.println("seed " + seed);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        List<Case> cases = new ArrayList<>();
        drawn(random, cases);
        known(random, cases);
        List<JsonNode> answers = IndependentReader.answers(
                directory,
                cases.stream().map(Case::question).toList(),
                reader.program,
                reader.script,
                reader.arguments);
        int facts = 0;
        for (int i = 0; i < cases.size(); i++) {
            Case each = cases.get(i);
            String sent = new String(each.sent.body().toArray(), StandardCharsets.UTF_8);
            String where = reader + ", seed " + seed + ": " + each + " -> " + sent;
            assertThat(answers.get(i).path("sent").asText()).as(where).isEqualTo(sent);
            assertThat(answers.get(i).path("asked").asText()).as(where).isEqualTo(sent);
            List<ArgumentPath> shown = each.shown();
            for (int p = 0; p < shown.size(); p++) {
                List<String> said =
                        each.said(shown.get(p), answers.get(i).path("facts").path(p));
                assertThat(withoutAbsent(each.facts(shown.get(p)), said))
                        .as(where)
                        .isEqualTo(said);
                facts += said.size();
            }
        }
        assertThat(cases).as("understood").hasSizeGreaterThan(2_000);
        assertThat(facts).as("facts").isGreaterThan(1_000);
    }

    private static List<String> withoutAbsent(List<String> facts, List<String> said) {
        List<String> sent = new ArrayList<>(facts);
        for (int absent = facts.size() - said.size(); absent > 0; absent--) {
            sent.remove("null");
        }
        return sent;
    }

    private static void drawn(RandomGenerator random, List<Case> into) throws IOException {
        OddJsonBodies json = new OddJsonBodies(random);
        for (String provider : PROVIDERS) {
            Catalog catalog = CATALOGS.find(provider).orElseThrow();
            for (RestOperation entry : entries(provider).values()) {
                if (entry.line().body() instanceof RequestLine.None
                        || entry.line().body() instanceof RequestLine.Opaque) {
                    continue;
                }
                for (int i = 0; i < (provider.equals("github") ? ROUNDS : 5 * ROUNDS); i++) {
                    String body = json.body(entry);
                    read(
                            provider,
                            catalog,
                            call(entry, random, random.nextInt(4) == 0 ? json.mutated(body) : body),
                            into::add);
                }
            }
        }
    }

    private static void known(RandomGenerator random, List<Case> into) throws IOException {
        OddJsonBodies json = new OddJsonBodies(random);
        List<String[]> seeds = new ArrayList<>();
        for (String line : RestFixture.lines("destructive.tsv")) {
            String[] f = line.split("\t", -1);
            seeds.add(new String[] {f[0], f[1] + " " + f[3], f[4]});
        }
        RestFixture.lines("rest-bodies.tsv").forEach(line -> seeds.add(line.split("\t", -1)));
        for (String[] seed : seeds) {
            Catalog catalog = CATALOGS.find(seed[0]).orElseThrow();
            if (!seed[2].isEmpty()) {
                read(seed[0], catalog, RestFixture.call(seed[1], seed[2]), into::add);
                for (int i = 0; i < 40; i++) {
                    read(seed[0], catalog, RestFixture.call(seed[1], json.mutated(seed[2])), into::add);
                }
            }
        }
    }

    private static void read(String provider, Catalog catalog, HttpCall call, Consumer<Case> understood)
            throws IOException {
        if (catalog.read(call)
                        instanceof
                        CallReading.CallMeaning(var actions, var outgoing, var _, var _, var _, var _, var _, var _)
                && outgoing.body().length() > 0) {
            Action action = actions.getFirst();
            CatalogEntry entry =
                    entries(provider).get(action.operation().name()).entry();
            understood.accept(new Case(call, HttpCall.of(outgoing), action, entry));
        }
    }

    /** Compares with GitHub's published list, and with the value of each parameter. */
    @Test
    void independentRoutersMatchTheDecidedOperation() throws IOException {
        long seed = RandomGenerator.getDefault().nextLong();
        System.out.println("seed " + seed);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        PublishedRoutes published = new PublishedRoutes();
        Catalog github = CATALOGS.find("github").orElseThrow();
        int understood = 0;
        List<RestOperation> operations = new ArrayList<>(entries("github").values());
        operations.removeIf(
                entry -> Set.of("git/references", "git/fetch", "git/push").contains(entry.name()));
        for (RestOperation drawn : operations) {
            for (int i = 0; i < 2 * ROUNDS; i++) {
                HttpCall call = call(drawn, random, "");
                if (github.read(call)
                        instanceof
                        CallReading.CallMeaning(var actions, var outgoing, var _, var _, var _, var _, var _, var _)) {
                    HttpCall sent = HttpCall.of(outgoing);
                    understood++;
                    Action action = actions.getFirst();
                    String where = "seed " + seed + ": " + call.method() + " " + call.path();
                    String method = sent.method().equals("HEAD") ? "GET" : sent.method();
                    PublishedRoutes.MatchedOperation found =
                            published.find(method, sent.path()).orElseThrow();
                    assertThat(sent.method()).as(where).isEqualTo(call.method());
                    assertThat(action.operation().name()).as(where).isEqualTo(found.operation());
                    List<String> names = List.copyOf(entries("github")
                            .get(found.operation())
                            .line()
                            .template()
                            .names());
                    for (int n = 0; n < names.size(); n++) {
                        argument(action, names.get(n)).ifPresent(valueOf(found, n, where));
                    }
                }
            }
        }
        assertThat(understood).isGreaterThan(entries("github").size());
    }

    private static Consumer<String> valueOf(PublishedRoutes.MatchedOperation found, int number, String where) {
        return value -> assertThat(value).as(where).isEqualTo(found.values().get(number));
    }

    private static Optional<String> argument(Action action, String name) {
        return action.facts().stream()
                .filter(fact -> fact.name().equals("argument." + name))
                .map(Fact::value)
                .findFirst();
    }

    private static HttpCall call(RestOperation entry, RandomGenerator random, String body) {
        StringBuilder path = new StringBuilder();
        for (PathTemplate.Step step : entry.line().template().steps()) {
            path.append('/').append(segment(step, random));
        }
        String method = entry.line().method();
        return new HttpCall(
                method.equals("GET") && random.nextInt(8) == 0 ? "HEAD" : method,
                "api.example.com",
                path.isEmpty() ? "/" : path.toString(),
                List.<Parameter>of(),
                body.isEmpty() ? List.<Header>of() : List.of(RestFixture.JSON),
                Bytes.utf8(body));
    }

    private static String segment(PathTemplate.Step step, RandomGenerator random) {
        return switch (step.kind()) {
            case LITERAL -> step.text();
            case METHOD -> part(random) + ":" + step.text();
            case ONE -> part(random);
            case SOME, ANY ->
                random.nextBoolean() ? part(random) : part(random) + "/" + part(random) + "/" + part(random);
        };
    }

    private static String part(RandomGenerator random) {
        List<String> words = List.of(
                "latest",
                "tags",
                "protection",
                "comments",
                "status",
                "heads",
                "main",
                "pulls",
                "x:y",
                "%2f",
                "a b",
                "é",
                "?",
                "#",
                "a;b",
                "restrictions",
                "users",
                "a.b",
                "~");
        return random.nextInt(3) > 0
                ? Integer.toString(1 + random.nextInt(1000))
                : words.get(random.nextInt(words.size()));
    }

    private static final Map<String, Map<String, RestOperation>> ENTRIES = new HashMap<>();

    private static Map<String, RestOperation> entries(String provider) throws IOException {
        Map<String, RestOperation> known = ENTRIES.get(provider);
        if (known == null) {
            try (InputStream in = Catalogs.class.getResourceAsStream(provider + ".yaml")) {
                known = ((RestDialect) CatalogFile.read(provider + ".yaml", in.readAllBytes()))
                        .knowledge()
                        .operations();
            }
            ENTRIES.put(provider, known);
        }
        return known;
    }
}
