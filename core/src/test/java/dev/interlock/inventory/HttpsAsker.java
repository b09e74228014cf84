package dev.interlock.inventory;

import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Seal;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Asks over real TLS, like the gateway, trusting one authority and with one token. */
final class HttpsAsker implements ResolverQuery, AutoCloseable {

    final AtomicInteger asked = new AtomicInteger();
    private final HttpClient client;
    private final String token;

    HttpsAsker(Path authority, String token) throws IOException, GeneralSecurityException {
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(trusting(authority))
                .build();
        this.token = token;
    }

    private static SSLContext trusting(Path authority) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream in = Files.newInputStream(authority)) {
            store.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @Override
    public Bytes ask(Seal.Upstream upstream, Call question) throws IOException {
        HttpCall query = HttpCall.of(question);
        asked.incrementAndGet();
        HttpRequest.Builder request = HttpRequest.newBuilder(upstream.address().resolve(query.path()))
                .timeout(Duration.ofSeconds(10))
                .method(
                        query.method(),
                        HttpRequest.BodyPublishers.ofByteArray(query.body().toArray()))
                .header("authorization", "Bearer " + token);
        query.headers().forEach(header -> request.header(header.name(), header.value()));
        try {
            HttpResponse<byte[]> response = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            if (response.statusCode() != 200) {
                throw new IOException("status " + response.statusCode());
            }
            return Bytes.of(response.body());
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
