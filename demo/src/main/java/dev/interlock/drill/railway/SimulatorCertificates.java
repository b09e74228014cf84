package dev.interlock.drill.railway;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.random.RandomGenerator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority that lives for one run, and the one certificate it issues.
 *
 * @param authority the authority's certificate in PEM
 * @param leaf the server's certificate
 * @param key the server's key
 */
record SimulatorCertificates(String authority, X509Certificate leaf, PrivateKey key) {

    /** RFC 5280: clocks differ a little. */
    private static final Duration SKEW = Duration.ofHours(1);

    private static final Duration LIFE = Duration.ofDays(30);
    private static final X500Name ISSUER = new X500Name("CN=Simulated Railway CA");
    private static final String LOOPBACK = "127.0.0.1";

    static SimulatorCertificates issue(List<String> names, Instant now, RandomGenerator random)
            throws GeneralSecurityException {
        KeyPair authority = keys();
        KeyPair server = keys();
        try {
            X509CertificateHolder root = certificate(
                    authority,
                    ISSUER,
                    authority,
                    now,
                    random,
                    Extension.create(Extension.basicConstraints, true, new BasicConstraints(true)),
                    Extension.create(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign)));
            X509CertificateHolder leaf = certificate(
                    authority,
                    new X500Name("CN=backboard.railway.com"),
                    server,
                    now,
                    random,
                    Extension.create(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature)),
                    Extension.create(
                            Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth)),
                    Extension.create(Extension.subjectAlternativeName, false, alternativeNames(names)));
            X509Certificate parsed = (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(leaf.getEncoded()));
            return new SimulatorCertificates(pem(root.getEncoded()), parsed, server.getPrivate());
        } catch (IOException | OperatorCreationException e) {
            throw new GeneralSecurityException("the certificates cannot be made", e);
        }
    }

    /**
     * Returns a TLS context with them. Netty's builder is avoided: it would first read every certificate that the JDK
     * trusts.
     */
    SSLContext context() {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("leaf", key, new char[0], new X509Certificate[] {leaf});
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(store, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), new TrustManager[0], null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("every JDK keeps keys in memory", e);
        }
    }

    private static KeyPair keys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static X509CertificateHolder certificate(
            KeyPair signer,
            X500Name subject,
            KeyPair owner,
            Instant now,
            RandomGenerator random,
            Extension... extensions)
            throws IOException, OperatorCreationException {
        X509v3CertificateBuilder builder = new X509v3CertificateBuilder(
                ISSUER,
                BigInteger.valueOf(random.nextLong(1, Long.MAX_VALUE)),
                Date.from(now.minus(SKEW)),
                Date.from(now.plus(LIFE)),
                subject,
                SubjectPublicKeyInfo.getInstance(owner.getPublic().getEncoded()));
        for (Extension extension : extensions) {
            builder.addExtension(extension);
        }
        return builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate()));
    }

    private static GeneralNames alternativeNames(List<String> names) {
        return new GeneralNames(names.stream()
                .map(name -> new GeneralName(name.equals(LOOPBACK) ? GeneralName.iPAddress : GeneralName.dNSName, name))
                .toArray(GeneralName[]::new));
    }

    private static String pem(byte[] certificate) {
        return "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate)
                + "\n-----END CERTIFICATE-----\n";
    }
}
