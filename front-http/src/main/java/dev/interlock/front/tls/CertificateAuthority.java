package dev.interlock.front.tls;

import dev.interlock.action.Secret;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Certifies the hosts as which the gateway answers in tunnels; another one remote machines and their listener. To
 * verify this class takes none of Bouncy Castle's: each start would load those, and read and verify the thousands of
 * names in their signed jars.
 */
public final class CertificateAuthority {

    /** Tolerance, because clocks differ a little. */
    private static final Duration SKEW = Duration.ofHours(1);
    /** A place belongs to an agent for a day at most. */
    private static final Duration LIFE_OF_PASSING = Duration.ofDays(7);
    /** Lifetime of a stored authority. A person makes clients trust a new one once a year. */
    public static final Duration LIFE_OF_KEPT = Duration.ofDays(398);
    /** Lifetime that clients accept of a server's certificate (CA/Browser Forum). Nobody has to renew these. */
    private static final Duration LIFE_OF_LEAF = Duration.ofDays(7);

    private static final X500Name PASSING = new X500Name("CN=Interlock (for one agent)");
    private static final X500Name KEPT = new X500Name("CN=Interlock (for the hosts of the seal)");
    private static final X500Name OF_MACHINES = new X500Name("CN=Interlock (for remote machines)");
    /** A fixed name: a host's name may be longer than a common name allows. Clients read the alternative name. */
    private static final X500Name LEAF = new X500Name("CN=Interlock");

    private static final int V4 = 4;
    private static final int V6 = 16;
    private static final int SERIAL_BITS = 127;
    private static final int LINE = 64;

    private final X500Name name;
    private final KeyPair keys;
    private final X509Certificate certificate;
    private final KeyPair leafKeys;
    private final SecureRandom random;

    private CertificateAuthority(X500Name name, KeyPair keys, X509Certificate certificate, SecureRandom random) {
        this.name = name;
        this.keys = keys;
        this.certificate = certificate;
        this.leafKeys = newKeys(random);
        this.random = random;
    }

    /** Creates an authority that certifies any host, for some days. */
    public static CertificateAuthority shortLived(Instant now, SecureRandom random) {
        return root(PASSING, newKeys(random), Set.of(), now, LIFE_OF_PASSING, random);
    }

    /**
     * Restores an authority that certified any host before. It keeps its certificate, because its clients have read
     * that one, and read no other.
     *
     * @throws InvalidIdentityException if {@link #pem} and {@link #key} are no pair
     */
    public static CertificateAuthority shortLived(byte[] pem, byte[] key, SecureRandom random)
            throws InvalidIdentityException {
        return new CertificateAuthority(PASSING, pair(pem, key), CertificateChain.first(pem), random);
    }

    /**
     * Creates an authority with a new key that certifies {@code hosts} alone. Its certificate says so, and clients
     * enforce it.
     *
     * @throws IllegalArgumentException if {@code hosts} is empty: without a constraint, it would certify all
     */
    public static CertificateAuthority longLived(Set<String> hosts, Instant now, SecureRandom random) {
        return longLived(KEPT, newKeys(random), hosts, now, random);
    }

    /** Creates an authority with a new key for remote machines, and for their listener under {@code names}. */
    public static CertificateAuthority ofMachines(Set<String> names, Instant now, SecureRandom random) {
        return longLived(OF_MACHINES, newKeys(random), names, now, random);
    }

    /** Does the same as {@link #again}, for machines. */
    public static CertificateAuthority ofMachinesAgain(
            byte[] pem, byte[] key, Set<String> names, Instant now, SecureRandom random)
            throws InvalidIdentityException {
        return longLived(OF_MACHINES, pair(pem, key), names, now, random);
    }

    /**
     * Creates one with an existing key. Clients that trust its earlier certificate continue to trust it, for the hosts
     * of that one.
     *
     * @throws InvalidIdentityException if {@code pem}, an earlier certificate, and {@link #key} are no pair
     */
    public static CertificateAuthority again(
            byte[] pem, byte[] key, Set<String> hosts, Instant now, SecureRandom random)
            throws InvalidIdentityException {
        return longLived(KEPT, pair(pem, key), hosts, now, random);
    }

    private static KeyPair pair(byte[] pem, byte[] key) throws InvalidIdentityException {
        X509Certificate earlier = CertificateChain.first(pem);
        return new KeyPair(earlier.getPublicKey(), PrivateKeyFile.read(key, earlier));
    }

    private static CertificateAuthority longLived(
            X500Name name, KeyPair keys, Set<String> hosts, Instant now, SecureRandom random) {
        if (hosts.isEmpty()) {
            throw new IllegalArgumentException("a stored certificate authority certifies named hosts only");
        }
        return root(name, keys, hosts, now, LIFE_OF_KEPT, random);
    }

    private static CertificateAuthority root(
            X500Name name, KeyPair keys, Set<String> hosts, Instant now, Duration life, SecureRandom random) {
        X509Certificate certificate =
                signed(name, name, keys, keys.getPublic(), now, now.plus(life), random, ofRoot(keys, hosts));
        return new CertificateAuthority(name, keys, certificate, random);
    }

