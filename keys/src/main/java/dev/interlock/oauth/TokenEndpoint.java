package dev.interlock.oauth;

import dev.interlock.action.Loopback;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The token endpoint of an authorization server (RFC 6749 §3.2), at https or loopback, asked as one client. */
public record TokenEndpoint(URI address, OAuthClient client) {

    /** Maximum time of an answer, because a call waits for it. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final int MAX_ANSWER = 64 * 1024;
    private static final int MAX_TOKEN = 8 * 1024; // common servers reject longer header fields
    private static final int OK = 200;
    /** A longer life is no reason to keep a token for longer. */
    private static final Duration LONGEST = Duration.ofDays(365);

    /** The errors after which only a person can get another grant (RFC 6749 §5.2). */
    private static final Set<String> FINAL = Set.of("invalid_grant", "invalid_client", "unauthorized_client");

    /** Tokens; {@code refresh} and {@code life} if the server says so. */
    public record TokenAnswer(Secret access, Optional<Secret> refresh, Optional<Duration> life) {}

    /** The server answered with an error. Its message has no secret, and nothing else that the server wrote. */
    public static final class TokenRefusedException extends IOException {

        private final boolean isFinal;

        private TokenRefusedException(String message, boolean isFinal) {
            super(message);
            this.isFinal = isFinal;
        }

        /** Returns whether no later try can succeed: a person must sign in again. */
        public boolean isFinal() {
            return isFinal;
        }
    }

    public TokenEndpoint {
        if (address.getHost() == null
                || address.getRawUserInfo() != null
                || address.getRawFragment() != null
                || !("https".equals(address.getScheme()) || Loopback.isPlainHttp(address))) {
            throw new IllegalArgumentException("a token endpoint is an address with https");
        }
    }

    public String host() {
        return address.getHost();
    }

    /** Posts {@code fields} with the client's identification for tokens. No failure's message has a secret. */
    public TokenAnswer ask(Map<String, String> fields) throws IOException, InterruptedException {
        try (HttpClient http = BoundedCall.client(PATIENCE).build()) {
            try {
                return ask(http, fields);
            } finally {
                http.shutdownNow();
            }
        }
    }

    public TokenAnswer ask(HttpClient http, Map<String, String> fields) throws IOException, InterruptedException {
        Map<String, String> form = new LinkedHashMap<>(fields);
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("accept", "application/json");
        Optional<Secret> own = client.secret();
        if (own.isPresent() && !client.secretInForm()) {
            request.header(
                    "authorization", BoundedCall.basic(client.id(), own.get()).<String>use(text -> text));
        } else {
            form.put("client_id", client.id());
            own.ifPresent(secret -> form.put("client_secret", secret.use(text -> text)));
        }
        HttpRequest asked = request.POST(HttpRequest.BodyPublishers.ofString(BoundedCall.form(form)))
                .build();
        HttpResponse<byte[]> answer;
        try {
            answer = BoundedCall.send(http, asked, PATIENCE, MAX_ANSWER);
        } catch (IOException e) {
            throw new IOException("`" + host() + "` does not answer (" + e.getMessage() + ")");
        }
        return answer.statusCode() == OK ? tokens(object(answer)) : refuse(answer);
    }

    private Json.Members object(HttpResponse<byte[]> answer) throws IOException {
        try {
            return Json.readForeign(answer.body(), "the answer");
        } catch (MalformedException _) { // without the cause, which may quote it
            throw new IOException("`" + host() + "` answers " + answer.statusCode() + " without a JSON object");
        }
    }

    private TokenAnswer refuse(HttpResponse<byte[]> answer) throws IOException {
        int status = answer.statusCode();
        Optional<Json> error = status == 400 || status == 401 ? object(answer).get("error") : Optional.empty();
        // Only the error's code is repeated. A description could contain anything.
        if (error.isPresent() && error.get() instanceof Json.Text(String code) && code.matches("[a-z_]{1,40}")) {
            throw new TokenRefusedException("`" + host() + "` answers " + code, FINAL.contains(code));
        }
        throw new IOException("`" + host() + "` answers " + status);
    }

    private TokenAnswer tokens(Json.Members said) throws IOException {
        try {
            // RFC 6749 §5.1 wants a type. Codex does not look at it, so OpenAI may leave it out.
            if (!said.optionalText("token_type")
                    .orElse("bearer")
                    .toLowerCase(Locale.ROOT)
                    .equals("bearer")) {
                throw new IOException("`" + host() + "` gives tokens of another type than Bearer");
            }
            return new TokenAnswer(
                    token(said.text("access_token")),
                    said.optionalText("refresh_token")
                            .filter(text -> !text.isEmpty())
                            .map(TokenEndpoint::token),
                    life(said));
        } catch (IllegalArgumentException _) {
            throw new IOException("`" + host() + "` gives no token that can be sent");
        }
    }

    private static Secret token(String text) {
        // RFC 6750 §2.1, a little wider: with a line end in it, a server could write header fields.
        if (text.isEmpty() || text.length() > MAX_TOKEN || !text.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
            throw new MalformedException("not a token");
        }
        return new Secret(text);
    }

    private static Optional<Duration> life(Json.Members said) {
        Optional<Long> seconds = said.get("expires_in").flatMap(value -> switch (value) {
            case Json.Whole(long number) -> Optional.of(number);
            case Json.Text(String text) when text.matches("[0-9]{1,15}") -> Optional.of(Long.valueOf(text));
            case Json.Text _, Json.Flag _, Json.Nothing _, Json.Array _, Json.Members _ -> Optional.empty();
        });
        return seconds.map(number -> Duration.ofSeconds(Math.clamp(number, 0, LONGEST.toSeconds())));
    }
}
