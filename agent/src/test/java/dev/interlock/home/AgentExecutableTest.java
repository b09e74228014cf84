package dev.interlock.home;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AgentExecutableTest {

    @TempDir
    private Path home;

    private void program(String path, String mode) throws IOException {
        Path file = home.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    /** The PATH of sudo has no directory of the person. */
    @Test
    void agentsAreFoundWherePeopleInstallThem() throws IOException {
        program(".local/bin/claude", "rwxr-xr-x");
        program(".nvm/versions/node/v22.1.0/bin/gemini", "rwxr-xr-x");
        program("elsewhere/cursor-agent", "rwxr-xr-x");
        program("bin/codex", "rw-r--r--");
        String path = AgentExecutable.path(home, "relative:" + home.resolve("elsewhere"));
        for (String found : new String[] {"claude", "gemini", "cursor-agent"}) {
            assertThat(AgentExecutable.find(found, path)).as(found).isPresent();
        }
        assertThat(AgentExecutable.find("codex", path)).isEmpty();
    }
}
