package dev.interlock.signin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import dev.interlock.action.Secret;
import dev.interlock.action.SignInProvider;
import dev.interlock.testing.LyingProvider;
import dev.interlock.testing.TestingCertificate;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.text.ParseException;
import java.time.Duration;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests single sign-on with a real provider that gives one false answer at a time: nobody gets in. */
@Timeout(300)
final class OidcSignInTest {

    private static final URI CALLBACK = URI.create("http://localhost:7412/signin/returned");
    private static final String CODE = "a code";

    @TempDir
    private Path directory;

    private final TestingClock clock = new TestingClock();
    private LyingProvider provider;
    private OidcSignIn signIns;

    @BeforeEach
    void open() throws IOException {
        provider = new LyingProvider(clock);
        signIns = signIns(Optional.of(new Secret("s:cret/+")));
    }

    private OidcSignIn signIns(Optional<Secret> secret) {
        return new OidcSignIn(CALLBACK, () -> secret, Optional::empty, clock, new SecureRandom());
    }

    @AfterEach
    void close() {
        signIns.close();
        provider.close();
    }

    /** Returns the redirect of a browser that is at the provider now. */
    private OidcSignIn.SignInRedirect begun() throws SignInFailedException {
        OidcSignIn.SignInRedirect begun = signIns.begin(provider.sealed());
        provider.nonce = LyingProvider.query(begun.address()).get("nonce");
        return begun;
    }

    private OidcSignIn.SignInCallback back(OidcSignIn.SignInRedirect begun) {
        return new OidcSignIn.SignInCallback(
                List.of(begun.binding()),
                Optional.of(LyingProvider.query(begun.address()).get("state")),
                Optional.of(CODE),
                Optional.of(provider.issuer()),
                Optional.empty());
    }

    private String signedIn() throws SignInFailedException {
        return signIns.finish(provider.sealed(), back(begun()));
    }

    private SignInFailedException refusal() {
        return catchThrowableOfType(SignInFailedException.class, this::signedIn);
    }

    private void isRefused() {
        assertThat(refusal()).isNotNull().matches(e -> !e.isSilent());
    }

    private void isSilent() {
        assertThat(refusal()).isNotNull().matches(SignInFailedException::isSilent);
    }

    @Test
    void aPersonKnownToTheProviderSignsIn() throws Exception {
        OidcSignIn.SignInRedirect begun = begun();
        Map<String, String> query = LyingProvider.query(begun.address());
        assertThat(query)
                .containsEntry("response_type", "code")
                .containsEntry("scope", "openid")
                .containsEntry("client_id", "interlock")
                .containsEntry("redirect_uri", CALLBACK.toString())
                .containsEntry("code_challenge_method", "S256");
        assertThat(begun.address().toString()).startsWith(provider.issuer() + "/auth?");
        assertThat(signIns.finish(provider.sealed(), back(begun))).isEqualTo(LyingProvider.SUBJECT);
        assertThat(provider.form)
                .containsEntry("grant_type", "authorization_code")
                .containsEntry("code", CODE)
                .containsEntry("redirect_uri", CALLBACK.toString())
                .doesNotContainKeys("client_secret");
        // RFC 6749 §2.3.1: the parts are encoded before they are joined.
        assertThat(provider.authorization)
                .isEqualTo("Basic "
                        + Base64.getEncoder()
                                .encodeToString("interlock:s%3Acret%2F%2B".getBytes(StandardCharsets.UTF_8)));
        byte[] proof = MessageDigest.getInstance("SHA-256")
                .digest(provider.form.get("code_verifier").getBytes(StandardCharsets.US_ASCII));
        assertThat(Base64.getUrlEncoder().withoutPadding().encodeToString(proof))
                .isEqualTo(query.get("code_challenge"));
        assertThat(query).as("the proof").doesNotContainValue(provider.form.get("code_verifier"));
    }

