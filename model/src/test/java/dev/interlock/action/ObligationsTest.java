package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.LoneObligation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that no obligation is lost when obligations are written down or merged. */
final class ObligationsTest {

    @ParameterizedTest
    @MethodSource("dev.interlock.testing.LoneObligation#all")
    void eachIsWrittenAndStaysWhateverItIsJoinedWith(LoneObligation lone) {
        Obligations asked = lone.obligations();
        assertThat(asked.isEmpty()).isFalse();
        assertThat(asked.canonical()).isNotEqualTo(Obligations.NONE.canonical());
        assertThat(asked.and(Obligations.NONE)).isEqualTo(asked);
        assertThat(Obligations.NONE.and(asked)).isEqualTo(asked);
        assertThat(asked.and(asked)).isEqualTo(asked);
    }
}
