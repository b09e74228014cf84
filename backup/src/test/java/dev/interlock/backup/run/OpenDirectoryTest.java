package dev.interlock.backup.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that links and pipes of others are neither followed nor waited for. */
@Tag("process")
class OpenDirectoryTest {

    @TempDir
    private Path root;

    private Path here;
    private Path elsewhere;

    @BeforeEach
    void prepare() throws IOException {
        here = Files.createDirectory(root.resolve("here"));
        elsewhere = Files.createDirectory(root.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("file"), "somebody's");
    }

    /** Requires that it returns; the thread of a call that hangs cannot be ended. */
    private static <T> T comesBack(Callable<T> opening) throws Exception {
        FutureTask<T> task = new FutureTask<>(opening);
        Thread.ofPlatform().daemon().start(task);
        try {
            return task.get(300, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException why ? why : e;
        }
    }

    /** Nobody ever writes to it. */
    @Test
    void aPipeIsNotWaitedFor() throws Exception {
        Process made = new ProcessBuilder("mkfifo", here.resolve("pipe").toString()).start();
        assumeTrue(made.waitFor() == 0, "no pipe can be made here");
        try (OpenDirectory in = OpenDirectory.at(here)) {
            assertThatThrownBy(() -> comesBack(() -> in.read("pipe"))).hasMessageContaining("pipe` is not a file");
            assertThatThrownBy(() -> comesBack(() -> in.write("pipe"))).hasMessageContaining("pipe` is not a file");
            assertThatThrownBy(() -> comesBack(() -> in.directory("pipe"))).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> comesBack(() -> OpenDirectory.at(here.resolve("pipe"))))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void noLinkInItIsFollowed() throws IOException {
        Files.createSymbolicLink(here.resolve("directory"), elsewhere);
        Files.createSymbolicLink(here.resolve("file"), elsewhere.resolve("file"));
        Files.createSymbolicLink(here.resolve("nowhere"), elsewhere.resolve("made"));
        try (OpenDirectory in = OpenDirectory.at(here)) {
            assertThatThrownBy(() -> in.read("file")).hasMessageContaining("file` is not a file");
            assertThatThrownBy(() -> in.write("nowhere")).hasMessageContaining("nowhere` is not a file");
            assertThatThrownBy(() -> in.create("nowhere")).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> in.make("nowhere")).hasMessageContaining("is there already");
            assertThatThrownBy(() -> in.directory("directory")).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> OpenDirectory.in(here, "directory")).isInstanceOf(IOException.class);
            in.removeTree(Path.of("directory"));
        }
        assertThat(here.resolve("directory")).doesNotExist();
        assertThat(elsewhere).isDirectoryContaining("glob:**/file");
        assertThat(elsewhere.resolve("made")).doesNotExist();
    }

    /** A name that leads to another directory by now does not open that one. */
    @Test
    void whatIsOpenStaysWhatItIs() throws IOException {
        Files.createDirectory(here.resolve("own"));
        try (OpenDirectory in = OpenDirectory.at(here);
                OpenDirectory own = in.directory("own")) {
            Files.move(here.resolve("own"), here.resolve("away"));
            Files.createSymbolicLink(here.resolve("own"), elsewhere);
            own.replace("file", new byte[] {1});
            try (OpenDirectory _ = own.make("deeper")) {
                assertThat(here.resolve("away/deeper")).isDirectory();
            }
            assertThat(own.read("file").readAllBytes()).containsExactly(1);
            assertThat(own.isIn(in, "own")).isFalse();
            assertThat(own.isIn(in, "away")).isTrue();
        }
        assertThat(elsewhere.resolve("file")).hasContent("somebody's");
    }

    @Test
    void whatIsMadeIsItsOwnersAlone() throws IOException {
        try (OpenDirectory in = OpenDirectory.at(here);
                OpenDirectory _ = in.make("directory");
                var _ = in.create("file")) {
            assertThat(Files.getPosixFilePermissions(here.resolve("directory"), LinkOption.NOFOLLOW_LINKS))
                    .isEqualTo(PosixFilePermissions.fromString("rwx------"));
            assertThat(Files.getPosixFilePermissions(here.resolve("file"), LinkOption.NOFOLLOW_LINKS))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        }
    }
}
