package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrainingRunTest {

    @TempDir
    private Path root;

    /** A user who could write in it could make root write through a planted link, and remove files of others. */
    @Test
    void nobodyElseWritesInTheWorkspace() throws IOException {
        Path workspace = TrainingRun.workspace(root);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(workspace)))
                .isEqualTo("rwx------");
        try (Stream<Path> files = Files.walk(workspace)) {
            List<Path> all = files.toList();
            assertThat(all).contains(workspace.resolve(".env"), workspace.resolve(".git/config"));
            for (Path file : all) {
                assertThat(Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS))
                        .as(file.toString())
                        .isEqualTo(Options.agentUser(null));
            }
        }
    }
}
