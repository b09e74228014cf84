package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the public half beside the key that attests: notes count by it, and backups work without it. */
class BackupConfigAttesterTest {

    private static final int SERVICE = 64_991;
    private static final int AGENT = 64_990;

    @TempDir
    private Path directory;

    private Path keys = Path.of("keys");
    private Path half = Path.of("attest.pub");

    @BeforeEach
    void write() throws IOException {
        keys = Files.createDirectory(directory.resolve("keys"));
        Files.writeString(keys.resolve("attest"), "private\n");
        half = Files.writeString(
                keys.resolve("attest.pub"), TestingKey.software().line() + "\n");
        Path file = Files.writeString(directory.resolve("backups.yaml"), """
                key: backup.key
                attest-key: keys/attest
                plans:
                  files:
                    of: "shop:order/o-2"
                    source: {directory: /srv/files}
                    target: {directory: target}
                """);
        for (Path path : List.of(half, file)) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    private BackupConfig read() throws IOException {
        return BackupConfig.beside(directory.resolve("gateway.yaml"));
    }

    private void isUsed() throws IOException {
        assertThat(read().plan("files").attester()).isPresent();
        assertThat(read().unattested()).isEmpty();
    }

    private void own(int user, Path... paths) throws IOException {
        assumeTrue(
                Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
                "only root can give a file away");
        for (Path path : paths) {
            Files.setAttribute(path, "unix:uid", user);
        }
    }

    @Test
    void whoHasTheKeyMayHaveItsPublicHalf() throws IOException {
        isUsed();
        own(SERVICE, keys, keys.resolve("attest"), half);
        isUsed();
    }

    @Test
    void whatStrangersCanWriteIsRefused() throws IOException {
        Files.setPosixFilePermissions(half, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThatThrownBy(this::read).hasMessageContaining("can be written by others");
        Files.setPosixFilePermissions(half, PosixFilePermissions.fromString("rw-r--r--"));
        own(AGENT, half);
        assertThatThrownBy(this::read).hasMessageContaining("belongs to user " + AGENT);
    }

    @Test
    void oneThatCannotBeUsedIsSaidAndKeepsNothingFromWorking() throws IOException {
        for (String other : List.of("ssh-rsa AAAAB3NzaC1yc2E= old", "", "one\ntwo")) {
            Files.writeString(half, other);
            assertThat(read().plan("files").attester()).as(other).isEmpty();
            assertThat(read().unattested())
                    .as(other)
                    .hasValueSatisfying(why -> assertThat(why).contains("`" + half + "` is not a usable public key"));
        }
        Files.delete(half);
        Files.createDirectory(half);
        assertThat(read().unattested())
                .hasValueSatisfying(why -> assertThat(why).contains("cannot be read"));
        Files.delete(half);
        assertThat(read().unattested()).as("there is none").isEmpty();
    }
}
