package dev.interlock.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;

/**
 * An MCP server and its authorization server on loopback. It is as strict as OAuth 2.1 asks: it refuses another
 * resource, a wrong verifier or callback, a code or a refresh token that was used. A refresh token that is used twice
 * ends its grant. Tests make it give one false answer at a time.
 */
public final class TestingOAuthServer implements AutoCloseable {

    private static final String TOOLS = """
            {"tools":[{"name":"read_note","inputSchema":{"type":"object","properties":{"note":{"type":"string"}}}},\
            {"name":"delete_note","inputSchema":{"type":"object","properties":{"note":{"type":"string"}}}}]}""";

    /** What a person granted. Its tokens carry its number. */
    private static final class Grant {
        private final String client;
        private volatile boolean isOver;
        private volatile String refresh = "";

        private Grant(String client) {
            this.client = client;
        }
    }

    private record Code(String client, String callback, String challenge) {}

    private record AccessToken(Grant grant, Instant end) {}

    private final HttpServer server;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, String> callbacks = new ConcurrentHashMap<>();
    private final Map<String, Optional<String>> secrets = new ConcurrentHashMap<>();
    private final Map<String, Code> codes = new ConcurrentHashMap<>();
    private final Map<String, Grant> refreshTokens = new ConcurrentHashMap<>();
    private final Map<String, AccessToken> accessTokens = new ConcurrentHashMap<>();

    /** The paths of all requests. */
    public final List<String> asked = new CopyOnWriteArrayList<>();

    /** All tokens and secrets that it gave away. */
    public final List<String> given = new CopyOnWriteArrayList<>();

    /** The access tokens with which tools were called. */
    public final List<String> called = new CopyOnWriteArrayList<>();

    public volatile Duration life = Duration.ofHours(1);

    // What it does otherwise, if a test says so.
    public volatile boolean rotates = true;
    public volatile boolean givesRefresh = true;
    public volatile boolean givesSecret;
    public volatile boolean namesMetadata = true;
    public volatile boolean repeatsToken;
    public volatile UnaryOperator<Json.Members> resourceSaid = said -> said;
    public volatile UnaryOperator<Json.Members> serverSaid = said -> said;
    public volatile UnaryOperator<String> redirected = address -> address;
    public volatile TokenReplacement token = exchange -> false;

    /** Replaces an answer of the token endpoint. */
    @FunctionalInterface
    public interface TokenReplacement {
        boolean answers(HttpExchange exchange) throws IOException;
    }

