package dev.interlock.evidence;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A signature made by {@code ssh-keygen -Y sign} (OpenSSH PROTOCOL.sshsig), by a key of an accepted type. The key
 * inside is only a claim: the verifier must check afterwards that it is one of those that count.
 */
public final class SshSignature implements PersonSignature {

    static final int MAX_ARMORED = 8192; // the maximum length: three times the longest signature of an accepted type
    private static final String BEGIN = "-----BEGIN SSH SIGNATURE-----";
    private static final String END = "-----END SSH SIGNATURE-----";
    private static final byte[] MAGIC = "SSHSIG".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int USER_PRESENT = 0x01;
    private static final int ED25519_LENGTH = 64;

    private enum Hash {
        SHA_256("sha256", "SHA-256"),
        SHA_512("sha512", "SHA-512");

        private final String word;
        private final String jdkName;

        Hash(String word, String jdkName) {
            this.word = word;
            this.jdkName = jdkName;
        }

        private static Hash of(String word) {
            for (Hash hash : values()) {
                if (hash.word.equals(word)) {
                    return hash;
                }
            }
            throw new MalformedException("the signature uses hash `" + word + "`");
        }
    }

    private final String armored;
    private final SshPublicKey key;
    private final String namespace;
    private final byte[] reserved;
    private final Hash hash;
    private final byte[] raw;
    private final int flags;
    private final long counter;

    private SshSignature(String armored, SshWire in) {
        this.armored = armored;
        if (!Arrays.equals(in.bytes(MAGIC.length), MAGIC) || in.uint32() != VERSION) {
            throw new MalformedException("the signature is not an SSHSIG of version 1");
        }
        key = SshPublicKey.ofBlob(in.string());
        namespace = in.word();
        if (namespace.isEmpty()) {
            throw new MalformedException("the signature has no namespace");
        }
        reserved = in.string();
        hash = Hash.of(in.word());
        SshWire signature = new SshWire(in.string());
        in.end();
        if (!signature.word().equals(key.type())) {
            throw new MalformedException("the signature is of another type than its key");
        }
        raw = raw(signature.string());
        boolean securityKey = key.keyType().isSecurityKey();
        flags = securityKey ? signature.octet() : 0;
        counter = securityKey ? signature.uint32() : 0;
        signature.end();
    }

    /** Reads the armored form of one signature. */
    public static SshSignature parse(String armored) {
        if (armored.length() > MAX_ARMORED) {
            throw new MalformedException("the signature is longer than " + MAX_ARMORED + " characters");
        }
        List<String> lines = armored.lines().toList();
        if (lines.size() < 3
                || !lines.get(0).equals(BEGIN)
                || !lines.get(lines.size() - 1).equals(END)) {
            throw new MalformedException("the signature is not in SSH SIGNATURE armor");
        }
        byte[] blob = Base64Text.read(String.join("", lines.subList(1, lines.size() - 1)));
        return new SshSignature(armored, new SshWire(blob));
    }

    @Override
    public Json json() {
        return new Json.Text(armored);
    }

    @Override
    public Signer signer(SealDocument seal, byte[] message, String namespace) throws BadSignatureException {
        SshPublicKey verified = verify(message, namespace);
        String person = seal.owner(verified)
                .map(SealDocument.Signatory::name)
                .orElseThrow(() -> new BadSignatureException("`" + verified + "` is not a key of any known person"));
        return new Signer(person, verified.keyClass(), verified.fingerprint(), Signer.KeyBasis.SEAL);
    }

    /** The key that the signature claims. */
    public SshPublicKey key() {
        return key;
    }

    /** Checks the signature over {@code message} for one namespace, by a touched key if it is a security key. */
    public SshPublicKey verify(byte[] message, String expectedNamespace) throws BadSignatureException {
        if (!namespace.equals(expectedNamespace)) {
            throw new BadSignatureException(
                    "the signature is for namespace `" + namespace + "`, not `" + expectedNamespace + "`");
        }
        byte[] signed = key.keyType().isSecurityKey() ? authenticatorData(signedData(message)) : signedData(message);
        String algorithm = key.keyType().curve.map(curve -> curve.algorithm).orElse("Ed25519");
        if (!SshPublicKey.verifies(algorithm, key.jdkKey(), signed, raw)) {
            throw new BadSignatureException("the signature does not match the signed message");
        }
        if (key.keyType().isSecurityKey() && (flags & USER_PRESENT) == 0) {
            throw new BadSignatureException("nobody touched the security key when it signed");
        }
        return key;
    }

    /** PROTOCOL.sshsig §3. */
    private byte[] signedData(byte[] message) {
        return SshWire.concat(
                MAGIC,
                SshWire.string(namespace),
                SshWire.string(reserved),
                SshWire.string(hash.word),
                SshWire.string(Sha256.digest(hash.jdkName, message)));
    }

    /** PROTOCOL.u2f, "SSH U2F Signatures": the bytes that the authenticator signed. */
    private byte[] authenticatorData(byte[] data) {
        return SshWire.concat(
                Sha256.of(key.application()), new byte[] {(byte) flags}, SshWire.uint32(counter), Sha256.of(data));
    }

    /** Returns the signature in the JDK's form: 64 bytes of Ed25519, or both numbers of ECDSA at full width. */
    private byte[] raw(byte[] bytes) {
        if (key.keyType().curve.isPresent()) {
            return ecdsa(new SshWire(bytes), key.keyType().curve.get().width);
        }
        if (bytes.length != ED25519_LENGTH) {
            throw new MalformedException("an ed25519 signature is not 64 bytes long");
        }
        return bytes;
    }

    private static byte[] ecdsa(SshWire in, int width) {
        byte[] raw = SshWire.concat(fixed(in.positive(), width), fixed(in.positive(), width));
        in.end();
        return raw;
    }

    private static byte[] fixed(BigInteger value, int width) {
        byte[] bytes = value.toByteArray();
        int sign = bytes[0] == 0 ? 1 : 0;
        if (bytes.length - sign > width) {
            throw new MalformedException("an ecdsa signature is wider than its curve");
        }
        byte[] fixed = new byte[width];
        System.arraycopy(bytes, sign, fixed, width - bytes.length + sign, bytes.length - sign);
        return fixed;
    }
}
