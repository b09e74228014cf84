package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests exclusive use of a workspace, among real processes. */
class WorkspaceLockTest {

    @TempDir
    Path directory;

    /** Claims the given workspace, until it is killed. */
    static final class Holder {
        private Holder() {}

        @SuppressWarnings("SystemOut") // the test reads it
        public static void main(String[] arguments) throws Exception {
            try (WorkspaceLock _ = WorkspaceLock.of(Path.of(arguments[0]), Optional.empty(), Path.of(arguments[1]))) {
                System.out.println("held");
                System.out.println(System.in.read());
            }
        }
    }

    private Path register() {
        return directory.resolve("state");
    }

    private void claimed(Path workspace) throws IOException, SandboxException {
        WorkspaceLock.of(workspace.toRealPath(), Optional.empty(), register()).close();
    }

    private Process holder(Path workspace) throws IOException {
        Process holder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        workspace.toRealPath().toString(),
                        register().toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader said = holder.inputReader(StandardCharsets.UTF_8);
        assertThat(said.readLine()).isEqualTo("held");
        return holder;
    }

    @Test
    @Tag("process")
    void workspaceAndWhatLiesInOrAroundItIsOneLiveProcesss() throws Exception {
        Path outer = Files.createDirectory(directory.resolve("outer"));
        Path workspace = Files.createDirectory(outer.resolve("workspace"));
        Path inner = Files.createDirectories(workspace.resolve("a/b"));
        Path beside = Files.createDirectory(outer.resolve("workspace2"));
        Process holder = holder(workspace);
        try {
            for (Path taken : List.of(workspace, outer, inner)) {
                assertThatThrownBy(() -> claimed(taken))
                        .as(taken.toString())
                        .isInstanceOfSatisfying(
                                SandboxException.class,
                                e -> assertThat(e.next()).contains("git worktree add ../other"))
                        .hasMessageContaining("Another agent of yours works in");
            }
            claimed(beside);
        } finally {
            holder.destroyForcibly().waitFor(); // killed: the kernel releases the lock
        }
        for (Path free : List.of(workspace, outer, inner)) {
            claimed(free);
        }
    }

    @Test
    @Tag("process")
    void theLockIsForTheDirectoryAndNotItsName() throws Exception {
        Path workspace = Files.createDirectory(directory.resolve("workspace"));
        Path renamed = directory.resolve("renamed");
        Process holder = holder(workspace);
        try {
            Files.move(workspace, renamed);
            assertThatThrownBy(() -> claimed(renamed)).isInstanceOf(SandboxException.class);
            claimed(Files.createDirectory(workspace));
        } finally {
            holder.destroyForcibly().waitFor();
        }
    }

    @Test
    void registerIsItsOwnersAlone() throws Exception {
        claimed(Files.createDirectory(directory.resolve("workspace")));
        assertThat(Files.getPosixFilePermissions(register()).toString()).doesNotContain("GROUP", "OTHERS");
        assertThat(Files.getPosixFilePermissions(register().resolve("workspaces.lock"))
                        .toString())
                .doesNotContain("GROUP", "OTHERS");
        assertThat(register().resolve("workspaces.lock")).isEmptyFile();
    }
}
