package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Bytes;
import dev.interlock.action.ExecutedPaths;
import dev.interlock.confine.TestingPlace.Result;
import dev.interlock.testing.Waiting;
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

/** Somebody exchanges what lies in the workspace while walls are raised from it: real sandboxes, and real renaming. */
@Tag("process")
@Isolated("it waits for any sandbox that this JVM is building")
class RaisedTest {

    private static final String RAN = "echo ran > ran; ";

    private TestingPlace place;
    private Path other;

    @BeforeEach
    void open() throws IOException {
        place = TestingPlace.orSkipped();
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

    private Furnishing held() throws IOException {
        give(place.workspace);
        Executed executed = Executed.look(place.workspace, ExecutedPaths.usual(), Set.of(), Set.of(), place.uid);
        return new Furnishing(executed.held(), Map.of(), Map.of());
    }

    private Cell cell(Furnishing furnishing, String script) {
        return place.cell("/bin/sh", "-c", RAN + script).with(furnishing);
    }

    /** The name {@code path} leads to {@code to} now; what it was is kept. */
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

    /** What somebody does meanwhile. */
    @FunctionalInterface
    private interface Step {
        void take() throws IOException;
    }

    /**
     * Runs {@code cell}, and takes {@code step} when bubblewrap has resolved all names and mounted nothing yet: it is
     * first to make a file of what it reads, and that comes afterwards.
     */
    private void meanwhile(Cell cell, Step step) throws Exception {
        Path pipe = place.directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Stdio stdio = new Stdio(
                Redirect.from(pipe.toFile()),
                Redirect.to(place.directory.resolve("out").toFile()),
                Redirect.to(place.directory.resolve("err").toFile()));
        FutureTask<Integer> run = new FutureTask<>(
                () -> place.start(cell, RaisedTest::waiting, stdio).exit());
        Thread.ofPlatform().start(run);
        try (OutputStream rest = Files.newOutputStream(pipe)) {
            rest.write('\n');
            while (!isBuilding()) {
                assertThat(run.isDone()).isFalse();
                Waiting.aMoment();
            }
            step.take();
        }
        try {
            run.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnconfinableException refusal) {
                throw refusal;
            }
            throw e;
        }
    }

    private static List<Walls.Wall> waiting(List<Walls.Wall> walls) {
        List<Walls.Wall> more = new ArrayList<>(walls);
        more.addFirst(new Walls.Wall("waiting", List.of("--file", "0", "/waited")));
        return more;
    }

    private static boolean isBuilding() {
        return ProcessHandle.current().descendants().anyMatch(process -> {
            try {
                return !Mounts.of(Long.toString(process.pid())).at("/newroot").isEmpty();
            } catch (IOException e) {
                return false; // it ended meanwhile
            }
        });
    }

    private void assertRefused(Cell cell, String exchanged, Step step) {
        assertThatThrownBy(() -> meanwhile(cell, step))
                .isInstanceOf(UnconfinableException.class)
                .hasMessageContaining("`" + place.workspace.resolve(exchanged) + "` is not what was looked at");
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
        Cell cell = cell(held(), "ls .husky");
        link(".husky", Path.of("/"));
        assertRefused(cell, ".husky", () -> back(".husky"));
    }

    @Test
    void otherDirectoryIsNotShownInThePlaceOfOneAroundAHeldFile() throws Exception {
        write("a/package.json");
        Cell cell = cell(held(), "echo x > a/secret");
        link("a", other);
        assertRefused(cell, "a", () -> back("a"));
        assertThat(other.resolve("secret")).hasContent("of somebody else");
    }

    @Test
    void linkOnTheWayIsEnough() throws Exception {
        write("a/.husky/pre-push");
        Cell cell = cell(held(), "ls a/.husky");
        Files.createDirectory(other.resolve(".husky"));
        link("a", other);
        assertThatThrownBy(() -> meanwhile(cell, () -> back("a"))).isInstanceOf(UnconfinableException.class);
        assertThat(place.workspace.resolve("ran")).doesNotExist();
    }

