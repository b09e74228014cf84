package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests the text of a proven receipt for people; programs read the receipt itself. */
class ReceiptTextTest {

    private static final Instant AT = Instant.parse("2026-11-20T12:00:00.123456789Z");

    private static Receipt receipt(Json.Members members) {
        return new Receipt("R-01JD0000000000000000000100", Receipt.Kind.INTENT, AT, "example.test/log", members);
    }

    @Test
    void everyMemberIsALineAndTheMostWantedComeFirst() {
        Json.Members resource = Json.object()
                .with("id", "railway:volume/vol_x")
                .withTexts("environments", List.of("production", "staging"));
        Json.Members action = Json.object()
                .with("operation", "railway/volumeDelete")
                .withTexts("impacts", List.of("destroy"))
                .with("resources", new Json.Array(List.of(resource)));
        List<String> lines = ReceiptText.of(receipt(Json.object()
                .with("policies", new Json.Array(List.of()))
                .with("agent", "jer/cursor")
                .with("meaning_sha256", "00")
                .with("actions", new Json.Array(List.of(action)))
                .with("confirmation", Json.object().with("statement", "whole"))));
        assertThat(lines)
                .containsExactly(
                        "kind           intent",
                        "at             2026-11-20T12:00:00Z",
                        "agent          jer/cursor",
                        "action         railway/volumeDelete: destroy, on railway:volume/vol_x in production, staging",
                        "meaning sha256 00",
                        "policies       none");
    }

    /** An agent chooses names and reasons; a terminal must obey none of them. */
    @Test
    void terminalControlsAreSpelledOut() {
        String hostile = "\u001b[2J\u009b\u202etxt\u200b\u00a0\nkind           outcome";
        assertThat(ReceiptText.of(receipt(Json.object().with("reason", hostile))))
                .last()
                .isEqualTo("reason         \\u{1b}[2J\\u{9b}\\u{202e}txt\\u{200b}\\u{a0}\\u{a}kind           outcome");
    }
}
