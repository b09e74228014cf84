package dev.interlock.evidence;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;

/** Signs like ssh-keygen, also for security keys: an authenticator in software, whose touch is a switch. */
final class SoftKey {

    static final int TOUCHED = 0x01;
    static final int VERIFIED = 0x04;

    private static final byte[] APPLICATION = "ssh:".getBytes(StandardCharsets.US_ASCII);

    private final SshKeyType type;
    private final PrivateKey secret;
    private final byte[] blob;
    private int counter = 7;

    private SoftKey(SshKeyType type, PrivateKey secret, byte[] blob) {
        this.type = type;
        this.secret = secret;
        this.blob = blob;
    }

    static SoftKey of(SshKeyType type) {
        try {
            return type.curve.isPresent() ? ecdsa(type, type.curve.get()) : ed25519(type);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static SoftKey ed25519() {
        return of(SshKeyType.ED25519);
    }

    static SoftKey hardware() {
        return of(SshKeyType.SK_ED25519);
    }

    private static SoftKey ed25519(SshKeyType type) throws GeneralSecurityException {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        byte[] spki = pair.getPublic().getEncoded();
        return new SoftKey(
                type, pair.getPrivate(), blob(type, SshWire.string(Arrays.copyOfRange(spki, 12, spki.length))));
    }

    private static SoftKey ecdsa(SshKeyType type, SshKeyType.Curve curve) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve.jdkName));
        KeyPair pair = generator.generateKeyPair();
        ECPublicKey key = (ECPublicKey) pair.getPublic();
        byte[] point = SshWire.concat(
                new byte[] {4},
                fixed(key.getW().getAffineX(), curve.width),
                fixed(key.getW().getAffineY(), curve.width));
        return new SoftKey(
                type,
                pair.getPrivate(),
                blob(type, SshWire.concat(SshWire.string(curve.sshName), SshWire.string(point))));
    }

    private static byte[] blob(SshKeyType type, byte[] key) {
        byte[] application = type.isSecurityKey() ? SshWire.string(APPLICATION) : new byte[0];
        return SshWire.concat(SshWire.string(type.sshName), key, application);
    }

    private static byte[] fixed(BigInteger value, int width) {
        byte[] bytes = value.toByteArray();
        byte[] fixed = new byte[width];
        int count = Math.min(width, bytes.length);
        System.arraycopy(bytes, bytes.length - count, fixed, width - count, count);
        return fixed;
    }

    String line() {
        return type.sshName + " " + Base64.getEncoder().encodeToString(blob);
    }

    SshPublicKey publicKey() {
        return SshPublicKey.parse(line());
    }

    String sign(byte[] message, String namespace) {
        return sign(message, namespace, TOUCHED);
    }

    String sign(byte[] message, String namespace, int flags) {
        return armor(blob(message, namespace, flags));
    }

    byte[] blob(byte[] message, String namespace, int flags) {
        byte[] header = SshWire.concat(SshWire.string(namespace), SshWire.string(""), SshWire.string("sha512"));
        byte[] data = SshWire.concat(
                "SSHSIG".getBytes(StandardCharsets.US_ASCII),
                header,
                SshWire.string(Sha256.digest("SHA-512", message)));
        return SshWire.concat(
                "SSHSIG".getBytes(StandardCharsets.US_ASCII),
                SshWire.uint32(1),
                SshWire.string(blob),
                header,
                SshWire.string(type.isSecurityKey() ? authenticator(data, flags) : plain(data)));
    }

    static String armor(byte[] blob) {
        String lines = Base64.getMimeEncoder(70, new byte[] {'\n'}).encodeToString(blob);
        return "-----BEGIN SSH SIGNATURE-----\n" + lines + "\n-----END SSH SIGNATURE-----\n";
    }

    private byte[] plain(byte[] data) {
        return SshWire.concat(SshWire.string(type.sshName), SshWire.string(raw(data)));
    }

    private byte[] authenticator(byte[] data, int flags) {
        byte[] tail = SshWire.concat(new byte[] {(byte) flags}, SshWire.uint32(++counter));
        return SshWire.concat(plain(SshWire.concat(Sha256.of(APPLICATION), tail, Sha256.of(data))), tail);
    }

    private byte[] raw(byte[] data) {
        try {
            Signature signer =
                    Signature.getInstance(type.curve.map(c -> c.algorithm).orElse("Ed25519"));
            signer.initSign(secret);
            signer.update(data);
            byte[] raw = signer.sign();
            return type.curve.isPresent() ? mpints(raw) : raw;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] mpints(byte[] raw) {
        int half = raw.length / 2;
        return SshWire.concat(
                SshWire.string(new BigInteger(1, Arrays.copyOf(raw, half)).toByteArray()),
                SshWire.string(new BigInteger(1, Arrays.copyOfRange(raw, half, raw.length)).toByteArray()));
    }
}
