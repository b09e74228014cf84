package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.confine.SafeRemoval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
final class VaultMoveTest {

    private static final Path OTHER = Path.of("/dev/shm");

    @TempDir
    private Path directory;

    /** `data` may be a file system of its own, and so another than its neighbour's. */
    @Test
    void aVaultMovesToAnotherFileSystem() throws IOException {
        assumeTrue(
                Files.isWritable(OTHER)
                        && !Files.getAttribute(OTHER, "unix:dev").equals(Files.getAttribute(directory, "unix:dev")),
                "needs two file systems");
        Path data = Files.createTempDirectory(OTHER, "interlock-vault-");
        try {
            Path from = vault(data.resolve("vault"));
            Path to = directory.resolve("vault");
            // An earlier move was interrupted.
            Files.writeString(
                    Files.createDirectory(directory.resolve("vault.new")).resolve("half"), "");
            new VaultMove(from, to).make();
            assertIsWhole(to);
            assertThat(to.resolve("half")).doesNotExist();
            assertThat(from).doesNotExist();
            assertThat(directory.resolve("vault.new")).doesNotExist();
            new VaultMove(from, to).make();
            assertIsWhole(to);
        } finally {
            SafeRemoval.of(data);
        }
    }

    @Test
    void aVaultIsRenamedWhereThatCanBe() throws IOException {
        Path from = vault(directory.resolve("from"));
        Object file = Files.getAttribute(from.resolve("ordinary/a.slot"), "unix:ino");
        Path to = directory.resolve("to");
        new VaultMove(from, to).make();
        assertIsWhole(to);
        assertThat(Files.getAttribute(to.resolve("ordinary/a.slot"), "unix:ino"))
                .isEqualTo(file);
    }

    /** It is in a directory of the gateway's, which may be compromised: root copies nothing but files for it. */
    @Test
    void onlyPlainFilesAreCopied() throws IOException {
        assumeTrue(
                Files.isWritable(OTHER)
                        && !Files.getAttribute(OTHER, "unix:dev").equals(Files.getAttribute(directory, "unix:dev")),
                "needs two file systems");
        Path data = Files.createTempDirectory(OTHER, "interlock-vault-");
        try {
            Path from = vault(data.resolve("vault"));
            Files.createSymbolicLink(from.resolve("ordinary/b.slot"), Path.of("/etc/hostname"));
            Path to = directory.resolve("vault");
            assertThatThrownBy(() -> new VaultMove(from, to).make())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("b.slot` is not a vault file");
            assertThat(to).doesNotExist();
            assertIsWhole(from);
        } finally {
            SafeRemoval.of(data);
        }
    }

    private static Path vault(Path at) throws IOException {
        Files.createDirectories(at.resolve("ordinary"));
        Path slot = Files.writeString(at.resolve("ordinary/a.slot"), "sealed");
        Files.setPosixFilePermissions(slot, PosixFilePermissions.fromString("rw-------"));
        Files.setPosixFilePermissions(at, PosixFilePermissions.fromString("rwx------"));
        return at;
    }

    private static void assertIsWhole(Path vault) throws IOException {
        assertThat(vault.resolve("ordinary/a.slot")).hasContent("sealed");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(vault)))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(vault.resolve("ordinary/a.slot"))))
                .isEqualTo("rw-------");
    }
}
