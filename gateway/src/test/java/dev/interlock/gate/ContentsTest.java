package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What does not fit into a receipt is shortened, and is text all the same. */
final class ContentsTest {

    private static String shortened(String reason) {
        return Contents.shortened(Json.object()
                        .with("actions", new Json.Array(List.of()))
                        .with("radius", Json.object())
                        .with("reason", reason))
                .text("reason");
    }

    @Test
    void aReasonThatNobodyWouldReadEndsWithAWholeCharacter() {
        String smiles = "\uD83D\uDE00".repeat(600);
        assertThat(shortened(smiles)).isEqualTo(smiles.substring(0, 1_000));
        assertThat(shortened("x" + smiles)).isEqualTo("x" + smiles.substring(0, 998));
    }

    @Test
    void aReasonOfUsualLengthStaysAsItIs() {
        assertThat(shortened("No policy permits it.")).isEqualTo("No policy permits it.");
        assertThat(shortened("")).isEmpty();
    }
}
