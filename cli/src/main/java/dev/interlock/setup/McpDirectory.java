package dev.interlock.setup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.catalog.mcp.ToolList;
import dev.interlock.catalog.mcp.ToolPin;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;

/**
 * The tools of an MCP server, as the server itself lists them (Streamable HTTP, 2025-11-25 and 2026-07-28). What a
 * server says of a tool is its own text: it goes into pins, and into no proposal.
 */
public final class McpDirectory {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int MAX_ANSWER = 4 << 20;
    private static final int MAX_PAGES = 50;
    private static final String SESSIONS_VERSION = "2025-11-25";
    private static final String STATELESS_VERSION = "2026-07-28";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final URI address;
    private final Optional<SSLContext> authority;
    private final Optional<Secret> token;
    private final List<String> fields = new ArrayList<>();
    private boolean stateless;
    private boolean runsTasks;
    private int id;

    /**
     * Creates one of the server at {@code address}.
     *
     * @param authority trusts the only authority for its certificate; otherwise those of the machine count
     * @param token sent as a bearer token, if the server needs one
     */
    public McpDirectory(URI address, Optional<SSLContext> authority, Optional<Secret> token) {
        boolean local = "http".equals(address.getScheme())
                && List.of("127.0.0.1", "localhost", "[::1]").contains(String.valueOf(address.getHost()));
        if ((!"https".equals(address.getScheme()) && !local)
                || address.getHost() == null
                || address.getUserInfo() != null
                || address.getQuery() != null
                || address.getPath().isEmpty()) {
            throw new IllegalArgumentException(
                    "`" + address + "` is not an address such as https://mcp.example.com/mcp");
        }
        this.address = address;
        this.authority = authority;
        this.token = token;
    }

    /**
     * A tool.
     *
     * @param name its name
     * @param arguments the names of its arguments, and whether each is an object or a list
     * @param destroys whether the server itself says that it destroys
     * @param changes whether the server itself says that it is no mere read
     */
    public record ListedTool(String name, List<ListedArgument> arguments, boolean destroys, boolean changes) {
        public ListedTool {
            arguments = List.copyOf(arguments);
        }
    }

    /** An argument of a tool. */
    public record ListedArgument(String name, boolean isNested) {}

    /**
     * The tools of a server.
     *
     * @param tools each, in the server's order
     * @param pins what the server says of each, by its name
     * @param tasks the names of those that the server also runs as tasks (2025-11-25)
     */
    public record Listing(List<ListedTool> tools, Map<String, ToolPin> pins, Set<String> tasks) {
        public Listing {
            tasks = Set.copyOf(tasks);
            tools = List.copyOf(tools);
            pins = Map.copyOf(pins);
        }
    }

    /** The server needs a token, and was asked without one. */
    public static final class TokenNeededException extends IOException {
        private static final long serialVersionUID = 1;

        private final String challenge;

        private TokenNeededException(String challenge) {
            super("it needs a token: name it with --token-from");
            this.challenge = challenge;
        }

        /** Returns what the server said of the token that it needs; empty if nothing. */
        public String challenge() {
            return challenge;
        }
    }

    /**
     * Returns the tools.
     *
     * @throws TokenNeededException if the server needs a token, and there is none
     */
    public Listing tools() throws IOException, InterruptedException {
        try (HttpClient http = ProviderClient.http(authority, PATIENCE)) {
            begin(http);
            List<ListedTool> tools = new ArrayList<>();
            Map<String, ToolPin> pins = new HashMap<>();
            Set<String> tasks = new HashSet<>();
            Optional<String> cursor = Optional.empty();
            for (int page = 0; page < MAX_PAGES; page++) {
                ObjectNode params = JSON.createObjectNode();
                cursor.ifPresent(text -> params.put("cursor", text));
                Answer answer = ask(http, "tools/list", params);
                JsonNode result = result(answer);
                result.path("tools").forEach(tool -> tools.add(tool(tool)));
                pins.putAll(pins(answer));
                tasks.addAll(tasks(result));
                cursor = Optional.of(result.path("nextCursor").asText("")).filter(text -> !text.isEmpty());
                if (cursor.isEmpty()) {
                    return new Listing(tools, pins, tasks);
                }
            }
            throw new IOException("the server lists its tools on more than " + MAX_PAGES + " pages");
        } catch (TokenNeededException e) {
            throw e;
        } catch (IOException e) {
            // The cause may contain the request, with its token.
            throw new IOException("`" + address.getHost() + "` could not be asked for its tools ("
                    + e.getClass().getSimpleName() + (e instanceof AnswerException ? ": " + e.getMessage() : "") + ")");
        }
    }

    /** The server's answer is none that MCP knows. Its message has no secret. */
    private static final class AnswerException extends IOException {
        private static final long serialVersionUID = 1;

        private AnswerException(String message) {
            super(message);
        }
    }

    /** An answer, with the identifier of the session that it begins. */
    private record Answer(int status, String type, Optional<String> session, String body) {}

