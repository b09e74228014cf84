package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SecretFormsTest {

    @Test
    void itsTextFormHoldsNoSecret() {
        SecretForms forms = SecretForms.of("rw_a-secret-of-somebody");
        assertThat(forms.isIn("x rw_a-secret-of-somebody x")).isTrue();
        assertThat(forms.toString()).isEqualTo("[redacted]");
    }
}
