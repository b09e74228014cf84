package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Bytes;
import dev.interlock.action.ExecutedPaths;
import dev.interlock.confine.SandboxFixture.Result;
import dev.interlock.linux.MountTable;
import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Tests files that are replaced in the workspace while its mounts are made, with real sandboxes and real renames. */
@Tag("process")
@Isolated("it waits for any sandbox that this JVM is building")
class MountCheckTest {

    private static final String RAN = "echo ran > ran; ";

    private SandboxFixture place;
    private Path other;

    @BeforeEach
    void open() throws IOException {
        place = SandboxFixture.orSkipped();
        other = Files.createDirectory(place.directory.resolve("other"));
        Files.writeString(other.resolve("package.json"), "of somebody else\n");
        Files.writeString(other.resolve("secret"), "of somebody else\n");
        give(other);
        Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    @AfterEach
    void close() throws IOException {
        if (place != null) {
            place.close();
        }
    }

    private void write(String path) throws IOException {
        Path file = place.workspace.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "as it was\n");
    }

    private void give(Path directory) throws IOException {
        if (Host.uid() == 0) {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path path : all.toList()) {
                    Files.setAttribute(path, "unix:uid", place.uid, LinkOption.NOFOLLOW_LINKS);
                }
            }
        }
    }

    private OverlayMounts held() throws IOException {
        give(place.workspace);
        ExecutedFiles executed =
                ExecutedFiles.search(place.workspace, ExecutedPaths.usual().allHeld(), Set.of(), Set.of(), place.uid);
        return new OverlayMounts(executed.held(), Map.of(), Map.of());
    }

    private SandboxSpec cell(OverlayMounts furnishing, String script) {
        return place.cell("/bin/sh", "-c", RAN + script).with(furnishing);
    }

    /** Makes {@code path} a link to {@code to}, and saves the original. */
    private void link(String path, Path to) throws IOException {
        Path name = place.workspace.resolve(path);
        Files.move(name, place.workspace.resolve("kept"));
        Files.createSymbolicLink(name, to);
    }

    private void back(String path) throws IOException {
        Path name = place.workspace.resolve(path);
        Files.delete(name);
        Files.move(place.workspace.resolve("kept"), name);
    }

    /** A concurrent change. */
    @FunctionalInterface
    private interface Step {
        void take() throws IOException;
    }

    /**
     * Runs {@code cell}, and takes {@code step} when bubblewrap has resolved all names and mounted nothing yet. Its
     * first argument is a file that it reads from a pipe, and the content comes afterwards.
     */
    private void meanwhile(SandboxSpec cell, Step step) throws Exception {
        Path pipe = place.directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        StandardStreams stdio = new StandardStreams(
                Redirect.from(pipe.toFile()),
                Redirect.to(place.directory.resolve("out").toFile()),
                Redirect.to(place.directory.resolve("err").toFile()));
        FutureTask<Integer> run = new FutureTask<>(
                () -> place.start(cell, MountCheckTest::waiting, stdio).exit());
        Thread.ofPlatform().start(run);
        try (OutputStream rest = Files.newOutputStream(pipe)) {
            rest.write('\n');
            while (!isBuilding()) {
                assertThat(run.isDone()).isFalse();
                WaitLoop.pause();
            }
            step.take();
        }
        try {
            run.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SandboxException refusal) {
                throw refusal;
            }
            throw e;
        }
    }

    private static List<BubblewrapArgs.SandboxWall> waiting(List<BubblewrapArgs.SandboxWall> walls) {
        List<BubblewrapArgs.SandboxWall> more = new ArrayList<>(walls);
        more.addFirst(new BubblewrapArgs.SandboxWall("waiting", List.of("--file", "0", "/waited")));
        return more;
    }

    private static boolean isBuilding() {
        return ProcessHandle.current().descendants().anyMatch(process -> {
            try {
                return !MountTable.of(Long.toString(process.pid()))
                        .at("/newroot")
                        .isEmpty();
            } catch (IOException e) {
                return false; // it ended meanwhile
            }
        });
    }

    private void assertRefused(SandboxSpec cell, String exchanged, Step step) {
        assertThatThrownBy(() -> meanwhile(cell, step))
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("`" + place.workspace.resolve(exchanged) + "` differs from the checked one");
        assertThat(place.workspace.resolve("ran")).doesNotExist();
    }

    @Test
    void whereNothingIsExchangedItStarts() throws Exception {
        write("a b/\\040/packages/package.json");
        write(".husky/pre-push");
        meanwhile(cell(held(), "true"), () -> {});
        assertThat(place.workspace.resolve("ran")).exists();
    }

    @Test
    void hostsRootIsNotShownInThePlaceOfAHeldDirectory() throws Exception {
        write(".husky/pre-push");
        SandboxSpec cell = cell(held(), "ls .husky");
        link(".husky", Path.of("/"));
        assertRefused(cell, ".husky", () -> back(".husky"));
    }

    @Test
    void otherDirectoryIsNotShownInThePlaceOfOneAroundAHeldFile() throws Exception {
        write("a/package.json");
        SandboxSpec cell = cell(held(), "echo x > a/secret");
        link("a", other);
        assertRefused(cell, "a", () -> back("a"));
        assertThat(other.resolve("secret")).hasContent("of somebody else");
    }

    @Test
    void linkOnTheWayIsEnough() throws Exception {
        write("a/.husky/pre-push");
        SandboxSpec cell = cell(held(), "ls a/.husky");
        Files.createDirectory(other.resolve(".husky"));
        link("a", other);
        assertThatThrownBy(() -> meanwhile(cell, () -> back("a"))).isInstanceOf(SandboxException.class);
        assertThat(place.workspace.resolve("ran")).doesNotExist();
    }

    @Test
    void maskThatWasLaidOverSomethingElseIsMissed() throws Exception {
        write(".env");
        write("aside");
        give(place.workspace);
        try (OverlayFiles lent = OverlayFiles.to(place.uid, place.directory)) {
            Map<Path, Path> masks = lent.writeAll(Map.of(place.workspace.resolve(".env"), Bytes.utf8("TOKEN=decoy\n")));
            lent.grantToAgent();
            SandboxSpec cell = cell(new OverlayMounts(Set.of(), masks, Map.of()), "cat kept");
            assertRefused(cell, ".env", () -> link(".env", Path.of("aside")));
        }
    }

    @Test
    void coverThatWasLaidOverSomethingElseIsMissed() throws Exception {
        write("interlock/gateway.yaml");
        write("aside/x");
        give(place.workspace);
        SandboxSpec plain = cell(OverlayMounts.NONE, "cat kept/gateway.yaml");
        SandboxSpec cell = new SandboxSpec(
                plain.command(),
                plain.workspace(),
                plain.socket(),
                plain.lease(),
                plain.trust(),
                plain.uid(),
                Map.of(),
                List.of(),
                Set.of(),
                Set.of(place.workspace.resolve("interlock")),
                false,
                OverlayMounts.NONE,
                ProcessLimits.USUAL);
        assertRefused(cell, "interlock", () -> link("interlock", Path.of("aside")));
    }

    /** A separate file system below the workspace is visible as before. */
    @Test
    void whatIsMountedBelowTheWorkspaceComesWithIt() throws Exception {
        assumeTrue(Host.uid() == 0, "needs root to mount");
        write("a/package.json");
        Path volume = Files.createDirectory(place.workspace.resolve("a/volume"));
        OverlayMounts furnishing = held();
        assumeTrue(ran("mount", "-t", "tmpfs", "-o", "mode=777", "tmpfs", volume.toString()), "cannot mount");
        try {
            Files.writeString(volume.resolve("file"), "there\n");
            Result result = place.run(cell(furnishing, "cat a/volume/file"), UnaryOperator.identity());
            assertThat(result.out()).isEqualTo("there");
        } finally {
            assertThat(ran("umount", volume.toString())).isTrue();
        }
    }

    private static boolean ran(String... command) throws Exception {
        return new ProcessBuilder(command).start().waitFor() == 0;
    }

    /** The kernel's own list, with one word changed. */
    @Test
    void everyPropertyOfAMountCounts() throws Exception {
        MountTable host = new MountTable(
                List.of(mount(1, 0, "8:1", "/", "/", false), mount(2, 1, "8:2", "/of", "/w/deep", false)));
        MountCheck raised = MountCheck.by(List.of(new BubblewrapArgs.SandboxWall(
                "a wall",
                List.of("--setenv", "X", "--bind", "--bind", "/w", "/w", "--ro-bind", "/w/held", "/w/held"))));
        MountTable.ProcessMount root =
                new MountTable.ProcessMount(1, 0, new MountTable.MountedFile("0:9", "/"), "/", true, "tmpfs", "none");
        MountTable.ProcessMount workspace = mount(2, 1, "8:1", "/w", "/w", false);
        MountTable.ProcessMount held = mount(3, 2, "8:1", "/w/held", "/w/held", true);
        MountTable.ProcessMount deep = mount(4, 2, "8:2", "/of", "/w/deep", false);
        assertThat(raised.firstDifference(new MountTable(List.of(root, workspace, held, deep)), host))
                .isEmpty();
        assertThat(raised.firstDifference(new MountTable(List.of(root, workspace, deep)), host))
                .contains("/w/held");
        for (MountTable.ProcessMount other : List.of(
                mount(3, 2, "8:1", "/w/held", "/w/held", false),
                mount(3, 2, "8:2", "/w/held", "/w/held", true),
                mount(3, 2, "8:1", "/", "/w/held", true),
                mount(3, 2, "8:1", "/w/held", "/w/elsewhere", true))) {
            assertThat(raised.firstDifference(new MountTable(List.of(root, workspace, other)), host))
                    .as(other.toString())
                    .isPresent();
        }
        for (MountTable.ProcessMount more : List.of(
                mount(5, 2, "8:1", "/", "/w/more", true),
                mount(5, 1, "8:1", "/w/held", "/etc", true),
                mount(5, 2, "8:2", "/", "/w/deep", false),
                mount(5, 3, "8:1", "/etc", "/w/held", true))) {
            assertThat(raised.firstDifference(new MountTable(List.of(root, workspace, held, deep, more)), host))
                    .as(more.toString())
                    .contains(more.at());
        }
    }

    private static MountTable.ProcessMount mount(
            int id, int parent, String device, String path, String at, boolean readOnly) {
        return new MountTable.ProcessMount(
                id, parent, new MountTable.MountedFile(device, path), at, readOnly, "ext4", "/dev/sda");
    }

    /** At any moment of the change, it starts as required, or not at all. */
    @Test
    void raceIsNeverWon() throws Exception {
        write(".husky/pre-push");
        SandboxSpec cell = cell(held(), "test -e .husky/other/secret && echo OUT");
        Path name = place.workspace.resolve(".husky");
        Path link = Files.createSymbolicLink(place.workspace.resolve("link"), place.directory);
        String number = System.getProperty("os.arch", "").equals("aarch64") ? "276" : "316"; // renameat2
        Process exchanging = new ProcessBuilder(
                        "perl",
                        "-e",
                        "my ($n, $a, $b) = @ARGV; $n += 0; while (syscall($n, -100, $a, -100, $b, 2) == 0)"
                                + " { select(undef, undef, undef, 0.0005) }",
                        number,
                        name.toString(),
                        link.toString())
                .start();
        try {
            for (int tries = 0; tries < 24; tries++) {
                try {
                    assertThat(place.run(cell, UnaryOperator.identity()).out()).doesNotContain("OUT");
                } catch (SandboxException e) {
                    assertThat(e).hasMessageContaining("differs from the checked one");
                }
            }
            assertThat(exchanging.isAlive()).isTrue();
        } finally {
            exchanging.destroyForcibly().waitFor();
        }
    }
}