    public TestingOAuthServer(InstantSource clock) throws IOException {
        this.clock = clock;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    /** Returns the issuer, which is also the origin of the MCP server. */
    public String origin() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Returns the address of the MCP server. */
    public URI address() {
        return URI.create(origin() + "/mcp");
    }

    /** Registers a client as a person would, by hand. */
    public void register(String client, String callback, Optional<String> secret) {
        callbacks.put(client, callback);
        secrets.put(client, secret);
    }

    /** Returns a refresh token of a new grant of {@code client}. */
    public String grant(String client) {
        secrets.putIfAbsent(client, Optional.empty());
        return refreshToken(new Grant(client));
    }

    /** Ends all grants and tokens, as a person would at the server. */
    public void revoke() {
        refreshTokens.values().forEach(grant -> grant.isOver = true);
    }

    /** Goes to {@code page} like a browser whose person agrees. Returns the body of the last page. */
    public static String visit(String page) throws IOException, InterruptedException {
        try (HttpClient browser = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.ALWAYS)
                .build()) {
            return browser.send(HttpRequest.newBuilder(URI.create(page)).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    /** Returns where the authorization server sends a browser from {@code page}. */
    public static String redirect(String page) throws IOException, InterruptedException {
        try (HttpClient browser = HttpClient.newHttpClient()) {
            return browser.send(HttpRequest.newBuilder(URI.create(page)).build(), HttpResponse.BodyHandlers.ofString())
                    .headers()
                    .firstValue("location")
                    .orElseThrow();
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            asked.add(path);
            switch (path) {
                case "/mcp" -> mcp(exchange);
                case "/.well-known/oauth-protected-resource/mcp" ->
                    send(
                            exchange,
                            200,
                            resourceSaid.apply(Json.object()
                                    .with("resource", address().toString())
                                    .withTexts("authorization_servers", List.of(origin()))
                                    .withTexts("scopes_supported", List.of("notes"))));
                case "/.well-known/oauth-authorization-server" -> send(exchange, 200, serverSaid.apply(described()));
                case "/register" -> register(exchange);
                case "/authorize" -> authorize(exchange);
                case "/token" -> {
                    if (!token.answers(exchange)) {
                        token(exchange);
                    }
                }
                default -> send(exchange, 404, Json.object());
            }
        }
    }

    private Json.Members described() {
        return Json.object()
                .with("issuer", origin())
                .with("authorization_endpoint", origin() + "/authorize")
                .with("token_endpoint", origin() + "/token")
                .with("registration_endpoint", origin() + "/register")
                .with("authorization_response_iss_parameter_supported", true)
                .withTexts("scopes_supported", List.of("notes", "offline_access"))
                .withTexts("code_challenge_methods_supported", List.of("S256"));
    }

    private void register(HttpExchange exchange) throws IOException {
        Json.Members asked = Json.readForeign(exchange.getRequestBody().readAllBytes(), "the registration");
        String client = "client-" + random();
        Json.Members said = asked.with("client_id", client);
        Optional<String> secret = Optional.empty();
        if (givesSecret) {
            secret = Optional.of(secret("client-secret-"));
            said = said.with("client_secret", secret.get()).with("token_endpoint_auth_method", "client_secret_basic");
        }
        register(client, asked.texts("redirect_uris").getFirst(), secret);
        send(exchange, 201, said);
    }

    private void authorize(HttpExchange exchange) throws IOException {
        Map<String, String> query = fields(exchange.getRequestURI().getRawQuery());
        boolean isSound = query.getOrDefault("redirect_uri", "").equals(callbacks.get(query.get("client_id")))
                && query.getOrDefault("response_type", "").equals("code")
                && query.getOrDefault("code_challenge_method", "").equals("S256")
                && query.getOrDefault("resource", "").equals(address().toString());
        if (!isSound) {
            send(exchange, 400, Json.object().with("error", "invalid_request"));
            return;
        }
        String code = secret("code-");
        codes.put(code, new Code(query.get("client_id"), query.get("redirect_uri"), query.get("code_challenge")));
        String to = query.get("redirect_uri") + "?code=" + code + "&state=" + query.get("state") + "&iss=" + origin();
        exchange.getResponseHeaders().set("Location", redirected.apply(to));
        exchange.sendResponseHeaders(302, -1);
    }

    private void token(HttpExchange exchange) throws IOException {
        Map<String, String> form =
                fields(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.US_ASCII));
        String client = client(exchange, form);
        Optional<Grant> grant = client.isEmpty()
                ? Optional.empty()
                : form.getOrDefault("grant_type", "").equals("refresh_token")
                        ? refreshed(form, client)
                        : exchanged(form, client);
        if (client.isEmpty()
                || !form.getOrDefault("resource", "").equals(address().toString())) {
            send(exchange, 400, Json.object().with("error", client.isEmpty() ? "invalid_client" : "invalid_target"));
        } else if (grant.isEmpty()) {
            send(
                    exchange,
                    400,
                    Json.object()
                            .with("error", "invalid_grant")
                            .with("error_description", "of " + form.getOrDefault("refresh_token", "")));
        } else {
            send(exchange, 200, tokens(grant.get()));
        }
    }

    /** Returns the client that asks; empty if it does not prove to be that. */
    private String client(HttpExchange exchange, Map<String, String> form) {
        String basic = exchange.getRequestHeaders().getFirst("authorization");
        String client = form.getOrDefault("client_id", "");
        Optional<String> secret = Optional.ofNullable(form.get("client_secret"));
        if (basic != null) {
            String[] pair = new String(
                            Base64.getDecoder().decode(basic.substring("Basic ".length())), StandardCharsets.UTF_8)
                    .split(":", 2);
            client = URLDecoder.decode(pair[0], StandardCharsets.UTF_8);
            secret = Optional.of(URLDecoder.decode(pair[1], StandardCharsets.UTF_8));
        }
        return secret.equals(secrets.get(client)) ? client : "";
    }

    private Optional<Grant> exchanged(Map<String, String> form, String client) {
        Code code = codes.remove(form.getOrDefault("code", ""));
        boolean isSound = code != null
                && code.client().equals(client)
                && code.callback().equals(form.get("redirect_uri"))
                && code.challenge().equals(challenge(form.getOrDefault("code_verifier", "")));
        return isSound ? Optional.of(new Grant(client)) : Optional.empty();
    }

    private Optional<Grant> refreshed(Map<String, String> form, String client) {
        Grant grant = refreshTokens.get(form.getOrDefault("refresh_token", ""));
        if (grant == null || !grant.client.equals(client)) {
            return Optional.empty();
        }
        synchronized (grant) {
            if (!grant.refresh.equals(form.get("refresh_token"))) {
                grant.isOver = true; // somebody has a copy (OAuth 2.1 §4.3.1)
            }
            return grant.isOver ? Optional.empty() : Optional.of(grant);
        }
    }

    private Json.Members tokens(Grant grant) {
        String access = secret("access-");
        accessTokens.put(access, new AccessToken(grant, clock.instant().plus(life)));
        Json.Members said = Json.object()
                .with("access_token", access)
                .with("token_type", "bearer")
                .with("expires_in", life.toSeconds());
        boolean isNew = grant.refresh.isEmpty() || rotates;
        return isNew && givesRefresh ? said.with("refresh_token", refreshToken(grant)) : said;
    }

    private String refreshToken(Grant grant) {
        String refresh = secret("refresh-");
        grant.refresh = refresh;
        refreshTokens.put(refresh, grant);
        return refresh;
    }

    private void mcp(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        String authorization = Optional.ofNullable(exchange.getRequestHeaders().getFirst("authorization"))
                .orElse("");
        String given = authorization.replaceFirst("^Bearer ", "");
        AccessToken token = accessTokens.get(given);
        if (token == null || token.grant().isOver || !clock.instant().isBefore(token.end())) {
            exchange.getResponseHeaders()
                    .set(
                            "WWW-Authenticate",
                            namesMetadata
                                    ? "Bearer resource_metadata=\"" + origin()
                                            + "/.well-known/oauth-protected-resource/mcp\", scope=\"notes\""
                                    : "Bearer");
            send(exchange, 401, Json.object());
            return;
        }
        if (!exchange.getRequestMethod().equals("POST")) {
            exchange.sendResponseHeaders(405, -1);
            return;
        }
        Json.Members message = Json.readForeign(body, "the message");
        String method = message.text("method");
        if (message.get("id").isEmpty()) {
            exchange.sendResponseHeaders(202, -1);
            return;
        }
        Json.Members result = switch (method) {
            case "initialize" ->
                Json.object()
                        .with("protocolVersion", "2025-06-18")
                        .with("capabilities", Json.object().with("tools", Json.object()))
                        .with("serverInfo", Json.object().with("name", "notes").with("version", "1"));
            case "tools/list" -> Json.readForeign(TOOLS.getBytes(StandardCharsets.UTF_8), "the tools");
            default -> {
                called.add(given);
                String text = "did " + message.object("params").text("name") + (repeatsToken ? " with " + given : "");
                yield Json.object()
                        .withItems(
                                "content",
                                List.of(Json.object().with("type", "text").with("text", text)).stream());
            }
        };
        send(
                exchange,
                200,
                Json.object()
                        .with("jsonrpc", "2.0")
                        .with("id", message.get("id").get())
                        .with("result", result));
    }

    private static void send(HttpExchange exchange, int status, Json.Members said) throws IOException {
        byte[] body = said.canonical();
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    private static Map<String, String> fields(String text) {
        Map<String, String> fields = new HashMap<>();
        for (String field : text.split("&", -1)) {
            String[] pair = field.split("=", 2);
            fields.put(pair[0], pair.length < 2 ? "" : URLDecoder.decode(pair[1], StandardCharsets.UTF_8));
        }
        return fields;
    }

    private static String challenge(String verifier) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private String secret(String kind) {
        String secret = kind + random();
        given.add(secret);
        return secret;
    }

    private String random() {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
