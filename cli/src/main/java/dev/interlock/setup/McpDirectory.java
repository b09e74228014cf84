package dev.interlock.setup;

import dev.interlock.action.Bytes;
import dev.interlock.action.Loopback;
import dev.interlock.action.Secret;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.catalog.mcp.JsonRpc;
import dev.interlock.catalog.mcp.McpMessage;
import dev.interlock.catalog.mcp.McpMethod;
import dev.interlock.catalog.mcp.ServerMessage;
import dev.interlock.catalog.mcp.ToolList;
import dev.interlock.catalog.mcp.ToolPin;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
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
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;

/**
 * The tools of an MCP server, as the server itself lists them (Streamable HTTP, 2025-11-25 and 2026-07-28). What a
 * server says of a tool is its own text: it goes into pins, and a proposal only reads it.
 */
public final class McpDirectory {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int MAX_ANSWER = 4 << 20;
    private static final int MAX_PAGES = 50;
    private static final String SESSIONS_VERSION = "2025-11-25";
    private static final String STATELESS_VERSION = "2026-07-28";

    private final URI address;
    private final Optional<SSLContext> authority;
    private final Optional<Secret> token;
    private final List<String> fields = new ArrayList<>();
    private boolean stateless;
    private boolean runsTasks;
    private int id;

    public McpDirectory(URI address, Optional<SSLContext> authority, Optional<Secret> token) {
        if ((!"https".equals(address.getScheme()) && !Loopback.isPlainHttp(address))
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

    /** The tools in the server's order, what it says of each, and those that also run as tasks (2025-11-25). */
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

        public String challenge() {
            return challenge;
        }
    }

    public Listing tools() throws IOException, InterruptedException {
        try (HttpClient http = ProviderClient.http(authority, PATIENCE)) {
            begin(http);
            List<ListedTool> tools = new ArrayList<>();
            Map<String, ToolPin> pins = new HashMap<>();
            Set<String> tasks = new HashSet<>();
            Optional<String> cursor = Optional.empty();
            for (int page = 0; page < MAX_PAGES; page++) {
                Map<String, Value> params = new HashMap<>();
                cursor.ifPresent(text -> params.put("cursor", new Value.Text(text)));
                ToolList list = list(ask(http, McpMethod.LIST_TOOLS, params));
                for (ToolPin tool : list.tools()) {
                    tools.add(ListedTool.of(tool));
                    pins.put(tool.name(), tool);
                    if (runsTasks && list.isTask(tool)) { // without the server's general word this does not count
                        tasks.add(tool.name());
                    }
                }
                cursor = list.cursor();
                if (cursor.isEmpty()) {
                    return new Listing(tools, pins, tasks);
                }
            }
            throw new IOException("the server lists its tools on more than " + MAX_PAGES + " pages");
        } catch (TokenNeededException e) {
            throw e;
        } catch (IOException e) {
            // The cause may contain the request, with its token.
            throw new UnaskedException("`" + address.getHost() + "` could not be asked for its tools ("
                    + e.getClass().getSimpleName() + (e instanceof AnswerException ? ": " + e.getMessage() : "") + ")");
        }
    }

    /** The server gave no list. Its message has no secret. */
    public static final class UnaskedException extends IOException {
        private static final long serialVersionUID = 1;

        private UnaskedException(String message) {
            super(message);
        }
    }

    /** Its message has no secret. */
    private static final class AnswerException extends IOException {
        private static final long serialVersionUID = 1;

        private AnswerException(String message) {
            super(message);
        }
    }

    private record Answer(int status, String type, Optional<String> session, String body) {}

    /** Begins a session. A server that knows none is asked without. */
    private void begin(HttpClient http) throws IOException, InterruptedException {
        Answer answer = ask(http, McpMethod.INITIALIZE, McpMessage.beginning(SESSIONS_VERSION));
        if (answer.status() == 401 || answer.status() == 403) {
            throw new AnswerException("it does not accept this token");
        }
        if (answer.status() != 200
                || !(ServerMessage.read(message(answer)) instanceof ServerMessage.ServerAbilities abilities)) {
            stateless = true;
            return;
        }
        answer.session().ifPresent(session -> fields.addAll(List.of("mcp-session-id", session)));
        fields.addAll(List.of("mcp-protocol-version", abilities.version().orElse(SESSIONS_VERSION)));
        runsTasks = abilities.runsTasks();
        String begun = McpMethod.INITIALIZED.text();
        send(http, new McpMessage(Optional.empty(), begun, Map.of(), Map.of()), List.of());
    }

    private Answer ask(HttpClient http, McpMethod method, Map<String, Value> params)
            throws IOException, InterruptedException {
        Optional<Value> number = Optional.of(new Value.Numeric(BigDecimal.valueOf(++id)));
        if (!stateless) {
            return send(http, new McpMessage(number, method.text(), params, Map.of()), List.of());
        }
        Map<String, Value> meta = Map.of(
                McpMessage.VERSION,
                new Value.Text(STATELESS_VERSION),
                McpMessage.CAPABILITIES,
                new Value.Members(Map.of()));
        return send(
                http,
                new McpMessage(number, method.text(), params, meta),
                List.of("mcp-protocol-version", STATELESS_VERSION, "mcp-method", method.text()));
    }

    private Answer send(HttpClient http, McpMessage message, List<String> more)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream");
        Stream.of(fields, more)
                .filter(all -> !all.isEmpty())
                .forEach(all -> request.headers(all.toArray(String[]::new)));
        token.ifPresent(secret -> request.header("Authorization", secret.<String>use(text -> "Bearer " + text)));
        HttpResponse<InputStream> answer = http.send(
                request.POST(HttpRequest.BodyPublishers.ofByteArray(
                                message.written().toArray()))
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

    private static ToolList list(Answer answer) throws IOException {
        return switch (answer.status() == 200 ? ToolList.read(message(answer)) : new ToolList.OtherMessage()) {
            case ToolList.ListOfTools(ToolList list) -> list;
            case ToolList.ListError _, ToolList.OtherMessage _ ->
                throw new AnswerException("status " + answer.status() + ", and no result");
            case ToolList.Unreadable _ ->
                throw new AnswerException("not every reader would read its list of tools alike");
        };
    }

    /** It may be the last of a stream of events. */
    private static Bytes message(Answer answer) {
        Bytes body = Bytes.utf8(answer.body());
        return answer.type().startsWith("text/event-stream") ? JsonRpc.answerIn(body) : body;
    }
}
