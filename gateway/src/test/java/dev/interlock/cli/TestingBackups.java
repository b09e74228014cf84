package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.backup.kept.Encryption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** What a {@code backups.yaml} names: the key that encrypts, and the one that attests. */
final class TestingBackups {

    private TestingBackups() {}

    /** Makes {@code backup.key} and {@code attest} in {@code root}, which others may pass through from now on. */
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
