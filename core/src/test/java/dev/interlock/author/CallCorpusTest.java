package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Operation;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.StateCheck;
import dev.interlock.inventory.Freshness;
import dev.interlock.inventory.Inventory;
import dev.interlock.inventory.LocatedActions;
import dev.interlock.policy.Policies;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
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

    private final Map<String, Seal> seals = new HashMap<>();
    private final Policies policies = new Policies(_ -> "");
    private final Inventory inventory = new Inventory(
            (upstream, query) -> upstream.catalog().equals("github")
                    ? GithubAnswers.to(HttpCall.of(query))
                    : new RailwayAnswers().ask(upstream, query),
            Clock.fixed(Fixtures.NOW, ZoneOffset.UTC),
            BuiltIn.FACTS);

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
        assertThat(explained).hasSizeLessThan(6);
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
        Seal seal = seal(provider);
        HttpCall sent = http(provider, call);
        return switch (BuiltIn.CATALOGS.find(provider).orElseThrow().read(sent)) {
            case CallReading.CallRejection(var reason, var next, var finality) ->
                Optional.of("not understood (" + finality + "): " + reason + " " + next);
            case CallReading.PushMeaning _ -> Optional.of("a push, whose body says what it does");
            case CallReading.CallMeaning meaning -> {
                List<Action> actions = actions(seal, provider, meaning, isKept).stream()
                        .map(seal::classified)
                        .toList();
                LocatedActions located = inventory.locate(seal, provider, "L-1", actions, Freshness.CACHED);
                ResolvedAttempt attempt = new ResolvedAttempt(
                        new Attempt(provider, List.of(), Optional.empty(), sent, Fixtures.NOW),
                        lease(seal),
                        actions,
                        located.placements(),
                        located.radius(),
                        meaning.outgoing(),
                        SaltedDigests.OPEN);
                yield switch (policies.decide(seal, attempt)) {
                    case Verdict.Permit _ -> Optional.empty();
                    case Verdict.Hold _ -> Optional.of("held: " + words(attempt));
                    case Verdict.Refuse refuse ->
                        Optional.of("refused: " + words(attempt) + " "
                                + refuse.refusal().reason());
                };
            }
        };
    }

    private List<Action> actions(Seal seal, String provider, CallReading.CallMeaning meaning, boolean isKept) {
        if (isKept && meaning.undo().isPresent()) {
            return List.of(meaning.undo().get().action());
        }
        return meaning.stateCheck()
                .map(check -> List.of(answered(seal, provider, check)))
                .orElse(meaning.actions());
    }

    private Action answered(Seal seal, String provider, StateCheck check) {
        try {
            return check.compareWith(inventory.ask(seal, provider, "jer/cursor", check.question(), Freshness.CACHED));
        } catch (IOException e) {
            return check.worstCase(String.valueOf(e.getMessage()));
        }
    }

    private static String words(ResolvedAttempt attempt) {
        List<String> words = new ArrayList<>();
        attempt.actions()
                .forEach(action -> words.add(action.operation().name() + action.impacts() + " "
                        + action.reversibility().word() + " on " + action.resources()));
        return words + " in " + attempt.environments();
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

    private static Lease lease(Seal seal) {
        return new HypotheticalAttempt(
                        "jer/cursor",
                        seal.tasks().keySet().stream().findFirst(),
                        Optional.empty(),
                        Optional.empty(),
                        new Operation("any", "any"),
                        Set.of(Impact.READ),
                        Reversibility.REVERSIBLE,
                        List.of(Fixtures.place("any:thing/any", "staging")),
                        new TreeMap<>())
                .resolved(seal)
                .lease();
    }

    private Seal seal(String provider) throws IOException {
        Seal known = seals.get(provider);
        if (known != null) {
            return known;
        }
        Map<String, String> places = new TreeMap<>(PLACES);
        places.keySet().removeIf(place -> !place.startsWith(provider + ":"));
        StarterPolicy starter = new StarterPolicy(
                "acme",
                "jer",
                TestingKey.hardware().line(),
                "cursor",
                provider,
                provider,
                Objects.requireNonNull(ADDRESSES.get(provider)),
                List.of("staging"),
                List.of("production"),
                Map.of(),
                Optional.empty(),
                places,
                Optional.empty(),
                Set.of());
        Path own = Files.createDirectory(directory.resolve(provider));
        for (Map.Entry<String, String> file : starter.files(BuiltIn.FACTS).entrySet()) {
            Files.writeString(own.resolve(file.getKey()), file.getValue());
        }
        PolicyDirectory.LoadResult loaded = PolicyDirectory.load(own, BuiltIn.FACTS);
        if (!(loaded instanceof PolicyDirectory.LoadResult.SoundDirectory sound)) {
            throw new AssertionError(loaded.toString());
        }
        Seal seal = sound.directory().draft();
        seals.put(provider, seal);
        return seal;
    }
}
