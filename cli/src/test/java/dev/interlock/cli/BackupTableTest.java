package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.kept.Encryption;
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
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests what `backup list` prints about backups, and about targets that it cannot read. */
@Timeout(300)
@Tag("process")
class BackupTableTest {

    private static final String SECOND = "20[0-9-]+T[0-9]{2}:[0-9]{2}:[0-9]{2}Z";

    @TempDir
    private Path root;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final ByteArrayOutputStream problems = new ByteArrayOutputStream();
    private Terminal terminal;
    private Path target;

    @BeforeEach
    void start() throws Exception {
        Path memory = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(memory), "there is no second device to write to");
        target = Files.createTempDirectory(memory, "backups");
        TestingConfig.in(root, "test", TestingKey.software());
        TestingBackups.keys(root);
        Files.createDirectory(root.resolve("offsite"));
        Files.writeString(Files.createDirectory(root.resolve("uploads")).resolve("invoice"), "an invoice");
        Files.writeString(root.resolve("backups.yaml"), """
                key: backup.key
                attest-key: attest
                scratch: scratch
                plans:
                  copy:
                    of: "shop:order/o-2"
                    source: {directory: uploads}
                    target: {directory: offsite/copies, mounted-at: offsite}
                  uploads: {of: "shop:order/o-2", source: {directory: uploads}, target: {directory: %s}}
                """.formatted(target));
        terminal = new Terminal(
                new PrintStream(said, true, StandardCharsets.UTF_8),
                new PrintStream(problems, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        OwnerFiles.removeTree(target);
    }

    private BackupConfig backups() throws IOException {
        return BackupConfig.beside(root.resolve("gateway.yaml"));
    }

    private BackupWork work() throws IOException {
        return new BackupWork(terminal, new Options(root.resolve("gateway.yaml"), false), backups());
    }

    private Path shelf() {
        return target.resolve("uploads");
    }

    private String taken() throws IOException {
        work().take(backups().plan("uploads"), Optional.empty());
        try (Stream<Path> all = Files.list(shelf())) {
            return all.map(path -> path.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private int verified(String id) throws IOException {
        return work().verify(backups().plan("uploads"), Optional.of(id), Optional.empty());
    }

    private int list(String... arguments) {
        said.reset();
        problems.reset();
        List<String> all = Stream.concat(
                        Stream.of("list", "--config=" + root.resolve("gateway.yaml")), Stream.of(arguments))
                .toList();
        return BackupCommand.line(terminal).execute(all.toArray(String[]::new));
    }

    private Json.Members listed(int exit, String... arguments) {
        assertThat(list(Stream.concat(Stream.of("--json"), Stream.of(arguments)).toArray(String[]::new)))
                .isEqualTo(exit);
        return Json.readObject(said.toString(StandardCharsets.UTF_8).strip().getBytes(StandardCharsets.UTF_8));
    }

    private String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    private String problems() {
        return problems.toString(StandardCharsets.UTF_8);
    }

    /** This is the moment when the others are needed. */
    @Test
    void anUncheckedTargetHidesNoOther() throws Exception {
        String id = taken();
        String why = "nothing is mounted at `" + root.resolve("offsite") + "`, where the backups of `copy` are stored";
        assertThat(list()).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(said()).contains("uploads  " + id);
        assertThat(problems()).contains("interlock: copy: " + why);

        Json.Members json = listed(ExitCodes.UNAVAILABLE);
        assertThat(json.objects("backups"))
                .singleElement()
                .satisfies(one -> assertThat(one.text("backup")).isEqualTo(id));
        assertThat(json.objects("not_known")).singleElement().satisfies(one -> {
            assertThat(one.text("plan")).isEqualTo("copy");
            assertThat(one.text("trouble")).isEqualTo(why);
        });

        assertThat(list("copy")).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(problems()).contains(why);
        assertThat(list("uploads")).isZero();
        assertThat(listed(ExitCodes.OK, "uploads").objects("not_known")).isEmpty();
    }

    @Test
    void timesAreToTheSecondForPeople() throws Exception {
        String id = taken();
        assertThat(list("uploads")).isZero();
        assertThat(said()).containsPattern("uploads +" + id + " +" + SECOND + " +[0-9]+ B +never\n");
        assertThat(verified(id)).isEqualTo(ExitCodes.OK);
        assertThat(list("uploads")).isZero();
        assertThat(said()).containsPattern(" B +restored " + SECOND + "\n");
        Json.Members one = listed(ExitCodes.OK, "uploads").objects("backups").getFirst();
        assertThat(one.text("taken_at")).contains(".");
        assertThat(one.text("tried_at")).contains(".");
        assertThat(one.flag("restored")).isTrue();
        assertThat(one.texts("wrong")).isEmpty();
    }

    /** The note of its restore test is about a backup that this machine cannot open. */
    @Test
    void whatCannotBeDecryptedHasNoTimeAndNoSizeAndIsNotCalledRestored() throws Exception {
        String id = taken();
        assertThat(verified(id)).isEqualTo(ExitCodes.OK);
        Files.delete(root.resolve("backup.key"));
        Encryption.newKey(root.resolve("backup.key"));
        String why = "the manifest of `" + id + "` differs from what was written: it was "
                + "altered, truncated, or written with another key";
        assertThat(list("uploads")).isZero();
        assertThat(said())
                .containsPattern("uploads +" + id + " +\\? +\\? +\\Q" + why + "\\E; when it was tried: restored "
                        + SECOND + "\n");
        Json.Members one = listed(ExitCodes.OK, "uploads").objects("backups").getFirst();
        assertThat(one.get("taken_at")).isEmpty();
        assertThat(one.get("bytes")).isEmpty();
        assertThat(one.flag("restored")).isFalse();
        assertThat(one.text("trouble")).isEqualTo(why);

        assertThat(verified(id)).isEqualTo(ExitCodes.NO);
        assertThat(list("uploads")).isZero();
        assertThat(said()).containsPattern("\\? +\\? +RESTORE TEST FAILED " + SECOND + ": \\Q" + why + "\\E\n");
    }

    @Test
    void theReasonOfAWorthlessBackupIsShown() throws Exception {
        String id = taken();
        Path content;
        try (Stream<Path> all = Files.list(shelf().resolve(id))) {
            content = all.filter(file -> !file.endsWith("manifest"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
        }
        String why = "its " + content.getFileName() + " is missing, and had " + Files.size(content) + " bytes";
        Files.delete(content);
        assertThat(verified(id)).isEqualTo(ExitCodes.NO);
        assertThat(list("uploads")).isZero();
        assertThat(said())
                .containsPattern(SECOND + " +[0-9]+ B +RESTORE TEST FAILED " + SECOND + ": \\Q" + why + "\\E\n");
        Json.Members one = listed(ExitCodes.OK, "uploads").objects("backups").getFirst();
        assertThat(one.flag("restored")).isFalse();
        assertThat(one.texts("wrong")).containsExactly(why);
    }

    /** Somebody has removed a manifest: if there was none "yet", nobody would check. */
    @Test
    void leftoversOfABackupAreShown() throws Exception {
        BackupWork work = work();
        BackupPlanConfig plan = backups().plan("uploads");
        assertThatThrownBy(() -> work.verify(plan, Optional.empty(), Optional.empty()))
                .hasMessage("there is no backup of `uploads` yet");
        String id = taken();
        Files.delete(shelf().resolve(id).resolve("manifest"));
        Files.createDirectory(shelf().resolve("29990101T000000Z-abcdef.part"));
        String begun = "it is incomplete";
        assertThatThrownBy(() -> work.verify(plan, Optional.empty(), Optional.empty()))
                .hasMessage("there is no backup of `uploads`, only backups that do not count: " + id
                        + " (it has no manifest), 29990101T000000Z-abcdef.part (" + begun + ")");
        assertThat(list("uploads")).isZero();
        assertThat(said())
                .containsPattern("uploads +" + id + " +\\? +\\? +does not count: it has no " + "manifest\n")
                .containsPattern("uploads +29990101T000000Z-abcdef.part +\\? +\\? +does not count: " + begun + "\n");
        Json.Members json = listed(ExitCodes.OK, "uploads");
        assertThat(json.objects("backups")).isEmpty();
        assertThat(json.objects("left"))
                .containsExactly(
                        Json.object().with("plan", "uploads").with("name", id).with("why", "it has no manifest"),
                        Json.object()
                                .with("plan", "uploads")
                                .with("name", "29990101T000000Z-abcdef.part")
                                .with("why", begun));
        assertThat(shelf().resolve("29990101T000000Z-abcdef.part"))
                .as("who looks removes nothing")
                .exists();
    }
}
