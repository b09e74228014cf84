package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.LoneObligation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No obligation gets lost where it is written down or joined with others. */
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
