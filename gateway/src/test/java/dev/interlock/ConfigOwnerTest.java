package dev.interlock;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigOwnerTest {

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
        assertThatCode(() -> Config.requireTrusted(file)).doesNotThrowAnyException();
    }

    @Test
    void aFileThatEverybodyCanWriteIsNot() throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--rw-"));
        assertThatThrownBy(() -> Config.requireTrusted(file)).hasMessageContaining("can be written by everybody");
    }

    @Test
    void aFileOfSomebodyElseIsNot() throws IOException {
        assumeTrue(
                Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
                "only root can give a file away");
        Files.setAttribute(file, "unix:uid", AGENT);
        assertThatThrownBy(() -> Config.requireTrusted(file)).hasMessageContaining("belongs to user " + AGENT);
    }
}
