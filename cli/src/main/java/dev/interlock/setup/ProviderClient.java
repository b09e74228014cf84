package dev.interlock.setup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Sends a request with a found token to the provider's own address alone, and reads a JSON answer. An {@code authority}
 * is the only one that is trusted.
 */
record ProviderClient(URI address, Optional<SSLContext> authority) {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int MAX_ANSWER = 4 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    ProviderClient {
        if (!"https".equals(address.getScheme()) || address.getHost() == null || address.getUserInfo() != null) {
            throw new IllegalArgumentException("`" + address + "` is not an address such as https://example.com");
        }
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(address.toString().replaceFirst("/$", "") + path))
                .timeout(PATIENCE);
    }

    /** Returns the body of a 200 answer; empty for every other answer. */
    Optional<JsonNode> send(HttpRequest request) throws IOException, InterruptedException {
        try (HttpClient http = http(authority, PATIENCE)) {
            HttpResponse<InputStream> response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                byte[] bytes = body.readNBytes(MAX_ANSWER);
                return response.statusCode() == 200 ? Optional.of(JSON.readTree(bytes)) : Optional.empty();
            }
        } catch (IOException e) {
            // The cause may contain the request, with its token.
            throw new IOException("`" + address.getHost() + "` could not be asked ("
                    + e.getClass().getSimpleName() + ")");
        }
    }

    static HttpClient http(Optional<SSLContext> authority, Duration patience) {
        HttpClient.Builder client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(patience);
        authority.ifPresent(client::sslContext);
        return client.build();
    }

    static String json(Object value) {
        return JSON.valueToTree(value).toString();
    }
}
