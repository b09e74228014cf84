package dev.interlock.signin;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.interlock.action.SignInProvider;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** An ID token: the provider's signed statement of who has signed in (OpenID Connect Core 1.0 §3.1.3.7). */
final class IdToken {

    /** The tolerated difference between the clocks of two machines. */
    static final Duration SKEW = Duration.ofSeconds(60);
    /** Maximum age of a token. It is made while the browser waits, so an older one was saved up. */
    static final Duration MAX_AGE = Duration.ofMinutes(10);

    /** The accepted algorithms, all with a private key: a shared secret would let its readers sign in as anybody. */
    static final Set<JWSAlgorithm> ALGORITHMS = Set.of(
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512,
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.ES512);

    /** The minimum of RFC 7518 §3.3. */
    private static final int MIN_RSA_BITS = 2048;
    /** The form of a subject. §2 allows at most 255 ASCII characters. A seal can only name printable ones. */
    private static final Pattern SUBJECT = Pattern.compile("[\\x21-\\x7e]{1,255}");

    private IdToken() {}

    /** Verifies {@code token}, and returns its subject. No message quotes the token's content. */
    static String subject(
            String token, Map<String, Object> published, SignInProvider provider, String nonce, Instant now)
            throws SignInFailedException {
        try {
            JWTClaimsSet claims =
                    processor(JWKSet.parse(published), provider, nonce, now).process(token, null);
            requireOurs(claims, provider, now);
            return claims.getSubject();
        } catch (ParseException | JOSEException | BadJOSEException | RuntimeException e) {
            throw SignInFailedException.refused(
                    "What `" + provider.host() + "` says about this person is not valid: " + reason(e) + ".");
        }
    }

    /** Returns the library's message, shortened. It names claims and algorithms, never keys or signatures. */
    private static String reason(Exception e) {
        String message = String.valueOf(e.getMessage());
        return message.length() > 200 ? message.substring(0, 200) : message;
    }

    private static DefaultJWTProcessor<SecurityContext> processor(
            JWKSet keys, SignInProvider provider, String nonce, Instant now) {
        DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
        List<JWK> strong = keys.getKeys().stream().filter(IdToken::isStrong).toList();
        processor.setJWSKeySelector(
                new JWSVerificationKeySelector<>(ALGORITHMS, new ImmutableJWKSet<>(new JWKSet(strong))));
        // Steps 2 and 11: issuer and nonce must be exactly these. Step 3: we must be in the audience.
        JWTClaimsSet exactly = new JWTClaimsSet.Builder()
                .issuer(provider.issuer())
                .claim("nonce", nonce)
                .build();
        DefaultJWTClaimsVerifier<SecurityContext> verifier =
                new DefaultJWTClaimsVerifier<>(provider.client(), exactly, Set.of("sub", "exp", "iat")) {
                    @Override
                    protected Date currentTime() {
                        return Date.from(now);
                    }
                };
        verifier.setMaxClockSkew((int) SKEW.toSeconds());
        processor.setJWTClaimsSetVerifier(verifier);
        return processor;
    }

    private static boolean isStrong(JWK key) {
        return !(key instanceof RSAKey) || key.size() >= MIN_RSA_BITS;
    }

    private static void requireOurs(JWTClaimsSet claims, SignInProvider provider, Instant now)
            throws ParseException, BadJOSEException {
        // Steps 3 to 5: we must be the only audience. Any other one could present the token here.
        String party = claims.getStringClaim("azp");
        if (!claims.getAudience().equals(List.of(provider.client()))
                || (party != null && !party.equals(provider.client()))) {
            throw new BadJOSEException("it is also issued for other clients");
        }
        // Step 10: the time of issue must be recent.
        Instant issued = claims.getIssueTime().toInstant();
        if (issued.isAfter(now.plus(SKEW)) || issued.isBefore(now.minus(SKEW).minus(MAX_AGE))) {
            throw new BadJOSEException("it was not issued recently");
        }
        if (claims.getSubject() == null || !SUBJECT.matcher(claims.getSubject()).matches()) {
            throw new BadJOSEException("it has no valid subject");
        }
    }
}
