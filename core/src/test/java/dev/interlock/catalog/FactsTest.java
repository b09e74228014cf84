package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import org.junit.jupiter.api.Test;

final class FactsTest {

    /** It stands in a receipt, and half of a character could not: the call would be refused for a fault of ours. */
    @Test
    void aLongTextEndsWithAWholeCharacter() {
        String text = "x".repeat(Facts.MAX_TEXT - 1) + "🚀 and more";
        assertThat(new Json.Text(Facts.shortened(text)).value())
                .isEqualTo("x".repeat(Facts.MAX_TEXT - 1) + "... (1010 characters)");
        assertThat(Facts.shortened("x" + text)).isEqualTo("x".repeat(Facts.MAX_TEXT) + "... (1011 characters)");
    }
}
