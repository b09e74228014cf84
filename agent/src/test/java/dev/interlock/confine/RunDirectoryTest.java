package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the leftovers of a killed run, and who removes them. */
@Tag("process")
class RunDirectoryTest {

    @TempDir
    Path where;

    /** Another run: makes a file, prints its path, and goes on until it is killed. */
    static final class Run {
        private Run() {}

        public static void main(String[] arguments) throws IOException {
            try (RunDirectory scratch = RunDirectory.create(Path.of(arguments[0]))) {
                Files.writeString(scratch.directory().resolve("lent"), "x");
                System.out.println(scratch.directory());
                var _ = System.in.read();
            }
        }
    }

    private Process run() throws IOException {
        return new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Run.class.getName(),
                        where.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static Path said(Process run) throws IOException {
        return Path.of(run.inputReader(StandardCharsets.UTF_8).readLine());
    }

    private Path left(String name) throws IOException {
        Path left = Files.createDirectory(where.resolve(name));
        Files.setPosixFilePermissions(left, PosixFilePermissions.fromString("rwx--x--x"));
        Files.writeString(left.resolve("lock"), "");
        return left;
    }

    @Test
    void whatAKilledRunLeftIsTakenAwayByTheNextAndWhatALivingOneHoldsIsNot() throws Exception {
        Process first = run();
        Path held = said(first);
        try (RunDirectory scratch = RunDirectory.create(where)) {
            assertThat(scratch.directory()).isNotEqualTo(held);
            assertThat(held.resolve("lent")).exists();
        }
        first.destroyForcibly().waitFor();
        assertThat(held.resolve("lent")).exists();
        try (RunDirectory _ = RunDirectory.create(where)) {
            assertThat(held).doesNotExist();
        }
        assertThat(where).isEmptyDirectory();
    }

    @Test
    void anEndedRunLeavesNothing() throws Exception {
        Process run = run();
        Path held = said(run);
        run.getOutputStream().close();
        assertThat(run.waitFor()).isZero();
        assertThat(held).doesNotExist();
    }

    @Test
    void othersPassThroughItAndDoNotListIt() throws Exception {
        try (RunDirectory scratch = RunDirectory.create(where)) {
            assertThat(permissions(scratch.directory())).isEqualTo("rwx--x--x");
            assertThat(permissions(scratch.directory().resolve("lock"))).isEqualTo("rw-------");
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void noLinkIsFollowed() throws Exception {
        Path kept = Files.createDirectory(where.resolve("kept"));
        Files.writeString(kept.resolve("lock"), "");
        Files.createSymbolicLink(where.resolve("interlock-run-link"), kept);
        Path left = left("interlock-run-1");
        Files.createSymbolicLink(left.resolve("more"), kept);
        Path odd = Files.createDirectory(where.resolve("interlock-run-2"));
        Path precious = Files.writeString(where.resolve("precious"), "x");
        Files.createSymbolicLink(odd.resolve("lock"), precious);
        try (RunDirectory _ = RunDirectory.create(where)) {
            assertThat(left).doesNotExist();
            assertThat(kept.resolve("lock")).exists();
            assertThat(precious).hasContent("x");
            assertThat(Files.exists(where.resolve("interlock-run-link"), LinkOption.NOFOLLOW_LINKS))
                    .isTrue();
        }
    }

    @Test
    void otherUsersDirectoriesAreNotRemoved() throws Exception {
        assumeTrue(Host.uid() == 0, "needs two users");
        Path others = left("interlock-run-others");
        Files.setAttribute(others, "unix:uid", 61_234);
        Path shared = left("interlock-run-shared");
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwx-wx-wx"));
        try (RunDirectory _ = RunDirectory.create(where)) {
            assertThat(others.resolve("lock")).exists();
            assertThat(shared.resolve("lock")).exists();
        }
    }

    @Test
    void nothingIsTakenAwayWhereOthersCouldExchangeIt() throws Exception {
        Path left = left("interlock-run-1");
        Files.setPosixFilePermissions(where, PosixFilePermissions.fromString("rwxrwxrwx"));
        try (RunDirectory _ = RunDirectory.create(where)) {
            assertThat(left).exists();
        }
        Files.setAttribute(where, "unix:mode", 01777);
        try (RunDirectory _ = RunDirectory.create(where)) {
            assertThat(left).doesNotExist();
        }
    }

    @Test
    void whatWasKilledBeforeItWasLockedIsTakenAwayWhileItIsEmpty() throws Exception {
        Path empty = Files.createDirectory(where.resolve("interlock-run-empty"));
        Path full = Files.createDirectory(where.resolve("interlock-run-full"));
        Files.writeString(full.resolve("x"), "x");
        try (RunDirectory _ = RunDirectory.create(where);
                Stream<Path> left = Files.list(where)) {
            assertThat(empty).doesNotExist();
            assertThat(left).contains(full).hasSize(2);
        }
    }
}
