package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.PlanJob;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.testing.TestingConfig;
import dev.interlock.testing.TestingKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Tests the bad day: all data was deleted at two, and backed up at three. */
@Timeout(300)
@Tag("process")
class RecoverUnnamedTest {

    private static final List<String> NOTES = List.of("attested.json", "attested.json.sig");

    @TempDir
    private Path root;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final ByteArrayOutputStream problems = new ByteArrayOutputStream();
    private Terminal terminal;
    private BackupWork work;
    private BackupPlanConfig plan;
    private Path uploads;
    private Path target;

    @BeforeEach
    void start() throws Exception {
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(memory), "there is no second device to write to");
        target = Files.createTempDirectory(memory, "backups");
        TestingConfig.in(root, "test", TestingKey.software());
        TestingBackups.keys(root);
        uploads = Files.createDirectory(root.resolve("uploads"));
        Files.writeString(uploads.resolve("invoice"), "an invoice");
        Files.writeString(root.resolve("backups.yaml"), """
                key: backup.key
                attest-key: attest
                scratch: scratch
                plans:
                  uploads: {of: "shop:order/o-2", source: {directory: uploads}, target: {directory: %s}}
                """.formatted(target));
        BackupConfig backups = BackupConfig.beside(root.resolve("gateway.yaml"));
        plan = backups.plan("uploads");
        terminal = new Terminal(
                new PrintStream(said, true, StandardCharsets.UTF_8),
                new PrintStream(problems, true, StandardCharsets.UTF_8));
        work = new BackupWork(terminal, new Options(root.resolve("gateway.yaml"), false), backups);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        OwnerFiles.removeTree(target);
    }

    private Path shelf() {
        return target.resolve("uploads");
    }

    private List<String> kept() throws IOException {
        if (!Files.exists(shelf())) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(shelf())) {
            return all.map(path -> path.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .toList();
        }
    }

    private String taken() throws IOException {
        List<String> before = kept();
        work.take(plan, Optional.empty());
        return kept().stream().filter(id -> !before.contains(id)).findFirst().orElseThrow();
    }

    private int verified(String id) throws IOException {
        return work.verify(plan, Optional.of(id), Optional.empty());
    }

    private int recovered(String into, String... more) throws Exception {
        return recover("--into=" + root.resolve(into), more);
    }

    private int practised(String... more) throws Exception {
        return recover("--rehearse", more);
    }

    private int recover(String how, String... more) throws Exception {
        said.reset();
        problems.reset();
        List<String> arguments = new ArrayList<>(List.of("uploads", how, "--config=" + root.resolve("gateway.yaml")));
        arguments.addAll(List.of(more));
        RecoverCommand command = new RecoverCommand(terminal);
        new CommandLine(command).parseArgs(arguments.toArray(String[]::new));
        return command.call();
    }

    private String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    private String problems() {
        return problems.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theLastTestedBackupIsRestoredByDefault() throws Exception {
        String good = taken();
        assertThat(verified(good)).isEqualTo(ExitCodes.OK);
        Files.delete(uploads.resolve("invoice"));
        String empty = taken();
        assertThat(verified(empty)).isEqualTo(ExitCodes.NO);

        assertThat(recovered("again")).as(problems()).isEqualTo(ExitCodes.OK);
        assertThat(root.resolve("again/invoice")).hasContent("an invoice");
        assertThat(said())
                .contains("from " + good + ":")
                .containsPattern("passed over: " + empty + ", \\d+ s old: its restore test failed: it " + "is empty");
        assertThat(problems()).isEmpty();

        assertThat(recovered("for programs", "--json")).isEqualTo(ExitCodes.OK);
        assertThat(Json.readObject(said().strip().getBytes(StandardCharsets.UTF_8))
                        .objects("passed_over"))
                .extracting(one -> one.text("backup"))
                .containsExactly(empty);

        assertThat(recovered("by its name", empty)).as("who names it has it").isEqualTo(ExitCodes.OK);
        assertThat(said()).contains("✓ 0 files").doesNotContain("passed over");
        assertThat(root.resolve("by its name")).isEmptyDirectory();
    }

    /** A rehearsal must do the same as the recovery. */
    @Test
    void whatIsPractisedIsWhatWouldBeDone() throws Exception {
        String good = taken();
        assertThat(verified(good)).isEqualTo(ExitCodes.OK);
        Files.delete(uploads.resolve("invoice"));
        String empty = taken();
        assertThat(verified(empty)).isEqualTo(ExitCodes.NO);

        assertThat(practised()).as(said() + problems()).isEqualTo(ExitCodes.OK);
        assertThat(said())
                .contains("✓ " + good)
                .containsPattern("passed over: " + empty + ", \\d+ s old: its restore test failed: it " + "is empty");
        assertThat(practised("--json")).isEqualTo(ExitCodes.OK);
        Json.Members told = Json.readObject(said().strip().getBytes(StandardCharsets.UTF_8));
        assertThat(told.text("backup")).isEqualTo(good);
        assertThat(told.objects("passed_over"))
                .extracting(one -> one.text("backup"))
                .containsExactly(empty);
        assertThat(practised(empty)).as("who names it has it").isEqualTo(ExitCodes.NO);
        assertThat(said()).contains("✗ " + empty).doesNotContain("passed over");
    }

    /** One more command costs less than weeks of data. */
    @Test
    void whereMuchYoungerOnesWereNotTriedNothingComesBack() throws Exception {
        taken();
        String old = takenAt(Instant.now().minus(Duration.ofDays(40)));
        assertThat(verified(old)).isEqualTo(ExitCodes.OK);
        assertThatThrownBy(() -> recovered("again"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("`" + old + "`, is 40 days old; name it, or one of these")
                .hasMessageContaining("no restore test of it is recorded");
        assertThat(root.resolve("again")).doesNotExist();
        assertThatThrownBy(this::practised)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("`" + old + "`, is 40 days old; name it, or one of these");
        assertThat(recovered("again", old)).isEqualTo(ExitCodes.OK);
    }

    private String takenAt(Instant moment) throws IOException {
        try (ChildProcesses children = new ChildProcesses()) {
            PlanJob job = new PlanJob(
                    plan,
                    Encryption.of(root.resolve("backup.key")),
                    root.resolve("scratch"),
                    Optional.empty(),
                    children,
                    Clock.fixed(moment, ZoneOffset.UTC),
                    new SecureRandom());
            return new BackupRun(job).take((_, _) -> {}).id();
        }
    }

    /** The machine that ran the restore tests is lost, with its notes. */
    @Test
    void whereNothingIsNotedTheYoungestComesBackAndThatIsSaid() throws Exception {
        verified(taken());
        Files.writeString(uploads.resolve("invoice"), "another");
        verified(taken());
        for (String id : kept()) {
            for (String note : NOTES) {
                Files.delete(shelf().resolve(id).resolve(note));
            }
        }
        assertThat(recovered("again")).isEqualTo(ExitCodes.OK);
        assertThat(root.resolve("again/invoice")).hasContent("another");
        assertThat(problems()).contains("NO backup of `uploads`").contains("no restore test of it is recorded");
        assertThat(practised()).isEqualTo(ExitCodes.OK);
        assertThat(problems()).contains("NO backup of `uploads`").contains("no restore test of it is recorded");

        Files.delete(uploads.resolve("invoice"));
        String empty = taken();
        assertThat(recovered("empty")).isEqualTo(ExitCodes.NO);
        assertThat(said())
                .contains("from " + empty)
                .contains("✗ nothing was restored")
                .contains("it is empty")
                .doesNotContain("are in `");
        assertThat(root.resolve("empty")).doesNotExist();
    }
}
