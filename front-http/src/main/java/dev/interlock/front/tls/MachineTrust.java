package dev.interlock.front.tls;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.function.Predicate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Admits the clients whose certificates one authority has signed, and which are still admitted. The JDK checks
 * signature, time and purpose.
 */
final class MachineTrust extends X509ExtendedTrustManager {

    private final X509ExtendedTrustManager signed;
    private final Predicate<X509Certificate> admitted;

    MachineTrust(X509Certificate authority, Predicate<X509Certificate> admitted) {
        this.signed = trusting(authority);
        this.admitted = admitted;
    }

    private static X509ExtendedTrustManager trusting(X509Certificate authority) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setCertificateEntry("machines", authority);
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            return Arrays.stream(factory.getTrustManagers())
                    .filter(X509ExtendedTrustManager.class::isInstance)
                    .map(X509ExtendedTrustManager.class::cast)
                    .findFirst()
                    .orElseThrow();
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("every JDK checks certificates", e);
        }
    }

    private void requireAdmitted(X509Certificate[] chain) throws CertificateException {
        if (!admitted.test(chain[0])) {
            throw new CertificateException("the certificate has ended");
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        signed.checkClientTrusted(chain, type, engine);
        requireAdmitted(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        signed.checkClientTrusted(chain, type, socket);
        requireAdmitted(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        signed.checkClientTrusted(chain, type);
        requireAdmitted(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        throw new CertificateException("it is for clients alone");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        throw new CertificateException("it is for clients alone");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        throw new CertificateException("it is for clients alone");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return signed.getAcceptedIssuers();
    }
}
