package dev.interlock.signin;

import com.nimbusds.jose.util.JSONObjectUtils;
import dev.interlock.action.SignIn;
import java.net.URI;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a provider says of itself (OpenID Connect Discovery 1.0 §3), as far as we need it.
 *
 * @param authorization where browsers go
 * @param token where codes are exchanged
 * @param keys what it signs with
 * @param takesSecretInForm whether the client's secret goes into the form, and not into a field of the head
 * @param namesItself whether each answer must carry its name (RFC 9207)
 */
record Description(URI authorization, URI token, URI keys, boolean takesSecretInForm, boolean namesItself) {

    private static final String WELL_KNOWN = "/.well-known/openid-configuration";

    /** Where {@code provider} describes itself (§4): below its name. */
    static URI address(SignIn provider) {
        String issuer = provider.issuer();
        String bare = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
        return URI.create(bare + WELL_KNOWN);
    }

    /** @throws NotSignedInException if it describes somebody else, or something that cannot be used safely */
    static Description read(SignIn provider, Map<String, Object> said) throws NotSignedInException {
        try {
            // §4.3: exactly the same; it is what the tokens must say as well.
            if (!provider.issuer().equals(JSONObjectUtils.getString(said, "issuer"))) {
                throw NotSignedInException.refused(
                        "`" + provider.host() + "` calls itself something else than the seal.");
            }
            List<String> proofs = texts(said, "code_challenge_methods_supported");
            if (!proofs.isEmpty() && !proofs.contains("S256")) {
                throw NotSignedInException.refused("`" + provider.host() + "` knows no S256, the proof of RFC 7636.");
            }
            List<String> ways = texts(said, "token_endpoint_auth_methods_supported");
            return new Description(
                    endpoint(provider, said, "authorization_endpoint"),
                    endpoint(provider, said, "token_endpoint"),
                    endpoint(provider, said, "jwks_uri"),
                    !ways.isEmpty() && !ways.contains("client_secret_basic") && ways.contains("client_secret_post"),
                    Boolean.TRUE.equals(said.get("authorization_response_iss_parameter_supported")));
        } catch (ParseException | IllegalArgumentException _) {
            throw NotSignedInException.refused(
                    "`" + provider.host() + "` describes itself in a way that is not understood.");
        }
    }

    private static URI endpoint(SignIn provider, Map<String, Object> said, String name)
            throws ParseException, NotSignedInException {
        URI address = Optional.ofNullable(JSONObjectUtils.getString(said, name))
                .map(URI::create)
                .orElseThrow(() -> new IllegalArgumentException("there is no `" + name + "`"));
        if (!provider.mayPointTo(address)) {
            throw NotSignedInException.refused("`" + provider.host() + "` points to an address that is not encrypted.");
        }
        return address;
    }

    private static List<String> texts(Map<String, Object> said, String name) throws ParseException {
        List<String> texts = JSONObjectUtils.getStringList(said, name);
        return texts == null ? List.of() : texts;
    }
}
