package dev.interlock.linux;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrustedFilesTest {

    private static final int AGENT = 64_990;

    @TempDir
    private Path directory;

    private Path file = Path.of("gateway.yaml");

    @BeforeEach
    void write() throws IOException {
        file = Files.writeString(directory.resolve("gateway.yaml"), "origin: x\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    @Test
    void aFileOfThisUserIsTrusted() {
        assertThatCode(() -> TrustedFiles.require(file)).doesNotThrowAnyException();
    }

    @Test
    void aFileThatOthersCanWriteIsNot() throws IOException {
        for (String mode : List.of("rw-r--rw-", "rw-rw-r--")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
            assertThatThrownBy(() -> TrustedFiles.require(file))
                    .as(mode)
                    .hasMessageContaining("can be written by others")
                    .hasMessageContaining("chmod go-w " + file);
        }
    }

    @Test
    void aFileThatOthersCouldExchangeIsNot() throws IOException {
        for (String mode : List.of("rwxr-xrwx", "rwxrwxr-x")) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
            assertThatThrownBy(() -> TrustedFiles.require(file))
                    .as(mode)
                    .hasMessageContaining("could replace the file")
                    .hasMessageContaining("chmod go-w " + directory);
        }
    }

    @Test
    void aStickyDirectoryIsNoDanger() throws IOException {
        Files.setAttribute(directory, "unix:mode", 01777);
        assertThatCode(() -> TrustedFiles.require(file)).doesNotThrowAnyException();
    }

    @Test
    void aLinkIsTrustedAsTheDirectoriesAtBothEnds() throws IOException {
        Path open = Files.createDirectory(directory.resolve("open"));
        Path link = Files.createSymbolicLink(open.resolve("gateway.yaml"), file);
        assertThatCode(() -> TrustedFiles.require(link)).doesNotThrowAnyException();
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> TrustedFiles.require(link)).hasMessageContaining("`" + open + "` can be written");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path other = Files.createSymbolicLink(
                Files.createDirectory(open.resolve("own")).resolve("gateway.yaml"), file);
        assertThatThrownBy(() -> TrustedFiles.require(other))
                .hasMessageContaining("`" + directory + "` can be written");
    }

    private static void assumeRoot() throws IOException {
        assumeTrue(
                Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
                "only root can give a file away");
    }

    @Test
    void aFileOfSomebodyElseIsNot() throws IOException {
        assumeRoot();
        Files.setAttribute(file, "unix:uid", AGENT);
        assertThatThrownBy(() -> TrustedFiles.require(file)).hasMessageContaining("belongs to user " + AGENT);
        assertThatCode(() -> TrustedFiles.require(file, Set.of(AGENT))).doesNotThrowAnyException();
    }

    @Test
    void aFileInTheDirectoryOfSomebodyElseIsNot() throws IOException {
        assumeRoot();
        Files.setAttribute(directory, "unix:uid", AGENT);
        assertThatThrownBy(() -> TrustedFiles.require(file))
                .hasMessageContaining("the directory `" + directory + "` belongs to user " + AGENT);
        Files.setAttribute(directory, "unix:mode", 01777); // the sticky bit does not bind the directory's owner
        assertThatThrownBy(() -> TrustedFiles.require(file)).hasMessageContaining("belongs to user " + AGENT);
        assertThatCode(() -> TrustedFiles.require(file, Set.of(AGENT))).doesNotThrowAnyException();
    }
}
