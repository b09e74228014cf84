package dev.interlock.watch;

import dev.interlock.action.Loopback;
import dev.interlock.action.Secret;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A receiver of messages as <a href="https://www.standardwebhooks.com/">Standard Webhooks</a> 1.0.0 defines them:
 * {@code webhook-id}, {@code webhook-timestamp} and {@code webhook-signature} with HMAC-SHA256.
 */
public final class Webhook implements AutoCloseable {

    /** The specification recommends 15 to 30 seconds. */
    static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(15);

    /** The specification's lower bound for a secret. */
    static final int MIN_SECRET_BYTES = 24;

    private static final String PREFIX = "whsec_";

    private final URI url;
    private final Secret secret;
    private final Clock clock;
    private final HttpClient client;

    private Webhook(URI url, Secret secret, Clock clock) {
        this.url = url;
        this.secret = secret;
        this.clock = clock;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(DEFAULT_TIMEOUT)
                .build();
    }

    /**
     * A receiver at {@code url}, whose secret {@code whsec_…} is in {@code secretFile}.
     *
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if the secret is malformed or short, or the address is neither https nor
     *     loopback
     */
    public static Webhook at(URI url, Path secretFile, Clock clock) throws IOException {
        if (!Loopback.isPlainHttp(url) && !"https".equals(url.getScheme())) {
            throw new IllegalArgumentException("the webhook's address is neither https nor http on loopback");
        }
        Secret secret = new Secret(Files.readString(secretFile).strip());
        requireStrong(secret);
        return new Webhook(url, secret, clock);
    }

    /** Sends {@code message} once. True if the receiver has taken it (any 2xx). */
    boolean deliver(String id, byte[] message) throws InterruptedException {
        long timestamp = clock.instant().getEpochSecond();
        HttpRequest request = HttpRequest.newBuilder(url)
                .timeout(DEFAULT_TIMEOUT)
                .header("content-type", "application/json")
                .header("webhook-id", id)
                .header("webhook-timestamp", Long.toString(timestamp))
                .header("webhook-signature", "v1," + signature(id, timestamp, message))
                .POST(HttpRequest.BodyPublishers.ofByteArray(message))
                .build();
        try {
            int status =
                    client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            return status >= 200 && status < 300;
        } catch (IOException e) {
            return false;
        }
    }

    private String signature(String id, long timestamp, byte[] message) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.use(Webhook::key), "HmacSHA256"));
            mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(mac.doFinal(message));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }

    private static void requireStrong(Secret secret) {
        boolean strong;
        try {
            strong = secret.use(text -> text.startsWith(PREFIX) && key(text).length >= MIN_SECRET_BYTES);
        } catch (IllegalArgumentException e) {
            strong = false; // no cause: the decoder's message may quote the secret
        }
        if (!strong) {
            throw new IllegalArgumentException(
                    "the webhook's secret is not `whsec_` and base64 of at least " + MIN_SECRET_BYTES + " bytes");
        }
    }

    private static byte[] key(String text) {
        return Base64.getDecoder().decode(text.substring(PREFIX.length()));
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
