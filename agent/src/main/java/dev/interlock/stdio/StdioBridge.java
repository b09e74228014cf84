package dev.interlock.stdio;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The HTTP endpoint of a server of MCP that is a program: Streamable HTTP with sessions, on loopback. Whoever does not
 * send the token is refused before anything is read.
 */
public final class StdioBridge implements AutoCloseable {

    private static final String PATH = "/mcp";
    private static final String SESSION = "Mcp-Session-Id";
    private static final String EVENTS = "text/event-stream";
    private static final int LONGEST_BODY = 2 << 20;
    private static final int NO_MESSAGE = -32600;
    private static final int NOT_TAKEN = -32603;

    /** It also shows whether anybody still reads a stream. */
    private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(15);

    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Duration SWEEPS = Duration.ofSeconds(30);

    static {
        // The JDK's server reads this once, when the first one is created. A client without the token blocks others
        // only briefly.
        System.setProperty("sun.net.httpserver.maxReqTime", "10");
        System.setProperty("jdk.httpserver.maxConnections", "256");
    }

    private final BridgeRules rules;
    private final ServerProgram program;
    private final InstantSource clock;
    private final Consumer<String> log;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final ScheduledExecutorService sweeper = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("sweep-sessions").factory());
    private final Map<String, StdioSession> sessions = new ConcurrentHashMap<>();
    private final SecureRandom random = new SecureRandom();

    /**
     * The settings of a bridge.
     *
     * @param tokenDigest of the token that callers send, as {@link #digest} makes it
     * @param sessions the most at a time
     * @param idle how long a session may be unused before it is ended
     */
    public record BridgeRules(String tokenDigest, int sessions, Duration idle) {}

    private StdioBridge(
            BridgeRules rules, ServerProgram program, InstantSource clock, Consumer<String> log, HttpServer server) {
        this.rules = rules;
        this.program = program;
        this.clock = clock;
        this.log = log;
        this.server = server;
    }

    /** Opens a bridge; {@code log} gets a line for what happens to sessions, without messages or secrets. */
    public static StdioBridge open(
            InetSocketAddress address,
            BridgeRules rules,
            ServerProgram program,
            InstantSource clock,
            Consumer<String> log)
            throws IOException {
        if (address.isUnresolved() || !address.getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException("a server of MCP is served on a loopback address only");
        }
        StdioBridge bridge = new StdioBridge(rules, program, clock, log, HttpServer.create(address, 0));
        bridge.server.setExecutor(bridge.threads);
        bridge.server.createContext("/", bridge::answer);
        bridge.server.start();
        var _ = bridge.sweeper.scheduleWithFixedDelay(
                bridge::endIdle, SWEEPS.toSeconds(), SWEEPS.toSeconds(), TimeUnit.SECONDS);
        return bridge;
    }

    public static String digest(String token) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    public int port() {
        return server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try {
            if (!isAuthorized(exchange)) {
                refuse(exchange, 401);
            } else if (!exchange.getRequestURI().getRawPath().equals(PATH)) {
                refuse(exchange, 404);
            } else {
                switch (exchange.getRequestMethod()) {
                    case "POST" -> post(exchange);
                    case "GET" -> listen(exchange);
                    case "DELETE" -> end(exchange);
                    default -> refuse(exchange, 405);
                }
            }
            exchange.close(); // otherwise the connection breaks, and a call without an answer counts as unknown
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the bridge is being closed", e);
        }
    }

    private boolean isAuthorized(HttpExchange exchange) {
        List<String> given = exchange.getRequestHeaders().getOrDefault("Authorization", List.of());
        return given.size() == 1
                && given.getFirst().startsWith("Bearer ")
                && MessageDigest.isEqual(
                        digest(given.getFirst().substring("Bearer ".length())).getBytes(StandardCharsets.UTF_8),
                        rules.tokenDigest().getBytes(StandardCharsets.UTF_8));
    }

    private static void refuse(HttpExchange exchange, int status) throws IOException {
        exchange.sendResponseHeaders(status, -1);
    }

    private Optional<StdioSession> session(HttpExchange exchange) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst(SESSION))
                .map(sessions::get)
                .filter(session -> !session.isOver());
    }

    private void post(HttpExchange exchange) throws IOException, InterruptedException {
        byte[] body = exchange.getRequestBody().readNBytes(LONGEST_BODY + 1);
        if (body.length > LONGEST_BODY) {
            refuse(exchange, 413);
            return;
        }
        Optional<Message> read = Message.read(body);
        if (read.isEmpty() || read.get().method().isEmpty()) {
            // Answers to a server's questions are none of what a client may send, because it is asked none.
            refuse(exchange, 400);
            return;
        }
        Message message = read.get();
        boolean begins = message.isRequest()
                && message.method().equals("initialize")
                && !exchange.getRequestHeaders().containsKey(SESSION);
        if (begins) {
            begin(exchange, message);
            return;
        }
        Optional<StdioSession> session = session(exchange);
        if (!exchange.getRequestHeaders().containsKey(SESSION)) {
            // Also what a client of 2026-07-28 sends first: it learns that sessions are spoken here.
            json(exchange, 400, Message.error(message.id(), NO_MESSAGE, "Begin a session with `initialize`."));
        } else if (session.isEmpty()) {
            refuse(exchange, 404);
        } else if (message.isNotification()) {
            refuse(exchange, session.get().tell(message) ? 202 : 503);
        } else {
            ask(exchange, session.get(), message);
        }
    }

    private void begin(HttpExchange exchange, Message message) throws IOException, InterruptedException {
        byte[] name = new byte[16];
        random.nextBytes(name);
        String id = HexFormat.of().formatHex(name);
        Optional<StdioSession> begun = started(id);
        if (begun.isEmpty()) {
            // A client that has left without a word is noticed by two signs of life, here and at the gateway.
            String why = sessions.size() < rules.sessions()
                    ? "The server could not be started."
                    : "All its sessions are in use, at most " + rules.sessions()
                            + ". The place of a client that has left is free after half a minute: try again then.";
            json(exchange, 503, Message.error(message.id(), NOT_TAKEN, why));
            return;
        }
        exchange.getResponseHeaders().set(SESSION, id);
        ask(exchange, begun.get(), message);
    }

    /** Programs are started one after the other, so that there are never more than the rules say. */
    private synchronized Optional<StdioSession> started(String id) throws InterruptedException {
        if (sessions.size() >= rules.sessions()) {
            sessions.values().stream()
                    .filter(session -> session.idleSince().isPresent())
                    .min(Comparator.comparing(session -> session.idleSince().orElse(Instant.MAX)))
                    .ifPresent(StdioSession::close);
        }
        if (sessions.size() >= rules.sessions()) {
            log.accept("no session: " + sessions.size() + " are in use");
            return Optional.empty();
        }
        try {
            StdioSession session = new StdioSession(program.start(), clock.instant(), () -> {
                sessions.remove(id);
                log.accept("session ended; " + sessions.size() + " left");
            });
            sessions.put(id, session);
            session.begin();
            log.accept("session begun; " + sessions.size() + " now");
            return Optional.of(session);
        } catch (IOException e) {
            log.accept("the server could not be started: " + e.getMessage());
            return Optional.empty();
        }
    }

    private void ask(HttpExchange exchange, StdioSession session, Message message)
            throws IOException, InterruptedException {
        Optional<StdioSession.Pending> taken = session.ask(message);
        if (taken.isEmpty()) {
            json(exchange, 200, Message.error(message.id(), NOT_TAKEN, "The server cannot take this request now."));
            return;
        }
        StdioSession.Pending asked = taken.get();
        try {
            carry(exchange, asked);
        } finally {
            session.forget(asked, clock.instant());
        }
    }

    private static void carry(HttpExchange exchange, StdioSession.Pending asked)
            throws IOException, InterruptedException {
        Message said = next(asked);
        if (!said.isNotification()) {
            json(exchange, 200, said);
            return;
        }
        OutputStream events = events(exchange);
        for (; said.isNotification(); said = next(asked)) {
            event(events, said);
        }
        event(events, said);
    }

    /** Throws if no more comes: an error of MCP would say that the request has been dealt with. */
    private static Message next(StdioSession.Pending asked) throws IOException, InterruptedException {
        Message said = asked.said().poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (said == null || said.equals(StdioSession.UNANSWERED)) {
            throw new IOException("the server has not answered");
        }
        return said;
    }

    private void listen(HttpExchange exchange) throws IOException, InterruptedException {
        Optional<StdioSession> session = session(exchange);
        if (session.isEmpty()) {
            refuse(exchange, 404);
            return;
        }
        Optional<BlockingQueue<Message>> said = session.get().listen();
        if (said.isEmpty()) {
            refuse(exchange, 409);
            return;
        }
        try {
            OutputStream events = events(exchange);
            while (!session.get().isOver()) {
                Message message = said.get().poll(SIGN_OF_LIFE.toSeconds(), TimeUnit.SECONDS);
                if (message == null) {
                    write(events, ":\n\n".getBytes(StandardCharsets.UTF_8));
                } else {
                    event(events, message);
                }
            }
        } finally {
            session.get().leave(clock.instant());
        }
    }

    private void end(HttpExchange exchange) throws IOException {
        Optional<StdioSession> session = session(exchange);
        session.ifPresent(StdioSession::close);
        refuse(exchange, session.isPresent() ? 204 : 404);
    }

    private static void json(HttpExchange exchange, int status, Message message) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, message.bytes().length);
        exchange.getResponseBody().write(message.bytes());
    }

    private static OutputStream events(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", EVENTS);
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.sendResponseHeaders(200, 0);
        OutputStream events = exchange.getResponseBody();
        events.flush();
        return events;
    }

    private static void event(OutputStream events, Message message) throws IOException {
        write(events, "event: message\ndata: ".getBytes(StandardCharsets.UTF_8));
        write(events, message.bytes());
        write(events, "\n\n".getBytes(StandardCharsets.UTF_8));
    }

    private static void write(OutputStream events, byte[] bytes) throws IOException {
        events.write(bytes);
        events.flush();
    }

    /** Ends the sessions that nobody has used for long. */
    void endIdle() {
        Instant before = clock.instant().minus(rules.idle());
        sessions.values().stream()
                .filter(session -> session.idleSince().filter(before::isAfter).isPresent())
                .toList()
                .forEach(StdioSession::close);
    }

    @Override
    public void close() {
        sweeper.shutdownNow();
        server.stop(0);
        sessions.values().forEach(StdioSession::close);
        threads.shutdownNow();
    }
}
