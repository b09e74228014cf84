package dev.interlock.testing;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;

/** An Ed25519 key that signs as {@code ssh-keygen -Y sign} does (OpenSSH PROTOCOL.sshsig), in memory. */
public final class TestSshKey {

    private static final String SOFTWARE = "ssh-ed25519";
    private static final String SECURITY_KEY = "sk-ssh-ed25519@openssh.com";
    private static final byte[] APPLICATION = ascii("ssh:");
    private static final int USER_PRESENT = 1;

    private final KeyPair pair;
    private final String type;

    private TestSshKey(String type) {
        this.type = type;
        try {
            pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A key in a file. */
    public static TestSshKey software() {
        return new TestSshKey(SOFTWARE);
    }

    /** A security key that somebody always touches. */
    public static TestSshKey hardware() {
        return new TestSshKey(SECURITY_KEY);
    }

    /** Its public half, as in a {@code .pub} file. */
    public String line() {
        return type + " " + Base64.getEncoder().encodeToString(blob());
    }

    /** The armored SSHSIG. */
    public String sign(String namespace, byte[] message) {
        byte[] data = join(
                ascii("SSHSIG"),
                string(ascii(namespace)),
                string(new byte[0]),
                string(ascii("sha512")),
                string(hash("SHA-512", message)));
        byte[] blob = join(
                ascii("SSHSIG"),
                uint32(1),
                string(blob()),
                string(ascii(namespace)),
                string(new byte[0]),
                string(ascii("sha512")),
                string(signature(data)));
        String body = Base64.getMimeEncoder(70, ascii("\n")).encodeToString(blob);
        return "-----BEGIN SSH SIGNATURE-----\n" + body + "\n-----END SSH SIGNATURE-----\n";
    }

    private byte[] signature(byte[] data) {
        if (type.equals(SOFTWARE)) {
            return join(string(ascii(type)), string(raw(data)));
        }
        byte[] flagsAndCounter = join(new byte[] {USER_PRESENT}, uint32(7));
        byte[] raw = raw(join(hash("SHA-256", APPLICATION), flagsAndCounter, hash("SHA-256", data)));
        return join(string(ascii(type)), string(raw), flagsAndCounter);
    }

    private byte[] raw(byte[] data) {
        try {
            Signature signer = Signature.getInstance("Ed25519");
            signer.initSign(pair.getPrivate());
            signer.update(data);
            return signer.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private byte[] blob() {
        byte[] spki = pair.getPublic().getEncoded();
        byte[] point = Arrays.copyOfRange(spki, spki.length - 32, spki.length);
        byte[] blob = join(string(ascii(type)), string(point));
        return type.equals(SOFTWARE) ? blob : join(blob, string(APPLICATION));
    }

    private static byte[] hash(String algorithm, byte[] data) {
        try {
            return MessageDigest.getInstance(algorithm).digest(data);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] string(byte[] value) {
        return join(uint32(value.length), value);
    }

    private static byte[] uint32(int value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            new DataOutputStream(out).writeInt(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
