package dev.interlock.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Secret;
import dev.interlock.action.SecretForms;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
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

    /** The forms are made once, and are of the very secret that is sent, behind a scheme or without one. */
    @Test
    void keepsTheFormsOfItsSecret() {
        OpenedCredential credential = new OpenedCredential(
                "slot", "authorization", "Bearer", new Secret("s3cret/long"), URI.create("https://up.test"));
        assertThat(credential.forms()).isSameAs(credential.forms());
        assertThat(credential.forms().texts())
                .isEqualTo(SecretForms.of("s3cret/long").texts());
        String pair = Base64.getEncoder().encodeToString("user:pass/word".getBytes(StandardCharsets.UTF_8));
        OpenedCredential basic =
                new OpenedCredential("slot", "authorization", "Basic", new Secret(pair), URI.create("https://up.test"));
        assertThat(basic.forms().isIn("it said pass/word")).isTrue();
        OpenedCredential bare =
                new OpenedCredential("slot", "x-token", "", new Secret("s3cret/bare"), URI.create("https://up.test"));
        assertThat(bare.forms().isIn("s3cret%2Fbare")).isTrue();
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
