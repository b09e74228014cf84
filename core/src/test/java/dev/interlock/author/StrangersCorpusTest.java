package dev.interlock.author;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.author.StarterJudge.Judgement;
import dev.interlock.catalog.Catalogs;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Counts how the built-in catalogs judge a stranger's calls to the providers, and to servers of MCP that are known. */
class StrangersCorpusTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String API = "api.github.com";

    /** The packages of servers that Interlock does not know: what they are asked is judged by what they say. */
    private static final Set<String> UNKNOWN =
            Set.of("sooperset/mcp-atlassian", "korotovsky/slack-mcp-server", "crystaldba/postgres-mcp");

    @TempDir
    Path directory;

    private final Map<String, StarterJudge> judges = new HashMap<>();

    private static Map<String, String> githubPlaces() throws IOException {
        Map<String, String> places = new TreeMap<>(Map.of("github:mcp/self", "staging"));
        StrangersCorpus.world().path("github").path("repositories").properties().forEach(known -> {
            if (known.getKey().startsWith("acme-shop/")) {
                places.put("github:repo/" + known.getKey(), "staging");
            }
        });
        return places;
    }

    private StarterJudge github() throws IOException {
        return judge("github", "github", "https://" + API, githubPlaces());
    }

    private StarterJudge judge(String name, String catalog, String address, Map<String, String> places)
            throws IOException {
        StarterJudge known = judges.get(name);
        if (known == null) {
            known = new StarterJudge(
                    Files.createDirectory(directory.resolve(name)),
                    catalog,
                    address,
                    own(catalog),
                    places,
                    new ShopAnswers());
            judges.put(name, known);
        }
        return known;
    }

    private static Optional<String> own(String catalog) throws IOException {
        try (InputStream in = Catalogs.class.getResourceAsStream("mcp/" + catalog + ".yaml")) {
            return in == null || Set.of("github", "railway").contains(catalog)
                    ? Optional.empty()
                    : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void githubsRest() throws IOException {
        StrangersCorpus corpus = new StrangersCorpus("GitHub REST");
        for (JsonNode line : StrangersCorpus.calls("github-rest")) {
            JsonNode call = line.path("call");
            List<Parameter> query = new ArrayList<>();
            call.path("query")
                    .properties()
                    .forEach(one ->
                            query.add(new Parameter(one.getKey(), one.getValue().asText())));
            boolean bodied = !call.path("body").isNull();
            HttpCall sent = new HttpCall(
                    call.path("method").asText(),
                    API,
                    normalised(call.path("path").asText()),
                    query,
                    bodied ? List.of(new Header("content-type", "application/json")) : List.of(),
                    bodied ? Bytes.of(JSON.writeValueAsBytes(call.path("body"))) : Bytes.empty());
            corpus.add(line, github().judge(sent, true));
        }
        corpus.require();
    }

    /** As the front gives it to the catalog: decoded once, but for what would then be a border. */
    private static String normalised(String path) {
        return Pattern.compile("%(?!2[35fF]|3[fF])[0-7][0-9A-Fa-f]")
                .matcher(path)
                .replaceAll(
                        coded -> Matcher.quoteReplacement(URLDecoder.decode(coded.group(), StandardCharsets.UTF_8)));
    }

    @Test
    void githubsGraphql() throws IOException {
        StrangersCorpus corpus = new StrangersCorpus("GitHub GraphQL");
        for (JsonNode line : StrangersCorpus.calls("github-graphql")) {
            corpus.add(line, github().judge(StrangersCorpus.post(API, "/graphql", line.path("call")), true));
        }
        corpus.require();
    }

    @Test
    void railway() throws IOException {
        StrangersCorpus corpus = new StrangersCorpus("Railway");
        Map<String, String> places = new TreeMap<>();
        StrangersCorpus.world()
                .path("railway")
                .path("environments")
                .properties()
                .forEach(known -> places.put(
                        "railway:environment/" + known.getKey(),
                        known.getValue().asText().equals("production") ? "production" : "staging"));
        StarterJudge judge = judge("railway", "railway", "https://backboard.railway.com", places);
        for (JsonNode line : StrangersCorpus.calls("railway")) {
            corpus.add(
                    line,
                    judge.judge(StrangersCorpus.post("backboard.railway.com", "/graphql/v2", line.path("call")), true));
        }
        corpus.require();
    }

    @Test
    void knownServersOfMcp() throws IOException {
        StrangersCorpus corpus = new StrangersCorpus("MCP, known servers");
        for (JsonNode line : StrangersCorpus.calls("mcp")) {
            if (!UNKNOWN.contains(line.path("package").asText())) {
                corpus.add(line, judged(line));
            }
        }
        corpus.require();
    }

    private Judgement judged(JsonNode line) throws IOException {
        String server = line.path("call").path("server").asText();
        HttpCall sent = StrangersCorpus.tool("mcp.example", line.path("call"));
        if (server.equals("github")) {
            return judge("github-mcp", "github", "https://api.githubcopilot.com", githubPlaces())
                    .judge(sent, true);
        }
        String environment = line.path("environment").asText();
        return judge(server + "-" + environment, server, "https://mcp.example", StrangersPlaces.of(server, environment))
                .judge(sent, true);
    }
}
