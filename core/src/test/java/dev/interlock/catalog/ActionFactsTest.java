package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import org.junit.jupiter.api.Test;

final class ActionFactsTest {

    /** It stands in a receipt, and half of a character could not: the call would be refused for a fault of ours. */
    @Test
    void aLongTextEndsWithAWholeCharacter() {
        String text = "x".repeat(ActionFacts.MAX_TEXT - 1) + "🚀 and more";
        assertThat(new Json.Text(ActionFacts.shortened(text)).value())
                .isEqualTo("x".repeat(ActionFacts.MAX_TEXT - 1) + "... (1010 characters)");
        assertThat(ActionFacts.shortened("x" + text))
                .isEqualTo("x".repeat(ActionFacts.MAX_TEXT) + "... (1011 characters)");
    }
}
