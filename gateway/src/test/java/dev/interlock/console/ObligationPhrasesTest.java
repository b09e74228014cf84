package dev.interlock.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Obligations;
import dev.interlock.testing.LoneObligation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ObligationPhrasesTest {

    @ParameterizedTest
    @MethodSource("dev.interlock.testing.LoneObligation#all")
    void eachObligationHasASentence(LoneObligation lone) {
        assertThat(ObligationPhrases.obligations(lone.obligations().canonical()))
                .singleElement()
                .asString()
                .isNotBlank();
    }

    @Test
    void noObligationsGiveNoSentence() {
        assertThat(ObligationPhrases.obligations(Obligations.NONE.canonical())).isEmpty();
    }
}
