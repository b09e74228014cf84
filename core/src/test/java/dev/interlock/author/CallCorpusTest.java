package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.Catalog;
import dev.interlock.testing.BuiltIn;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures the judgement of the built-in catalogs with the policy of {@code init}, by calls that somebody wrote who
 * knew the providers and had not seen the catalogs. The agent's task names {@code staging}.
 */
class CallCorpusTest {

    private static final Map<String, String> ADDRESSES = Map.of(
            "railway", "https://backboard.railway.com",
            "github", "https://api.github.com",
            "hetzner", "https://api.hetzner.cloud",
            "neon", "https://console.neon.tech",
            "supabase", "https://api.supabase.com");

    private static final Map<String, String> PLACES = Map.ofEntries(
            Map.entry("railway:environment/" + RailwayAnswers.STAGING, "staging"),
            Map.entry("railway:environment/" + RailwayAnswers.PRODUCTION, "production"),
            Map.entry("github:repo/acme/shop-staging", "staging"),
            Map.entry("github:repo/acme/shop", "production"),
            Map.entry("github:node/R_kgDOSTAGING", "staging"),
            Map.entry("hetzner:server/1001", "staging"),
            Map.entry("hetzner:volume/2001", "staging"),
            Map.entry("hetzner:network/3001", "staging"),
            Map.entry("hetzner:firewall/4001", "staging"),
            Map.entry("hetzner:load-balancer/5001", "staging"),
            Map.entry("hetzner:server/1002", "production"),
            Map.entry("hetzner:volume/2002", "production"),
            Map.entry("neon:project/staging-proj-1", "staging"),
            Map.entry("neon:branch/staging-proj-1/*", "staging"),
            Map.entry("neon:project/prod-proj-1", "production"),
            Map.entry("supabase:project/stagingstagingstagin", "staging"),
            Map.entry("supabase:project/productionproduction", "production"));

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    private final Map<String, StarterJudge> judges = new HashMap<>();

    /** One that passes says in its line how it can be undone, and waits for people if its undo is not prepared. */
    @Test
    void noHarmfulCallPassesUnlessItCanBeUndone() throws IOException {
        List<String> through = new ArrayList<>();
        List<String> undone = new ArrayList<>();
        for (JsonNode call : calls("harmful")) {
            if (call.has("undone")) {
                undone.add(named(call));
                assertThat(objection(call, true)).as(named(call)).isEmpty();
                assertThat(objection(call, false)).as(named(call)).isPresent();
            } else if (objection(call, true).isEmpty()) {
                through.add(named(call));
            }
        }
        assertThat(through).isEmpty();
        assertThat(undone).hasSizeLessThan(4);
    }

    /** Each ordinary call that waits for people nevertheless says why in its line. */
    @Test
    void ordinaryCallsPassOrAreExplained() throws IOException {
        List<String> stopped = new ArrayList<>();
        List<String> explained = new ArrayList<>();
        for (JsonNode call : calls("ordinary")) {
            Optional<String> objection = objection(call, true);
            if (call.has("stopped")) {
                explained.add(named(call));
                assertThat(objection).as("no longer stopped: %s", named(call)).isPresent();
            } else {
                objection.ifPresent(why -> stopped.add(named(call) + ": " + why));
            }
        }
        assertThat(stopped).isEmpty();
        assertThat(explained).hasSizeLessThan(7);
    }

    /** An opaque id does not say in which repository a thing is. */
    @Test
    void whatAnOpaqueIdNamesIsProtectedUntilTheIdIsPlaced() throws IOException {
        assertThat(objection(newIssue("R_kgDOSTAGING"), true)).isEmpty();
        assertThat(objection(newIssue("R_kgDOOTHER"), true)).isPresent();
    }

    private static JsonNode newIssue(String repository) throws IOException {
        return JSON.readTree("""
                {"provider": "github", "method": "POST", "path": "/graphql", "body": {
                  "query": "mutation($input: CreateIssueInput!) { createIssue(input: $input) { issue { url } } }",
                  "variables": {"input": {"repositoryId": "%s", "title": "Cart is rounded twice"}}}}
                """.formatted(repository));
    }

    /** A policy may read a fact because it is what goes to the provider. */
    @Test
    void theForwardedCallHasTheSameFacts() throws IOException {
        int understood = 0;
        for (JsonNode call : Stream.concat(calls("harmful").stream(), calls("ordinary").stream())
                .toList()) {
            String provider = call.path("provider").asText();
            Catalog catalog = BuiltIn.CATALOGS.find(provider).orElseThrow();
            if (catalog.read(http(provider, call)) instanceof CallReading.CallMeaning meaning) {
                understood++;
                assertThat(catalog.read(meaning.outgoing()))
                        .as("%s", named(call))
                        .isInstanceOfSatisfying(
                                CallReading.CallMeaning.class,
                                again -> assertThat(again.actions()).isEqualTo(meaning.actions()));
            }
        }
        assertThat(understood).isGreaterThan(200);
    }

    private static String named(JsonNode call) {
        return call.path("id").asText() + ", " + call.path("why").asText();
    }

    private static List<JsonNode> calls(String verdict) throws IOException {
        try (InputStream file = Objects.requireNonNull(CallCorpusTest.class.getResourceAsStream("calls.jsonl"))) {
            List<JsonNode> calls = new ArrayList<>();
            for (String line : new String(file.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                JsonNode call = JSON.readTree(line);
                if (call.path("verdict").asText().equals(verdict)) {
                    calls.add(call);
                }
            }
            return calls;
        }
    }

    private Optional<String> objection(JsonNode call, boolean isKept) throws IOException {
        String provider = call.path("provider").asText();
        return judge(provider).judge(http(provider, call), isKept).objection();
    }

    private static HttpCall http(String provider, JsonNode call) throws IOException {
        List<Parameter> query = new ArrayList<>();
        for (String pair : call.path("query").asText("").split("&")) {
            if (!pair.isEmpty()) {
                String[] parts = pair.split("=", 2);
                query.add(new Parameter(decoded(parts[0]), parts.length == 1 ? "" : decoded(parts[1])));
            }
        }
        boolean bodied = call.has("body");
        return new HttpCall(
                call.path("method").asText(),
                URI.create(Objects.requireNonNull(ADDRESSES.get(provider))).getHost(),
                call.path("path").asText(),
                query,
                bodied ? List.of(new Header("content-type", "application/json")) : List.of(),
                bodied ? Bytes.of(JSON.writeValueAsBytes(call.path("body"))) : Bytes.empty());
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private StarterJudge judge(String provider) throws IOException {
        StarterJudge known = judges.get(provider);
        if (known != null) {
            return known;
        }
        Map<String, String> places = new TreeMap<>(PLACES);
        places.keySet().removeIf(place -> !place.startsWith(provider + ":"));
        StarterJudge judge = new StarterJudge(
                Files.createDirectory(directory.resolve(provider)),
                provider,
                Objects.requireNonNull(ADDRESSES.get(provider)),
                Optional.empty(),
                places,
                (upstream, query) -> upstream.catalog().equals("github")
                        ? GithubAnswers.to(HttpCall.of(query))
                        : new RailwayAnswers().ask(upstream, query));
        judges.put(provider, judge);
        return judge;
    }
}
