package dev.interlock.drill.railway;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate that lives for one run. It is its own authority. */
record SimulatorCertificate(X509Certificate certificate, KeyPair keys) {

    /** RFC 5280: clocks differ a little. */
    private static final Duration SKEW = Duration.ofHours(1);

    private static final Duration LIFE = Duration.ofDays(30);
    private static final X500Name NAME = new X500Name("CN=Simulated Railway");

    static SimulatorCertificate issue() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair keys = generator.generateKeyPair();
            Instant now = Instant.now();
            GeneralName[] names = Stream.concat(
                            Stream.of(new GeneralName(GeneralName.iPAddress, "127.0.0.1")),
                            Stream.of("localhost", "backboard.railway.com", "backboard.railway.app")
                                    .map(name -> new GeneralName(GeneralName.dNSName, name)))
                    .toArray(GeneralName[]::new);
            var builder = new JcaX509v3CertificateBuilder(
                            NAME,
                            BigInteger.valueOf(now.toEpochMilli()),
                            Date.from(now.minus(SKEW)),
                            Date.from(now.plus(LIFE)),
                            NAME,
                            keys.getPublic())
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(true))
                    .addExtension(
                            Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyCertSign))
                    .addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
            var signed = builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()));
            return new SimulatorCertificate(new JcaX509CertificateConverter().getCertificate(signed), keys);
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new IllegalStateException("every JDK makes P-256 keys", e);
        }
    }

    /** Netty's builder is avoided: it would first read every certificate that the JDK trusts. */
    SSLContext context() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("server", keys.getPrivate(), new char[0], new X509Certificate[] {certificate});
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(store, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), new TrustManager[0], null);
        return context;
    }

    String pem() throws GeneralSecurityException {
        return "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
                + "\n-----END CERTIFICATE-----\n";
    }
}
