package dev.interlock.system;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.interlock.testing.TestingCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A provider that answers everything with a little JSON, or as told, over TLS, and records its requests. */
final class RecordingProvider implements AutoCloseable {

    private final List<RecordedRequest> arrived = new CopyOnWriteArrayList<>();
    private final HttpsServer server;
    private final TestingCertificate own;
    private volatile RecordedAnswer answer = RecordedAnswer.ORDINARY;

    /** What it answers. */
    record RecordedAnswer(String type, String body) {
        static final RecordedAnswer ORDINARY = new RecordedAnswer("application/json", "{\"ok\":true}");
    }

    /** One request as received; header names in lower case. */
    record RecordedRequest(String method, String target, Map<String, String> headers, String body) {}

    /** Starts one, whose key is in {@code directory}. */
    RecordingProvider(Path directory) throws Exception {
        own = TestingCertificate.forName("localhost");
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(own.serving()));
        server.createContext("/", this::answer);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        Map<String, String> headers = new TreeMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        arrived.add(new RecordedRequest(
                exchange.getRequestMethod(), exchange.getRequestURI().toString(), headers, body));
        RecordedAnswer told = answer;
        byte[] bytes = told.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("content-type", told.type());
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(200, head ? -1 : bytes.length);
        if (!head) {
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }

    /** Has it answer so until the next {@link #take}. */
    void answerWith(RecordedAnswer told) {
        answer = told;
    }

    /** Returns the requests since the last call. */
    List<RecordedRequest> take() {
        answer = RecordedAnswer.ORDINARY;
        List<RecordedRequest> taken = List.copyOf(arrived);
        arrived.clear();
        return taken;
    }

    String address() {
        return "https://localhost:" + server.getAddress().getPort();
    }

    String authority() {
        return own.pem();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
