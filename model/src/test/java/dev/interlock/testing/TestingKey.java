package dev.interlock.testing;

import dev.interlock.evidence.SshPublicKey;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;

/** An SSH key that signs like {@code ssh-keygen -Y sign}. A hardware key is an authenticator in software. */
public final class TestingKey {

    private static final String SOFTWARE = "ssh-ed25519";
    private static final String HARDWARE = "sk-ssh-ed25519@openssh.com";
    private static final String APPLICATION = "ssh:";

    private final String type;
    private final KeyPair pair;

    private TestingKey(String type) {
        this.type = type;
        try {
            this.pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    public static TestingKey software() {
        return new TestingKey(SOFTWARE);
    }

    public static TestingKey hardware() {
        return new TestingKey(HARDWARE);
    }

    public String line() {
        return type + " " + Base64.getEncoder().encodeToString(blob());
    }

    public SshPublicKey publicKey() {
        return SshPublicKey.parse(line());
    }

    /** Returns an armored signature, with a touch if the key has a button. */
    public String sign(String namespace, byte[] message) {
        return sign(namespace, message, 1);
    }

    /** Signs without a touch, as malware would with an authenticator that does not insist on one. */
    public String signUntouched(String namespace, byte[] message) {
        return sign(namespace, message, 0);
    }

    private String sign(String namespace, byte[] message, int flags) {
        byte[] head = concat(string(namespace), string(""), string("sha512"));
        byte[] signed = concat(bytes("SSHSIG"), head, string(hash("SHA-512", message)));
        byte[] signature = type.equals(HARDWARE) ? touched(signed, flags) : concat(string(type), string(raw(signed)));
        byte[] blob = concat(bytes("SSHSIG"), uint32(1), string(blob()), head, string(signature));
        return "-----BEGIN SSH SIGNATURE-----\n"
                + Base64.getMimeEncoder(70, bytes("\n")).encodeToString(blob)
                + "\n-----END SSH SIGNATURE-----\n";
    }

    private byte[] touched(byte[] signed, int flags) {
        byte[] trailer = concat(new byte[] {(byte) flags}, uint32(7));
        byte[] data = concat(hash("SHA-256", bytes(APPLICATION)), trailer, hash("SHA-256", signed));
        return concat(string(type), string(raw(data)), trailer);
    }

    private byte[] raw(byte[] data) {
        try {
            Signature signer = Signature.getInstance("Ed25519");
            signer.initSign(pair.getPrivate());
            signer.update(data);
            return signer.sign();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private byte[] blob() {
        byte[] spki = pair.getPublic().getEncoded();
        byte[] point = Arrays.copyOfRange(spki, spki.length - 32, spki.length);
        byte[] plain = concat(string(type), string(point));
        return type.equals(HARDWARE) ? concat(plain, string(APPLICATION)) : plain;
    }

    private static byte[] hash(String algorithm, byte[] data) {
        try {
            return MessageDigest.getInstance(algorithm).digest(data);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] string(String text) {
        return string(bytes(text));
    }

    private static byte[] string(byte[] value) {
        return concat(uint32(value.length), value);
    }

    private static byte[] uint32(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
