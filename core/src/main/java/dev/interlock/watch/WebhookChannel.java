package dev.interlock.watch;

import dev.interlock.action.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A receiver of <a href="https://www.standardwebhooks.com/">Standard Webhooks</a> 1.0.0: {@code webhook-id},
 * {@code webhook-timestamp} and {@code webhook-signature} with HMAC-SHA256.
 */
public final class WebhookChannel implements AlertChannel {

    /** The specification's lower bound for a secret. */
    static final int MIN_SECRET_BYTES = 24;

    private static final String PREFIX = "whsec_";

    private final WebhookClient post;
    private final URI url;
    private final Secret secret;
    private final Clock clock;

    private WebhookChannel(WebhookClient post, URI url, Secret secret, Clock clock) {
        this.post = post;
        this.url = url;
        this.secret = secret;
        this.clock = clock;
    }

    /** Returns a receiver at {@code url}, https or loopback, whose secret is {@code whsec_…}. */
    public static WebhookChannel at(WebhookClient post, URI url, Secret secret, Clock clock) {
        WebhookClient.requireSafe(url);
        requireStrong(secret);
        return new WebhookChannel(post, url, secret, clock);
    }

    @Override
    public DeliveryResult deliver(AlertMessage message) throws InterruptedException {
        long timestamp = clock.instant().getEpochSecond();
        return post.send(post.to(url, message.json())
                .header("webhook-id", message.id())
                .header("webhook-timestamp", Long.toString(timestamp))
                .header("webhook-signature", "v1," + signature(message, timestamp))
                .build());
    }

    @Override
    public String kind() {
        return "webhook";
    }

    private String signature(AlertMessage message, long timestamp) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.use(WebhookChannel::key), "HmacSHA256"));
            mac.update((message.id() + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(mac.doFinal(message.json().toArray()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HmacSHA256", e);
        }
    }

    private static void requireStrong(Secret secret) {
        boolean strong;
        try {
            strong = secret.use(text -> text.startsWith(PREFIX) && key(text).length >= MIN_SECRET_BYTES);
        } catch (IllegalArgumentException e) {
            strong = false; // no cause: the decoder's message may contain the secret
        }
        if (!strong) {
            throw new IllegalArgumentException(
                    "the webhook's secret is not `whsec_` and base64 of at least " + MIN_SECRET_BYTES + " bytes");
        }
    }

    private static byte[] key(String text) {
        return Base64.getDecoder().decode(text.substring(PREFIX.length()));
    }
}
