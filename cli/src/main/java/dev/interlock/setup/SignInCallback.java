package dev.interlock.setup;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Receives the answer of an authorization server, which the person's browser brings to a loopback address (RFC 8252
 * §7.3), or which the person pastes. What does not carry our state is no answer, and is ignored.
 */
final class SignInCallback implements AutoCloseable {

    private static final String PATH = "/callback";
    private static final int MAX_ANSWER = 16 * 1024;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private final HttpServer server;
    private final String state;
    private final BlockingQueue<Map<String, String>> answers = new LinkedBlockingQueue<>();

    private SignInCallback(HttpServer server, String state) {
        this.server = server;
        this.state = state;
    }

    /** Listens at {@code port}, or at any if that is 0. */
    static SignInCallback open(int port, String state) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), port), 0);
        SignInCallback callback = new SignInCallback(server, state);
        server.createContext("/", callback::answer);
        server.start();
        return callback;
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + PATH);
    }

    private void answer(HttpExchange exchange) throws IOException {
        boolean isOurs = exchange.getRequestMethod().equals("GET")
                && exchange.getRequestURI().getRawPath().equals(PATH)
                && offer(exchange.getRequestURI().toString());
        byte[] text = (isOurs ? "Interlock has the answer. Go back to the terminal.\n" : "This is no answer.\n")
                .getBytes(StandardCharsets.US_ASCII);
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "text/plain");
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            exchange.getResponseHeaders().set("Referrer-Policy", "no-referrer");
            exchange.sendResponseHeaders(isOurs ? 200 : 400, text.length);
            exchange.getResponseBody().write(text);
        }
    }

    /** Takes the address to which a browser was sent. Returns whether it carries our state. */
    boolean offer(String address) {
        Optional<Map<String, String>> fields = fields(address);
        boolean isOurs = fields.map(one -> MessageDigest.isEqual(
                        one.getOrDefault("state", "").getBytes(StandardCharsets.UTF_8),
                        state.getBytes(StandardCharsets.UTF_8)))
                .orElse(false);
        if (isOurs) {
            answers.add(fields.get());
        }
        return isOurs;
    }

    /** Empty if the query is malformed or names a field twice. */
    private static Optional<Map<String, String>> fields(String address) {
        int query = address.indexOf('?');
        if (query < 0 || address.length() > MAX_ANSWER) {
            return Optional.empty();
        }
        Map<String, String> fields = new HashMap<>();
        try {
            for (String field : address.substring(query + 1).split("&", -1)) {
                int equals = field.indexOf('=');
                String name = equals < 0 ? field : field.substring(0, equals);
                String value = equals < 0 ? "" : URLDecoder.decode(field.substring(equals + 1), StandardCharsets.UTF_8);
                if (fields.putIfAbsent(name, value) != null) {
                    return Optional.empty();
                }
            }
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
        return Optional.of(fields);
    }

    Optional<Map<String, String>> await(Duration patience) throws InterruptedException {
        return Optional.ofNullable(answers.poll(patience.toMillis(), TimeUnit.MILLISECONDS));
    }

    @Override
    public void close() {
        server.stop(1); // the browser still gets its page
    }
}