    @Test
    void theClientSecretIsSentByTheProvidersMethod() throws Exception {
        provider.description =
                said -> with(said, "token_endpoint_auth_methods_supported", List.of("client_secret_post"));
        assertThat(signedIn()).isEqualTo(LyingProvider.SUBJECT);
        assertThat(provider.form).containsEntry("client_secret", "s:cret/+");
        assertThat(provider.authorization).isEqualTo("null");
        signIns.close();
        signIns = signIns(Optional.empty());
        assertThat(signedIn()).isEqualTo(LyingProvider.SUBJECT);
        assertThat(provider.form).containsEntry("client_id", "interlock").doesNotContainKeys("client_secret");
    }

    private static Map<String, Object> with(Map<String, Object> said, String name, Object value) {
        Map<String, Object> other = new HashMap<>(said);
        other.put(name, value);
        return other;
    }

    @Test
    void sentValuesRevealNoOthers() throws Exception {
        OidcSignIn.SignInRedirect one = begun();
        OidcSignIn.SignInRedirect other = begun();
        Map<String, String> query = LyingProvider.query(one.address());
        assertThat(query.get("state"))
                .isNotEqualTo(query.get("nonce"))
                .isNotEqualTo(LyingProvider.query(other.address()).get("state"));
        assertThat(one.address().toString()).doesNotContain(one.binding());
    }

    // The browser that comes back.

    @Test
    void anotherBrowserCannotFinishASignIn() throws Exception {
        OidcSignIn.SignInRedirect begun = begun();
        OidcSignIn.SignInRedirect another = begun();
        OidcSignIn.SignInCallback back = back(begun);
        for (List<String> bindings : List.of(
                List.<String>of(), List.of(another.binding()), List.of("", ".", "x.y", begun.binding() + "0"))) {
            OidcSignIn.SignInCallback stolen =
                    new OidcSignIn.SignInCallback(bindings, back.state(), back.code(), back.issuer(), back.error());
            assertThatThrownBy(() -> signIns.finish(provider.sealed(), stolen))
                    .isInstanceOf(SignInFailedException.class)
                    .hasMessageContaining("did not start");
        }
        assertThat(provider.asked).as("no code was sent anywhere").doesNotContain("/token");
        // Bindings that others planted beside it lock nobody out.
        OidcSignIn.SignInCallback beside = new OidcSignIn.SignInCallback(
                List.of(another.binding(), begun.binding()), back.state(), back.code(), back.issuer(), back.error());
        provider.nonce = LyingProvider.query(begun.address()).get("nonce");
        assertThat(signIns.finish(provider.sealed(), beside)).isEqualTo(LyingProvider.SUBJECT);
    }

    @Test
    void aSignInExpiresAfterTenMinutes() throws Exception {
        OidcSignIn.SignInCallback back = back(begun());
        clock.pass(OidcSignIn.LIFE);
        assertThatThrownBy(() -> signIns.finish(provider.sealed(), back)).hasMessageContaining("ten minutes");
        clock.set(clock.instant().minus(Duration.ofDays(1)));
        assertThatThrownBy(() -> signIns.finish(provider.sealed(), back))
                .as("a clock that was set back lengthens nothing")
                .hasMessageContaining("ten minutes");
    }

    @Test
    void aSignInFinishesOnlyAtItsProvider() throws Exception {
        OidcSignIn.SignInCallback back = back(begun());
        for (SignInProvider another : List.of(
                new SignInProvider(provider.issuer(), "another"),
                new SignInProvider(provider.issuer() + "/other", "interlock"))) {
            assertThatThrownBy(() -> signIns.finish(another, back)).hasMessageContaining("did not start");
        }
    }

    /** The key of the binding ends with the process, so that another process's binding is never valid. */
    @Test
    void anotherGatewaysSignInIsRefused() throws Exception {
        OidcSignIn.SignInCallback back = back(begun());
        try (OidcSignIn another = signIns(Optional.empty())) {
            assertThatThrownBy(() -> another.finish(provider.sealed(), back)).hasMessageContaining("did not start");
        }
    }

