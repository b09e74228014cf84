package dev.interlock.backup.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.ExecCopy;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests copies and restores by people's own programs, and each way in which such a copy can be worthless. */
@Timeout(300)
@Tag("process")
class ExecBackupTest {

    /** A script that copies the lines of a file, as a program would a database; the secret is in a file of its own. */
    private static final String TAKE = """
            #!/bin/sh
            set -eu
            test "$(cat "$SHOP_PASSWORD_FILE")" = secret
            printf '{"count":%s,"digest":"%s","name":"orders"}\\n' \\
                "$(wc -l < "$SHOP_DATA")" "$(sha256sum < "$SHOP_DATA")" > "$INTERLOCK_REPORT"
            gzip -c "$SHOP_DATA"
            """;

    /** A script that restores it for real, where it may write, and counts the result. */
    private static final String VERIFY = """
            #!/bin/sh
            set -eu
            gzip -dc > "$INTERLOCK_SCRATCH/restored"
            cd "$INTERLOCK_SCRATCH"
            printf '{"count":%s,"digest":"%s","name":"orders"}\\n' "$(wc -l < restored)" "$(sha256sum < restored)"
            """;

    private static final String RECOVER = """
            #!/bin/sh
            set -eu
            test ! -e "$INTERLOCK_INTO"
            gzip -dc > "$INTERLOCK_INTO.new"
            printf '{"count":%s,"digest":"%s","name":"orders"}\\n' \\
                "$(wc -l < "$INTERLOCK_INTO.new")" "$(sha256sum < "$INTERLOCK_INTO.new")"
            ln "$INTERLOCK_INTO.new" "$INTERLOCK_INTO"
            rm "$INTERLOCK_INTO.new"
            """;

    @TempDir
    private Path directory;

    private BackupFixture shelf;
    private Path data;
    private BackupPlanConfig plan;

