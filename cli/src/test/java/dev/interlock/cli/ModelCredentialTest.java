package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Secret;
import dev.interlock.shapes.ModelProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests that the form of a credential says in which header field its provider takes it. */
final class ModelCredentialTest {

    private static final String REST = "-" + "a1B2".repeat(24);

    private static ModelCredential of(String provider, String text) {
        return ModelCredential.of(provider, new Secret(text));
    }

    @ParameterizedTest
    @CsvSource({
        "anthropic, sk-ant-oat01, SUBSCRIPTION",
        "anthropic, sk-ant-oat02, SUBSCRIPTION",
        "anthropic, sk-ant-api03, API_KEY",
        "openai, sk-proj, API_KEY",
        "openai, sk, API_KEY",
        "gemini, AIza, API_KEY",
        "gemini, AQ.Ab8, API_KEY",
        "github, anything, API_KEY",
    })
    void formSaysWhatItIs(String provider, String start, ModelCredential is) {
        assertThat(of(provider, start + REST)).isEqualTo(is);
    }

    @ParameterizedTest
    @CsvSource({
        "anthropic, sk-ant-ort01, claude setup-token",
        "anthropic, sk-ant-admin01, administrator",
        "openai, sk-admin, administrator",
        "openai, eyJhbGciOiJSUzI1NiJ9, --login FILE",
        "openai, '{\"auth_mode\":', --login FILE",
        "anthropic, of-a-proxy, begins with `sk-ant-api`",
        "anthropic, sk-proj, begins with `sk-ant-api`",
        "openai, sk-ant-api03, begins with `sk-`",
        "openai, sk-or-v1, begins with `sk-`",
        "openai, https://api.openai.com/?key=sk-proj, begins with `sk-`",
        "openai, ghp_, begins with `sk-`",
        "gemini, sk-proj, begins with `AQ.`",
        "gemini, ghp_, begins with `AQ.`",
        "gemini, my key, begins with `AQ.`",
        "gemini, https://aistudio.google.com/apikey, begins with `AQ.`",
    })
    void whatAsksNoModelIsRefusedWithTheReason(String provider, String start, String reason) {
        assertThatThrownBy(() -> of(provider, start + REST))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining(reason)
                .hasMessageNotContaining(REST);
    }

    @Test
    void tokenIsSentInAuthorizationAndAKeyInItsOwnField() {
        ModelProvider anthropic = ModelProvider.of("anthropic").orElseThrow();
        assertThat(ModelCredential.SUBSCRIPTION.header(anthropic)).isEmpty();
        assertThat(ModelCredential.API_KEY.header(anthropic)).contains("x-api-key");
    }
}
