package dev.interlock.cli;

import dev.interlock.action.Loopback;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;

/** Asks a gateway for a child of a lease, as the lease's holder. */
final class Derivation {

    /** Two syncs of a disk, and a disk that is busy. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** A child, or a problem, is a few hundred bytes. */
    private static final int MAX_ANSWER = 1 << 16;

    private final URI target;
    private final Optional<Path> authority;

    /**
     * Asks {@code gateway}, which {@code authority} vouches for if it speaks TLS, or else whom the JDK trusts.
     *
     * @throws UsageException if the lease would leave this machine in the clear, or travel to another path than its own
     */
    Derivation(URI gateway, Optional<Path> authority) {
        boolean checked = "https".equalsIgnoreCase(gateway.getScheme()) && gateway.getHost() != null;
        if (!(checked || Loopback.isPlainHttp(gateway))
                || !(gateway.getRawPath().isEmpty() || gateway.getRawPath().equals("/"))) {
            throw new UsageException("a gateway is `http://127.0.0.1:PORT` or `https://NAME:PORT`");
        }
        this.target = gateway.resolve("/.interlock/leases");
        this.authority = authority;
    }

    /**
     * What the gateway said.
     *
     * @param given whether {@code body} is the child, or the problem
     */
    record Answer(boolean given, Json.Members body) {}

    Answer ask(Secret token, Json.Members asked) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(target)
                .timeout(PATIENCE)
                .header("Authorization", token.use(value -> "Bearer " + value))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(asked.canonical()))
                .build();
        HttpClient.Builder client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).proxy(HttpClient.Builder.NO_PROXY);
        if (authority.isPresent()) {
            client.sslContext(trusting(authority.get()));
        }
        try (HttpClient http = client.build()) {
            HttpResponse<InputStream> response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                return new Answer(response.statusCode() == 201, Json.readObject(body.readNBytes(MAX_ANSWER)));
            }
        } catch (MalformedException e) {
            throw new IOException("what answers at `" + target + "` is no gateway", e);
        } catch (SSLException e) {
            throw new IOException(
                    "the certificate at `" + target
                            + "` is not believed; name its authority with --ca, and the gateway as"
                            + " the certificate does",
                    e);
        }
    }

    /** Whoever {@code authority} vouches for, and nobody else. */
    static SSLContext trusting(Path authority) throws IOException {
        try (InputStream pem = Files.newInputStream(authority)) {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int number = 0;
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                trusted.setCertificateEntry("authority-" + number++, certificate);
            }
            TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("`" + authority + "` holds no certificates in PEM form", e);
        }
    }
}
