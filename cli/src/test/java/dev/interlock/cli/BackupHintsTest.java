package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.linux.ShellWords;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests hints on a machine without a gateway: they can be copied as they stand, and say what to do. */
@Tag("process")
class BackupHintsTest {

    private static final String PLANS = """
            key: backup.key
            attest-key: attest
            scratch: scratch
            plans:
              files:
                of: "shop:order/o-2"
                source: {directory: data}
                target: {directory: target}
            """;

    @TempDir
    private Path root;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    @BeforeEach
    void prepare() throws Exception {
        Files.writeString(Files.createDirectory(root.resolve("data")).resolve("file"), "content");
        TestingBackups.keys(root);
        plans(PLANS);
    }

    private void plans(String text) throws IOException {
        Path file = Files.writeString(root.resolve("backups.yaml"), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    private String config() {
        return " --config " + ShellWords.quoted(root.resolve("gateway.yaml"));
    }

    private String backup(String... arguments) {
        said.reset();
        PrintStream print = new PrintStream(said, true, StandardCharsets.UTF_8);
        Terminal terminal = new Terminal(print, print);
        int exit = BackupCommand.line(terminal)
                .setExecutionExceptionHandler(new Failures(terminal, false))
                .execute(arguments);
        return said.toString(StandardCharsets.UTF_8) + "exit " + exit;
    }

    private String gatewayYaml() {
        return root.resolve("gateway.yaml").toString();
    }

    @Test
    void nextStepsNameTheSameConfiguration() throws IOException {
        fromProgram();
        assertThat(backup("take", "files", "--config", gatewayYaml()))
                .contains(
                        "    does not count until it is verified: interlock backup verify " + "files" + config() + "\n")
                .endsWith("exit 0");
        assertThat(backup("verify", "files", "--config", gatewayYaml()))
                .contains("there is no gateway on this machine (no gateway.yaml), so none was "
                        + "notified; hand the attestation to the gateway's machine: interlock "
                        + "backup signed files" + config()
                        + " | ssh GATEWAY interlock backup attest\n");
        OwnerFiles.removeTree(root.resolve("target"));
        assertThat(backup("run", "--once", "--config", gatewayYaml()))
                .contains("does not count until it is verified\n", "restored whole")
                .doesNotContain("backup verify");
    }

    /** A mistyped target would be filled silently. */
    @Test
    void aTargetThatHadToBeMadeIsSaid() throws IOException {
        fromProgram();
        String made = "interlock: files: made `" + root.resolve("target") + "`, the target's directory";
        assertThat(backup("take", "files", "--config", gatewayYaml())).contains(made);
        assertThat(backup("take", "files", "--config", gatewayYaml()))
                .contains("✓ files")
                .doesNotContain("made");
    }

    @Test
    void failuresNameTheirPlan() throws IOException {
        plans(PLANS.replace("{directory: data}", "{postgres: {database: shop, host: nowhere.invalid}}"));
        assertThat(backup("take", "files", "--config", gatewayYaml()))
                .contains("interlock: files: `psql` ended with 2: ")
                .contains("; see `host` of the plan's `postgres` in backups.yaml\n")
                .endsWith("exit 69");
    }

    private void fromProgram() throws IOException {
        Path program = Files.writeString(root.resolve("program"), """
                #!/bin/sh
                report='{"count":1,"digest":"1","name":"rows"}'
                case $1 in
                take) echo row; echo "$report" > "$INTERLOCK_REPORT" ;;
                *) cat > /dev/null; echo "$report" ;;
                esac
                """);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        plans(PLANS.replace(
                "{directory: data}",
                "{exec: {take: [\"%1$s\", take], verify: [\"%1$s\", verify]}}".formatted(program)));
    }

    /** It is never silent for long, so that nobody takes it for hung. */
    @Test
    @Timeout(300)
    void whoeverRunsItSeesThatItHasBegunAndForWhatItWaits() throws Exception {
        fromProgram();
        CountDownLatch waits = new CountDownLatch(1);
        Thread running = Thread.ofPlatform().daemon().start(() -> {
            PrintStream print = new PrintStream(said, true, StandardCharsets.UTF_8) {
                @Override
                public void println(String line) {
                    super.println(line);
                    if (line.startsWith("waiting")) {
                        waits.countDown();
                    }
                }
            };
            BackupCommand.line(new Terminal(print, print)).execute("run", "--config", gatewayYaml());
        });
        waits.await();
        running.interrupt();
        running.join();
        assertThat(said.toString(StandardCharsets.UTF_8))
                .containsSubsequence(
                        "backup run has started, with files; it runs until it is stopped",
                        "restored whole",
                        "waiting: the next is to t")
                .containsPattern("waiting: the next is to t(ake a backup of files|ry files/\\S+), at 20\\S+Z\n");
    }
}
