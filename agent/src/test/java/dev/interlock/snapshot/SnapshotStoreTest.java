package dev.interlock.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
class SnapshotStoreTest {

    private static final Instant NOW = Instant.parse("2100-03-01T12:00:00Z");

    @TempDir
    Path directory;

    private Path workspace;
    private Path root;
    private int undos;

    @BeforeEach
    void fill() throws IOException {
        Path real = directory.toRealPath();
        workspace = Files.createDirectory(real.resolve("workspace"));
        root = real.resolve("state/snapshots");
        write("src/a/One.java", "one");
        write("src/Two.java", "two");
        write(".git/HEAD", "ref: refs/heads/main\n");
        write(".git/refs/heads/main", "0");
        Files.createDirectories(workspace.resolve(".git/objects"));
        write("nested/.git/HEAD", "ref: refs/heads/main\n");
        write("run.sh", "#!/bin/sh\n");
        Files.setPosixFilePermissions(workspace.resolve("run.sh"), PosixFilePermissions.fromString("rwxr-x---"));
        Files.createDirectory(workspace.resolve("empty"));
        Files.createSymbolicLink(workspace.resolve("link"), Path.of("src/Two.java"));
        Files.createSymbolicLink(workspace.resolve("broken"), Path.of("/nowhere"));
    }

    private Path write(String path, String text) throws IOException {
        Path file = workspace.resolve(path);
        Files.createDirectories(file.resolveSibling(""));
        return Files.writeString(file, text);
    }

    private Snapshot take(String id) throws IOException {
        try (SnapshotStore store = SnapshotStore.open(root, workspace)) {
            return store.take(id, NOW);
        }
    }

    private Restoration.RestorationResult undo(Snapshot then, String... within) throws IOException {
        try (SnapshotStore store = SnapshotStore.open(root, workspace)) {
            return Restoration.restore(store, then, List.of(within), "S-" + ++undos, NOW, false);
        }
    }

    private List<LostFiles> lost(Snapshot then) throws IOException {
        try (SnapshotStore store = SnapshotStore.open(root, workspace)) {
            return LostFiles.since(store, then);
        }
    }

    /** All that people see of a directory: kinds, permissions, contents, targets. */
    private Map<String, String> state() throws IOException {
        Map<String, String> state = new TreeMap<>();
        try (Stream<Path> all = Files.walk(workspace)) {
            for (Path path : all.toList()) {
                String is = Files.isSymbolicLink(path)
                        ? "-> " + Files.readSymbolicLink(path)
                        : Files.getPosixFilePermissions(path) + (Files.isDirectory(path) ? "" : Files.readString(path));
                state.put(workspace.relativize(path).toString(), is);
            }
        }
        return state;
    }

