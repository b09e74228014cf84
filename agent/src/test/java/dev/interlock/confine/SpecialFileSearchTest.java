package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

final class SpecialFileSearchTest {

    private static final Instant BEFORE = Instant.EPOCH;

    @TempDir
    private Path directory;

    private Path workspace;

    @BeforeEach
    void make() throws IOException {
        workspace = Files.createDirectory(directory.toRealPath().resolve("w"));
    }

    private SpecialFileSearch.Result look() {
        return SpecialFileSearch.since(workspace, Set.of(), BEFORE);
    }

    private Path file(String name) throws IOException {
        Path file = workspace.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "x");
    }

    private void link(String name, String to) throws IOException {
        Path link = workspace.resolve(name);
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, Path.of(to));
    }

    private static void made(String... command) throws Exception {
        assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
    }

    private static SpecialFiles one(SpecialFiles.SpecialFileKind kind, String path) {
        return new SpecialFiles(kind, 1, List.of(new SpecialFiles.SpecialFile(path, Optional.empty())));
    }

    @Test
    @Tag("process")
    void whatIsNoPlainFileIsFoundWhereverItLies() throws Exception {
        file("plain/plain");
        Files.setAttribute(file("node_modules/x/own"), "unix:mode", 04755);
        Files.setAttribute(file(".git/objects/aa/group"), "unix:mode", 02755);
        Files.setAttribute(Files.createDirectory(workspace.resolve("shared")), "unix:mode", 02775);
        made("mkfifo", workspace.resolve("plain/pipe").toString());
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(workspace.resolve("s")));
        }
        assertThat(look())
                .isEqualTo(new SpecialFileSearch.Result(
                        List.of(
                                one(SpecialFiles.SpecialFileKind.SETUID, "node_modules/x/own"),
                                one(SpecialFiles.SpecialFileKind.SETGID, ".git/objects/aa/group"),
                                one(SpecialFiles.SpecialFileKind.PIPE, "plain/pipe"),
                                one(SpecialFiles.SpecialFileKind.SOCKET, "s")),
                        true));
    }

    /** `git clone` of a neighbouring directory does this, and a package manager's store. */
    @Test
    void changedFileThatHasANameElsewhereIsTold() throws Exception {
        Path elsewhere = Files.writeString(directory.resolve("theirs"), "x");
        Files.createLink(workspace.resolve("pack"), elsewhere);
        Files.createLink(workspace.resolve("again"), elsewhere);
        Files.createLink(workspace.resolve("one"), file("node_modules/x/other"));
        file("single");
        assertThat(look().specialFiles()).singleElement().satisfies(snare -> {
            assertThat(snare.kind()).isEqualTo(SpecialFiles.SpecialFileKind.NAMES);
            assertThat(snare.count()).isEqualTo(1);
            assertThat(snare.some()).extracting(SpecialFiles.SpecialFile::path).isSubsetOf("pack", "again");
        });
        Files.delete(elsewhere);
        assertThat(look().specialFiles()).isEmpty();
    }

    /** The workspace has a package store with more files than are searched: none of their names is elsewhere. */
    @Test
    void whereNotAllWasLookedAtNoNameIsSaidToBeElsewhere() throws Exception {
        Path first = file("a/x");
        Files.createDirectories(workspace.resolve("a/b/c"));
        Files.createLink(workspace.resolve("a/b/c/x"), first);
        SpecialFileSearch.Result cut = SpecialFileSearch.since(workspace, Set.of(), BEFORE, 3);
        assertThat(cut)
                .isEqualTo(new SpecialFileSearch.Result(
                        List.of(one(SpecialFiles.SpecialFileKind.MORE_NAMES, "a/x")), false));
        assertThat(look()).isEqualTo(new SpecialFileSearch.Result(List.of(), true));
    }

    @Test
    @Tag("process")
    void devicesAreFound() throws Exception {
        Process mknod = new ProcessBuilder("mknod", workspace.resolve("null").toString(), "c", "1", "3").start();
        assumeTrue(mknod.waitFor() == 0, "only root makes devices");
        assertThat(look().specialFiles()).containsExactly(one(SpecialFiles.SpecialFileKind.DEVICE, "null"));
    }

    @Test
    @Tag("process")
    void whatWasThereBeforeIsNot() throws Exception {
        made("mkfifo", workspace.resolve("pipe").toString());
        assertThat(SpecialFileSearch.since(workspace, Set.of(), Instant.now().plusSeconds(60))
                        .specialFiles())
                .isEmpty();
        assertThat(look().specialFiles()).hasSize(1);
    }

    @Test
    void linksOutAreFoundHoweverTheyLeadThere() throws Exception {
        Path outside = Files.createDirectory(workspace.resolveSibling("outside"));
        file("dir/inner");
        link("in", "dir/inner");
        link("dir/up", "../in");
        link("nowhere", "dir/missing");
        link("ring", "ring");
        link("system", "/usr/bin/env");
        link("out", outside.toString());
        link("dir/relative", "../../outside/x");
        link("through", "out/y");
        link("hops", "through");
        link("missing", "/home/nobody-here/.ssh/authorized_keys");
        link("missing-in-system", "/usr/lib/nothing-here");
        List<SpecialFiles> snares = look().specialFiles();
        assertThat(snares).singleElement().satisfies(snare -> {
            assertThat(snare.kind()).isEqualTo(SpecialFiles.SpecialFileKind.LINK);
            assertThat(snare.count()).isEqualTo(6);
            assertThat(snare.some())
                    .containsExactlyInAnyOrder(
                            found("out", outside.toString()),
                            found("dir/relative", outside.resolve("x").toString()),
                            found("through", outside.resolve("y").toString()),
                            found("missing", "/home/nobody-here/.ssh/authorized_keys"),
                            found("missing-in-system", "/usr/lib/nothing-here"),
                            found("hops", outside.resolve("y").toString()));
        });
    }

    /** Each link expands to the next one's name and a path of its own: the result is longer than any path. */
    @Test
    @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void linksWithoutAnEndAreToldInsteadOfFollowed() throws Exception {
        for (int i = 0; i < 39; i++) {
            link("l" + i, "l" + (i + 1) + "/x".repeat(2_000));
        }
        assertThat(look().specialFiles()).singleElement().satisfies(snare -> {
            assertThat(snare.kind()).isEqualTo(SpecialFiles.SpecialFileKind.LINK);
            assertThat(snare.count()).isGreaterThan(30);
        });
    }

    /** A link through {@code /proc/self} leads every process to another place. */
    @Test
    void aLinkThatIsAnotherForEachWhoFollowsItLeadsOut() throws Exception {
        link("own", "/proc/self/cwd/x");
        assertThat(look().specialFiles())
                .singleElement()
                .satisfies(snare -> assertThat(snare.some()).containsExactly(found("own", "/proc/self/cwd/x")));
    }

    private static SpecialFiles.SpecialFile found(String path, String to) {
        return new SpecialFiles.SpecialFile(path, Optional.of(to));
    }

    @Test
    @Tag("process")
    void ofManyTheNearestAreNamedAndAllAreCounted() throws Exception {
        file("deep/er/x");
        for (int i = 0; i < 40; i++) {
            link("deep/er/" + i, "/etc/passwd");
        }
        link("zzz", "/etc/passwd");
        made("mkfifo", workspace.resolve("deep/er/pipe").toString());
        List<SpecialFiles> snares = look().specialFiles();
        assertThat(snares)
                .extracting(SpecialFiles::kind)
                .containsExactly(SpecialFiles.SpecialFileKind.LINK, SpecialFiles.SpecialFileKind.PIPE);
        assertThat(snares.getFirst().count()).isEqualTo(41);
        assertThat(snares.getFirst().some()).hasSize(SpecialFiles.MOST);
        assertThat(snares.getFirst().some().getFirst().path()).isEqualTo("zzz");
    }

    @Test
    @Tag("process")
    void whatIsTooMuchIsSaidAndWhatIsCoveredIsPassed() throws Exception {
        made("mkfifo", workspace.resolve("pipe").toString());
        for (int i = 0; i < 20; i++) {
            file("many/" + i);
        }
        SpecialFileSearch.Result cut = SpecialFileSearch.since(workspace, Set.of(), BEFORE, 10);
        assertThat(cut.whole()).isFalse();
        assertThat(cut.specialFiles()).hasSize(1);
        made("mkfifo", workspace.resolve("many/pipe").toString());
        assertThat(SpecialFileSearch.since(workspace, Set.of(workspace.resolve("many")), BEFORE)
                        .specialFiles())
                .containsExactly(one(SpecialFiles.SpecialFileKind.PIPE, "pipe"));
    }
}
