package dev.interlock.system;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A provider that answers everything with a little JSON, over TLS, and remembers what arrived. */
final class RecordingProvider implements AutoCloseable {

    private static final String PASSWORD = "changeit";

    private final List<Arrived> arrived = new CopyOnWriteArrayList<>();
    private final HttpsServer server;
    private final Path certificate;

    /** One request, as it came in; header names in lower case. */
    record Arrived(String method, String target, Map<String, String> headers, String body) {}

    /** Starts one, whose key lies in {@code directory}. */
    RecordingProvider(Path directory) throws Exception {
        Path store = directory.resolve("provider.p12");
        certificate = directory.resolve("provider.pem");
        keytool(store, List.of("-genkeypair", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "san=dns:localhost"));
        keytool(store, List.of("-exportcert", "-rfc", "-file", certificate.toString()));
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context(store)));
        server.createContext("/", this::answer);
        server.start();
    }

    private static void keytool(Path store, List<String> arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(arguments);
        command.addAll(List.of("-alias", "provider", "-keystore", store.toString(), "-storepass", PASSWORD));
        Programs.run(command, "").expect(0);
    }

    private static SSLContext context(Path store) throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        return context;
    }

    private void answer(HttpExchange exchange) throws IOException {
        Map<String, String> headers = new TreeMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        arrived.add(new Arrived(
                exchange.getRequestMethod(), exchange.getRequestURI().toString(), headers, body));
        byte[] answer = "{\"ok\":true}".getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("content-type", "application/json");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(200, head ? -1 : answer.length);
        if (!head) {
            exchange.getResponseBody().write(answer);
        }
        exchange.close();
    }

    /** What came since the last time that somebody asked. */
    List<Arrived> take() {
        List<Arrived> taken = List.copyOf(arrived);
        arrived.clear();
        return taken;
    }

    String address() {
        return "https://localhost:" + server.getAddress().getPort();
    }

    String authority() throws IOException {
        return Files.readString(certificate).replace("\r", ""); // keytool ends lines as RFC 7468 does
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
