package dev.interlock.ledger;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/**
 * A private key of Ed25519. Its signatures are deterministic, so either implementation may make them.
 *
 * <p>The JDK takes half a millisecond for one, and is loaded already. BouncyCastle takes a twentieth of that, but a
 * fifth of a second to load, because its jar is signed. So it is loaded only when there is enough work.
 *
 * <p>Threading: owned by one thread at a time.
 */
final class Ed25519Seed {

    static final int LENGTH = 32;

    static final int FEW = 100;

    private final byte[] seed;
    private final KeyPair pair;
    private UnaryOperator<byte[]> signer = this::slowly;
    private int signed;

    Ed25519Seed(byte[] seed) {
        if (seed.length != LENGTH) {
            throw new IllegalArgumentException("a seed is " + LENGTH + " bytes long");
        }
        this.seed = seed.clone();
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

    byte[] publicKey() {
        byte[] encoded = pair.getPublic().getEncoded(); // RFC 8410: a prefix, and the key
        return Arrays.copyOfRange(encoded, encoded.length - LENGTH, encoded.length);
    }

    byte[] sign(byte[] text) {
        if (signed == FEW) {
            signer = quick(seed);
        }
        signed++;
        return signer.apply(text);
    }

    private byte[] slowly(byte[] text) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(pair.getPrivate());
            signature.update(text);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK signs with its own keys", e);
        }
    }

    private static UnaryOperator<byte[]> quick(byte[] seed) {
        Ed25519PrivateKeyParameters secret = new Ed25519PrivateKeyParameters(seed);
        return text -> {
            Ed25519Signer signer = new Ed25519Signer();
            signer.init(true, secret);
            signer.update(text, 0, text.length);
            return signer.generateSignature();
        };
    }

    @Override
    public String toString() {
        return "[redacted]";
    }
}
