package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.junit.jupiter.api.Test;

/** Tests that two libraries sign in turn with the same result. */
class Ed25519SeedTest {

    private static final int SEEDS = 50;

    private static byte[] random(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static boolean verifies(byte[] key, byte[] text, byte[] signature) {
        Ed25519Signer verifier = new Ed25519Signer();
        verifier.init(false, new Ed25519PublicKeyParameters(key));
        verifier.update(text, 0, text.length);
        return verifier.verifySignature(signature);
    }

    @Test
    void seedsGiveTheSameKeysAndSignatures() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < SEEDS; i++) {
            byte[] bytes = random(random, Ed25519Seed.LENGTH);
            Ed25519Seed key = new Ed25519Seed(bytes);
            Ed25519PrivateKeyParameters other = new Ed25519PrivateKeyParameters(bytes);
            assertThat(key.publicKey()).isEqualTo(other.generatePublicKey().getEncoded());
            byte[] text = random(random, random.nextInt(300));
            byte[] signature = key.sign(text);
            Ed25519Signer signer = new Ed25519Signer();
            signer.init(true, other);
            signer.update(text, 0, text.length);
            assertThat(signature).isEqualTo(signer.generateSignature());
        }
    }

    @Test
    void everyProviderSignsAlike() {
        Random random = new Random(1);
        Ed25519Seed key = new Ed25519Seed(random(random, Ed25519Seed.LENGTH));
        byte[] text = random(random, 100);
        byte[] first = key.sign(text);
        for (int i = 0; i < 2 * Ed25519Seed.FEW; i++) {
            byte[] other = random(random, 100);
            assertThat(verifies(key.publicKey(), other, key.sign(other))).isTrue();
            assertThat(key.sign(text)).isEqualTo(first);
        }
    }
}
