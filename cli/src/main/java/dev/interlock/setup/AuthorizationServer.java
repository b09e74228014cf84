package dev.interlock.setup;

import dev.interlock.action.Loopback;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.oauth.BoundedCall;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The authorization server of an MCP server, as both describe it (RFC 9728, RFC 8414, OpenID Connect Discovery 1.0).
 * Clients register themselves at {@code registration} (RFC 7591); tokens are asked for {@code resource} (RFC 8707): the
 * server, or a part of its address; if it {@code namesItself}, each answer by a browser must (RFC 9207).
 */
record AuthorizationServer(
        String issuer,
        URI authorization,
        URI token,
        Optional<URI> registration,
        String resource,
        List<String> scopes,
        boolean secretInForm,
        boolean namesItself) {
    static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int MAX_ANSWER = 256 * 1024;

    /** RFC 9728 §5.1. The value is an address, so nothing in it is escaped. */
    private static final Pattern METADATA = Pattern.compile("(?i)\\bresource_metadata\\s*=\\s*\"([^\"\\\\]*)\"");

    private static final Pattern SCOPE = Pattern.compile("(?i)\\bscope\\s*=\\s*\"([^\"\\\\]*)\"");

    /** RFC 6749, appendix A.4. */
    private static final Pattern SCOPE_TOKEN = Pattern.compile("[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,256}");

    private static final String OFFLINE = "offline_access";

    AuthorizationServer {
        scopes = List.copyOf(scopes);
    }

    /** {@code challenge} is what the server said when it refused a request without a token. */
    static AuthorizationServer of(HttpClient http, URI server, String challenge)
            throws IOException, InterruptedException {
        Json.Members resource = first(http, server, ofResource(server, challenge))
                .orElseThrow(() -> new IOException("`" + server.getHost()
                        + "` needs a token, and does not say where people sign in for one: name it with --token-from"));
        try {
            String covered = resource.text("resource");
            requireCovers(covered, server);
            String issuer = resource.texts("authorization_servers").stream()
                    .findFirst()
                    .orElseThrow(() -> new MalformedException("no authorization server is named"));
            URI address = safe(server, issuer);
            Json.Members said = first(http, server, ofIssuer(address))
                    .orElseThrow(() -> new IOException("`" + address.getHost() + "` does not describe itself"));
            return read(server, said, issuer, covered, scopes(challenge, resource, said));
        } catch (IllegalArgumentException e) {
            throw wrong(server, e);
        }
    }

    private static AuthorizationServer read(
            URI server, Json.Members said, String issuer, String resource, List<String> scopes) {
        // RFC 8414 §3.3: otherwise one server could speak for another one.
        if (!withoutSlash(said.text("issuer")).equals(withoutSlash(issuer))) {
            throw new MalformedException("the authorization server has another name than the one that it was given");
        }
        // MCP: without it, whoever sees the code could use it.
        if (!said.texts("code_challenge_methods_supported").contains("S256")) {
            throw new MalformedException("the authorization server does not support PKCE with S256");
        }
        List<String> ways = said.texts("token_endpoint_auth_methods_supported");
        return new AuthorizationServer(
                said.text("issuer"),
                safe(server, said.text("authorization_endpoint")),
                safe(server, said.text("token_endpoint")),
                said.optionalText("registration_endpoint").map(text -> safe(server, text)),
                resource,
                scopes,
                !ways.isEmpty() && !ways.contains("client_secret_basic") && ways.contains("client_secret_post"),
                said.get("authorization_response_iss_parameter_supported").equals(Optional.of(new Json.Flag(true))));
    }

    /** Some servers add a slash to an address without a path. Both are the same address (RFC 3986 §6.2.3). */
    private static String withoutSlash(String issuer) {
        return issuer.matches("https?://[^/]+/") ? issuer.substring(0, issuer.length() - 1) : issuer;
    }

    /** The scopes that the server asks for; if it leaves that open, those that it has. */
    private static List<String> scopes(String challenge, Json.Members resource, Json.Members said) {
        Matcher asked = SCOPE.matcher(challenge);
        List<String> scopes = new ArrayList<>(
                asked.find() ? List.of(asked.group(1).split(" +", -1)) : resource.texts("scopes_supported"));
        scopes.removeIf(String::isEmpty);
        if (said.texts("scopes_supported").contains(OFFLINE) && !scopes.isEmpty() && !scopes.contains(OFFLINE)) {
            scopes.add(OFFLINE); // without it, such servers give no refresh token
        }
        scopes.forEach(AuthorizationServer::requireScope);
        return scopes;
    }

    static void requireScope(String scope) {
        if (!SCOPE_TOKEN.matcher(scope).matches()) {
            throw new IllegalArgumentException("a scope has characters that no scope has");
        }
    }

    /** RFC 9728 §5.1, and §3.1 if the server does not name the place. */
    private static List<URI> ofResource(URI server, String challenge) {
        Matcher named = METADATA.matcher(challenge);
        if (named.find()) {
            return List.of(safe(server, named.group(1)));
        }
        String known = "/.well-known/oauth-protected-resource";
        return List.of(server.resolve(known + server.getRawPath()), server.resolve(known));
    }

    /** RFC 8414 §3.1, and OpenID Connect Discovery 1.0 §4 with the path at either place. */
    private static List<URI> ofIssuer(URI issuer) {
        String path = issuer.getRawPath().replaceFirst("/\\z", "");
        List<URI> places = new ArrayList<>(List.of(
                issuer.resolve("/.well-known/oauth-authorization-server" + path),
                issuer.resolve("/.well-known/openid-configuration" + path)));
        if (!path.isEmpty()) {
            places.add(issuer.resolve(path + "/.well-known/openid-configuration"));
        }
        return places;
    }

    private static Optional<Json.Members> first(HttpClient http, URI server, List<URI> places)
            throws IOException, InterruptedException {
        for (URI place : places) {
            HttpRequest asked = HttpRequest.newBuilder(place)
                    .header("Accept", "application/json")
                    .build();
            try {
                HttpResponse<byte[]> answer = BoundedCall.send(http, asked, PATIENCE, MAX_ANSWER);
                if (answer.statusCode() == 200) {
                    return Optional.of(Json.readForeign(answer.body(), "the description"));
                }
            } catch (MalformedException e) {
                throw wrong(server, e);
            } catch (IOException e) {
                throw new IOException("`" + place.getHost() + "` does not answer (" + e.getMessage() + ")");
            }
        }
        return Optional.empty();
    }

    private static IOException wrong(URI server, IllegalArgumentException e) {
        return new IOException("`" + server.getHost() + "` describes its sign-in wrongly: " + e.getMessage());
    }

    /** A token for more than the server, or for another one, would be good at a server that nobody named. */
    private static void requireCovers(String resource, URI server) {
        URI covered = URI.create(resource);
        boolean isThere = resource.matches("[!-~]+")
                && String.valueOf(covered.getScheme()).equalsIgnoreCase(server.getScheme())
                && String.valueOf(covered.getRawAuthority()).equalsIgnoreCase(server.getRawAuthority())
                && covered.getRawQuery() == null
                && covered.getRawFragment() == null;
        String path = isThere ? covered.getRawPath().replaceFirst("/\\z", "") : "";
        String own = server.getRawPath();
        if (!isThere || !(own.equals(path) || own.startsWith(path + "/"))) {
            throw new MalformedException("its resource is another server");
        }
    }

    /** Plain HTTP is allowed only on loopback, if the server itself is there. */
    private static URI safe(URI server, String text) {
        URI address = URI.create(text);
        boolean isEncrypted = "https".equals(address.getScheme());
        if (address.getHost() == null
                || address.getRawUserInfo() != null
                || address.getRawFragment() != null
                || !text.matches("[!-~]+")
                || !(isEncrypted || (Loopback.isPlainHttp(server) && Loopback.isPlainHttp(address)))) {
            throw new MalformedException("it names an address without encryption");
        }
        return address;
    }

    String host() {
        return authorization.getHost();
    }
}
