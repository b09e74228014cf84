package dev.interlock.setup;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.oauth.BoundedCall;
import dev.interlock.oauth.OAuthClient;
import dev.interlock.oauth.OAuthGrant;
import dev.interlock.oauth.TokenEndpoint;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;

/** Signs a person in at the authorization server of an MCP server (OAuth 2.1 with PKCE), for the gateway. */
public record OAuthSignIn(URI server, Optional<SSLContext> authority, ClientChoice choice, Person person) {

    private static final Duration LIFE = Duration.ofMinutes(10);
    private static final int MAX_ANSWER = 64 * 1024;

    /** RFC 6749 sets no limit; no server's code is longer. */
    private static final int MAX_CODE = 4096;

    private static final SecureRandom RANDOM = new SecureRandom();

    /** A registered client, otherwise one is; scopes, otherwise those that the server names; 0 for any port. */
    public record ClientChoice(Optional<String> id, Optional<Secret> secret, List<String> scopes, int port) {
        public ClientChoice {
            scopes = List.copyOf(scopes);
            scopes.forEach(AuthorizationServer::requireScope);
        }
    }

    public interface Person {

        /** Tells the person to open {@code address}, which belongs to {@code host}. It contains no secret. */
        void open(String host, URI address);

        /** Offers what the person pastes to {@code callback}, while the browser may answer by itself. */
        void paste(Predicate<String> callback);
    }

    /** A token for now; and the grant that the gateway keeps, if the server gave a refresh token. */
    public record SignedIn(Secret access, Optional<OAuthGrant> grant) {}

    /** {@code challenge} is what the server said when it refused a request. No message contains a secret. */
    public SignedIn signIn(String challenge) throws IOException, InterruptedException {
        try (HttpClient http = ProviderClient.http(authority, AuthorizationServer.PATIENCE)) {
            AuthorizationServer at = AuthorizationServer.of(http, server, challenge);
            String state = random();
            String verifier = random();
            try (SignInCallback callback = SignInCallback.open(choice.port(), state)) {
                OAuthClient client = client(http, at, callback.address());
                person.open(at.host(), request(at, client, callback.address(), state, challenge(verifier)));
                person.paste(callback::offer);
                Map<String, String> answer =
                        callback.await(LIFE).orElseThrow(() -> new IOException("nobody signed in within ten minutes"));
                return exchange(http, at, client, callback.address(), code(at, answer), verifier);
            }
        }
    }

    private URI request(AuthorizationServer at, OAuthClient client, URI callback, String state, String challenge) {
        Map<String, String> query = new LinkedHashMap<>();
        query.put("response_type", "code");
        query.put("client_id", client.id());
        query.put("redirect_uri", callback.toString());
        query.put("state", state);
        query.put("code_challenge", challenge);
        query.put("code_challenge_method", "S256");
        query.put("resource", at.resource());
        List<String> scopes = choice.scopes().isEmpty() ? at.scopes() : choice.scopes();
        if (!scopes.isEmpty()) {
            query.put("scope", String.join(" ", scopes));
        }
        URI page = at.authorization();
        return URI.create(page + (page.getRawQuery() == null ? "?" : "&") + BoundedCall.form(query));
    }

    /** RFC 7636 §4.2. */
    private static String challenge(String verifier) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    private static String code(AuthorizationServer at, Map<String, String> answer) throws IOException {
        // RFC 9207 §2.4: the answer of another server must not be sent to this one.
        String issuer = answer.getOrDefault("iss", at.namesItself() ? "" : at.issuer());
        if (!issuer.equals(at.issuer())) {
            throw new IOException("the answer does not come from `" + at.host() + "`");
        }
        String error = answer.getOrDefault("error", "");
        if (!error.isEmpty()) {
            throw new IOException("`" + at.host() + "` refused the sign-in"
                    + (error.matches("[a-z_]{1,40}") ? " (" + error + ")" : ""));
        }
        String code = answer.getOrDefault("code", "");
        if (code.isEmpty() || code.length() > MAX_CODE) {
            throw new IOException("the answer of `" + at.host() + "` contains no code");
        }
        return code;
    }

    private SignedIn exchange(
            HttpClient http, AuthorizationServer at, OAuthClient client, URI callback, String code, String verifier)
            throws IOException, InterruptedException {
        TokenEndpoint endpoint = new TokenEndpoint(at.token(), client);
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("grant_type", "authorization_code");
        fields.put("code", code);
        fields.put("redirect_uri", callback.toString());
        fields.put("code_verifier", verifier);
        fields.put("resource", at.resource());
        TokenEndpoint.TokenAnswer tokens = endpoint.ask(http, fields);
        URI origin = URI.create(server.getScheme() + "://" + server.getRawAuthority());
        return new SignedIn(
                tokens.access(),
                tokens.refresh().map(refresh -> new OAuthGrant(newId(), origin, at.resource(), endpoint, refresh)));
    }

    private OAuthClient client(HttpClient http, AuthorizationServer at, URI callback)
            throws IOException, InterruptedException {
        if (choice.id().isPresent()) {
            return new OAuthClient(choice.id().get(), choice.secret(), at.secretInForm());
        }
        URI registration = at.registration()
                .orElseThrow(
                        () -> new IOException(
                                "`" + at.host()
                                        + "` registers no clients by itself: register one there, with a callback such as http://127.0.0.1:8976/callback, and name it: --client-id ID --callback-port 8976"));
        Json.Members asked = Json.object()
                .with("client_name", "Interlock")
                .withTexts("redirect_uris", List.of(callback.toString()))
                .withTexts("grant_types", List.of("authorization_code", "refresh_token"))
                .withTexts("response_types", List.of("code"))
                .with("token_endpoint_auth_method", "none")
                .with("application_type", "native");
        HttpRequest request = HttpRequest.newBuilder(registration)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(asked.canonical()))
                .build();
        HttpResponse<byte[]> answer = BoundedCall.send(http, request, AuthorizationServer.PATIENCE, MAX_ANSWER);
        if (answer.statusCode() != 201 && answer.statusCode() != 200) {
            throw new IOException("`" + registration.getHost() + "` answers " + answer.statusCode()
                    + " to the registration of a client");
        }
        try {
            return registered(Json.readForeign(answer.body(), "the registration"), at);
        } catch (IllegalArgumentException _) { // without the cause, which may quote it
            throw new IOException("`" + registration.getHost() + "` answers without a client that can be used");
        }
    }

    /** Some servers give a secret, although none was asked for. */
    private static OAuthClient registered(Json.Members said, AuthorizationServer at) {
        String way = said.optionalText("token_endpoint_auth_method").orElse("");
        Optional<Secret> secret = said.optionalText("client_secret")
                .filter(text -> !text.isEmpty() && !way.equals("none"))
                .map(Secret::new);
        return new OAuthClient(
                said.text("client_id"),
                secret,
                way.equals("client_secret_post") || (way.isEmpty() && at.secretInForm()));
    }

    private static String random() {
        byte[] bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    static String newId() {
        byte[] bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