    /** Returns the key in PEM form, to be stored where nobody else can read it. */
    public Secret key() {
        return new Secret(pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /** Returns the certificate in PEM form, for those who are to trust it. */
    public String pem() {
        return pem(certificate);
    }

    /**
     * Returns the same for Java, which reads no PEM: PKCS #12. It holds nothing secret; the password {@code interlock}
     * is there because some readers want one.
     */
    public byte[] trustStore() {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setCertificateEntry("interlock", certificate);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            store.store(out, "interlock".toCharArray());
            return out.toByteArray();
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("every JDK writes this form", e);
        }
    }

    ServerIdentity issueFor(String host, Instant now) {
        return ServerIdentity.issued(
                server(Set.of(host), now), certificate, leafKeys.getPrivate(), Set.of(host), false);
    }

    /** Returns the identity of a listener, for clients with a certificate of this authority alone. */
    public ServerIdentity issueListener(Set<String> names, Instant now) {
        return ServerIdentity.issued(server(names, now), certificate, leafKeys.getPrivate(), names, true);
    }

    /** Returns the certificate with which {@code machine} proves itself, until {@code end}. */
    public X509Certificate issueMachine(PublicKey key, String machine, Instant now, Instant end) {
        return issued(
                new X500Name("CN=" + machine),
                key,
                now,
                end,
                KeyPurposeId.id_kp_clientAuth,
                new GeneralName(GeneralName.uniformResourceIdentifier, "urn:interlock:machine:" + machine));
    }

    private X509Certificate server(Set<String> hosts, Instant now) {
        Instant end = certificate.getNotAfter().toInstant();
        Instant wanted = now.plus(LIFE_OF_LEAF);
        return issued(
                LEAF,
                leafKeys.getPublic(),
                now,
                wanted.isBefore(end) ? wanted : end,
                KeyPurposeId.id_kp_serverAuth,
                hosts.stream()
                        .sorted()
                        .map(host -> new GeneralName(GeneralName.dNSName, host))
                        .toArray(GeneralName[]::new));
    }

    private X509Certificate issued(
            X500Name subject, PublicKey owner, Instant now, Instant end, KeyPurposeId purpose, GeneralName... names) {
        List<Extension> extensions = List.of(
                extension(Extension.basicConstraints, true, new BasicConstraints(false)),
                extension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature)),
                extension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose)),
                extension(
                        Extension.authorityKeyIdentifier,
                        false,
                        identifiers().createAuthorityKeyIdentifier(keys.getPublic())),
                extension(Extension.subjectAlternativeName, false, new GeneralNames(names)));
        return signed(name, subject, keys, owner, now, end, random, extensions);
    }

    /** Returns {@code certificate} in PEM form. */
    public static String pem(X509Certificate certificate) {
        try {
            return pem("CERTIFICATE", certificate.getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("it was read from this form", e);
        }
    }

    private static List<Extension> ofRoot(KeyPair keys, Set<String> hosts) {
        List<Extension> extensions = new ArrayList<>(List.of(
                extension(Extension.basicConstraints, true, new BasicConstraints(0)),
                extension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign)),
                extension(
                        Extension.subjectKeyIdentifier,
                        false,
                        identifiers().createSubjectKeyIdentifier(keys.getPublic()))));
        if (!hosts.isEmpty()) {
            GeneralSubtree[] permitted = hosts.stream()
                    .sorted()
                    .map(host -> new GeneralSubtree(new GeneralName(GeneralName.dNSName, host)))
                    .toArray(GeneralSubtree[]::new);
            // Constraints on names do not cover addresses. These exclude all of them: any address, under an empty mask.
            GeneralSubtree[] excluded = IntStream.of(V4, V6)
                    .mapToObj(length -> new byte[2 * length])
                    .<ASN1Encodable>map(DEROctetString::new)
                    .map(all -> new GeneralSubtree(new GeneralName(GeneralName.iPAddress, all)))
                    .toArray(GeneralSubtree[]::new);
            extensions.add(extension(Extension.nameConstraints, true, new NameConstraints(permitted, excluded)));
        }
        return extensions;
    }

    private static X509Certificate signed(
            X500Name issuer,
            X500Name subject,
            KeyPair signer,
            PublicKey owner,
            Instant now,
            Instant end,
            SecureRandom random,
            List<Extension> extensions) {
        X509v3CertificateBuilder builder = new X509v3CertificateBuilder(
                issuer,
                new BigInteger(SERIAL_BITS, random).add(BigInteger.ONE),
                Date.from(now.minus(SKEW)),
                Date.from(end),
                subject,
                SubjectPublicKeyInfo.getInstance(owner.getEncoded()));
        try {
            for (Extension extension : extensions) {
                builder.addExtension(extension);
            }
            byte[] made = builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate()))
                    .getEncoded();
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(made));
        } catch (Exception e) {
            throw new IllegalStateException("every JDK signs with these keys", e);
        }
    }

    static KeyPair newKeys(SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has this curve", e);
        }
    }

    private static JcaX509ExtensionUtils identifiers() {
        try {
            return new JcaX509ExtensionUtils();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-1, which only tells keys apart here", e);
        }
    }

    private static Extension extension(ASN1ObjectIdentifier kind, boolean critical, Object value) {
        try {
            return Extension.create(kind, critical, (ASN1Encodable) value);
        } catch (IOException e) {
            throw new IllegalStateException("what is made here can be encoded", e);
        }
    }

    static String pem(String kind, byte[] encoded) {
        byte[] text = Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encode(encoded);
        return "-----BEGIN " + kind + "-----\n" + new String(text, StandardCharsets.US_ASCII) + "\n-----END " + kind
                + "-----\n";
    }
}