    /** Begins a session. A server that knows none is asked without. */
    private void begin(HttpClient http) throws IOException, InterruptedException {
        ObjectNode params = JSON.createObjectNode().put("protocolVersion", SESSIONS_VERSION);
        params.putObject("capabilities");
        params.putObject("clientInfo").put("name", "interlock").put("version", "1");
        Answer answer = ask(http, "initialize", params);
        if (answer.status() == 401 || answer.status() == 403) {
            throw new AnswerException("it does not accept this token");
        }
        if (answer.status() != 200 || !message(answer).has("result")) {
            stateless = true;
            return;
        }
        answer.session().ifPresent(session -> fields.addAll(List.of("mcp-session-id", session)));
        JsonNode result = message(answer).path("result");
        fields.addAll(
                List.of("mcp-protocol-version", result.path("protocolVersion").asText(SESSIONS_VERSION)));
        runsTasks = result.at("/capabilities/tasks/requests/tools/call").isObject();
        ObjectNode begun = JSON.createObjectNode().put("jsonrpc", "2.0").put("method", "notifications/initialized");
        send(http, begun, List.of());
    }

    private Answer ask(HttpClient http, String method, ObjectNode params) throws IOException, InterruptedException {
        ObjectNode request =
                JSON.createObjectNode().put("jsonrpc", "2.0").put("id", ++id).put("method", method);
        request.set("params", params);
        if (!stateless) {
            return send(http, request, List.of());
        }
        params.putObject("_meta")
                .put("io.modelcontextprotocol/protocolVersion", STATELESS_VERSION)
                .putObject("io.modelcontextprotocol/clientCapabilities");
        return send(http, request, List.of("mcp-protocol-version", STATELESS_VERSION, "mcp-method", method));
    }

    private Answer send(HttpClient http, ObjectNode body, List<String> more) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream");
        List<String> all = new ArrayList<>(fields);
        all.addAll(more);
        if (!all.isEmpty()) {
            request.headers(all.toArray(String[]::new));
        }
        token.ifPresent(secret -> request.header("Authorization", secret.<String>use(text -> "Bearer " + text)));
        HttpResponse<InputStream> answer = http.send(
                request.POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream in = answer.body()) {
            if (answer.statusCode() == 401 && token.isEmpty()) {
                throw new TokenNeededException(
                        String.join(", ", answer.headers().allValues("www-authenticate")));
            }
            return new Answer(
                    answer.statusCode(),
                    answer.headers().firstValue("content-type").orElse(""),
                    answer.headers().firstValue("mcp-session-id"),
                    new String(in.readNBytes(MAX_ANSWER), StandardCharsets.UTF_8));
        }
    }

    private JsonNode result(Answer answer) throws IOException {
        JsonNode message = answer.status() == 200 ? message(answer) : JSON.createObjectNode();
        if (!message.path("result").isObject()) {
            throw new AnswerException("status " + answer.status() + ", and no result");
        }
        return message.path("result");
    }

    /** Reads what an answer says of its tools, as strictly as the gateway does. */
    private static Map<String, ToolPin> pins(Answer answer) throws IOException {
        if (ToolList.read(Bytes.utf8(text(answer))) instanceof ToolList.ListOfTools(ToolList list)) {
            return list.tools().stream().collect(Collectors.toMap(ToolPin::name, Function.identity()));
        }
        throw new AnswerException("not every reader would read its list of tools alike");
    }

    /**
     * Returns the tools that run as tasks. Without the server's general word, what it says of a tool does not count.
     */
    private Set<String> tasks(JsonNode result) {
        Set<String> tasks = new HashSet<>();
        result.path("tools").forEach(tool -> {
            String support = tool.path("execution").path("taskSupport").asText("");
            if (runsTasks && List.of("optional", "required").contains(support)) {
                tasks.add(tool.path("name").asText());
            }
        });
        return tasks;
    }

    private static JsonNode message(Answer answer) throws IOException {
        return JSON.readTree(text(answer));
    }

    /** Returns the message of an answer, which may be the last of a stream of events. */
    private static String text(Answer answer) throws IOException {
        if (!answer.type().startsWith("text/event-stream")) {
            return answer.body();
        }
        String last = "{}";
        for (String event : answer.body().split("\r?\n\r?\n", -1)) {
            String data = event.lines()
                    .filter(line -> line.startsWith("data:"))
                    .map(line -> line.substring("data:".length()).strip())
                    .collect(Collectors.joining("\n"));
            JsonNode read = JSON.readTree(data.isEmpty() ? "{}" : data);
            last = read.has("result") || read.has("error") ? data : last;
        }
        return last;
    }

    private static ListedTool tool(JsonNode tool) {
        List<ListedArgument> arguments = new ArrayList<>();
        tool.path("inputSchema").path("properties").properties().forEach(property -> {
            String type = property.getValue().path("type").asText("");
            boolean isScalar = List.of("string", "number", "integer", "boolean").contains(type);
            arguments.add(new ListedArgument(property.getKey(), !isScalar));
        });
        JsonNode hints = tool.path("annotations");
        boolean changes =
                hints.has("readOnlyHint") && !hints.path("readOnlyHint").asBoolean(false);
        return new ListedTool(
                tool.path("name").asText(),
                arguments,
                hints.path("destructiveHint").asBoolean(false),
                changes);
    }
}