    /** RFC 9207: one provider's code is sent to no other. */
    @Test
    void anAnswerOfAnotherProviderIsNotSentToThisOne() throws Exception {
        for (Optional<String> issuer : List.of(Optional.of("https://evil.example"), Optional.<String>empty())) {
            OidcSignIn.SignInCallback back = back(begun());
            OidcSignIn.SignInCallback mixed =
                    new OidcSignIn.SignInCallback(back.bindings(), back.state(), back.code(), issuer, back.error());
            assertThatThrownBy(() -> signIns.finish(provider.sealed(), mixed))
                    .hasMessageContaining("does not come from");
        }
        assertThat(provider.asked).doesNotContain("/token");
    }

    @Test
    void aProvidersRefusalRefusesTheSignIn() throws Exception {
        OidcSignIn.SignInCallback back = back(begun());
        OidcSignIn.SignInCallback denied = new OidcSignIn.SignInCallback(
                back.bindings(), back.state(), back.code(), back.issuer(), Optional.of("access_denied"));
        assertThatThrownBy(() -> signIns.finish(provider.sealed(), denied)).hasMessageContaining("refused the sign-in");
        for (Optional<String> code :
                List.of(Optional.<String>empty(), Optional.of(""), Optional.of("x".repeat(5000)))) {
            OidcSignIn.SignInCallback without =
                    new OidcSignIn.SignInCallback(back.bindings(), back.state(), code, back.issuer(), back.error());
            assertThatThrownBy(() -> signIns.finish(provider.sealed(), without)).hasMessageContaining("no code");
        }
    }

    // The provider's metadata.

    @Test
    void aProviderWithAnotherIssuerIsRefused() {
        provider.description = said -> with(said, "issuer", provider.issuer() + "/");
        isRefused();
    }

    @ParameterizedTest
    @ValueSource(strings = {"authorization_endpoint", "token_endpoint", "jwks_uri"})
    void onlyTheProvidersTlsEndpointsAreUsed(String endpoint) {
        for (Object elsewhere : List.of("http://login.example.com/x", "ftp://127.0.0.1/x", "/x", "::", 7)) {
            provider.description = said -> with(said, endpoint, elsewhere);
            isRefused();
        }
        assertThat(provider.asked).doesNotContain("/token");
    }

    @Test
    void aProviderWithoutPkceIsNotUsed() {
        provider.description = said -> with(said, "code_challenge_methods_supported", List.of("plain"));
        isRefused();
    }

    // The provider's answers.

