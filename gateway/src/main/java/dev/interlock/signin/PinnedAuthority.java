package dev.interlock.signin;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Trusts only given certificates, and those that they certify. */
public final class PinnedAuthority {

    private PinnedAuthority() {}

    /** Returns a context that trusts {@code authority} alone. IllegalArgumentException: no PEM certificates. */
    public static SSLContext trusting(Path authority) throws IOException {
        return trusting(Files.readAllBytes(authority), authority.toString());
    }

    /** Returns a context that trusts the certificates of the file {@code authority} alone, if one is given. */
    public static Optional<SSLContext> trusting(Optional<Path> authority) throws IOException {
        return authority.isPresent() ? Optional.of(trusting(authority.get())) : Optional.empty();
    }

    /**
     * Returns a context that trusts the certificates of {@code pem} alone.
     *
     * @param where the place of the certificates, for messages
     * @throws IllegalArgumentException if it holds none
     */
    public static SSLContext trusting(byte[] pem, String where) throws IOException {
        try {
            Collection<? extends Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem));
            if (certificates.isEmpty()) {
                throw new IllegalArgumentException(holdsNone(where));
            }
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int number = 0;
            for (Certificate certificate : certificates) {
                trusted.setCertificateEntry("authority-" + number++, certificate);
            }
            TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(holdsNone(where), e);
        }
    }

    private static String holdsNone(String where) {
        return "`" + where + "` holds no certificates in PEM form";
    }
}
