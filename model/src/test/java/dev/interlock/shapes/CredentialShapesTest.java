package dev.interlock.shapes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialShapesTest {

    private static final String TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";
    private static final CredentialShapes SHAPES = CredentialShapes.known();

    private static Set<String> found(String text) {
        return SHAPES.find(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aFixedBeginningIsEnough() {
        assertThat(found("x=" + TOKEN + ";")).containsExactly("github-token");
        assertThat(found("id AKIA" + "Z7QX2LMN4PRS5TUV")).containsExactly("aws-access-key-id");
        assertThat(found("\"sk_live_" + "51HxQaB3dE5gH7jK9mN1pQ3sT5\"")).containsExactly("stripe-key");
    }

    /** What stands in ordinary files, tests and documentation. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "AKIAIOSFODNN7EXAMPLE",
                "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
                "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
                "password = 'k3XvQ9wPz7RtLm2N'",
                "Authorization: Bearer abcdefghijklmnop1234567890",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
                "-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END CERTIFICATE-----",
                "postgres://user:pass@localhost/db",
                "integrity sha512-ghp0aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5==",
            })
    void aLookalikeIsNone(String text) {
        assertThat(found(text)).isEmpty();
    }

    @Test
    void starsTakeThePlaceOfEachByte() {
        assertThat(SHAPES.starOut("ü " + TOKEN + " x")).isEqualTo("ü " + "*".repeat(TOKEN.length()) + " x");
    }

    @Test
    void whatMayGoOnIsNotStarredOutInPart() {
        byte[] text = ("x " + TOKEN).getBytes(StandardCharsets.UTF_8);
        SHAPES.starOut(text, false);
        assertThat(new String(text, StandardCharsets.UTF_8)).endsWith(TOKEN);
    }

    /** Every position looks like a beginning. */
    @Test
    @Timeout(20)
    void hostileTextTakesLittleTime() {
        assertThat(found("-----BEGIN PRIVATE KEY-----".repeat(20_000))).containsExactly("private-key");
        assertThat(found("ghp_".repeat(100_000))).isSubsetOf("github-token");
    }
}
