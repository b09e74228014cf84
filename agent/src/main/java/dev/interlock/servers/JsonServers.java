package dev.interlock.servers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.evidence.MalformedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The servers of MCP in settings that are JSON: those of all workspaces, and those of one alone. */
record JsonServers(ObjectNode settings) {

    private static final String SERVERS = "mcpServers";

    private static final String WORKSPACES = "projects";

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
            .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
            .build();

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** @throws MalformedException if {@code text} is not a JSON object */
    static JsonServers read(String text) {
        if (text.isBlank()) {
            return new JsonServers(object());
        }
        try {
            if (JSON.readTree(text) instanceof ObjectNode object) {
                return new JsonServers(object);
            }
        } catch (JsonProcessingException e) {
            throw new MalformedException("it is not JSON"); // without the parser's message, which quotes the file
        }
        throw new MalformedException("it is not a JSON object");
    }

    /** Takes out the servers whose place one of {@code sealed} takes, in every workspace. */
    JsonServers without(List<McpServer> sealed) {
        lists().forEach(list ->
                own(list).stream().filter(one -> one.yieldsTo(sealed)).forEach(one -> list.remove(one.name())));
        return this;
    }

    JsonServers with(List<McpServer> sealed, Function<McpServer, ObjectNode> form) {
        put(settings, sealed, form);
        return this;
    }

    /** Claude Code prefers these to the ones in a file of the workspace. */
    JsonServers withIn(Path workspace, List<McpServer> sealed, Function<McpServer, ObjectNode> form) {
        ObjectNode all = child(settings, WORKSPACES);
        if (!all.has(workspace.toString())) {
            all.putObject(workspace.toString()).putArray("allowedTools");
        }
        put(child(all, workspace.toString()), sealed, form);
        return this;
    }

    private static void put(ObjectNode holder, List<McpServer> sealed, Function<McpServer, ObjectNode> form) {
        ObjectNode list = child(holder, SERVERS);
        sealed.forEach(server -> list.set(server.name(), form.apply(server)));
    }

    private static ObjectNode child(ObjectNode parent, String name) {
        return parent.get(name) instanceof ObjectNode object ? object : parent.putObject(name);
    }

    private List<ObjectNode> lists() {
        List<ObjectNode> lists = new ArrayList<>();
        list(settings).ifPresent(lists::add);
        settings.path(WORKSPACES).forEach(workspace -> list(workspace).ifPresent(lists::add));
        return lists;
    }

    private static Optional<ObjectNode> list(JsonNode holder) {
        return holder.get(SERVERS) instanceof ObjectNode list ? Optional.of(list) : Optional.empty();
    }

    List<OwnServer> own(Optional<Path> workspace) {
        List<OwnServer> own = new ArrayList<>();
        list(settings).ifPresent(list -> own.addAll(own(list)));
        workspace
                .flatMap(path -> list(settings.path(WORKSPACES).path(path.toString())))
                .ifPresent(list -> own.addAll(own(list)));
        return own;
    }

    private static List<OwnServer> own(ObjectNode list) {
        List<OwnServer> own = new ArrayList<>();
        list.properties().forEach(entry -> own.add(own(entry.getKey(), entry.getValue())));
        return own;
    }

    private static OwnServer own(String name, JsonNode entry) {
        List<String> command = new ArrayList<>();
        if (entry.path("command").isTextual()) {
            command.add(entry.path("command").textValue());
            entry.path("args").forEach(argument -> command.add(argument.asText()));
        }
        String url = entry.path("httpUrl").asText(entry.path("url").asText(""));
        return new OwnServer(name, command, url.isEmpty() ? Optional.empty() : Optional.of(url));
    }

    String text() {
        return settings.toPrettyString() + "\n";
    }
}
