package dev.interlock.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Ed25519Seed;
import java.util.Random;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.junit.jupiter.api.Test;

/** Tests the JDK against another library. */
class Ed25519SeedTest {

    private static final int SEEDS = 50;

    private static byte[] random(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
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
}
