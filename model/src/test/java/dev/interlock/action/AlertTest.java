package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class AlertTest {

    /** Agents influence the length, and each alert is stored, logged and sent. */
    @Test
    void whatIsSaidIsNoLongerThanPeopleRead() {
        String flood = "x".repeat(1 << 20);
        Alert alert = new Alert(
                Alert.AlertKind.DENIED_DESTROY,
                Alert.Severity.WARNING,
                flood,
                Map.of("resource", flood),
                Optional.empty());
        assertThat(alert.summary()).hasSize(Alert.MAX_TEXT + 1).endsWith("…");
        assertThat(alert.key().length() + alert.line().length()).isLessThan(5 * Alert.MAX_TEXT);
        Alert brief = new Alert(
                Alert.AlertKind.KILL, Alert.Severity.ALARM, "x".repeat(Alert.MAX_TEXT), Map.of(), Optional.empty());
        assertThat(brief.summary()).hasSize(Alert.MAX_TEXT);
        String smile = "x".repeat(Alert.MAX_TEXT - 1) + "🚀";
        Alert smiling = new Alert(
                Alert.AlertKind.KILL, Alert.Severity.ALARM, smile, Map.of("resource", smile), Optional.empty());
        assertThat(smiling.summary()).isEqualTo("x".repeat(Alert.MAX_TEXT - 1) + "…");
    }
}
