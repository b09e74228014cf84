package dev.interlock.evidence;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/** An OpenSSH public key of a type that Interlock accepts. Equality is that of the wire form, without comments. */
public final class SshPublicKey {

    /** The maximum length of a line. The longest accepted key with a comment needs far less. */
    static final int MAX_LINE = 4096;

    private static final byte[] ED25519_SPKI = HexFormat.of().parseHex("302a300506032b6570032100");
    private static final int ED25519_LENGTH = 32;

    private final SshKeyType type;
    private final byte[] blob;
    private final PublicKey key;
    private final byte[] application;

    private SshPublicKey(SshKeyType type, byte[] blob, PublicKey key, byte[] application) {
        this.type = type;
        this.blob = blob;
        this.key = key;
        this.application = application;
    }

    /** Reads one line as in an OpenSSH {@code .pub} file: type, key, and perhaps a comment. */
    public static SshPublicKey parse(String line) {
        if (line.length() > MAX_LINE || line.chars().anyMatch(c -> c < 0x20 || c == 0x7f)) {
            throw new MalformedException("a public key is not one short line");
        }
        String[] parts = line.split(" ", 3);
        SshKeyType type = SshKeyType.of(parts[0]);
        if (parts.length < 2) {
            throw new MalformedException("a public key lacks its second field");
        }
        SshPublicKey key = ofBlob(Base64Text.read(parts[1]));
        if (key.type != type) {
            throw new MalformedException("a public key names two types");
        }
        return key;
    }

    /** Reads the wire form (RFC 8709 §4, RFC 5656 §3.1, OpenSSH PROTOCOL.u2f). */
    static SshPublicKey ofBlob(byte[] blob) {
        SshWire in = new SshWire(blob);
        SshKeyType type = SshKeyType.of(in.word());
        PublicKey key = type.curve.isPresent() ? ecdsa(in, type.curve.get()) : ed25519(in.string());
        byte[] application = type.isSecurityKey() ? in.string() : new byte[0];
        in.end();
        return new SshPublicKey(type, blob.clone(), key, application);
    }

    private static PublicKey ed25519(byte[] point) {
        if (point.length != ED25519_LENGTH) {
            throw new MalformedException("an ed25519 key is not 32 bytes long");
        }
        return ed25519OfRaw(point);
    }

    /** Returns the JDK's form of 32 raw bytes (RFC 8410 §4). */
    static PublicKey ed25519OfRaw(byte[] point) {
        try {
            return KeyFactory.getInstance("Ed25519")
                    .generatePublic(new X509EncodedKeySpec(SshWire.concat(ED25519_SPKI, point)));
        } catch (GeneralSecurityException e) {
            throw new MalformedException("an ed25519 key is not a point of the curve", e);
        }
    }

    private static PublicKey ecdsa(SshWire in, SshKeyType.Curve curve) {
        if (!in.word().equals(curve.sshName)) {
            throw new MalformedException("an ecdsa key is not on the curve of its type");
        }
        byte[] point = in.string();
        if (point.length != 1 + 2 * curve.width || point[0] != 4) {
            throw new MalformedException("an ecdsa key is not an uncompressed point");
        }
        return ecdsa(
                curve,
                new BigInteger(1, Arrays.copyOfRange(point, 1, 1 + curve.width)),
                new BigInteger(1, Arrays.copyOfRange(point, 1 + curve.width, point.length)));
    }

    /** Returns the JDK's form of a point. It must lie on {@code curve}. */
    static PublicKey ecdsa(SshKeyType.Curve curve, BigInteger x, BigInteger y) {
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec(curve.jdkName));
            ECParameterSpec spec = parameters.getParameterSpec(ECParameterSpec.class);
            requireOnCurve(spec, x, y);
            return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(new ECPoint(x, y), spec));
        } catch (GeneralSecurityException e) {
            throw new MalformedException("an ecdsa key is not a point of its curve", e);
        }
    }

    /** The JDK does not promise this check, and a point elsewhere makes forgeries possible. */
    private static void requireOnCurve(ECParameterSpec spec, BigInteger x, BigInteger y) {
        BigInteger p = ((ECFieldFp) spec.getCurve().getField()).getP();
        BigInteger right = x.multiply(x)
                .add(spec.getCurve().getA())
                .multiply(x)
                .add(spec.getCurve().getB())
                .mod(p);
        boolean inField = x.compareTo(p) < 0 && y.compareTo(p) < 0;
        if (!inField || !y.multiply(y).mod(p).equals(right)) {
            throw new MalformedException("an ecdsa key is not a point of its curve");
        }
    }

    public String type() {
        return type.sshName;
    }

    public KeyClass keyClass() {
        return type.keyClass;
    }

    /** {@code SHA256:} and the base64 of the hash of the wire form, without padding, as OpenSSH prints it. */
    public String fingerprint() {
        return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(Sha256.of(blob));
    }

    /** Checks a signature in the JDK's form. */
    static boolean verifies(String algorithm, PublicKey key, byte[] message, byte[] signature)
            throws BadSignatureException {
        try {
            Signature verifier = Signature.getInstance(algorithm);
            verifier.initVerify(key);
            verifier.update(message);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            throw new BadSignatureException("the signature is not valid for its type", e);
        }
    }

    public String line() {
        return type.sshName + " " + Base64Text.write(blob);
    }

    SshKeyType keyType() {
        return type;
    }

    PublicKey jdkKey() {
        return key;
    }

    /** The relying party that a security key was made for, such as {@code ssh:}; empty for other keys. */
    byte[] application() {
        return application.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SshPublicKey that && Arrays.equals(blob, that.blob);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(blob);
    }

    @Override
    public String toString() {
        return fingerprint();
    }
}
