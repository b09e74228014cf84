package dev.interlock.signin;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.interlock.action.SignInProvider;
import java.net.URI;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
