package dev.interlock.drill.railway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A simple client of the simulator. */
final class TestingClient implements AutoCloseable {

    private final ObjectMapper json = new ObjectMapper();
    private final HttpClient client;
    private final URI base;
    private final Path state;

    TestingClient(RailwaySimulator railway, Path state) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream in = Files.newInputStream(railway.authority())) {
            store.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(context)
                .build();
        this.base = URI.create("https://localhost:" + railway.port());
        this.state = state;
    }

    JsonNode query(String token, String query) throws IOException, InterruptedException {
        return json.readTree(post(token, "application/json", json.writeValueAsString(Map.of("query", query)))
                .body());
    }

    JsonNode body(String token, String type, String body) throws IOException, InterruptedException {
        return json.readTree(post(token, type, body).body());
    }

    HttpResponse<String> post(String token, String type, String body) throws IOException, InterruptedException {
        return client.send(
                request("/graphql/v2", token)
                        .header("content-type", type)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> get(String path, String token) throws IOException, InterruptedException {
        return client.send(request(path, token).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path, String token) {
        return HttpRequest.newBuilder(base.resolve(path))
                .timeout(Duration.ofSeconds(20))
                .header("authorization", "Bearer " + token);
    }

    JsonNode counters() throws IOException {
        return json.readTree(state.resolve("counters.json").toFile());
    }

    @Override
    public void close() {
        client.close();
    }
}
