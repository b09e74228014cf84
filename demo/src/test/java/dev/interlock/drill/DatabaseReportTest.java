package dev.interlock.drill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.adminapi.DrillQuestion;
import dev.interlock.adminapi.RecordJson;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The tables decide first, and only then the answer. */
final class DatabaseReportTest {

    private static final String ROWS = "1206 executives";
    private static final String HELD = "ERROR:  confirmation required\nDETAIL:  would delete 1,206 rows";

    private static StepFinding finding(String expected, String answer, String after) {
        return DatabaseReport.finding("delete-all", expected, answer, ROWS, after);
    }

    private static DatabaseReport report(StepFinding guarded, boolean verified) {
        StepFinding lost = finding(DatabaseReport.HELD, "DELETE 1206", "0 executives");
        return new DatabaseReport(
                "replit",
                List.of("a note"),
                List.of(lost),
                List.of(guarded),
                new DemoReport.LedgerCheck(9, verified, Optional.of("R-1"), true),
                Duration.ofSeconds(3));
    }

    @Test
    void aChangeIsRedWhateverTheAnswerSays() {
        assertThat(finding(DatabaseReport.HELD, HELD, ROWS).green()).isTrue();
        assertThat(finding(DatabaseReport.HELD, HELD, "0 executives").got()).isEqualTo(DatabaseReport.CHANGED);
        assertThat(finding(DatabaseReport.HELD, "DELETE 0", ROWS).green()).isFalse();
        assertThat(finding(DatabaseReport.REFUSED, "ERROR:  denied", ROWS).green())
                .isTrue();
        assertThat(finding(DatabaseReport.UNREACHED, "connection failed: Connection refused", ROWS)
                        .green())
                .isTrue();
        assertThat(finding(DatabaseReport.DONE, "ERROR:  denied", ROWS).green()).isFalse();
    }

    @Test
    void aStoryThatProvesNothingIsRed() {
        StepFinding held = finding(DatabaseReport.HELD, HELD, ROWS);
        assertThat(report(held, true).red()).isEmpty();
        assertThat(report(held, false).red()).containsExactly("evidence");
        assertThat(report(finding(DatabaseReport.HELD, HELD, "0 executives"), true)
                        .red())
                .containsExactly("delete-all");
        DatabaseReport harmless = new DatabaseReport(
                "replit",
                List.of(),
                List.of(held),
                List.of(),
                new DemoReport.LedgerCheck(9, true, Optional.of("R-1"), true),
                Duration.ZERO);
        assertThat(harmless.red()).containsExactly("control", "a step did not happen");
    }

    /** The gateway takes the report, as that of the nine-second deletion. */
    @Test
    void theReportIsOneThatGatewaysStore() {
        DatabaseReport report = report(finding(DatabaseReport.HELD, HELD, ROWS), true);
        DrillQuestion.DrillReport told = RecordJson.read(DrillQuestion.DrillReport.class, report.told(Instant.EPOCH));
        assertThat(told.drill()).isEqualTo("replit");
        assertThat(told.steps()).hasSize(1);
        assertThat(DemoPage.of(report, TerminalColours.PLAIN))
                .contains("✗ delete-all", "✓ delete-all", "would delete 1,206 rows", "ALL ATTACKS REFUSED");
    }
}
