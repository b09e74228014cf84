package dev.interlock.watch;

import dev.interlock.action.Bytes;
import dev.interlock.action.Loopback;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Posts messages over HTTP/1.1. Of a response it reads only the status and the requested delay. Threading: any; it
 * creates its client with the first message.
 */
public final class WebhookClient implements AutoCloseable {

    /** Standard Webhooks recommends 15 to 30 seconds. */
    static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(15);

    private final Duration timeout;

    // Guarded by this.
    private @Nullable HttpClient client;

    public WebhookClient() {
        this(DEFAULT_TIMEOUT);
    }

    WebhookClient(Duration timeout) {
        this.timeout = timeout;
    }

    /** Requires that nobody on the network can read what is posted to {@code url}; no message contains it. */
    static void requireSafe(URI url) {
        boolean https = "https".equals(url.getScheme()) && url.getHost() != null;
        if (!https && !Loopback.isPlainHttp(url)) {
            throw new IllegalArgumentException("the receiver's address is neither https nor http on loopback");
        }
    }

    HttpRequest.Builder to(URI url, Bytes json) {
        return HttpRequest.newBuilder(url)
                .timeout(timeout)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(json.toArray()));
    }

    /** Sends {@code request} once. Any 2xx status means accepted. */
    AlertChannel.DeliveryResult send(HttpRequest request) throws InterruptedException {
        try {
            // Only the head is read: a body that never ends must not block the thread.
            HttpResponse<InputStream> answer = client().send(request, HttpResponse.BodyHandlers.ofInputStream());
            answer.body().close();
            int status = answer.statusCode();
            return new AlertChannel.DeliveryResult(status >= 200 && status < 300, "status " + status, wait(answer));
        } catch (HttpTimeoutException e) {
            return new AlertChannel.DeliveryResult(false, "no answer in time");
        } catch (IOException e) {
            return new AlertChannel.DeliveryResult(
                    false, "the connection failed or broke"); // its message may contain the address
        }
    }

    // RFC 9110 §10.2.3, in seconds. The other form, a date, is ignored.
    private static Duration wait(HttpResponse<InputStream> answer) {
        Optional<String> seconds =
                answer.headers().firstValue("retry-after").filter(text -> text.matches("[0-9]{1,6}"));
        return seconds.map(text -> Duration.ofSeconds(Long.parseLong(text))).orElse(Duration.ZERO);
    }

    private synchronized HttpClient client() {
        HttpClient made = client;
        if (made == null) {
            made = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(timeout)
                    .build();
            client = made;
        }
        return made;
    }

    @Override
    public synchronized void close() {
        if (client != null) {
            client.shutdownNow();
        }
    }
}