    @Test
    void maskThatWasLaidOverSomethingElseIsMissed() throws Exception {
        write(".env");
        write("aside");
        give(place.workspace);
        try (Lent lent = Lent.to(place.uid, place.directory)) {
            Map<Path, Path> masks = lent.all(Map.of(place.workspace.resolve(".env"), Bytes.utf8("TOKEN=decoy\n")));
            lent.give();
            Cell cell = cell(new Furnishing(Set.of(), masks, Map.of()), "cat kept");
            assertRefused(cell, ".env", () -> link(".env", Path.of("aside")));
        }
    }

    @Test
    void coverThatWasLaidOverSomethingElseIsMissed() throws Exception {
        write("interlock/gateway.yaml");
        write("aside/x");
        give(place.workspace);
        Cell plain = cell(Furnishing.NONE, "cat kept/gateway.yaml");
        Cell cell = new Cell(
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
                false);
        assertRefused(cell, "interlock", () -> link("interlock", Path.of("aside")));
    }

    /** What lies on a file system of its own below the workspace is shown as it always was. */
    @Test
    void whatIsMountedBelowTheWorkspaceComesWithIt() throws Exception {
        assumeTrue(Host.uid() == 0, "needs root to mount");
        write("a/package.json");
        Path volume = Files.createDirectory(place.workspace.resolve("a/volume"));
        Furnishing furnishing = held();
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

    /** The kernel's own list, but for one word. */
    @Test
    void everyPropertyOfAMountCounts() throws Exception {
        Mounts host =
                new Mounts(List.of(mount(1, 0, "8:1", "/", "/", false), mount(2, 1, "8:2", "/of", "/w/deep", false)));
        Raised raised = Raised.by(List.of(new Walls.Wall(
                "a wall",
                List.of("--setenv", "X", "--bind", "--bind", "/w", "/w", "--ro-bind", "/w/held", "/w/held"))));
        Mounts.Mount root = new Mounts.Mount(1, 0, new Mounts.Spot("0:9", "/"), "/", true, "tmpfs");
        Mounts.Mount workspace = mount(2, 1, "8:1", "/w", "/w", false);
        Mounts.Mount held = mount(3, 2, "8:1", "/w/held", "/w/held", true);
        Mounts.Mount deep = mount(4, 2, "8:2", "/of", "/w/deep", false);
        assertThat(raised.fault(new Mounts(List.of(root, workspace, held, deep)), host))
                .isEmpty();
        assertThat(raised.fault(new Mounts(List.of(root, workspace, deep)), host))
                .contains("/w/held");
        for (Mounts.Mount other : List.of(
                mount(3, 2, "8:1", "/w/held", "/w/held", false),
                mount(3, 2, "8:2", "/w/held", "/w/held", true),
                mount(3, 2, "8:1", "/", "/w/held", true),
                mount(3, 2, "8:1", "/w/held", "/w/elsewhere", true))) {
            assertThat(raised.fault(new Mounts(List.of(root, workspace, other)), host))
                    .as(other.toString())
                    .isPresent();
        }
        for (Mounts.Mount more : List.of(
                mount(5, 2, "8:1", "/", "/w/more", true),
                mount(5, 1, "8:1", "/w/held", "/etc", true),
                mount(5, 2, "8:2", "/", "/w/deep", false),
                mount(5, 3, "8:1", "/etc", "/w/held", true))) {
            assertThat(raised.fault(new Mounts(List.of(root, workspace, held, deep, more)), host))
                    .as(more.toString())
                    .contains(more.at());
        }
    }

    private static Mounts.Mount mount(int id, int parent, String device, String path, String at, boolean readOnly) {
        return new Mounts.Mount(id, parent, new Mounts.Spot(device, path), at, readOnly, "ext4");
    }

    /** Whatever the moment is: it starts as it is to be, or not at all. */
    @Test
    void raceIsNeverWon() throws Exception {
        write(".husky/pre-push");
        Cell cell = cell(held(), "test -e .husky/other/secret && echo OUT");
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
                } catch (UnconfinableException e) {
                    assertThat(e).hasMessageContaining("is not what was looked at");
                }
            }
            assertThat(exchanging.isAlive()).isTrue();
        } finally {
            exchanging.destroyForcibly().waitFor();
        }
    }
}
