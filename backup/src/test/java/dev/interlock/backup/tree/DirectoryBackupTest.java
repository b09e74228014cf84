package dev.interlock.backup.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.FileTree;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChangedException;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.evidence.Json;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests directories that are copied and restored for real, and each way in which a copy can be worthless, or do harm.
 */
@Tag("process")
class DirectoryBackupTest {

    @TempDir
    private Path directory;

    private BackupFixture shelf;
    private Path tree;
    private Path outside;
    private BackupPlanConfig plan;

    @BeforeEach
    void prepare() throws Exception {
        shelf = new BackupFixture(directory);
        outside = Files.writeString(directory.resolve("outside"), "somebody's secret");
        tree = Files.createDirectory(directory.resolve("shop files"));
        plan = shelf.plan(new BackupSource.Directory(tree, Optional.empty()));
        fill();
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    private void fill() throws IOException {
        Path deep = Files.createDirectories(tree.resolve("a/b/c"));
        byte[] noise = new byte[300_000];
        new Random(7).nextBytes(noise);
        Files.write(tree.resolve("a/large"), noise);
        Files.writeString(tree.resolve("a!"), "sorts between a directory and what is in it");
        Files.writeString(deep.resolve("run"), "#!/bin/sh\n");
        Files.setAttribute(deep.resolve("run"), "unix:mode", 04755);
        Files.createFile(tree.resolve("nothing in it"));
        Files.setPosixFilePermissions(tree.resolve("nothing in it"), PosixFilePermissions.fromString("---------"));
        Files.createDirectory(tree.resolve("empty"));
        Files.setPosixFilePermissions(tree.resolve("empty"), PosixFilePermissions.fromString("r-x--x---"));
        Files.writeString(tree.resolve("Zürich\nline\u202e"), "a name");
        Files.writeString(Path.of(URI.create(tree.toUri() + "no%FFtext%5C")), "bytes");
        Files.createLink(tree.resolve("z second name"), tree.resolve("a/large"));
        Files.createSymbolicLink(tree.resolve("a/up"), Path.of("../a!"));
        Files.createSymbolicLink(tree.resolve("a/here"), Path.of("."));
        Files.createSymbolicLink(tree.resolve("dangling"), Path.of("no/where/ü"));
        Files.createSymbolicLink(tree.resolve("out"), outside);
        Files.createSymbolicLink(tree.resolve("out of it"), directory);
        Files.setLastModifiedTime(tree.resolve("a!"), FileTime.from(Instant.parse("2019-01-02T03:04:05.678901234Z")));
        if (RestoreSandbox.isRoot()) {
            Files.setAttribute(tree.resolve("a!"), "unix:uid", 61_240);
            Files.setAttribute(tree.resolve("a"), "unix:gid", 61_241);
        }
        Files.setLastModifiedTime(tree.resolve("a"), FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
    }

    /**
     * Describes a directory with another program: names, kinds, modes, owners, sizes, links, contents, and times except
     * for those of links.
     */
    private static String described(Path directory) throws Exception {
        String script = "find . -type l -printf '%P|%y|%U|%G|%l\\n' -o -printf '%P|%y|%m|%U|%G|%n|%T@|'"
                + " '(' -type d -printf '\\n' -o -printf '%s\\n' ')' | sort;"
                + " find . -type f -exec sha256sum {} + | sort";
        Process process = new ProcessBuilder("sh", "-c", script)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    private List<Json.Members> listing(String id) throws IOException {
        return new String(shelf.unpacked(plan, id, FileTree.LISTING), StandardCharsets.UTF_8)
                .lines()
                .map(line -> Json.readObject(line.getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    private void forgeListing(String id, List<Json.Members> entries) throws IOException {
        StringBuilder lines = new StringBuilder();
        entries.forEach(entry -> lines.append(entry.canonicalText()).append('\n'));
        shelf.forge(
                plan,
                id,
                FileTree.LISTING,
                BackupFixture.packed(lines.toString().getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aBackupIsRestoredCompletely() throws Exception {
        BackupRun.BackupResult taken = shelf.take(plan, (_, _) -> {});
        assertThat(taken.amount()).isEqualTo(new Amount.Files(6, 300_000 + 43 + 10 + 6 + 5));
        assertThat(taken.separation()).isNotEqualTo(Separation.SAME);
        BackupAttestation found = shelf.verify(plan, taken.id());
        assertThat(found.faults()).isEmpty();
        assertThat(found.amount()).isEqualTo(taken.amount());
        assertThat(found.json().text("separation")).isEqualTo("unknown"); // memory is no disk
    }

    @Test
    void everyFileIsRestoredAsItWas() throws Exception {
        String before = described(tree);
        String id = shelf.take(plan);
        Path again = directory.resolve("again");
        assertThat(shelf.recover(plan, id, again).wrong()).isEmpty();
        assertThat(described(again)).isEqualTo(before).contains("|l|").contains("4755");
        assertThat(Files.readString(outside)).isEqualTo("somebody's secret");
    }

    /** A user who may write in a directory must not get another user's files saved, and read later. */
    @Test
    void noLinkIsFollowed() throws Exception {
        String id = shelf.take(plan);
        assertThat(new String(shelf.unpacked(plan, id, FileTree.CONTENT), StandardCharsets.ISO_8859_1))
                .contains("a name")
                .doesNotContain("somebody's secret");
        Path link = Files.createSymbolicLink(directory.resolve("link"), tree);
        assertThatThrownBy(() -> shelf.take(shelf.plan(new BackupSource.Directory(link, Optional.empty()))))
                .hasMessageContaining("if it is a link, name its target");
    }

    @Test
    void filesThatCannotBeCopiedAreNamed() throws Exception {
        new ProcessBuilder("mkfifo", tree.resolve("a/pipe").toString()).start().waitFor();
        assertThatThrownBy(() -> shelf.take(plan)).hasMessageContaining("`a/pipe` is a named pipe");
        Files.delete(tree.resolve("a/pipe"));
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(tree.resolve("s")));
            assertThatThrownBy(() -> shelf.take(plan)).hasMessageContaining("`s` is a socket");
        }
        assertThatThrownBy(() ->
                        shelf.take(shelf.plan(new BackupSource.Directory(directory.resolve("none"), Optional.empty()))))
                .hasMessageContaining("is not a directory");
        assertThat(shelf.shelf(plan).ids()).isEmpty();
    }

    @Test
    void theTargetMayNotLieInTheSource() throws Exception {
        BackupPlanConfig within = shelf.plan(plan.source(), tree.resolve("a/backups"));
        assertThatThrownBy(() -> shelf.take(within)).hasMessageContaining("the target is inside");
    }

    /** Makes the change once, or at each attempt. */
    private String taking(boolean always, ThrowingRunnable change) throws IOException {
        AtomicInteger changed = new AtomicInteger();
        boolean[] due = {false};
        return shelf.take(plan, (doing, bytes) -> {
                    due[0] = doing.equals("begun") || due[0];
                    if (due[0] && doing.equals("copying") && bytes > 100_000 && (always || changed.get() == 0)) {
                        due[0] = false;
                        changed.incrementAndGet();
                        run(change);
                    }
                })
                .id();
    }

    private interface ThrowingRunnable {
        void run() throws IOException;
    }

    private static void run(ThrowingRunnable change) {
        try {
            change.run();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void append(Path file) throws IOException {
        Files.writeString(file, "more", StandardOpenOption.APPEND);
    }

    @Test
    void changingFilesAreReadAgain() throws Exception {
        List<ThrowingRunnable> changes = List.of(
                () -> append(tree.resolve("a/large")),
                () -> append(tree.resolve("a!")),
                () -> Files.writeString(tree.resolve("a/b/new"), "new"),
                () -> Files.move(tree.resolve("a/b/new"), tree.resolve("a/b/c/moved")),
                () -> Files.delete(tree.resolve("a/b/c/moved")),
                () -> Files.setPosixFilePermissions(
                        tree.resolve("a/b/c"), PosixFilePermissions.fromString("rwxr-x---")));
        for (ThrowingRunnable change : changes) {
            String id = taking(false, change);
            assertThat(shelf.verify(plan, id).faults()).isEmpty();
            Path again = directory.resolve("again");
            shelf.recover(plan, id, again);
            assertThat(described(again)).isEqualTo(described(tree));
            OwnerFiles.removeTree(again);
        }
    }

    /** Resetting a file's time does not hide a change from the kernel. */
    @Test
    void endlesslyChangingFilesAreNamedAndPreventABackup() throws Exception {
        FileTime was = Files.getLastModifiedTime(tree.resolve("a!"));
        assertThatThrownBy(() -> taking(true, () -> {
                    try (FileChannel file = FileChannel.open(tree.resolve("a!"), StandardOpenOption.WRITE)) {
                        file.write(StandardCharsets.UTF_8.encode("SORTS"));
                    }
                    Files.setLastModifiedTime(tree.resolve("a!"), was);
                }))
                .isInstanceOf(BackupException.class)
                .hasMessage("it changed while it was copied: `a!`");
        assertThat(shelf.shelf(plan).ids()).isEmpty();
    }

    /** After a clock was set back, a change during the read looks older than the read. */
    @Test
    void changesHiddenByAClockSetBackAreFound() throws Exception {
        DirectoryTree read = new DirectoryTree(tree, (_, _) -> {});
        FileTime changed = (FileTime) Files.getAttribute(tree.resolve("a!"), "unix:ctime");
        TestingClock clock = new TestingClock();
        clock.set(changed.toInstant().plus(Duration.ofHours(1)));
        ReadStart begun = new ReadStart(clock, clock::nanos);
        clock.pass(Duration.ofMinutes(1));
        read.requireStillSince(begun);
        Instant right = clock.instant();

        clock.set(right.minus(Duration.ofMinutes(90)));
        assertThatThrownBy(() -> read.requireStillSince(begun)).isInstanceOf(ChangedException.class);

        clock.set(right.minus(Duration.ofMinutes(30)));
        read.requireStillSince(begun); // nothing is from that half hour
        clock.set(right.plus(Duration.ofMinutes(90)));
        read.requireStillSince(begun);
    }

    /** A directory is a link for a moment, so that another user's files are read under its name. */
    @Test
    void aFileReplacedByALinkPreventsABackup() throws Exception {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("c"), "somebody's secret");
        AtomicInteger tries = new AtomicInteger();
        AtomicInteger exchanged = new AtomicInteger();
        String id = shelf.take(plan, (doing, bytes) -> {
                    tries.addAndGet(doing.equals("begun") ? 1 : 0);
                    if (doing.equals("copying") && bytes > 43 && exchanged.getAndIncrement() == 0) {
                        run(() -> {
                            Files.move(tree.resolve("empty"), tree.resolve("aside"));
                            Files.createSymbolicLink(tree.resolve("empty"), elsewhere);
                            Files.delete(tree.resolve("empty"));
                            Files.move(tree.resolve("aside"), tree.resolve("empty"));
                        });
                    }
                })
                .id();
        assertThat(tries).hasValue(2);
        assertThat(listing(id)).noneMatch(entry -> entry.text("path").startsWith("empty/"));
    }

    /** An attacker who shows an unchanged directory to the second read as well has changed the directory above. */
    @Test
    void aFileReplacedByALinkInBothReadsPreventsABackup() throws Exception {
        Path read = Files.createDirectory(directory.resolve("read"));
        Path shown = directory.resolve("shown");
        for (Path root : List.of(read.resolve("m"), shown)) {
            Files.createDirectories(root.resolve("q/x"));
            for (String name : List.of("a1", "a2", "a3", "q/x/b", "q/x/notes")) {
                Files.writeString(root.resolve(name), "mine!");
            }
        }
        Path secrets = Files.createDirectory(directory.resolve("secrets"));
        Files.writeString(secrets.resolve("notes"), "somebody's secret");
        Files.createLink(secrets.resolve("b"), read.resolve("m/q/x/b")); // in whose middle it happens
        AtomicInteger tries = new AtomicInteger();
        AtomicInteger again = new AtomicInteger();
        String id = shelf.take(shelf.plan(new BackupSource.Directory(read, Optional.empty())), (doing, bytes) -> {
                    tries.addAndGet(doing.equals("begun") ? 1 : 0);
                    if (doing.equals("copying") && bytes == 20 && tries.get() == 1) {
                        exchange(read.resolve("m/q/x"), directory.resolve("aside"), secrets);
                    }
                    if (doing.equals("looking again") && again.incrementAndGet() == 3) {
                        exchange(read.resolve("m"), directory.resolve("aside too"), shown);
                    }
                })
                .id();
        assertThat(tries).hasValue(2);
        assertThat(again).hasValueGreaterThan(3);
        assertThat(listing(id)).noneMatch(entry -> entry.text("path").contains("notes"));
    }

    private static void exchange(Path directory, Path aside, Path other) {
        run(() -> {
            Files.move(directory, aside);
            Files.createSymbolicLink(directory, other);
        });
    }

    /** Opening a pipe waits for its writer, perhaps for ever, and opening a device has effects. */
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @Tag("promise")
    void aFileReplacedByAPipeIsNotOpened() throws Exception {
        DirectoryTree read = new DirectoryTree(tree, (_, _) -> {});
        for (String name : List.of("a!", "Zürich\nline\u202e", "nothing in it")) {
            Path file = tree.resolve(name);
            Map<String, Object> before = read.attributes(file);
            try (InputStream in = read.open(file, before)) {
                assertThat(in.readAllBytes()).hasSize(((Number) before.get("size")).intValue());
            }
            Files.delete(file);
            assertThatThrownBy(() -> read.open(file, before)).hasMessageStartingWith("it changed while");
            new ProcessBuilder("mkfifo", file.toString()).start().waitFor();
            assertThatThrownBy(() -> read.open(file, before)).hasMessageStartingWith("it changed while");
            Files.delete(file);
            Files.createSymbolicLink(file, outside);
            assertThatThrownBy(() -> read.open(file, before)).hasMessageStartingWith("it changed while");
        }
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            assertThat(open.filter(Files::exists).map(DirectoryBackupTest::real))
                    .noneMatch(path -> path.startsWith(tree));
        }
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path; // it was closed
        }
    }

    @Test
    void aBackupChangedOnTheTargetIsFound() throws Exception {
        String id = shelf.take(plan);
        assertThat(shelf.shelf(plan).manifest(id).files()).containsOnlyKeys(FileTree.LISTING, FileTree.CONTENT);
        shelf.assertDamageIsFound(plan, id);
    }

    /** A disk or a cable may damage it before encryption: every digest is right. */
    @Test
    void damageBeforeEncryptionIsFound() throws Exception {
        String id = shelf.take(plan);
        byte[] packed = shelf.plain(plan, id, FileTree.CONTENT);
        byte[] content = shelf.unpacked(plan, id, FileTree.CONTENT);
        byte[] compression = packed.clone();
        Arrays.fill(compression, packed.length / 2, packed.length / 2 + 64, (byte) 0x55);
        byte[] altered = content.clone();
        altered[1000] ^= 1;
        Map<String, byte[]> forged = Map.of(
                "cannot be decompressed|has changed", compression,
                "cannot be decompressed", Arrays.copyOf(packed, packed.length / 2),
                "the content of `a/large` has changed", BackupFixture.packed(altered),
                "it is truncated", BackupFixture.packed(Arrays.copyOf(content, content.length - 1)),
                "more than its listing says", BackupFixture.packed(Arrays.copyOf(content, content.length + 1)));
        for (Map.Entry<String, byte[]> one : forged.entrySet()) {
            shelf.forge(plan, id, FileTree.CONTENT, one.getValue());
            assertThat(shelf.verify(plan, id).faults())
                    .singleElement()
                    .asString()
                    .containsPattern(one.getKey());
        }
        shelf.forge(plan, id, FileTree.CONTENT, packed);
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    private static Json.Members folder(String path) {
        return entry(path, "directory").with("modified", "2026-01-01T00:00:00Z");
    }

    private static Json.Members link(String path, String target) {
        return entry(path, "link").with("target", target);
    }

    private static Json.Members file(String path) {
        return entry(path, "file")
                .with("modified", "2026-01-01T00:00:00Z")
                .with("bytes", 0)
                .with("sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    private static Json.Members entry(String path, String kind) {
        return Json.object()
                .with("path", path)
                .with("kind", kind)
                .with("mode", "0755")
                .with("owner", "0:0");
    }

    /** No listing makes it write elsewhere, read from elsewhere, or write twice. */
    @Test
    void noListingLeadsOutOfWhereItIsRestored() throws Exception {
        String id = shelf.take(plan);
        Path bait = Files.createDirectory(directory.resolve("bait"));
        String there = bait.toUri().getRawPath().replaceAll("^/|/$", "");
        String secret = outside.toUri().getRawPath().substring(1);
        String around = directory.toUri().getRawPath().replaceAll("^/|/$", "");
        List<List<Json.Members>> evil = List.of(
                List.of(folder(""), file("../evil")),
                List.of(folder(""), folder("a"), file("a/../../evil")),
                List.of(folder(""), file("%2e%2e/evil")),
                List.of(folder(""), file("%2E%2E%2Fevil")),
                List.of(folder(""), file("%2e%2e%2fevil")),
                List.of(folder(""), file("%61")),
                List.of(folder(""), folder("a"), file("a/.")),
                List.of(folder(""), folder("a"), folder("a/..")),
                List.of(folder(""), folder("a"), folder("a/"), file("a//evil")),
                List.of(folder(""), file("/" + there + "/evil")),
                List.of(folder(""), file("a//evil")),
                List.of(folder(""), file(".")),
                List.of(folder(""), file("a%00")),
                List.of(folder(""), folder("..")),
                List.of(folder(".."), file("evil")),
                List.of(file("evil")),
                List.of(link("", "/" + there), file("evil")),
                List.of(folder(""), link("a", "/" + there), file("a/evil")),
                List.of(folder(""), link("a", "/" + there), folder("a"), file("a/evil")),
                List.of(folder(""), link("a", "/" + there + "/evil"), file("a")),
                List.of(
                        folder(""),
                        link("a", "/" + around),
                        entry("h", "hard-link").with("of", "a/outside")),
                List.of(
                        folder(""),
                        link("a", "/" + secret),
                        entry("h", "hard-link").with("of", "a")),
                List.of(folder(""), entry("h", "hard-link").with("of", "../../" + outside.getFileName())),
                List.of(folder(""), file("a"), file("a")),
                List.of(folder(""), folder("a"), file("b"), file("a/late")),
                List.of(folder(""), folder("")),
                List.of(folder(""), file("a").with("mode", "77777")),
                List.of(folder(""), file("a").with("mode", "rwx")),
                List.of(folder(""), file("a").with("bytes", -1)),
                List.of(folder(""), entry("a", "device")),
                List.of(folder(""), Json.object().with("what", "is this")),
                List.of());
        shelf.forge(plan, id, FileTree.CONTENT, BackupFixture.packed(new byte[0]));
        String before = described(directory);
        for (List<Json.Members> one : evil) {
            forgeListing(id, one);
            assertThat(shelf.verify(plan, id).faults())
                    .as(one.toString())
                    .singleElement()
                    .asString()
                    // This fault is noticed only at the end.
                    .startsWith("it cannot be restored: ")
                    .satisfies(why -> assertThat(one.isEmpty() || !why.contains("give different amounts"))
                            .isTrue());
            Path again = directory.resolve("again");
            assertThatThrownBy(() -> shelf.recover(plan, id, again))
                    .as(one.toString())
                    .isInstanceOfAny(BackupException.class, IllegalArgumentException.class);
            assertThat(described(bait)).as(one.toString()).doesNotContain("evil");
        }
        assertThat(described(directory).lines().map(line -> line.replaceFirst("^\\|d\\|.*", "")))
                .containsExactlyElementsOf(before.lines()
                        .map(line -> line.replaceFirst("^\\|d\\|.*", ""))
                        .toList());
    }

    /** The restored files are read again, and compared. */
    @Test
    void differencesFromTheListingAreFound() throws Exception {
        String id = shelf.take(plan);
        Path again = directory.resolve("again");
        shelf.recover(plan, id, again);
        assertThat(differences(id, again)).isEmpty();
        append(again.resolve("a!"));
        Files.delete(again.resolve("a/up"));
        Files.writeString(again.resolve("a/b/new"), "new");
        Files.setPosixFilePermissions(again.resolve("a/b/c/run"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.delete(again.resolve("dangling"));
        Files.createSymbolicLink(again.resolve("dangling"), Path.of("elsewhere"));
        Files.delete(again.resolve("z second name"));
        Files.write(again.resolve("a/large"), new byte[] {1}, StandardOpenOption.WRITE);
        Files.delete(again.resolve("empty"));
        assertThat(differences(id, again))
                .containsExactlyInAnyOrder(
                        "`a!` has changed",
                        "`a/up` is missing",
                        "there is a `a/b/new` that the original does not have",
                        "`a/b/c/run` belongs to others than it did, or is open to others",
                        "the content of `a/large` has changed",
                        "`dangling` has changed",
                        "`empty` is missing",
                        "`z second name` is missing");
    }

    private List<String> differences(String id, Path root) throws IOException {
        BackupRepository read = shelf.shelf(plan);
        try (TreeListing listing = new TreeListing(read, read.manifest(id))) {
            return listing.differences(root, (_, _) -> {});
        }
    }

    @Test
    void anEmptyOneAndOneOfAnotherDirectoryAreFound() throws Exception {
        Path other = Files.createDirectories(directory.resolve("other/empty"));
        BackupPlanConfig others = shelf.plan(new BackupSource.Directory(other.getParent(), Optional.empty()));
        assertThat(shelf.verify(others, shelf.take(others)).faults())
                .containsExactly("it is empty: there is no file in it");
        Files.writeString(other.resolve("one"), "1");
        String id = shelf.take(others);
        assertThatThrownBy(() -> shelf.verify(plan, id))
                .hasMessageContaining("it is of `directory " + other.getParent()
                        + "`, and the plan now says `directory " + tree + "`");
    }

    @Test
    void aBackupOnTheSameDeviceRestoresButDoesNotCount() throws Exception {
        BackupPlanConfig beside = shelf.plan(plan.source(), directory.resolve("beside"));
        BackupRun.BackupResult taken = shelf.take(beside, (_, _) -> {});
        assertThat(taken.separation()).isEqualTo(Separation.SAME);
        assertThat(shelf.verify(beside, taken.id()).faults()).containsExactly("it is on the same device as its source");
    }

    /** The check at the time of the backup is outdated. */
    @Test
    void aBackupMovedBesideTheDataIsNoticed() throws Exception {
        String id = shelf.take(plan);
        Path beside = directory.resolve("beside");
        moveTo(beside);
        BackupAttestation found = shelf.verify(shelf.plan(plan.source(), beside), id);
        assertThat(found.faults()).containsExactly("it is on the same device as its source");
        assertThat(found.json().text("separation")).isEqualTo("same");
    }

    private void moveTo(Path beside) throws Exception {
        assertThat(new ProcessBuilder("cp", "-a", shelf.target.toString(), beside.toString())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Its backups matter most when the source is gone. */
    @Test
    void oneOfWhichNothingIsLeftToCompareIsRestoredAllTheSame() throws Exception {
        String id = shelf.take(plan);
        Files.move(tree, tree.resolveSibling("away"));
        BackupAttestation found = shelf.verify(plan, id);
        assertThat(found.faults()).isEmpty();
        assertThat(found.json().text("separation")).isEqualTo("unknown");
        Files.writeString(tree, "no directory any more");
        assertThat(shelf.verify(plan, id).faults())
                .as("what cannot be looked at")
                .isEmpty();
    }

    /**
     * The lost disk was mounted there: the mount point is on the same disk as everything else, including the backups.
     */
    @Test
    void oneOfWhichAnEmptyMountPointIsLeftIsRestoredAllTheSame() throws Exception {
        String id = shelf.take(plan);
        Path beside = directory.resolve("beside");
        moveTo(beside);
        Files.move(tree, tree.resolveSibling("away"));
        Files.createDirectory(tree);
        BackupAttestation found = shelf.verify(shelf.plan(plan.source(), beside), id);
        assertThat(found.faults()).isEmpty();
        assertThat(found.json().text("separation")).isEqualTo("unknown");
    }

    @Test
    void nothingIsOverwritten() throws Exception {
        String id = shelf.take(plan);
        Path there = Files.createDirectory(directory.resolve("there"));
        Files.writeString(there.resolve("mine"), "mine");
        assertThatThrownBy(() -> shelf.recover(plan, id, there)).hasMessageContaining("is not empty");
        assertThatThrownBy(() -> shelf.recover(plan, id, there.resolve("mine"))).hasMessageContaining("is not empty");
        Path link = Files.createSymbolicLink(directory.resolve("link"), there);
        assertThatThrownBy(() -> shelf.recover(plan, id, link)).hasMessageContaining("is not empty");

        Path empty = Files.createDirectory(directory.resolve("taken"));
        assertThatThrownBy(() -> shelf.recover(plan, id, empty, (doing, _) -> {
                    if (doing.equals("naming")) {
                        run(() -> Files.writeString(empty.resolve("mine"), "mine"));
                    }
                }))
                .hasMessageContaining("existing data is never overwritten");
        assertThat(empty.resolve("mine")).hasContent("mine");
        Files.delete(empty.resolve("mine"));
        assertThat(shelf.recover(plan, id, empty).wrong()).isEmpty();
        assertThat(described(empty)).isEqualTo(described(tree));
    }

    /** After any interruption the name is free, and a repetition works. */
    @Test
    void oneThatWasEndedIsDoneAgain() throws Exception {
        String id = shelf.take(plan);
        Path again = directory.resolve("again");
        Path left = directory.resolve(".again.interlock-restoring");
        for (String moment : List.of("restoring", "comparing")) {
            assertThatThrownBy(() -> shelf.recover(plan, id, again, (doing, _) -> {
                        if (doing.equals(moment)) {
                            throw new IllegalStateException(moment);
                        }
                    }))
                    .hasMessage(moment);
            assertThat(again).doesNotExist();
            assertThat(left).doesNotExist();
        }
        // A kill leaves this.
        Files.createDirectories(left.resolve("restored/half"));
        assertThatThrownBy(() -> shelf.recover(plan, id, again))
                .hasMessageContaining("not marked as created by Interlock");
        Files.createFile(left.resolve("lock"));
        try (FileChannel held = FileChannel.open(left.resolve("lock"), StandardOpenOption.WRITE)) {
            assertThat(held.tryLock()).isNotNull();
            assertThatThrownBy(() -> shelf.recover(plan, id, again)).hasMessageContaining("another recovery");
        }
        assertThat(shelf.recover(plan, id, again).wrong()).isEmpty();
        assertThat(left).doesNotExist();
        assertThat(again.resolve("half")).doesNotExist();
    }

    /** Any directory is restored exactly. */
    @Test
    void anyTreeIsRestored() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 5; round++) {
            OwnerFiles.removeTree(tree);
            Files.createDirectory(tree);
            grow(random);
            String before = described(tree);
            String id = shelf.take(plan);
            assertThat(shelf.verify(plan, id).faults())
                    .as("seed %d", seed)
                    .filteredOn(why -> !why.startsWith("it is empty"))
                    .isEmpty();
            Path again = directory.resolve("again");
            shelf.recover(plan, id, again);
            assertThat(described(again)).as("seed %d", seed).isEqualTo(before);
            OwnerFiles.removeTree(again);
        }
    }

    private void grow(Random random) throws IOException {
        List<Path> folders = new ArrayList<>(List.of(tree));
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            Path in = folders.get(random.nextInt(folders.size()));
            StringBuilder name = new StringBuilder();
            for (int n = random.nextInt(1, 12); n > 0; n--) {
                int b = random.nextInt(1, 256);
                name.append(b == '/' || b == '.' ? "x" : String.format(java.util.Locale.ROOT, "%%%02X", b));
            }
            Path path = Path.of(URI.create("file://" + in.toUri().getRawPath().replaceFirst("/$", "") + "/" + name));
            if (Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                continue;
            }
            switch (random.nextInt(5)) {
                case 0 -> folders.add(Files.createDirectory(path));
                case 1 -> Files.createSymbolicLink(path, folders.get(random.nextInt(folders.size())));
                case 2 -> {
                    if (!files.isEmpty()) {
                        Files.createLink(path, files.get(random.nextInt(files.size())));
                    }
                }
                default -> {
                    byte[] content = new byte[random.nextInt(2) * random.nextInt(100_000)];
                    random.nextBytes(content);
                    files.add(Files.write(path, content));
                    Files.setAttribute(path, "unix:mode", random.nextInt(010000));
                }
            }
        }
    }

    /** A stream of its own reads the files of a tree that is open for others, too. */
    @Test
    void aTreeIsReadWithoutChangingIt() throws Exception {
        String before = described(tree);
        shelf.take(plan);
        assertThat(described(tree)).isEqualTo(before);
        try (Stream<Path> left = Files.list(shelf.target.resolve("files"))) {
            assertThat(left).hasSize(2); // it and the lock
        }
    }
}
