package dev.interlock.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Secret;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class OpenedCredentialTest {

    private static OpenedCredential of(String upstream) {
        return new OpenedCredential("slot", "authorization", "Bearer", new Secret("s3cret"), URI.create(upstream));
    }

    private static String value(OpenedCredential credential, String target) {
        return credential.headerFor(URI.create(target)).use(value -> value);
    }

    @Test
    void goesToItsOwnUpstream() {
        assertThat(value(of("https://up.test/base"), "https://UP.test:443/x?y")).isEqualTo("Bearer s3cret");
        assertThat(value(of("https://up.test:8443"), "https://up.test:8443/")).isEqualTo("Bearer s3cret");
        assertThat(value(of("http://127.0.0.1:7000"), "http://127.0.0.1:7000/")).isEqualTo("Bearer s3cret");
        assertThat(value(of("http://[::1]:7000"), "http://[::1]:7000/")).isEqualTo("Bearer s3cret");
    }

    @Test
    void goesWithoutSchemeIfItHasNone() {
        OpenedCredential bare =
                new OpenedCredential("slot", "x-token", "", new Secret("s3cret"), URI.create("https://up.test"));
        assertThat(value(bare, "https://up.test/")).isEqualTo("s3cret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.test/",
                "https://up.test.evil.test/",
                "https://up.test:444/",
                "http://up.test/",
                "http://up.test:443/",
                "https://up.test@evil.test/",
                "https://user@up.test/",
                "//up.test/",
                "/relative",
                "mailto:up.test"
            })
    void goesNowhereElse(String target) {
        assertThatThrownBy(() -> value(of("https://up.test"), target))
                .isInstanceOf(OpenedCredential.WrongTargetException.class)
                .hasMessageNotContaining("s3cret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://up.test", "http://127.0.0.1.evil.test", "http://10.0.0.1", "ftp://127.0.0.1"})
    void doesNotTravelInTheClear(String upstream) {
        assertThatThrownBy(() -> value(of(upstream), upstream))
                .isInstanceOf(OpenedCredential.WrongTargetException.class);
    }

    @Test
    void itsTextFormNamesTheSlotOnly() {
        assertThat(of("https://up.test")).hasToString("credential `slot` [redacted]");
    }

    @ParameterizedTest
    @MethodSource("dev.interlock.testing.Loopbacks#table")
    void itsOwnIdeaOfLoopbackIsThatOfTheOthers(URI address, boolean here) {
        OpenedCredential credential = of(address.toString());
        if (here) {
            assertThat(value(credential, address.toString())).isEqualTo("Bearer s3cret");
        } else {
            assertThatThrownBy(() -> value(credential, address.toString()))
                    .isInstanceOf(OpenedCredential.WrongTargetException.class);
        }
    }
}
