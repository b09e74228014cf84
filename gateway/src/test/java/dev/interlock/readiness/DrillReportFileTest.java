package dev.interlock.readiness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.adminapi.DrillQuestion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DrillReportFileTest {

    @TempDir
    private Path directory;

    private static DrillQuestion.RecordedDrill report(int number) {
        return new DrillQuestion.RecordedDrill(
                new DrillQuestion.DrillReport(
                        "pocketos", Instant.EPOCH, 1, true, false, List.of(), List.of(), List.of(), 1, true, true),
                "R-" + number);
    }

    @Test
    void recentReportsAreStoredNewestFirstAcrossRestarts() throws IOException {
        Path file = directory.resolve("drills.json");
        assertThat(new DrillReportFile(file).stored()).isEmpty();
        for (int i = 0; i <= DrillReportFile.MAX_KEPT; i++) {
            new DrillReportFile(file).keep(report(i));
        }
        assertThat(new DrillReportFile(file).stored())
                .hasSize(DrillReportFile.MAX_KEPT)
                .startsWith(report(DrillReportFile.MAX_KEPT))
                .endsWith(report(1));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void anUnreadableFileBlocksNoNewReport() throws IOException {
        Path file = Files.writeString(directory.resolve("drills.json"), "{");
        DrillReportFile reports = new DrillReportFile(file);
        assertThat(reports.stored()).isEmpty();
        reports.keep(report(1));
        assertThat(reports.stored()).containsExactly(report(1));
    }
}
