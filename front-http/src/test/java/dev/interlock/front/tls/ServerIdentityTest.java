package dev.interlock.front.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.testing.TestingCertificate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that an error names the exact fault of a certificate or its key, and quotes neither. */
final class ServerIdentityTest {

    private static TestingCertificate one;
    private static TestingCertificate other;
    private static Instant now = Instant.EPOCH;

    @BeforeAll
    static void make(@TempDir Path directory) throws Exception {
        one = TestingCertificate.forName("one.example", "*.wild.example", "TWO.example");
        other = TestingCertificate.forName("other.example");
        now = Instant.now();
    }

    private static ServerIdentity read(String chain, String key, Instant at) throws InvalidIdentityException {
        return ServerIdentity.read(
                chain.getBytes(StandardCharsets.US_ASCII), key.getBytes(StandardCharsets.US_ASCII), at);
    }

    private static AbstractThrowableAssert<?, ?> assertRefused(String chain, String key, boolean ofKey) {
        String secret = key.lines().skip(1).findFirst().orElse("none");
        return assertThatThrownBy(() -> read(chain, key, now))
                .isInstanceOf(InvalidIdentityException.class)
                .hasMessageNotContaining(secret)
                .hasNoCause()
                .satisfies(e ->
                        assertThat(((InvalidIdentityException) e).isOfKey()).isEqualTo(ofKey));
    }

    @Test
    void onlyValidHostNamesAreAccepted() throws Exception {
        assertThat(read(one.pem(), one.key(), now).names()).containsExactlyInAnyOrder("one.example", "two.example");
        assertThat(read(one.pem(), one.key(), now).ends()).isAfter(now);
    }

    @Test
    void aKeyOfAnotherCertificateIsNamed() throws Exception {
        assertRefused(one.pem(), other.key(), true).hasMessageContaining("does not belong to the first certificate");
    }

    @Test
    void keysInOtherFormsAreNamedWithWhatToDo() throws Exception {
        String key = one.key();
        assertRefused(one.pem(), key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"), true)
                .hasMessageContaining("encrypted")
                .hasMessageContaining("openssl pkcs8 -topk8 -nocrypt");
        assertRefused(one.pem(), key.replace("PRIVATE KEY", "EC PRIVATE KEY"), true)
                .hasMessageContaining("`EC PRIVATE KEY`, not PKCS #8")
                .hasMessageContaining("openssl pkcs8");
        assertRefused(
                        one.pem(),
                        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAA==\n"
                                + "-----END RSA PRIVATE KEY-----\n",
                        true)
                .hasMessageContaining("encrypted");
        assertRefused(one.pem(), key + key, true).hasMessageContaining("several");
        assertRefused(one.pem(), one.pem(), true).hasMessageContaining("no private key");
        assertRefused(one.pem(), key.replaceFirst("(?m)^M", "!"), true).hasMessageContaining("base64");
    }

    @Test
    void aChainInTheWrongOrderIsNamed() throws Exception {
        assertRefused(one.pem() + other.pem(), one.key(), false)
                .hasMessageContaining("certificate 1 was not issued by number 2");
        assertRefused("", one.key(), false).hasMessageContaining("no certificate");
        assertRefused(one.pem().replaceFirst("(?m)^M", "!"), one.key(), false).hasMessageContaining("certificate");
    }

    @Test
    void aCertificateOutOfItsTimeIsNamed() {
        assertThatThrownBy(() -> read(one.pem(), one.key(), now.plus(Duration.ofDays(11))))
                .hasMessageContaining("valid from")
                .hasMessageContaining("renew it");
        assertThatThrownBy(() -> read(one.pem(), one.key(), now.minus(Duration.ofDays(2))))
                .hasMessageContaining("valid from");
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void damageIsReportedOrHarmless(long seed) throws Exception {
        Random random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            byte[] chain = one.pem().getBytes(StandardCharsets.US_ASCII);
            byte[] key = one.key().getBytes(StandardCharsets.US_ASCII);
            byte[] damaged = random.nextBoolean() ? chain : key;
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            try {
                assertThat(ServerIdentity.read(chain, key, now).names()).isNotNull();
            } catch (InvalidIdentityException e) {
                assertThat(e).hasNoCause();
            }
        }
    }
}
