package dev.interlock.push;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages to push services (RFC 8030 §5). It follows no redirect, and reads nothing of an answer but the status
 * and the delay that it asks for.
 *
 * <p>INVARIANT: no result contains anything of the address, whose path is a secret, or of the answer's body.
 *
 * <p>Threading: any. It creates its clients when they are first needed.
 */
public final class PushSender implements AutoCloseable {

    /** Maximum time for a connection, and for the head of an answer. */
    static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(10);

    private static final int NOT_FOUND = 404;
    private static final int GONE = 410;
    private static final int TOO_MANY = 429;
    private static final int SERVER_ERRORS = 500;

    /** Reads the authority of our own push services. */
    @FunctionalInterface
    public interface Authority {

        /** Returns the TLS context for them; empty to trust the JDK's authorities. */
        Optional<SSLContext> read() throws IOException;
    }

    /** One message, the time for which the service keeps it, and a name under which it replaces an earlier one. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Message(byte[] content, Duration life, String topic) {}

    /** The result of sending one message once. */
    sealed interface Result {

        record Taken() implements Result {}
        /** The browser has ended its subscription. */
        record Gone() implements Result {}
        /** It may work later, for the reason {@code words}; {@code pause} is how long the service asked to wait. */
        record Later(String words, Duration pause) implements Result {}
        /** It will not work, for the reason {@code words}. */
        record Failed(String words) implements Result {}
    }

    private final PushServices services;
    private final VapidKey key;
    private final Authority authority;
    private final Duration patience;
    private final InstantSource clock;
    private final SecureRandom random;
    // Guarded by this.
    private @Nullable HttpClient known;
    private @Nullable HttpClient own;

    public PushSender(
            PushServices services, VapidKey key, Authority authority, InstantSource clock, SecureRandom random) {
        this(services, key, authority, DEFAULT_PATIENCE, clock, random);
    }

    PushSender(
            PushServices services,
            VapidKey key,
            Authority authority,
            Duration patience,
            InstantSource clock,
            SecureRandom random) {
        this.services = services;
        this.key = key;
        this.authority = authority;
        this.patience = patience;
        this.clock = clock;
        this.random = random;
    }

    Result send(Device device, Message message) throws InterruptedException {
        try {
            URI address = device.subscription().address();
            HttpRequest request = HttpRequest.newBuilder(address)
                    .timeout(patience)
                    .header("authorization", key.authorization(address, clock.instant()))
                    .header("content-encoding", "aes128gcm")
                    .header("content-type", "application/octet-stream")
                    .header("ttl", Long.toString(Math.max(0, message.life().toSeconds())))
                    .header("urgency", "high")
                    .header("topic", message.topic())
                    .POST(HttpRequest.BodyPublishers.ofByteArray(
                            MessageEncryption.encrypt(message.content(), device.subscription(), random)))
                    .build();
            // Only the head is read: a body that never ends must not block the thread.
            HttpResponse<InputStream> answer = client(address).send(request, HttpResponse.BodyHandlers.ofInputStream());
            answer.body().close();
            return result(answer);
        } catch (HttpTimeoutException _) {
            return new Result.Later("no answer in time", Duration.ZERO);
        } catch (IOException _) {
            return new Result.Later("the connection failed or broke", Duration.ZERO); // a message may have the address
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return new Result.Failed(
                    "it could not be encrypted: " + e.getClass().getSimpleName());
        }
    }

    private static Result result(HttpResponse<InputStream> answer) {
        int status = answer.statusCode();
        if (status >= 200 && status < 300) {
            return new Result.Taken();
        }
        if (status == NOT_FOUND || status == GONE) {
            return new Result.Gone();
        }
        return status == TOO_MANY || status >= SERVER_ERRORS
                ? new Result.Later("status " + status, pause(answer))
                : new Result.Failed("status " + status);
    }

    // RFC 9110 §10.2.3, in seconds. The other form, a date, is ignored.
    private static Duration pause(HttpResponse<InputStream> answer) {
        return answer.headers()
                .firstValue("retry-after")
                .filter(text -> text.matches("[0-9]{1,6}"))
                .map(text -> Duration.ofSeconds(Long.parseLong(text)))
                .orElse(Duration.ZERO);
    }

    private synchronized HttpClient client(URI address) throws IOException {
        if (!services.isOwn(address)) {
            HttpClient made = known == null ? builder().build() : known;
            known = made;
            return made;
        }
        HttpClient made = own;
        if (made == null) {
            HttpClient.Builder builder = builder();
            authority.read().ifPresent(builder::sslContext);
            made = builder.build();
            own = made;
        }
        return made;
    }

    private HttpClient.Builder builder() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(patience);
    }

    @Override
    public synchronized void close() {
        if (known != null) {
            known.shutdownNow();
        }
        if (own != null) {
            own.shutdownNow();
        }
    }
}