    @BeforeEach
    void prepare() throws Exception {
        shelf = new BackupFixture(directory);
        for (Path above = directory; above.getNameCount() > 1; above = above.getParent()) {
            Files.setPosixFilePermissions(above, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        data = Files.writeString(directory.resolve("data"), "one\ntwo\nthree\n");
        Files.writeString(directory.resolve("password"), "secret\n");
        program("take", TAKE);
        program("verify", VERIFY);
        program("recover", RECOVER);
        plan = shelf.plan(source());
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    private Path program(String name, String text) throws IOException {
        Path program = directory.resolve(name);
        Files.writeString(program, text);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return program;
    }

    private BackupSource source() {
        return new BackupSource.Exec(
                List.of(directory.resolve("take").toString(), "shop"),
                List.of(directory.resolve("verify").toString()),
                List.of(directory.resolve("recover").toString()),
                Map.of(
                        "SHOP_DATA",
                        data.toString(),
                        "SHOP_PASSWORD_FILE",
                        directory.resolve("password").toString()));
    }

    @Test
    void aBackupIsRestoredCompletely() throws Exception {
        BackupRun.BackupResult taken = shelf.take(plan, (_, _) -> {});
        assertThat(taken.amount()).isEqualTo(new Amount.Parts(1, 3));
        BackupAttestation found = shelf.verify(plan, taken.id());
        assertThat(found.faults()).isEmpty();
        assertThat(found.amount()).isEqualTo(taken.amount());
        assertThat(found.json().text("separation")).isEqualTo("unknown");
    }

    @Test
    void differencesAreFound() throws Exception {
        String before = shelf.take(plan);
        for (Map.Entry<String, String> change : Map.of(
                        "one\ntwo\nTHREE\n", "the content of `orders` has changed",
                        "one\ntwo\n", "`orders` holds 2, and held 3",
                        "", "`orders` holds 0, and held 3")
                .entrySet()) {
            Files.writeString(data, change.getKey());
            shelf.forge(plan, before, ExecCopy.FILE, shelf.plain(plan, shelf.take(plan), ExecCopy.FILE));
            assertThat(shelf.verify(plan, before).faults()).containsExactly(change.getValue());
        }
        Files.writeString(data, "");
        assertThat(shelf.verify(plan, shelf.take(plan)).faults())
                .containsExactly("it is empty: nothing in it was counted");
    }

    @Test
    void aChangedBackupIsFound() throws Exception {
        String id = shelf.take(plan);
        byte[] plain = shelf.plain(plan, id, ExecCopy.FILE);
        shelf.forge(plan, id, ExecCopy.FILE, Arrays.copyOf(plain, plain.length - 9));
        assertThat(shelf.verify(plan, id).faults())
                .singleElement()
                .asString()
                .startsWith("it cannot be restored: ")
                .contains("gzip");
        shelf.forge(plan, id, ExecCopy.FILE, plain);
        shelf.assertDamageIsFound(plan, id);
    }

    /** A program with any unexpected output is rejected. */
    @Test
    void anUnclearReportIsRed() throws Exception {
        String id = shelf.take(plan);
        String right = "{\"count\":3,\"digest\":\"%s\",\"name\":\"orders\"}".formatted(digest());
        for (String said : List.of(
                "",
                "ok",
                right.replace(":", ": "),
                right.replace("{", "{\"and\":1,"),
                right.replace("3", "\"3\""),
                right.replace("3,", "-3,"),
                right + "\n" + right,
                right + "\nand more",
                "[" + right + "]",
                "{\"count\":3,\"name\":\"orders\"}")) {
            program("verify", "#!/bin/sh\ncat > /dev/null\ncat <<'END'\n" + said + "\nEND\n");
            assertThat(shelf.verify(plan, id).faults())
                    .as(said)
                    .singleElement()
                    .asString()
                    .contains("cannot be parsed");
        }
        program("verify", "#!/bin/sh\ncat > /dev/null\necho '" + right + "'\n");
        assertThat(shelf.verify(plan, id).faults()).isEmpty(); // so the output was at fault
        program("verify", "#!/bin/sh\ncat > /dev/null\necho '" + right + "'\necho 'no room' >&2\nexit 3\n");
        assertThat(shelf.verify(plan, id).faults())
                .singleElement()
                .asString()
                .contains("ended with 3")
                .contains("no room");
    }

    /** A program that the machine kills proves nothing about the backup. */
    @Test
    void aRestoreTestEndedByTheMachineIsInconclusive() throws Exception {
        String id = shelf.take(plan);
        program("verify", "#!/bin/sh\ntouch \"$INTERLOCK_SCRATCH/begun\"\nsleep 1004\n");
        assertThatThrownBy(() -> shelf.verify(plan, id, (doing, _) -> {
                    if (doing.equals("restoring")) {
                        shelf.interrupt();
                    }
                }))
                .isInstanceOf(BackupException.class);
        for (String end : List.of(
                "kill -9 $$", "kill -15 $$", "echo 'gzip: stdout: No space left on device' >&2; exit 1", "exit 137")) {
            program("verify", "#!/bin/sh\ncat > /dev/null\n" + end + "\n");
            assertThatThrownBy(() -> shelf.verify(plan, id)).as(end).isInstanceOf(InconclusiveException.class);
        }
        Files.delete(directory.resolve("verify"));
        assertThatThrownBy(() -> shelf.verify(plan, id)).isInstanceOf(InconclusiveException.class);
        program("verify", "#!/bin/sh\ncat > /dev/null\nkill -11 $$\n");
        assertThat(shelf.verify(plan, id).faults())
                .as("what crashes by what it reads")
                .isNotEmpty();
    }

    private String digest() throws IOException {
        return java.util.HexFormat.of().formatHex(Bytes.newSha256().digest(Files.readAllBytes(data))) + "  -";
    }

    @Test
    void anIncompleteBackupDoesNotCount() throws Exception {
        for (Map.Entry<String, String> program : Map.of(
                        TAKE.replace("gzip -c \"$SHOP_DATA\"", "gzip -c \"$SHOP_DATA\"; exit 4"), "ended with 4",
                        TAKE.replace("> \"$INTERLOCK_REPORT\"", "> /dev/null"), "did not report",
                        TAKE.replace("\"orders\"", "orders"), "cannot be parsed",
                        TAKE.replace("test \"$(cat", "test \"x$(cat"), "ended with 1")
                .entrySet()) {
            program("take", program.getKey());
            assertThatThrownBy(() -> shelf.take(plan))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining(program.getValue());
        }
        assertThat(shelf.shelf(plan).ids()).isEmpty();
    }

    /** Restored data may be hostile: the program that tests it sees nothing of this machine, and no secret. */
    @Test
    void aRestoreTestSeesNothingElse() throws Exception {
        String id = shelf.take(plan);
        Path bait = Files.createDirectory(directory.resolve("bait"));
        Files.setPosixFilePermissions(bait, PosixFilePermissions.fromString("rwxrwxrwx"));
        program(
                "verify",
                VERIFY.replace(
                        "set -eu\n",
                        "set -eu\ntest -z \"${SHOP_PASSWORD_FILE:-}\"; test ! -e " + data
                                + "; test ! -e /etc/hostname\n"
                                + "touch " + bait + "/here 2>/dev/null || true; test \"$(id -u)\" != 0\n"
                                + "test \"$(ls /sys/class/net 2>/dev/null | grep -vc '^lo$')\" = 0\n"));
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
        try (Stream<Path> touched = Files.list(bait)) {
            assertThat(touched).isEmpty();
        }
    }

    /** All processes of a program end with the job. */
    @Test
    void anInterruptedJobLeavesNoProcess() throws Exception {
        Path alive = directory.resolve("alive");
        program(
                "take",
                "#!/bin/sh\n(exec 3<> /dev/null; sleep 1003 & wait) &\ndate > " + alive + "\necho begun\nwait\n");
        assertThatThrownBy(() -> shelf.take(plan, (doing, bytes) -> {
                    if (bytes > 0) {
                        shelf.interrupt();
                    }
                }))
                .isInstanceOf(BackupException.class);
        assertThat(alive).exists();
        assertThat(ProcessHandle.allProcesses().map(process -> read(Path.of("/proc/" + process.pid() + "/cmdline"))))
                .noneMatch(command -> command.contains("sleep\0001003"));
        assertThat(shelf.shelf(plan).ids()).isEmpty();
    }

    private static String read(Path path) {
        try {
            return Files.readString(path, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it has ended
        }
    }

    @Test
    void aBackupIsRestoredByItsOwnProgram() throws Exception {
        String id = shelf.take(plan);
        Path again = directory.resolve("again");
        assertThat(shelf.recover(plan, id, again.toString()).wrong()).isEmpty();
        assertThat(again).hasContent("one\ntwo\nthree\n");
        assertThatThrownBy(() -> shelf.recover(plan, id, again.toString()))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("ended with 1");
    }

    @Test
    void aProgramThatCannotRunIsRefused() {
        List<String> program = List.of("/bin/true");
        assertThatThrownBy(() -> new BackupSource.Exec(List.of(), program, List.of(), Map.of()))
                .hasMessageContaining("`take`");
        assertThatThrownBy(() -> new BackupSource.Exec(program, List.of("true"), List.of(), Map.of()))
                .hasMessageContaining("`verify`");
        for (String name : List.of("INTERLOCK_REPORT", "LD_PRELOAD", "a", "")) {
            assertThatThrownBy(() -> new BackupSource.Exec(program, program, List.of(), Map.of(name, "x")))
                    .hasMessageContaining("not a name that `environment` may set");
        }
    }
}
