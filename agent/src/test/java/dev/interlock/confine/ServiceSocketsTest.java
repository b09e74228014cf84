package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Secret;
import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
final class ServiceSocketsTest {

    @TempDir
    private Path directory;

    private Path workspace;
    private Path shown;
    private int uid;
    private final List<ServerSocketChannel> listeners = new ArrayList<>();

    @BeforeEach
    void make() throws IOException {
        uid = SandboxLauncher.agentUid();
        workspace = Files.createDirectory(directory.toRealPath().resolve("w"));
        shown = Files.createDirectory(directory.toRealPath().resolve("r"));
        give(workspace);
        give(shown);
    }

    @AfterEach
    void close() throws IOException {
        for (ServerSocketChannel listener : listeners) {
            listener.close();
        }
    }

    private void give(Path path) throws IOException {
        Files.setAttribute(path, "unix:uid", uid);
    }

    private ServerSocketChannel listen(Path socket) throws IOException {
        Files.createDirectories(socket.resolveSibling(""));
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listeners.add(listener);
        listener.bind(UnixDomainSocketAddress.of(socket));
        listener.configureBlocking(false);
        return listener;
    }

    private static void mode(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    private SandboxSpec cell(Set<Path> covered) {
        return new SandboxSpec(
                List.of("agent"),
                workspace,
                directory.resolve("place.sock"),
                new Secret(SandboxFixture.TOKEN),
                directory,
                uid,
                Map.of(),
                List.of(shown),
                Set.of(),
                covered,
                false,
                OverlayMounts.NONE,
                ProcessLimits.USUAL);
    }

    private Set<Path> look() throws Exception {
        return ServiceSockets.search(cell(Set.of()), Optional.empty()).sockets();
    }

    @Test
    @Tag("promise")
    void theyAreFoundWhereverTheyLieAndNobodyThereNoticesTheQuestion() throws Exception {
        List<Path> sockets = List.of(
                workspace.resolve("db.sock"),
                workspace.resolve("node_modules/x/.s.PGSQL.5432"),
                workspace.resolve(".git/fsmonitor--daemon.ipc"),
                shown.resolve("docker.sock"));
        List<ServerSocketChannel> all = new ArrayList<>();
        for (Path socket : sockets) {
            all.add(listen(socket));
        }
        Files.createSymbolicLink(workspace.resolve("link"), shown);
        assertThat(look()).containsExactlyInAnyOrderElementsOf(sockets);
        for (ServerSocketChannel one : all) {
            try (SocketChannel asker = one.accept()) {
                assertThat(asker).isNull();
            }
        }
        assertThat(ServiceSockets.shown(look(), workspace)).contains(Path.of("db.sock"), shown.resolve("docker.sock"));
    }

    @Test
    void oneThatNobodyHoldsAnyMoreStays() throws Exception {
        Path socket = workspace.resolve("old.sock");
        listen(socket).close();
        assertThat(socket).exists();
        assertThat(look()).isEmpty();
        Path pipe = workspace.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        assertThat(look()).as("a pipe is no socket").isEmpty();
    }

    /** Its process may listen later. This also covers sockets that accept no streams. */
    @Test
    void oneThatIsBoundCountsWhetherSomebodyListensOrNot() throws Exception {
        Path datagrams = workspace.resolve("log.sock");
        Process socat = new ProcessBuilder("socat", "-u", "UNIX-RECV:" + datagrams, "STDOUT").start();
        try {
            while (!Files.exists(datagrams)) {
                assertThat(socat.isAlive()).isTrue();
                WaitLoop.pause();
            }
            assertThat(look()).containsExactly(datagrams);
        } finally {
            socat.destroyForcibly().waitFor();
        }
    }

    @Test
    void whatCannotBeAskedCounts() throws Exception {
        Path deep = workspace.resolve("d".repeat(120));
        Path near = workspace.resolve("s");
        listen(near);
        Files.createDirectory(deep);
        Path far = Files.move(near, deep.resolve("s")); // a longer name than an address can hold
        assertThat(look()).containsExactly(far);
    }

    @Test
    void whatIsNotSeenInsideAndWhereNobodyGetsInDoesNotCount() throws Exception {
        Path covered = workspace.resolve("gateway");
        listen(covered.resolve("s"));
        assertThat(ServiceSockets.search(cell(Set.of(covered)), Optional.empty())
                        .sockets())
                .isEmpty();
        assertThat(look()).hasSize(1);
        if (Host.uid() == 0) {
            mode(covered, "rwx------"); // root's, and the agent is another user
            assertThat(look()).isEmpty();
        }
    }

    @Test
    @Tag("promise")
    void oneInADirectoryThatTheAgentCouldOpenStartsNothing() throws Exception {
        Path shut = workspace.resolve("shut");
        Path alsoShut = shown.resolve("shut");
        listen(shut.resolve("s"));
        listen(alsoShut.resolve("s"));
        for (Path path : List.of(shut, alsoShut)) {
            give(path);
            mode(path, "rw-------");
        }
        assertThatThrownBy(this::look).isInstanceOf(SandboxException.class).hasMessageContaining("w/shut");
        mode(shut, "rwx------");
        assertThat(look()).as("read-only, it stays shut").containsExactly(shut.resolve("s"));
        mode(alsoShut, "rwx------");
        assertThat(look()).hasSize(2);
    }

    @Test
    void moreThanCanBeLookedAtOrCoveredStartsNothing() throws Exception {
        listen(workspace.resolve("a"));
        listen(shown.resolve("b"));
        assertThat(ServiceSockets.search(cell(Set.of()), Optional.empty(), 4, 2).sockets())
                .hasSize(2);
        assertThatThrownBy(ServiceSockets.search(cell(Set.of()), Optional.empty(), 3, 2)::sockets)
                .isInstanceOfSatisfying(
                        SandboxException.class, e -> assertThat(e.next()).contains("--workspace"))
                .hasMessageContaining("more than 3 files");
        assertThatThrownBy(ServiceSockets.search(cell(Set.of()), Optional.empty(), 4, 1)::sockets)
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("more than 1 sockets");
    }
}
