package dev.interlock.signin;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.action.SignInProvider;
import dev.interlock.oauth.BoundedCall;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.text.ParseException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLContext;

/**
 * Sends people to a provider and receives them when they return.
 *
 * <p>The server keeps no state for a sign-in that was begun. The browser keeps a random binding in a cookie that
 * scripts cannot read. State, nonce and PKCE verifier are computed from the binding with a key of this process. So many
 * begun sign-ins cost nothing, and a browser without the binding did not begin here.
 *
 * <p>Threading: any.
 */
public final class OidcSignIn implements AutoCloseable {

    /** Maximum time between beginning and end: enough to look for a password. */
    public static final Duration LIFE = Duration.ofMinutes(10);
    /** Maximum age of cached provider metadata. Keys are never cached. */
    private static final Duration DESCRIBED = Duration.ofMinutes(5);
    /** Maximum length of a code. No provider's code is longer. */
    private static final int MAX_CODE = 4096;

    private static final int KEY_BYTES = 32;
    private static final String MAC = "HmacSHA256";

    /** Reads the client's secret each time that it is needed. */
    @FunctionalInterface
    public interface ClientSecret {

        /** Returns the secret; empty for a client that has none. */
        Optional<Secret> read() throws IOException;
    }

    /** The certificate authorities that are trusted for the provider. */
    @FunctionalInterface
    public interface TrustSource {

        /** Returns the TLS context, read with the first call; empty to trust the JDK's authorities. */
        Optional<SSLContext> read() throws IOException;
    }

    /** Where a browser goes to sign in, and what it keeps in a cookie meanwhile. */
    public record SignInRedirect(URI address, String binding) {}

    /** The parameters with which a browser returns; others may have planted some of the bindings. */
    public record SignInCallback(
            List<String> bindings,
            Optional<String> state,
            Optional<String> code,
            Optional<String> issuer,
            Optional<String> error) {
        public SignInCallback {
            bindings = List.copyOf(bindings);
        }
    }

    private record CachedProvider(SignInProvider provider, ProviderMetadata description, Instant at) {}

    private final URI callback;
    private final ClientSecret secret;
    private final InstantSource clock;
    private final SecureRandom random;
    private final ProviderClient outgoing;
    private final SecretKeySpec key;
    private volatile Optional<CachedProvider> known = Optional.empty();

    /** Makes no call yet. Providers redirect browsers to exactly {@code callback}. */
    public OidcSignIn(
            URI callback, ClientSecret secret, TrustSource authority, InstantSource clock, SecureRandom random) {
        this(callback, secret, authority, clock, random, ProviderClient.DEFAULT_PATIENCE);
    }

    OidcSignIn(
            URI callback,
            ClientSecret secret,
            TrustSource authority,
            InstantSource clock,
            SecureRandom random,
            Duration patience) {
        this.callback = callback;
        this.secret = secret;
        this.clock = clock;
        this.random = random;
        this.outgoing = new ProviderClient(authority, patience);
        this.key = new SecretKeySpec(bytes(), MAC);
    }

    public SignInRedirect begin(SignInProvider provider) throws SignInFailedException {
        ProviderMetadata description = description(provider);
        String binding = url(bytes()) + "." + clock.instant().plus(LIFE).getEpochSecond();
        Map<String, String> query = new LinkedHashMap<>();
        query.put("response_type", "code");
        query.put("scope", "openid");
        query.put("client_id", provider.client());
        query.put("redirect_uri", callback.toString());
        query.put("state", derived(provider, "state", binding));
        query.put("nonce", derived(provider, "nonce", binding));
        query.put("code_challenge", challenge(derived(provider, "proof", binding)));
        query.put("code_challenge_method", "S256");
        String text = BoundedCall.form(query);
        URI at = description.authorization();
        return new SignInRedirect(URI.create(at + (at.getRawQuery() == null ? "?" : "&") + text), binding);
    }

    /** Returns the PKCE challenge (RFC 7636 §4.2). */
    private static String challenge(String proof) {
        return url(HexFormat.of().parseHex(Bytes.utf8(proof).sha256()));
    }

    /** Completes a sign-in, and returns the provider's subject, which the seal maps to a person. */
    public String finish(SignInProvider provider, SignInCallback returned) throws SignInFailedException {
        String binding = binding(provider, returned);
        if (returned.error().isPresent()) {
            throw SignInFailedException.refused("`" + provider.host() + "` refused the sign-in.");
        }
        ProviderMetadata description = description(provider);
        // RFC 9207 §2.4: a response of another provider must not be sent to this one.
        boolean isNamed = returned.issuer().isPresent();
        if ((isNamed && !returned.issuer().get().equals(provider.issuer()))
                || (!isNamed && description.namesItself())) {
            throw SignInFailedException.refused("This response does not come from `" + provider.host() + "`.");
        }
        String code = returned.code()
                .filter(given -> !given.isEmpty() && given.length() <= MAX_CODE)
                .orElseThrow(() -> SignInFailedException.refused("This response contains no code."));
        String token = token(provider, description, code, derived(provider, "proof", binding));
        Map<String, Object> keys = outgoing.get(description.keys());
        return IdToken.subject(token, keys, provider, derived(provider, "nonce", binding), clock.instant());
    }

    private String binding(SignInProvider provider, SignInCallback returned) throws SignInFailedException {
        String state = returned.state().orElse("");
        return returned.bindings().stream()
                .filter(this::isInTime)
                .filter(binding -> isSame(derived(provider, "state", binding), state))
                .findFirst()
                .orElseThrow(() -> SignInFailedException.refused(
                        "This browser did not start the sign-in here, or started it more than ten minutes ago."));
    }

