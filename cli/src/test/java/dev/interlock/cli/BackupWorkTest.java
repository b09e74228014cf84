package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.program.ExitCodes;
import dev.interlock.testing.TestingConfig;
import dev.interlock.testing.TestingKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests what the gateway hears of a plan's backups. */
@Timeout(300)
@Tag("process")
class BackupWorkTest {

    @TempDir
    private Path root;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private TestingGateway gateway;
    private BackupPlanConfig plan;
    private BackupWork work;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "no bubblewrap is installed");
        TestingConfig.in(root, "test", TestingKey.software());
        gateway = TestingGateway.in(root);
        gateway.countsNone();
        Path attest = root.resolve("attest");
        assertThat(new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", attest.toString())
                        .start()
                        .waitFor())
                .isZero();
        Files.writeString(Files.createDirectory(root.resolve("files")).resolve("one"), "first");
        Files.createDirectory(root.resolve("store"));
        script("take", "cp -a $INTERLOCK_COPY store/b-$(ls store | wc -l)");
        script("list", """
                cd store
                for each in *; do
                    [ -d "$each" ] || continue
                    echo "{\\"backup\\":\\"$each\\",\\"taken_at\\":\\"2026-01-0$((${each#b-} + 1))T00:00:00Z\\"}"
                done
                """);
        script("restore", "cp -a store/$INTERLOCK_BACKUP/. $INTERLOCK_INTO/");
        Path file = Files.writeString(root.resolve("backups.yaml"), """
                attest-key: attest
                scratch: scratch
                plans:
                  rows:
                    of: "shop:order/o-2"
                    source: {directory: files}
                    exec: {take: ["%1$s/take"], list: ["%1$s/list"], restore: ["%1$s/restore"]}
                """.formatted(root));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        use(root.resolve("gateway.yaml"));
    }

    @AfterEach
    void stop() throws IOException {
        if (gateway != null) {
            gateway.close();
        }
    }

    private void use(Path config) throws IOException {
        BackupConfig backups = BackupConfig.beside(root.resolve("gateway.yaml"));
        plan = backups.plan("rows");
        PrintStream print = new PrintStream(said, true, StandardCharsets.UTF_8);
        work = new BackupWork(new Terminal(print, print), new Options(config, false), backups);
    }

    private void script(String name, String text) throws IOException {
        Path file = Files.writeString(root.resolve(name), "#!/bin/sh\nset -eu\ncd " + root + "\n" + text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private int run() throws IOException {
        return work.run(plan, Optional.empty());
    }

    private String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    @Test
    @Tag("promise")
    void aProvedBackupIsReported() throws IOException {
        assertThat(run()).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(gateway.told()).containsExactly("b-0 true");
        assertThat(said())
                .contains("✓ rows  b-0  restored whole: 1 file with 5 B")
                .contains("only the seal says so")
                .contains("receipt R-1");
    }

    @Test
    void aFaultyOneIsReportedToo() throws IOException {
        script("restore", "echo else > $INTERLOCK_INTO/one");
        assertThat(run()).isEqualTo(ExitCodes.NO);
        assertThat(gateway.told()).containsExactly("b-0 false");
        assertThat(said())
                .contains("✗ rows  b-0  cannot be restored as it was:")
                .contains("the content of `one` differs");
    }

    /** The gateway hears that before the new backup is proved, which may take hours or fail. */
    @Test
    void thatTheCountedBackupIsGoneIsSigned() throws IOException {
        gateway.counts("b-9");
        assertThat(run()).isEqualTo(ExitCodes.NO);
        assertThat(gateway.told()).containsExactly("b-9 false", "b-0 true");
        assertThat(said()).contains("its tool no longer has it");
        gateway.counts("b-0");
        assertThat(run()).isEqualTo(ExitCodes.OK);
        assertThat(gateway.told()).endsWith("b-9 false", "b-0 true", "b-1 true");
    }

    /** Until the store can be read nobody knows whether the counted backup is there, so it does not count. */
    @Test
    void aStoreThatCannotBeListedIsReported() throws IOException {
        run();
        gateway.counts("b-0");
        Path aside = Files.move(root.resolve("store"), root.resolve("aside"));
        assertThatThrownBy(this::run).hasMessageContaining("`list` ended with");
        assertThat(gateway.told()).containsExactly("b-0 true", "looked false");
        assertThat(gateway.isUnlooked()).isTrue();
        Files.move(aside, root.resolve("store"));
        assertThat(run()).isEqualTo(ExitCodes.OK);
        assertThat(gateway.told()).containsExactly("b-0 true", "looked false", "looked true", "b-1 true");
    }

    @Test
    void whatCannotBeTakenChangesNothing() throws IOException {
        script("take", "exit 3");
        assertThatThrownBy(this::run).hasMessageContaining("`take` ended with 3");
        assertThat(gateway.told()).isEmpty();
    }

    @Test
    void anAttestationThatTheGatewayCouldNotSaveIsNoSuccess() throws IOException {
        gateway.full(true);
        assertThat(run()).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(said()).contains("could not save the attestation");
    }

    /** A machine of its own for backups has no gateway: the attestation is carried over. */
    @Test
    void anAttestationIsWrittenForAnotherMachine() throws Exception {
        use(root.resolve("none/gateway.yaml"));
        assertThat(run()).as("nobody learnt of it").isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(said()).contains("there is no gateway on this machine").contains("--out FILE");
        Path out = root.resolve("attested.json");
        assertThat(work.run(plan, Optional.of(out))).isEqualTo(ExitCodes.OK);
        assertThat(gateway.told()).isEmpty();
        PrintStream print = new PrintStream(said, true, StandardCharsets.UTF_8);
        assertThat(InterlockCommand.run(
                        print, print, "backup", "attest", out.toString(), "--config=" + root.resolve("gateway.yaml")))
                .as(said())
                .isEqualTo(ExitCodes.OK);
        assertThat(gateway.told()).isEqualTo(List.of("b-1 true"));
    }
}
