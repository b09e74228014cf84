package dev.interlock.front.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** The trusted issuers of an upstream's certificate: the system's roots, and those that the seal adds for it. */
public final class TrustedRoots {

    private TrustedRoots() {}

    /** Returns what trusts the system's roots, and the certificates in {@code ca}, in PEM. */
    public static TrustManagerFactory managers(Optional<String> ca) throws IOException {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(ca.isEmpty() ? null : roots(ca.get()));
            return factory;
        } catch (GeneralSecurityException e) {
            throw new IOException("the upstream's certificates could not be read", e);
        }
    }

    /** Returns what makes connections that trust the same. The caller has the host's name checked. */
    public static SSLSocketFactory sockets(Optional<String> ca) throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers(ca).getTrustManagers(), null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS", e);
        }
    }

    private static KeyStore roots(String pem) throws IOException, GeneralSecurityException {
        KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
        roots.load(null, null);
        List<Certificate> all = new ArrayList<>(CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII))));
        if (all.isEmpty()) {
            throw new IOException("the upstream's `ca` contains no certificate");
        }
        TrustManagerFactory system = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        system.init((KeyStore) null);
        for (TrustManager manager : system.getTrustManagers()) {
            if (manager instanceof X509TrustManager x509) {
                all.addAll(List.of(x509.getAcceptedIssuers()));
            }
        }
        for (Certificate root : all) {
            roots.setCertificateEntry("root-" + roots.size(), root);
        }
        return roots;
    }
}
