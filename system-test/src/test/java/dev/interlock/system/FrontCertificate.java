package dev.interlock.system;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The certificate of a front or a console in {@code home}: {@code front.pem}, and {@code front.key} for its owner
 * alone, as in {@code tls: {certificate: front.pem, key: front.key}}.
 *
 * @param file the certificate
 */
record FrontCertificate(Path file) {

    /** Makes one for {@code localhost}. */
    static FrontCertificate in(Path home) throws Exception {
        return in(home, "localhost");
    }

    /** Makes one with openssl, which must be installed. */
    static FrontCertificate in(Path home, String name) throws Exception {
        Path key = home.resolve("front.key");
        Path certificate = home.resolve("front.pem");
        Programs.run(
                        List.of(
                                "openssl",
                                "req",
                                "-x509",
                                "-newkey",
                                "ec",
                                "-pkeyopt",
                                "ec_paramgen_curve:P-256",
                                "-nodes",
                                "-days",
                                "2",
                                "-subj",
                                "/CN=" + name,
                                "-addext",
                                "subjectAltName=DNS:" + name,
                                "-keyout",
                                key.toString(),
                                "-out",
                                certificate.toString()),
                        "")
                .expect(0);
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        return new FrontCertificate(certificate);
    }

    /** Returns the pin by which a browser trusts it alone: the SHA-256 of its key, base64. */
    String pin() throws Exception {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] key = CertificateFactory.getInstance("X.509")
                    .generateCertificate(in)
                    .getPublicKey()
                    .getEncoded();
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(key));
        }
    }

    /** Returns a context for clients that trust this certificate and nothing else. */
    SSLContext trusting() throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(file)) {
            store.setCertificateEntry(
                    "front", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
