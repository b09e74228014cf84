package dev.interlock.testing;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.interlock.action.SignInProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;

/** A provider on loopback that is honest, unless a test makes it give one false answer. */
public final class LyingProvider implements AutoCloseable {

    public static final String SUBJECT = "00u8x2k1QmZ";

    private static final RSAKey KEY = generated(2048);

    private final HttpServer server;
    private final InstantSource clock;
    private final String issuer;
    public final List<String> asked = new ArrayList<>();
    public final Map<String, String> form = new HashMap<>();
    public final CountDownLatch released = new CountDownLatch(1);
    public volatile String authorization = "";
    public volatile String nonce = "";

    // The false answers of a test.
    public UnaryOperator<Map<String, Object>> description = said -> said;
    public UnaryOperator<JWTClaimsSet.Builder> claims = said -> said;
    public JWSHeader header =
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("one").build();
    public JWK published = KEY.toPublicJWK();
    public JWSSigner signer;
    public UnaryOperator<String> token = made -> made;
    public ToIntFunction<String> status = _ -> 200;
    public ToIntFunction<String> blanks = _ -> 0;
    public AnswerReplacement answering = (path, exchange) -> false;

    /** Replaces an answer. */
    @FunctionalInterface
    public interface AnswerReplacement {
        boolean answers(String path, HttpExchange exchange) throws IOException;
    }

    /** Starts one without TLS. */
    public LyingProvider(InstantSource clock) throws IOException {
        this(clock, HttpServer.create(anyPort(), 0), "http://127.0.0.1:");
    }

    /** Starts one with TLS, with {@code certificate} and the name {@code name}. */
    public static LyingProvider encrypted(InstantSource clock, TestingCertificate certificate, String name)
            throws IOException, GeneralSecurityException {
        HttpsServer server = HttpsServer.create(anyPort(), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(certificate.serving()));
        return new LyingProvider(clock, server, "https://" + name + ":");
    }

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private LyingProvider(InstantSource clock, HttpServer server, String called) throws IOException {
        this.clock = clock;
        this.server = server;
        this.issuer = called + server.getAddress().getPort();
        try {
            this.signer = new RSASSASigner(KEY);
        } catch (JOSEException e) {
            throw new IOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    public static RSAKey generated(int bits) {
        try {
            return new RSAKeyGenerator(bits, true)
                    .keyID("one")
                    .keyUse(KeyUse.SIGNATURE)
                    .generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    public String issuer() {
        return issuer;
    }

    /** Returns the provider as a seal names it. */
    public SignInProvider sealed() {
        return new SignInProvider(issuer(), "interlock");
    }

    /** Returns the parameters of the browser's redirect. */
    public static Map<String, String> query(URI address) {
        return fields(address.getRawQuery());
    }

    private static Map<String, String> fields(String text) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String one : text.split("&", -1)) {
            int equals = one.indexOf('=');
            fields.put(one.substring(0, equals), URLDecoder.decode(one.substring(equals + 1), StandardCharsets.UTF_8));
        }
        return fields;
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        synchronized (asked) {
            asked.add(path);
        }
        if (answering.answers(path, exchange)) {
            return;
        }
        Map<String, Object> said = switch (path) {
            case "/.well-known/openid-configuration" -> description.apply(description());
            case "/keys" -> new JWKSet(published).toJSONObject(false);
            case "/token" -> token(exchange);
            default -> Map.of();
        };
        String answer = " ".repeat(blanks.applyAsInt(path)) + JSONObjectUtils.toJSONString(said);
        send(exchange, status.applyAsInt(path), answer.getBytes(StandardCharsets.UTF_8));
    }

    public static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private Map<String, Object> description() {
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("issuer", issuer());
        said.put("authorization_endpoint", issuer() + "/auth");
        said.put("token_endpoint", issuer() + "/token");
        said.put("jwks_uri", issuer() + "/keys");
        said.put("authorization_response_iss_parameter_supported", true);
        said.put("code_challenge_methods_supported", List.of("S256"));
        return said;
    }

    private Map<String, Object> token(HttpExchange exchange) throws IOException {
        String said = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        synchronized (form) {
            form.clear();
            form.putAll(fields(said));
        }
        authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        Instant now = clock.instant();
        JWTClaimsSet.Builder truth = new JWTClaimsSet.Builder()
                .issuer(issuer())
                .audience("interlock")
                .subject(SUBJECT)
                .claim("nonce", nonce)
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plusSeconds(300)));
        try {
            SignedJWT made = new SignedJWT(header, claims.apply(truth).build());
            made.sign(signer);
            return Map.of("id_token", token.apply(made.serialize()), "access_token", "none", "token_type", "Bearer");
        } catch (JOSEException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() {
        released.countDown();
        server.stop(0);
    }
}
