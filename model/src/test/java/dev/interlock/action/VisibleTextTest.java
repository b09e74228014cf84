package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class VisibleTextTest {

    @ParameterizedTest
    @CsvSource({
        "'', 3, ''",
        "ab, 3, ab",
        "abc, 3, abc",
        "abcd, 3, abc",
        "a🚀, 3, a🚀",
        "a🚀b, 3, a🚀",
        "ab🚀, 3, ab",
        "🚀🚀🚀, 1, ''",
        "🚀🚀🚀, 4, 🚀🚀",
    })
    void whatIsCutEndsWithAWholeCharacter(String text, int most, String cut) {
        assertThat(VisibleText.cut(text, most)).isEqualTo(cut);
    }

    @ParameterizedTest
    @CsvSource({"abc, 3, abc", "abcd, 3, abc…", "ab🚀, 3, ab…"})
    void whatIsShortenedSaysSo(String text, int most, String shortened) {
        assertThat(VisibleText.shortened(text, most)).isEqualTo(shortened);
    }
}
