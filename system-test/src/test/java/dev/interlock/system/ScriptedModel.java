package dev.interlock.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.interlock.testing.TestingCertificate;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.function.Predicate;

/**
 * A model provider, at its own name, with a scripted model: it asks for one tool after the other, and ignores results.
 */
final class ScriptedModel implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** One step of the model: the tool that it asks for, and the tool's input. */
    record Step(String tool, Map<String, ?> input) {}

    /** The received requests, without bodies. */
    final List<String> requests = new CopyOnWriteArrayList<>();

    private final ModelWire wire;
    private final String host;
    private final String path;
    private final HttpsServer server;
    private final TcpRelay relay;
    private final TestingCertificate own;
    private volatile String slot;
    private volatile Predicate<String> credential;
    private volatile List<Step> script = List.of();
    private volatile List<String> results = List.of();

    /** @param key the only accepted key, until {@link #accept} */
    ScriptedModel(ModelWire wire, String key) throws Exception {
        this(wire, wire.host(), wire.path());
        accept(wire.slot(), wire.credential(key));
    }

    /** Creates one at another name and path of its provider, which accepts nothing until {@link #accept}. */
    ScriptedModel(ModelWire wire, String host, String path) throws Exception {
        this.wire = wire;
        this.host = host;
        this.path = path;
        slot = wire.slot();
        credential = _ -> false;
        own = TestingCertificate.forName(host);
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(own.serving()));
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
        relay = new TcpRelay(server.getAddress().getPort());
    }

    /**
     * Accepts another credential from now on, and no longer the one so far.
     *
     * @param field the header field that holds it
     * @param value all of that field
     */
    void accept(String field, String value) {
        slot = field;
        credential = value::equals;
    }

    /** Accepts each bearer token that {@code isGood} holds for. */
    void acceptTokens(Predicate<String> isGood) {
        slot = "authorization";
        credential = value -> value.startsWith("Bearer ") && isGood.test(value.substring("Bearer ".length()));
    }

    /** Sets the steps of the model from now on. */
    void follow(List<Step> steps) {
        script = List.copyOf(steps);
        results = List.of();
        requests.clear();
    }

    /** Returns the results of its tools, as the agent reported them. */
    List<String> results() {
        return results;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().entrySet());
            JsonNode request = JSON.readTree(exchange.getRequestBody());
            String sent = exchange.getRequestHeaders().getFirst(slot);
            if (sent == null || !credential.test(sent)) {
                exchange.sendResponseHeaders(401, -1);
            } else if (exchange.getRequestURI().getPath().endsWith("/models")) {
                exchange.getResponseHeaders().set("content-type", "application/json");
                exchange.sendResponseHeaders(200, 2);
                exchange.getResponseBody().write("{}".getBytes(StandardCharsets.UTF_8));
            } else if (!exchange.getRequestURI().getPath().equals(path)) {
                exchange.sendResponseHeaders(404, -1);
            } else {
                exchange.getResponseHeaders().set("content-type", "text/event-stream");
                exchange.sendResponseHeaders(200, 0);
                stream(request, exchange.getResponseBody());
            }
        }
    }

    private void stream(JsonNode request, OutputStream out) throws IOException {
        // A conversation carries its own progress; other requests, such as for a title, have no tools.
        int step = script.size();
        if (!request.path("tools").isEmpty()) {
            results = wire.results(request);
            step = results.size();
        }
        List<? extends JsonNode> events =
                step < script.size() ? wire.wish(step, script.get(step)) : wire.end("That is all.");
        for (JsonNode event : events) {
            out.write((wire.head(event) + "data: " + JSON.writeValueAsString(event) + "\n\n")
                    .getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
    }

    /** Returns the upstream of this provider for {@code interlock.yaml}. */
    String upstream() {
        return """
                  %1$s:
                    catalog: %1$s
                    address: https://%2$s
                    private: true
                    ca: "%3$s"
                    credentials:
                      %1$s-key: {environments: [staging], impacts: [read], %4$s}
                    resources:
                      "%1$s:account/self": {environments: [staging]}
                """.formatted(wire.catalog(), host, own.pem().replace("\n", "\\n"), wire.sealedSlot());
    }

    /** The credential's name in the vault. */
    String credential() {
        return wire.catalog() + "-key";
    }

    /** Returns the authority to trust, for a client without a gateway. */
    String authority() {
        return own.pem();
    }

    String hostLine() {
        return relay.host() + " " + host + "\n";
    }

    @Override
    public void close() throws IOException {
        server.stop(0);
        relay.close();
    }
}
