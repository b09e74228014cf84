package dev.interlock.readiness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Seal;
import dev.interlock.admin.Administration;
import dev.interlock.admin.Peer;
import dev.interlock.adminapi.DrillQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DrillReportsTest {

    private final TestingClock clock = new TestingClock();
    private final List<Json.Members> recorded = new ArrayList<>();
    private boolean full;

    @TempDir
    private Path directory;

    private DrillReports reports() {
        return new DrillReports(directory.resolve("drills.json"), clock);
    }

    private static DrillQuestion.RecordedDrill report(int number) {
        return new DrillQuestion.RecordedDrill(
                new DrillQuestion.DrillReport(
                        "pocketos",
                        Instant.EPOCH,
                        1,
                        true,
                        false,
                        List.of(),
                        List.of(),
                        List.of(),
                        1,
                        true,
                        true,
                        Optional.empty()),
                "R-" + number);
    }

    @Test
    void recentReportsAreStoredNewestFirstAcrossRestarts() throws IOException {
        assertThat(reports().stored()).isEmpty();
        for (int i = 0; i <= DrillReports.MAX_KEPT; i++) {
            reports().keep(report(i));
        }
        assertThat(reports().stored())
                .hasSize(DrillReports.MAX_KEPT)
                .startsWith(report(DrillReports.MAX_KEPT))
                .endsWith(report(1));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("drills.json"))))
                .isEqualTo("rw-------");
    }

    @Test
    void anUnreadableFileBlocksNoNewReport() throws IOException {
        Files.writeString(directory.resolve("drills.json"), "{");
        assertThat(reports().stored()).isEmpty();
        reports().keep(report(1));
        assertThat(reports().stored()).containsExactly(report(1));
    }

    private Json.Members run(String command, Json.Members arguments) throws AdminRefusedException {
        Administration.Recorder recorder = new Administration.Recorder() {
            @Override
            public String record(Json.Members members) throws LedgerUnavailableException {
                if (full) {
                    throw new LedgerUnavailableException("no space left on device");
                }
                recorded.add(members);
                return "R-" + recorded.size();
            }

            @Override
            public String recordRefused(Json.Members members) throws LedgerUnavailableException {
                return record(members);
            }
        };
        List<Json.Members> results = new ArrayList<>();
        Seal seal = Seal.empty("in-force", "acme", 1, Instant.EPOCH, Instant.MAX);
        new Administration(List.of(reports()), () -> Optional.of(seal), recorder, clock, _ -> {})
                .run(new Peer("ann"), command, arguments, results::add);
        return results.getFirst();
    }

    private Json.Members drill() {
        return Json.object()
                .with("drill", "pocketos")
                .with("at", clock.instant().toString())
                .with("took_millis", 9_876)
                .with("control_destroyed", true)
                .with("guarded_destroyed", false)
                .withTexts("red", List.of())
                .with("steps", new Json.Array(List.of(step().with("got", "no arrival"))))
                .with("backups", new Json.Array(List.of()))
                .with("receipts", 33)
                .with("verified", true)
                .with("tamper_detected", true);
    }

    private static Json.Members step() {
        return Json.object().with("name", "direct").with("expected", "no arrival");
    }

    @Test
    void aDrillIsRecordedBeforeItIsStored() throws AdminRefusedException {
        String receipt =
                run("drill.report", Json.object().with("report", drill())).text("receipt");
        assertThat(recorded.getFirst().object("report")).isEqualTo(drill());
        assertThat(run("drill.list", Json.object()).objects("reports"))
                .containsExactly(drill().with("receipt", receipt));
        for (Json.Members wrong : List.of(
                drill().with("more", "of it"),
                drill().without(List.of("verified")),
                drill().with("at", clock.instant().plus(Duration.ofHours(1)).toString()),
                drill().with("drill", "x".repeat(DrillReports.MAX_TEXT + 1)),
                drill().with("steps", new Json.Array(List.of(step()))),
                drill().with(
                                "steps",
                                new Json.Array(List.of(step().with("got", "x").with("why", "y")))),
                drill().with(
                                "steps",
                                new Json.Array(
                                        Collections.nCopies(DrillReports.MAX_STEPS + 1, step().with("got", "x")))))) {
            assertThatThrownBy(() -> run("drill.report", Json.object().with("report", wrong)))
                    .as(wrong.toString())
                    .isInstanceOf(MalformedException.class);
        }
        full = true;
        assertThatThrownBy(() -> run("drill.report", Json.object().with("report", drill())))
                .isInstanceOf(AdminRefusedException.class);
        assertThat(reports().stored()).hasSize(1);
    }

    private Json.Members judged(String seal) {
        return drill().with(
                        "policy",
                        Json.object()
                                .with("seal", seal)
                                .with("sha256", "00")
                                .with("summary", "All stopped.")
                                .with(
                                        "next",
                                        clock.instant()
                                                .plus(Duration.ofDays(30))
                                                .toString()));
    }

    @Test
    void aDrillOfAnotherSealIsRefused() {
        assertThatThrownBy(() -> run("drill.report", Json.object().with("report", judged("before"))))
                .isInstanceOf(AdminRefusedException.class);
        assertThat(recorded).isEmpty();
        assertThat(reports().stored()).isEmpty();
    }

    @Test
    void theNextDrillIsRemindedOfOnceItIsDue() throws AdminRefusedException {
        run("drill.report", Json.object().with("report", judged("in-force")));
        clock.pass(Duration.ofDays(30));
        run("drill.report", Json.object().with("report", drill()));
        assertThat(reports().overdue()).isEmpty();
        clock.pass(Duration.ofSeconds(1));
        assertThat(reports().overdue())
                .hasValueSatisfying(due -> assertThat(due).endsWith("interlock drill"));
        run("drill.report", Json.object().with("report", judged("in-force")));
        assertThat(reports().overdue()).isEmpty();
    }
}