    private boolean isInTime(String binding) {
        try {
            Instant ends = Instant.ofEpochSecond(Long.parseLong(binding.substring(binding.indexOf('.') + 1)));
            Instant now = clock.instant();
            // A clock that was set back does not extend the life.
            return now.isBefore(ends) && !ends.isAfter(now.plus(LIFE));
        } catch (NumberFormatException | DateTimeException _) {
            return false;
        }
    }

    private static boolean isSame(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    /** Exchanges the code (RFC 6749 §4.1.3), with the PKCE verifier that proves that we requested it. */
    private String token(SignInProvider provider, ProviderMetadata description, String code, String proof)
            throws SignInFailedException {
        Map<String, String> form = new LinkedHashMap<>();
        form.put("grant_type", "authorization_code");
        form.put("code", code);
        form.put("redirect_uri", callback.toString());
        form.put("code_verifier", proof);
        Optional<Secret> own = secret();
        Optional<Secret> authorization = Optional.empty();
        if (own.isPresent() && !description.takesSecretInForm()) {
            authorization = own.map(value -> BoundedCall.basic(provider.client(), value));
        } else {
            form.put("client_id", provider.client());
            if (own.isPresent()) {
                form.put("client_secret", own.get().<String>use(text -> text));
            }
        }
        if (!(outgoing.post(description.token(), form, authorization).get("id_token") instanceof String token)) {
            throw SignInFailedException.refused("`" + provider.host() + "` does not say who the person is.");
        }
        return token;
    }

    private Optional<Secret> secret() throws SignInFailedException {
        try {
            return secret.read();
        } catch (IOException | IllegalArgumentException _) {
            throw SignInFailedException.unresponsiveProvider(
                    "The secret of this client cannot be read: see `client-secret-file` in gateway.yaml.");
        }
    }

    private ProviderMetadata description(SignInProvider provider) throws SignInFailedException {
        Instant now = clock.instant();
        Optional<ProviderMetadata> current = known.filter(one -> one.provider().equals(provider))
                .filter(one -> !now.isBefore(one.at()) && now.isBefore(one.at().plus(DESCRIBED)))
                .map(CachedProvider::description);
        if (current.isPresent()) {
            return current.get();
        }
        ProviderMetadata read = ProviderMetadata.read(provider, outgoing.get(ProviderMetadata.address(provider)));
        known = Optional.of(new CachedProvider(provider, read, now));
        return read;
    }

    /** Derives a value that only this process can compute. One derived value reveals nothing about another. */
    private String derived(SignInProvider provider, String what, String binding) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(key);
            String input = String.join("\n", what, provider.issuer(), provider.client(), binding);
            return url(mac.doFinal(input.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + MAC, e);
        }
    }

    private byte[] bytes() {
        byte[] bytes = new byte[KEY_BYTES];
        random.nextBytes(bytes);
        return bytes;
    }

    private static String url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    @Override
    public void close() {
        outgoing.close();
    }

    /** What we need of a provider's metadata (OpenID Connect Discovery 1.0 §3): endpoints, and two of its ways. */
    record ProviderMetadata(URI authorization, URI token, URI keys, boolean takesSecretInForm, boolean namesItself) {

        private static final String WELL_KNOWN = "/.well-known/openid-configuration";

        /** Returns the address of the metadata of {@code provider} (§4), which is below its issuer. */
        static URI address(SignInProvider provider) {
            String issuer = provider.issuer();
            String bare = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
            return URI.create(bare + WELL_KNOWN);
        }

        /** Refuses what describes another provider, or contains something that cannot be used safely. */
        static ProviderMetadata read(SignInProvider provider, Map<String, Object> said) throws SignInFailedException {
            try {
                // §4.3: the issuer must be exactly the same; the tokens must contain the same one.
                if (!provider.issuer().equals(JSONObjectUtils.getString(said, "issuer"))) {
                    throw SignInFailedException.refused(
                            "`" + provider.host() + "` gives another issuer name than the seal.");
                }
                List<String> proofs = texts(said, "code_challenge_methods_supported");
                if (!proofs.isEmpty() && !proofs.contains("S256")) {
                    throw SignInFailedException.refused(
                            "`" + provider.host() + "` does not support S256, the PKCE method of RFC 7636.");
                }
                List<String> ways = texts(said, "token_endpoint_auth_methods_supported");
                return new ProviderMetadata(
                        endpoint(provider, said, "authorization_endpoint"),
                        endpoint(provider, said, "token_endpoint"),
                        endpoint(provider, said, "jwks_uri"),
                        !ways.isEmpty() && !ways.contains("client_secret_basic") && ways.contains("client_secret_post"),
                        Boolean.TRUE.equals(said.get("authorization_response_iss_parameter_supported")));
            } catch (ParseException | IllegalArgumentException _) {
                throw SignInFailedException.refused("`" + provider.host() + "` has metadata that cannot be parsed.");
            }
        }

        private static URI endpoint(SignInProvider provider, Map<String, Object> said, String name)
                throws ParseException, SignInFailedException {
            URI address = Optional.ofNullable(JSONObjectUtils.getString(said, name))
                    .map(URI::create)
                    .orElseThrow(() -> new IllegalArgumentException("there is no `" + name + "`"));
            if (!provider.mayPointTo(address)) {
                throw SignInFailedException.refused("`" + provider.host() + "` is an address without encryption.");
            }
            return address;
        }

        private static List<String> texts(Map<String, Object> said, String name) throws ParseException {
            List<String> texts = JSONObjectUtils.getStringList(said, name);
            return texts == null ? List.of() : texts;
        }
    }
}
