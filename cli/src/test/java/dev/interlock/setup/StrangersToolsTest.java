package dev.interlock.setup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.author.StarterJudge;
import dev.interlock.author.StrangersCorpus;
import dev.interlock.author.StrangersPlaces;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Counts how a stranger's calls are judged to servers of MCP that Interlock does not know, by what they say. */
class StrangersToolsTest {

    private static final Map<String, String> SERVERS = Map.of(
            "sooperset/mcp-atlassian", "atlassian",
            "korotovsky/slack-mcp-server", "slack",
            "crystaldba/postgres-mcp", "postgres");

    @TempDir
    Path directory;

    private final Map<String, StarterJudge> judges = new TreeMap<>();

    @Test
    void unknownServersOfMcp() throws IOException {
        StrangersCorpus corpus = new StrangersCorpus("MCP, unknown servers");
        for (JsonNode line : StrangersCorpus.calls("mcp")) {
            String server = SERVERS.get(line.path("package").asText());
            if (server != null) {
                corpus.add(
                        line,
                        judge(server, line.path("environment").asText())
                                .judge(StrangersCorpus.tool("mcp.example", line.path("call")), true));
            }
        }
        corpus.require();
    }

    private StarterJudge judge(String server, String environment) throws IOException {
        StarterJudge known = judges.get(server + environment);
        if (known == null) {
            List<ToolProposal> tools = proposals(server);
            Set<String> types = new TreeSet<>();
            tools.forEach(tool -> types.addAll(tool.types()));
            known = new StarterJudge(
                    Files.createDirectory(directory.resolve(server + environment)),
                    server,
                    "https://mcp.example",
                    Optional.of(catalog(server, tools)),
                    StrangersPlaces.of(server, environment, types.toArray(String[]::new)),
                    (_, _) -> {
                        throw new IOException("not asked");
                    });
            judges.put(server + environment, known);
        }
        return known;
    }

    /** Returns what {@code upstream add} writes of tools. */
    private static String catalog(String server, List<ToolProposal> tools) {
        StringBuilder text = new StringBuilder("""
                format: interlock-catalog@v1
                provider: %s
                protocol: mcp
                endpoints: [/mcp]
                carriers: {headers: [authorization]}
                forwarded-headers: []
                tools:
                """.formatted(server));
        tools.forEach(tool -> text.append(tool.lines(Set.of(), false)).append('\n'));
        return text.toString();
    }

    private static List<ToolProposal> proposals(String server) throws IOException {
        List<ToolProposal> proposals = new ArrayList<>();
        try (InputStream in =
                Objects.requireNonNull(StrangersToolsTest.class.getResourceAsStream("strangers-tools.json"))) {
            for (JsonNode tool : new ObjectMapper().readTree(in).path(server)) {
                JsonNode schema = tool.path("inputSchema");
                proposals.add(ToolProposal.of(
                        new ListedTool(
                                tool.path("name").asText(),
                                tool.path("description").asText(),
                                ToolArgument.of(schema, schema),
                                ListedTool.ToolHints.NONE),
                        Optional.empty()));
            }
        }
        return proposals;
    }
}
