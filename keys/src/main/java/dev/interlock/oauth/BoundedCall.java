package dev.interlock.oauth;

import dev.interlock.action.Secret;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** One call of ours to a server of others, with a deadline for the whole answer and a limit of its size. */
public final class BoundedCall {

    private BoundedCall() {}

    /** Begins a client that follows no redirect: that would hand a code or a secret to another party. */
    public static HttpClient.Builder client(Duration patience) {
        return HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(patience);
    }

    /**
     * Sends {@code asked} for at most {@code most} bytes. The deadline covers the whole answer: the client's own
     * timeout ends with the headers. The failure has no cause, which may contain the request and its secret.
     */
    public static HttpResponse<byte[]> send(HttpClient client, HttpRequest asked, Duration patience, int most)
            throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<byte[]>> answer =
                client.sendAsync(asked, BodyHandlers.limiting(BodyHandlers.ofByteArray(), most));
        try {
            return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException(
                    e.getCause() instanceof IOException io && io.getMessage() != null
                            ? io.getMessage()
                            : "the connection failed");
        } catch (TimeoutException _) {
            throw new IOException("no answer in time");
        } finally {
            answer.cancel(true);
        }
    }

    public static String form(Map<String, String> fields) {
        return fields.entrySet().stream()
                .map(field -> encoded(field.getKey()) + "=" + encoded(field.getValue()))
                .collect(Collectors.joining("&"));
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** Returns the header value for basic authentication of a client (RFC 6749 §2.3.1). */
    public static Secret basic(String client, Secret secret) {
        return secret.use(text -> new Secret("Basic "
                + Base64.getEncoder()
                        .encodeToString((encoded(client) + ":" + encoded(text)).getBytes(StandardCharsets.UTF_8))));
    }
}
