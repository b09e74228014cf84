package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import org.junit.jupiter.api.Test;

final class ActionFactsTest {

    /** The text is part of a receipt, which cannot hold half a character: our own fault would refuse the call. */
    @Test
    void aLongTextEndsWithAWholeCharacter() {
        String text = "x".repeat(ActionFacts.MAX_TEXT - 1) + "🚀 and more";
        assertThat(new Json.Text(ActionFacts.shortened(text)).value())
                .isEqualTo("x".repeat(ActionFacts.MAX_TEXT - 1) + "... (1010 characters)");
        assertThat(ActionFacts.shortened("x" + text))
                .isEqualTo("x".repeat(ActionFacts.MAX_TEXT) + "... (1011 characters)");
    }
}
