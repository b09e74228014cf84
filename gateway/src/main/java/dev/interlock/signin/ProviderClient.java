package dev.interlock.signin;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.interlock.action.Secret;
import dev.interlock.oauth.BoundedCall;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** Our own calls to a provider: one request, one JSON object, no redirects, limits on time and size. Any thread. */
final class ProviderClient implements AutoCloseable {

    /** Maximum size of a response. Keys and metadata of the largest public providers take a tenth of it. */
    static final int MAX_ANSWER = 256 * 1024;
    /** Maximum time from the first byte that we send to the last that we read. A person waits for it. */
    static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(10);
    /** Maximum of concurrent calls: callers are not authenticated yet, and each answer is held in memory. */
    static final int MAX_CALLS = 8;

    private static final int OK = 200;

    private final OidcSignIn.TrustSource authority;
    private final Duration patience;
    private final Semaphore calls = new Semaphore(MAX_CALLS);
    // Guarded by this.
    private @Nullable HttpClient client;

    ProviderClient(OidcSignIn.TrustSource authority, Duration patience) {
        this.authority = authority;
        this.patience = patience;
    }

    Map<String, Object> get(URI address) throws SignInFailedException {
        return send(HttpRequest.newBuilder(address).GET());
    }

    Map<String, Object> post(URI address, Map<String, String> form, Optional<Secret> authorization)
            throws SignInFailedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(BoundedCall.form(form)));
        return send(authorization
                .map(secret -> secret.use(value -> request.header("authorization", value)))
                .orElse(request));
    }

    private Map<String, Object> send(HttpRequest.Builder request) throws SignInFailedException {
        if (!calls.tryAcquire()) {
            throw SignInFailedException.unresponsiveProvider("Too many people are signing in at the moment.");
        }
        try {
            return sent(request.header("accept", "application/json").build());
        } finally {
            calls.release();
        }
    }

    private Map<String, Object> sent(HttpRequest asked) throws SignInFailedException {
        try {
            return read(BoundedCall.send(client(), asked, patience, MAX_ANSWER));
        } catch (IOException e) {
            throw SignInFailedException.unresponsiveProvider(
                    named(asked.uri()) + " does not answer: " + e.getMessage() + ".");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw SignInFailedException.unresponsiveProvider("The sign-in was interrupted.");
        }
    }

    private static Map<String, Object> read(HttpResponse<byte[]> answer) throws SignInFailedException {
        if (answer.statusCode() != OK) {
            throw SignInFailedException.unresponsiveProvider(
                    named(answer.uri()) + " answers " + answer.statusCode() + " instead of the requested document.");
        }
        try {
            @Nullable Map<String, Object> said = JSONObjectUtils.parse(new String(answer.body(), StandardCharsets.UTF_8));
            if (said != null) { // the library returns null for an empty body and for `null`
                return said;
            }
        } catch (ParseException _) {
            // handled below
        }
        throw SignInFailedException.unresponsiveProvider(named(answer.uri()) + " does not answer with a JSON object.");
    }

    /** Returns the host alone: the rest of an address may be confidential. */
    static String named(URI address) {
        return "`" + address.getHost() + "`";
    }

    private synchronized HttpClient client() throws SignInFailedException {
        HttpClient known = client;
        if (known == null) {
            known = made();
            client = known;
        }
        return known;
    }

    private HttpClient made() throws SignInFailedException {
        HttpClient.Builder builder = BoundedCall.client(patience);
        try {
            authority.read().ifPresent(builder::sslContext);
        } catch (IOException | IllegalArgumentException _) {
            throw SignInFailedException.unresponsiveProvider(
                    "The provider's CA certificate cannot be read: see `provider-ca` in gateway.yaml.");
        }
        return builder.build();
    }

    @Override
    public synchronized void close() {
        HttpClient known = client;
        if (known != null) {
            known.shutdownNow();
        }
    }
}