    @ParameterizedTest
    @ValueSource(strings = {"/.well-known/openid-configuration", "/token", "/keys"})
    void noCallFollowsARedirect(String path) {
        provider.answering = (asked, exchange) -> {
            if (asked.equals(path)) {
                exchange.getResponseHeaders().add("Location", provider.issuer() + "/elsewhere");
                LyingProvider.send(exchange, 302, new byte[0]);
            }
            return asked.equals(path);
        };
        isSilent();
        assertThat(provider.asked).doesNotContain("/elsewhere");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/.well-known/openid-configuration", "/token", "/keys"})
    void theLengthOfAnAnswerIsLimited(String path) {
        provider.answering = (asked, exchange) -> asked.equals(path) && flood(exchange);
        isSilent();
    }

    /** The answer would be valid, because its beginning is blank. */
    @ParameterizedTest
    @ValueSource(strings = {"/.well-known/openid-configuration", "/token", "/keys"})
    void anOverlongAnswerIsRefused(String path) throws Exception {
        provider.blanks = asked -> asked.equals(path) ? ProviderClient.MAX_ANSWER : 0;
        isSilent();
        provider.blanks = asked -> asked.equals(path) ? ProviderClient.MAX_ANSWER / 2 : 0;
        assertThat(signedIn()).isEqualTo(LyingProvider.SUBJECT);
    }

    private static boolean flood(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        byte[] spaces = " ".repeat(64 * 1024).getBytes(StandardCharsets.UTF_8);
        try {
            for (int i = 0; i < 1024; i++) {
                exchange.getResponseBody().write(spaces);
            }
        } catch (IOException e) {
            return true; // nobody reads on
        } finally {
            exchange.close();
        }
        throw new IOException("all of it was read");
    }

    /** A head that comes at once, and a body that never ends. */
    @ParameterizedTest
    @ValueSource(strings = {"/.well-known/openid-configuration", "/token", "/keys"})
    void aProviderRequestTimesOut(String path) {
        signIns.close();
        signIns = new OidcSignIn(
                CALLBACK, Optional::empty, Optional::empty, clock, new SecureRandom(), Duration.ofSeconds(1));
        provider.answering = (asked, exchange) -> {
            if (asked.equals(path)) {
                exchange.sendResponseHeaders(200, 0);
                exchange.getResponseBody().write('{');
                exchange.getResponseBody().flush();
                try {
                    provider.released.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return asked.equals(path);
        };
        isSilent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/.well-known/openid-configuration", "/token", "/keys"})
    void aMalformedAnswerIsRefused(String path) {
        for (String body : List.of("", "[]", "null", "{", "<html>", "{}", "{\"id_token\":7}")) {
            provider.answering = (asked, exchange) -> {
                if (asked.equals(path)) {
                    LyingProvider.send(exchange, 200, body.getBytes(StandardCharsets.UTF_8));
                }
                return asked.equals(path);
            };
            assertThat(refusal()).as(body).isNotNull();
        }
    }

    /** The body does not matter: the status has said that this is no answer. */
    @ParameterizedTest
    @ValueSource(strings = {"/.well-known/openid-configuration", "/token", "/keys"})
    void anAnswerWithAnotherStatusIsRefused(String path) {
        for (int status : List.of(201, 206, 400, 404, 500, 503)) {
            provider.status = asked -> asked.equals(path) ? status : 200;
            assertThat(refusal()).as("%d", status).isNotNull().matches(SignInFailedException::isSilent);
        }
    }

    /** The clients are not authenticated yet. Only some wait at once, and the next is refused. */
    @Test
    void concurrentProviderRequestsAreLimited() throws Exception {
        signIns.close();
        signIns = new OidcSignIn(
                CALLBACK, Optional::empty, Optional::empty, clock, new SecureRandom(), Duration.ofMinutes(5));
        CountDownLatch asked = new CountDownLatch(ProviderClient.MAX_CALLS);
        provider.answering = (_, _) -> {
            asked.countDown();
            try {
                provider.released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return false;
        };
        try (ExecutorService many = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < ProviderClient.MAX_CALLS; i++) {
                many.submit(() -> signIns.begin(provider.sealed()));
            }
            asked.await();
            assertThat(refusal()).hasMessageContaining("Too many people are signing in");
            provider.released.countDown();
        }
        assertThat(signedIn()).isEqualTo(LyingProvider.SUBJECT);
    }

    // Trusted certificates.

    /** An internal provider's certificate comes from the named authority, and no other authority is trusted. */
    @Test
    void aConfiguredAuthorityIsTrusted() throws Exception {
        TestingCertificate own = TestingCertificate.forName("localhost");
        TestingCertificate strange = TestingCertificate.forName("localhost");
        provider.close();
        provider = LyingProvider.encrypted(clock, own, "localhost");
        isSilentWith(Optional::empty);
        isSilentWith(() -> Optional.of(strange.trusting()));
        believing(() -> Optional.of(own.trusting()));
        assertThat(signedIn()).isEqualTo(LyingProvider.SUBJECT);
    }

    @Test
    void aCertificateForAnotherNameIsNotBelieved() throws Exception {
        TestingCertificate other = TestingCertificate.forName("other.example");
        provider.close();
        provider = LyingProvider.encrypted(clock, other, "localhost");
        isSilentWith(() -> Optional.of(other.trusting()));
    }

    @Test
    void anUnreadableAuthorityRefusesSignIn() {
        Path file = directory.resolve("ca.pem");
        isSilentWith(() -> Optional.of(PinnedAuthority.trusting(file)));
        assertThat(refusal()).hasMessageContaining("provider-ca");
        for (String none :
                List.of("", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")) {
            isSilentWith(() -> Optional.of(PinnedAuthority.trusting(Files.writeString(file, none))));
            assertThat(refusal()).hasMessageContaining("provider-ca");
        }
        assertThat(provider.asked).isEmpty();
    }

    /** An authority's file, or a reason why it cannot be read. */
    private interface AuthorityFile {
        Optional<SSLContext> read() throws IOException, GeneralSecurityException;
    }

    private void believing(AuthorityFile authority) {
        signIns.close();
        signIns = new OidcSignIn(
                CALLBACK,
                Optional::empty,
                () -> {
                    try {
                        return authority.read();
                    } catch (GeneralSecurityException e) {
                        throw new IOException(e);
                    }
                },
                clock,
                new SecureRandom());
    }

    private void isSilentWith(AuthorityFile authority) {
        believing(authority);
        isSilent();
    }

    @Test
    void anUnreachableProviderRefusesSignIn() {
        provider.close();
        isSilent();
    }

    @Test
    void anUnreadableSecretRefusesSignIn() {
        signIns.close();
        signIns = new OidcSignIn(
                CALLBACK,
                () -> {
                    throw new IOException("no such file");
                },
                Optional::empty,
                clock,
                new SecureRandom());
        isSilent();
        assertThat(provider.asked).doesNotContain("/token");
    }

    // Signed tokens.

    private void isNotBelieved(UnaryOperator<JWTClaimsSet.Builder> lie) {
        provider.claims = lie;
        assertThat(refusal()).isNotNull().hasMessageContaining("is not valid");
    }

    @Test
    void aTokenOfOthersOrForOthersIsNotBelieved() {
        isNotBelieved(said -> said.issuer("https://evil.example"));
        isNotBelieved(said -> said.issuer(null));
        isNotBelieved(said -> said.audience("another"));
        isNotBelieved(said -> said.audience(List.of("interlock", "another")));
        isNotBelieved(said -> said.audience((String) null));
        isNotBelieved(said -> said.claim("azp", "another"));
        isNotBelieved(said -> said.claim("azp", 7));
    }

    @Test
    void aTokenOfAnotherSignInIsNotBelieved() {
        isNotBelieved(said -> said.claim("nonce", "another"));
        isNotBelieved(said -> said.claim("nonce", null));
    }

    @Test
    void aTokenOfAnotherTimeIsNotBelieved() throws Exception {
        isNotBelieved(said -> said.expirationTime(ago(IdToken.SKEW)));
        isNotBelieved(said -> said.expirationTime(null));
        isNotBelieved(said -> said.issueTime(ago(IdToken.SKEW.negated().minusSeconds(1))));
        isNotBelieved(
                said -> said.issueTime(ago(IdToken.MAX_AGE.plus(IdToken.SKEW).plusSeconds(1))));
        isNotBelieved(said -> said.issueTime(null));
        isNotBelieved(said -> said.notBeforeTime(ago(IdToken.SKEW.negated().minusSeconds(1))));
        // Two machines' clocks may differ a little.
        provider.claims = said -> said.issueTime(ago(IdToken.SKEW.negated().plusSeconds(1)));
        assertThat(signedIn()).isEqualTo(LyingProvider.SUBJECT);
        provider.claims = said -> said.expirationTime(ago(IdToken.SKEW.minusSeconds(1)));
        assertThat(signedIn()).isEqualTo(LyingProvider.SUBJECT);
    }

    private Date ago(Duration time) {
        return Date.from(clock.instant().minus(time));
    }

    @Test
    void aTokenWithoutSubjectIsRefused() {
        isNotBelieved(said -> said.subject(null));
        isNotBelieved(said -> said.subject(""));
        isNotBelieved(said -> said.subject("a b"));
        isNotBelieved(said -> said.subject("\u0430nn"));
        isNotBelieved(said -> said.subject("x".repeat(256)));
    }

    @Test
    void anUnsignedTokenIsRefused() {
        provider.token = made -> made.substring(0, made.lastIndexOf('.') + 1);
        isRefused();
        provider.token = made -> {
            try {
                return new PlainJWT(SignedJWT.parse(made).getJWTClaimsSet()).serialize();
            } catch (ParseException e) {
                throw new IllegalStateException(e);
            }
        };
        isRefused();
        provider.token = _ -> "x";
        isRefused();
    }

    @Test
    void aTokenOfAnotherKeyIsNotBelieved() throws JOSEException {
        provider.signer = new RSASSASigner(LyingProvider.generated(2048));
        isRefused();
    }

    /** Neither the client's secret nor the provider's public key, used as a secret, makes a valid token. */
    @Test
    void aTokenUnderASharedSecretIsNotBelieved() throws JOSEException {
        provider.header = new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("one").build();
        for (byte[] shared : List.of(
                "s:cret/+".repeat(8).getBytes(StandardCharsets.UTF_8),
                ((RSAKey) provider.published).toRSAPublicKey().getEncoded())) {
            provider.signer = new MACSigner(shared);
            isRefused();
            JWK before = provider.published; // nor one that it publishes as a key
            provider.published =
                    new OctetSequenceKey.Builder(shared).keyID("one").build();
            isRefused();
            provider.published = before;
        }
    }

    /** Only the provider's published keys count, not a key in the token. */
    @Test
    void aTokenThatBringsItsOwnKeyIsNotBelieved() throws JOSEException {
        RSAKey own = LyingProvider.generated(2048);
        provider.header = new JWSHeader.Builder(JWSAlgorithm.RS256)
                .keyID("one")
                .jwk(own.toPublicJWK())
                .build();
        provider.signer = new RSASSASigner(own);
        isRefused();
    }

    @Test
    void aTokenUnderAnEllipticKeyIsBelieved() throws Exception {
        ECKey key = new ECKeyGenerator(Curve.P_256)
                .keyID("one")
                .keyUse(KeyUse.SIGNATURE)
                .generate();
        provider.header = new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("one").build();
        provider.published = key.toPublicJWK();
        provider.signer = new ECDSASigner(key);
        assertThat(signedIn()).isEqualTo(LyingProvider.SUBJECT);
    }

    @Test
    void aTokenUnderAWeakKeyIsNotBelieved() throws JOSEException {
        RSAKey weak = LyingProvider.generated(1024);
        provider.published = weak.toPublicJWK();
        provider.signer = new RSASSASigner(weak.toPrivateKey(), true);
        isRefused();
    }

    @Test
    void aKeyThatIsNotForSigningIsNotBelieved() throws JOSEException {
        RSAKey other = new RSAKey.Builder(((RSAKey) provider.published))
                .keyUse(KeyUse.ENCRYPTION)
                .build();
        provider.published = other;
        isRefused();
    }

    @Test
    void aTokenOfAnotherKindIsNotBelieved() {
        provider.header = new JWSHeader.Builder(JWSAlgorithm.RS256)
                .keyID("one")
                .type(new JOSEObjectType("at+jwt"))
                .build();
        isRefused();
    }

    @Test
    void noRefusalTellsASecret() {
        provider.claims = said -> said.claim("nonce", "another");
        assertThat(refusal().reason()).doesNotContain("s:cret", CODE, provider.nonce);
    }
}
