package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.backup.kept.Encryption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The files that a {@code backups.yaml} names: the key that encrypts, and the one that attests. */
final class TestingBackups {

    static final String REPORT = "{\"count\":1,\"digest\":\"1\",\"name\":\"rows\"}";

    /** A shell command that takes, or tests, one row. */
    static final String COPY = "echo row; echo '" + REPORT + "' > \"$INTERLOCK_REPORT\"";

    private TestingBackups() {}

    /** Writes a plan {@code rows} in {@code root} for a program's data, with the target {@code target} there. */
    static void rows(Path root) throws Exception {
        program(root, COPY, "cat > /dev/null; " + COPY);
        keys(root);
        Files.writeString(root.resolve("backups.yaml"), """
                key: backup.key
                attest-key: attest
                scratch: scratch
                plans:
                  rows:
                    of: "shop:order/o-2"
                    source: {exec: {take: ["%1$s", take], verify: ["%1$s", verify]}}
                    target: {directory: target}
                    keep: {daily: 1, weekly: 0}
                """.formatted(root.resolve("program")));
    }

    /** Replaces the program's commands. */
    static void program(Path root, String take, String verify) throws IOException {
        Path program = Files.writeString(
                root.resolve("program"),
                "#!/bin/sh\ncase $1 in\ntake) " + take + " ;;\nverify) " + verify + " ;;\nesac\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Makes {@code backup.key} and {@code attest} in {@code root}, which others may pass through from then on. */
    static void keys(Path root) throws Exception {
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        Encryption.newKey(root.resolve("backup.key"));
        String attest = root.resolve("attest").toString();
        assertThat(new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", attest)
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
    }
}
