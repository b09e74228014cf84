package dev.interlock.evidence;

import java.math.BigInteger;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.HexFormat;

/** The signature algorithms of passkeys (RFC 8812 §2, RFC 8152 §8), each with the one form of its public keys. */
public enum PasskeyAlgorithm {
    /** ECDSA on P-256 with SHA-256, COSE −7; signatures in DER. */
    ES256("ES256", "SHA256withECDSA", "3059301306072a8648ce3d020106082a8648ce3d03010703420004", 64),
    /** Ed25519, COSE −8. */
    EDDSA("EdDSA", "Ed25519", "302a300506032b6570032100", 32);

    private static final int COORDINATE = 32;

    private final String word;
    private final String jdkName;
    private final String head; // hexadecimal
    private final int length;

    PasskeyAlgorithm(String word, String jdkName, String head, int length) {
        this.word = word;
        this.jdkName = jdkName;
        this.head = head;
        this.length = length;
    }

    public String word() {
        return word;
    }

    static PasskeyAlgorithm of(String word) {
        for (PasskeyAlgorithm algorithm : values()) {
            if (algorithm.word.equals(word)) {
                return algorithm;
            }
        }
        throw new MalformedException("passkeys with the algorithm `" + word + "` are not accepted");
    }

    public static PasskeyAlgorithm ofKey(byte[] spki) {
        for (PasskeyAlgorithm algorithm : values()) {
            if (algorithm.fits(spki)) {
                return algorithm;
            }
        }
        throw new MalformedException("the passkey's public key is not in an accepted form");
    }

    private boolean fits(byte[] spki) {
        int headLength = head.length() / 2;
        return spki.length == headLength + length
                && HexFormat.of().formatHex(spki, 0, headLength).equals(head);
    }

    /** Returns the key in {@code spki}, a SubjectPublicKeyInfo (RFC 5280 §4.1) in its one accepted spelling. */
    PublicKey key(byte[] spki) {
        if (!fits(spki)) {
            throw new MalformedException("the passkey's public key is not one for " + word);
        }
        byte[] point = Arrays.copyOfRange(spki, head.length() / 2, spki.length);
        return switch (this) {
            case ES256 ->
                SshPublicKey.ecdsa(
                        SshKeyType.Curve.P256,
                        new BigInteger(1, Arrays.copyOf(point, COORDINATE)),
                        new BigInteger(1, Arrays.copyOfRange(point, COORDINATE, point.length)));
            case EDDSA -> SshPublicKey.ed25519OfRaw(point);
        };
    }

    boolean isGenuine(PublicKey key, byte[] signed, byte[] signature) throws BadSignatureException {
        return SshPublicKey.verifies(jdkName, key, signed, signature);
    }
}
