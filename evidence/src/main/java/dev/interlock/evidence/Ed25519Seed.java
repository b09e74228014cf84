package dev.interlock.evidence;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;

/** A private key of Ed25519, as the 32 random bytes of RFC 8032. */
public final class Ed25519Seed {

    public static final int LENGTH = 32;

    private final KeyPair pair;

    public Ed25519Seed(byte[] seed) {
        if (seed.length != LENGTH) {
            throw new IllegalArgumentException("a seed is " + LENGTH + " bytes long");
        }
        this.pair = pair(seed);
    }

    private static KeyPair pair(byte[] seed) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
            generator.initialize(NamedParameterSpec.ED25519, new SeedRandom(seed));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has Ed25519", e);
        }
    }

    /** RFC 8032 makes both keys of 32 random bytes, and the JDK derives a public key only from those. */
    private static final class SeedRandom extends SecureRandom {
        private static final long serialVersionUID = 1L;
        private final byte[] seed;

        SeedRandom(byte[] seed) {
            this.seed = seed.clone();
        }

        @Override
        public void nextBytes(byte[] bytes) {
            if (bytes.length != seed.length) {
                throw new IllegalStateException("this JDK makes keys of something else than a seed");
            }
            System.arraycopy(seed, 0, bytes, 0, seed.length);
        }
    }

    public byte[] publicKey() {
        byte[] encoded = pair.getPublic().getEncoded(); // RFC 8410: a prefix, and the key
        return Arrays.copyOfRange(encoded, encoded.length - LENGTH, encoded.length);
    }

    public byte[] sign(byte[] text) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(pair.getPrivate());
            signature.update(text);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK signs with its own keys", e);
        }
    }

    @Override
    public String toString() {
        return "[redacted]";
    }
}