    private static void delete(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (Stream<Path> all = Files.list(path)) {
                for (Path one : all.toList()) {
                    delete(one);
                }
            }
        }
        Files.delete(path);
    }

    @Test
    void everythingComesBackAndUndoIsUndone() throws IOException {
        Map<String, String> before = state();
        Snapshot then = take("L-1");
        delete(workspace.resolve("src"));
        delete(workspace.resolve(".git"));
        delete(workspace.resolve("nested"));
        delete(workspace.resolve("empty"));
        delete(workspace.resolve("link"));
        write("src", "a file in the place of a directory");
        write("run.sh/new", "a directory in the place of a file".substring(0, delete("run.sh")));
        write("added/new", "new");
        Map<String, String> after = state();

        Restoration.RestorationResult undone = undo(then);
        assertThat(undone.untouched()).isEmpty();
        assertThat(state()).isEqualTo(before);
        Snapshot kept = SnapshotStore.find(root, undone.kept().orElseThrow()).orElseThrow();
        undo(kept);
        assertThat(state()).isEqualTo(after);
    }

    private int delete(String path) throws IOException {
        delete(workspace.resolve(path));
        return 1;
    }

    @Test
    void onlyThePathThatIsNamedComesBack() throws IOException {
        Snapshot then = take("L-1");
        delete("src");
        write("run.sh", "changed");
        assertThat(undo(then, "src/a").back()).containsExactly("src", "src/a", "src/a/One.java");
        assertThat(workspace.resolve("src/Two.java")).doesNotExist();
        assertThat(workspace.resolve("run.sh")).hasContent("changed");
    }

    @Test
    void noLinkLeadsARestorationOutside() throws IOException {
        Snapshot then = take("L-1");
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Files.writeString(outside.resolve("Two.java"), "outside");
        Files.writeString(outside.resolve("keep"), "outside");
        delete("src");
        Files.createSymbolicLink(workspace.resolve("src"), outside.toRealPath());
        delete("run.sh");
        Files.createSymbolicLink(workspace.resolve("run.sh"), outside.resolve("keep"));

        undo(then);
        assertThat(workspace.resolve("src").toRealPath()).isEqualTo(workspace.resolve("src"));
        assertThat(workspace.resolve("src/Two.java")).hasContent("two");
        assertThat(workspace.resolve("run.sh")).hasContent("#!/bin/sh\n");
        assertThat(outside.resolve("Two.java")).hasContent("outside");
        assertThat(outside.resolve("keep")).hasContent("outside");
        assertThat(outside.toFile().list()).hasSize(2);
    }

    /** A link that comes after the comparison is met on the way. */
    @Test
    void noLinkOnTheWayIsFollowed() throws IOException {
        Files.createSymbolicLink(workspace.resolve("way"), Path.of("src"));
        try (DirectoryStream<Path> opened = Files.newDirectoryStream(workspace)) {
            SecureDirectoryStream<Path> top = (SecureDirectoryStream<Path>) opened;
            Restoration.Place.of(top, "src/a/One.java").close();
            assertThatThrownBy(() -> Restoration.Place.of(top, "way/a/One.java"))
                    .isInstanceOf(IOException.class);
        }
    }

    /** Such as what a person writes while the undo is at work. */
    @Test
    void whatIsNotKeptIsNeverOverwritten() throws Exception {
        Snapshot then = take("L-1");
        delete("src/Two.java");
        Path pipe = workspace.resolve("src/Two.java");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        delete("empty");
        Restoration.RestorationResult undone = undo(then);
        assertThat(undone.untouched()).containsExactly("src/Two.java: what is there now is not kept");
        assertThat(undone.back()).containsExactly("empty");
        assertThat(Files.isRegularFile(pipe)).isFalse();
        assertThat(pipe).exists();
    }

    @Test
    void ignoredBuildOutputIsLeftOutAndStays() throws IOException {
        write(".gitignore", "target/\n.env\n/src/\n");
        write("target/big", "output");
        write("lib/build/kept", "git does not ignore it");
        write(".env", "SECRET=1");
        Snapshot then = take("L-1");
        assertThat(then.leftOut()).containsExactly("target");
        assertThat(then.has(".env")).isTrue();
        assertThat(then.has("src/Two.java")).isTrue();
        assertThat(then.has("lib/build/kept")).isTrue();

        write("target/bigger", "more output");
        delete(".gitignore");
        delete(".env");
        undo(then);
        assertThat(workspace.resolve(".env")).hasContent("SECRET=1");
        assertThat(workspace.resolve("target/bigger")).hasContent("more output");
    }

    /** An agent may write ignore rules and then delete what they name. */
    @Test
    void whatWasKeptComesBackThoughIgnoredSince() throws IOException {
        write("build/tool.sh", "mine");
        Snapshot then = take("L-1");
        write(".gitignore", "build\n");
        delete("build/tool.sh");
        assertThat(lost(then)).containsExactly(new LostFiles("build/tool.sh", 1));
        undo(then);
        assertThat(workspace.resolve("build/tool.sh")).hasContent("mine");
        write("build/tool.sh", "other");
        undo(then);
        assertThat(workspace.resolve("build/tool.sh")).hasContent("mine");
    }

    @Test
    void aChangeWithTheSameTimesIsSeen() throws IOException {
        FileTime time = Files.getLastModifiedTime(workspace.resolve("src/Two.java"));
        take("L-1");
        Object changed = Files.getAttribute(workspace.resolve("src/Two.java"), "unix:ctime");
        do { // until the file system's clock has moved on
            write("src/Two.java", "owt");
            Files.setLastModifiedTime(workspace.resolve("src/Two.java"), time);
        } while (Files.getAttribute(workspace.resolve("src/Two.java"), "unix:ctime")
                .equals(changed));
        Snapshot then = take("L-2");
        delete("src");
        undo(then);
        assertThat(workspace.resolve("src/Two.java")).hasContent("owt");
    }

    @Test
    void unchangedContentsAreStoredOnce() throws IOException {
        write("large", "x".repeat(1 << 20));
        take("L-1");
        long once = stored();
        Files.move(workspace.resolve("large"), workspace.resolve("moved"));
        take("L-2");
        assertThat(stored()).isLessThan(once + (1 << 17));
    }

    private long stored() throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile)
                    .mapToLong(path -> path.toFile().length())
                    .sum();
        }
    }

    @Test
    void onlyTheirOwnerCanReadCopies() throws IOException {
        take("L-1");
        try (Stream<Path> all = Files.walk(root)) {
            assertThat(all)
                    .allSatisfy(path -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                            .endsWith("------"));
        }
    }

    @Test
    void aDamagedCopyIsNotPutBack() throws IOException {
        Snapshot then = take("L-1");
        Path pack;
        try (Stream<Path> all = Files.walk(root)) {
            pack = all.filter(path -> path.toString().endsWith(".pack"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.writeString(pack, Files.readString(pack).replace("two", "tw0"));
        write("src/Two.java", "mine");
        assertThat(undo(then).untouched()).containsExactly("src/Two.java: the kept copy is damaged");
        assertThat(workspace.resolve("src/Two.java")).hasContent("mine");
        assertThat(workspace.toFile().list((_, name) -> name.startsWith(".interlock")))
                .isEmpty();
    }

    @Test
    void deletedAndUncommittedFilesAreReportedButMovedNot() throws IOException {
        Snapshot then = take("L-1");
        Files.move(workspace.resolve("run.sh"), workspace.resolve("moved.sh"));
        delete("src");
        delete(".git/refs/heads/main");
        assertThat(lost(then)).containsExactly(new LostFiles("src", 2));
        delete(".git");
        assertThat(lost(then)).containsExactly(new LostFiles(".git", 2), new LostFiles("src", 2));
    }

    @Test
    void oldSnapshotsGoAndTheOldestIfTooLarge() throws IOException {
        take("L-1");
        new SnapshotExpiry(Duration.ofDays(7), Long.MAX_VALUE).removeExpired(root, NOW.plus(Duration.ofDays(6)));
        assertThat(SnapshotStore.find(root, "L-1")).isPresent();
        try (SnapshotStore store = SnapshotStore.open(root, workspace)) {
            store.take("L-2", NOW.plusSeconds(1));
        }
        new SnapshotExpiry(Duration.ofDays(7), 0).removeExpired(root, NOW.plusSeconds(2));
        assertThat(SnapshotStore.find(root, "L-1")).isEmpty();
        Snapshot then = SnapshotStore.find(root, "L-2").orElseThrow();
        delete("src");
        assertThat(undo(then).untouched())
                .as("what it shares with the removed one")
                .isEmpty();
        new SnapshotExpiry(Duration.ofDays(7), Long.MAX_VALUE).removeExpired(root, NOW.plus(Duration.ofDays(8)));
        assertThat(SnapshotStore.find(root, "L-2")).isEmpty();
        assertThat(stored()).isZero();
    }
}
