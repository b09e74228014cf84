package dev.interlock.drill.railway;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.random.RandomGenerator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * A certificate authority that lives for one run, and the one certificate it issues.
 *
 * @param authority the authority's certificate in PEM
 * @param leaf the server's certificate
 * @param key the server's key
 */
record Certificates(String authority, X509Certificate leaf, PrivateKey key) {

    /** RFC 5280: small clocks differ. */
    private static final Duration SKEW = Duration.ofHours(1);

    private static final Duration LIFE = Duration.ofDays(30);
    private static final byte[] ECDSA_SHA256 = Der.sequence(Der.oid(1, 2, 840, 10045, 4, 3, 2));
    private static final String LOOPBACK = "127.0.0.1";

    static Certificates issue(List<String> names, Instant now, RandomGenerator random) throws GeneralSecurityException {
        KeyPair authority = keys();
        KeyPair server = keys();
        byte[] issuer = name("Simulated Railway CA");
        byte[] root = certificate(
                issuer,
                authority,
                issuer,
                authority,
                Der.sequence(basicConstraints(), keyUsage((byte) 0x06)),
                now,
                random);
        byte[] leaf = certificate(
                issuer,
                authority,
                name("backboard.railway.com"),
                server,
                Der.sequence(keyUsage((byte) 0x80), serverAuth(), alternativeNames(names)),
                now,
                random);
        X509Certificate parsed = (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(leaf));
        return new Certificates(pem(root), parsed, server.getPrivate());
    }

    /** TLS with them. Built by hand: Netty's builder would read every certificate that the JDK trusts first. */
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

    private static byte[] certificate(
            byte[] issuer,
            KeyPair signer,
            byte[] subject,
            KeyPair owner,
            byte[] extensions,
            Instant now,
            RandomGenerator random)
            throws GeneralSecurityException {
        byte[] unsigned = Der.sequence(
                Der.tagged(0xa0, Der.integer(BigInteger.TWO)),
                Der.integer(BigInteger.valueOf(random.nextLong(1, Long.MAX_VALUE))),
                ECDSA_SHA256,
                issuer,
                Der.sequence(Der.time(now.minus(SKEW)), Der.time(now.plus(LIFE))),
                subject,
                owner.getPublic().getEncoded(),
                Der.tagged(0xa3, extensions));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(signer.getPrivate());
        signature.update(unsigned);
        return Der.sequence(unsigned, ECDSA_SHA256, Der.bits(signature.sign()));
    }

    private static byte[] name(String commonName) {
        return Der.sequence(Der.set(Der.sequence(Der.oid(2, 5, 4, 3), Der.text(commonName))));
    }

    private static byte[] basicConstraints() {
        return Der.sequence(Der.oid(2, 5, 29, 19), Der.truth(), Der.octets(Der.sequence(Der.truth())));
    }

    private static byte[] keyUsage(byte bits) {
        return Der.sequence(Der.oid(2, 5, 29, 15), Der.truth(), Der.octets(Der.tagged(0x03, new byte[] {
            unused(bits), bits
        })));
    }

    private static byte unused(byte bits) {
        return (byte) Integer.numberOfTrailingZeros(bits & 0xff);
    }

    private static byte[] serverAuth() {
        return Der.sequence(Der.oid(2, 5, 29, 37), Der.octets(Der.sequence(Der.oid(1, 3, 6, 1, 5, 5, 7, 3, 1))));
    }

    private static byte[] alternativeNames(List<String> names) {
        byte[][] parts = names.stream()
                .map(name -> name.equals(LOOPBACK)
                        ? Der.tagged(0x87, InetAddress.getLoopbackAddress().getAddress())
                        : Der.tagged(0x82, name.getBytes(StandardCharsets.US_ASCII)))
                .toArray(byte[][]::new);
        return Der.sequence(Der.oid(2, 5, 29, 17), Der.octets(Der.sequence(parts)));
    }

    private static String pem(byte[] certificate) {
        return "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate)
                + "\n-----END CERTIFICATE-----\n";
    }
}
