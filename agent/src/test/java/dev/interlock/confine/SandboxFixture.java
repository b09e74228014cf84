package dev.interlock.confine;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A real listener that answers every request with {@code pong}, a real workspace, and real sandboxes with both. */
final class SandboxFixture implements AutoCloseable {

    static final String TOKEN = "ilk_FAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAK";

    final Path directory;
    final Path workspace;
    final Path socket;
    final int uid;
    final AtomicInteger connections = new AtomicInteger();
    private final ServerSocketChannel listener;

    /** Creates a fixture, or skips the test with a message where no sandbox works. */
    static SandboxFixture orSkipped() throws IOException {
        SandboxReadiness readiness = SandboxLauncher.check();
        assumeTrue(
                readiness.ready(),
                () -> "this machine cannot confine: " + readiness.lack() + "; " + readiness.remedy());
        return new SandboxFixture();
    }

    SandboxFixture() throws IOException {
        uid = SandboxLauncher.agentUid();
        directory = Files.createTempDirectory("interlock-test-");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        workspace = Files.createDirectory(directory.resolve("workspace"));
        if (Host.uid() == 0) {
            Files.setAttribute(workspace, "unix:uid", uid);
        }
        // Its directory is visible inside.
        socket = Files.createDirectory(directory.resolve("place")).resolve("gateway.sock");
        Files.setPosixFilePermissions(socket.resolveSibling(""), PosixFilePermissions.fromString("rwx--x--x"));
        for (String file : List.of("authority.pem", "authority.p12")) {
            Files.writeString(directory.resolve(file), "whom to trust\n");
            Files.writeString(socket.resolveSibling(file), "whom to trust\n");
        }
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(socket));
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
        Thread.ofVirtual().start(this::serve);
    }

    private void serve() {
        try {
            while (true) {
                SocketChannel channel = listener.accept();
                connections.incrementAndGet();
                Thread.ofVirtual().start(() -> answer(channel));
            }
        } catch (IOException e) {
            // The listener was closed.
        }
    }

    /** Stops listening, like a gateway when the lease of a place has ended. */
    void shut() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void answer(SocketChannel channel) {
        try (channel) {
            channel.read(ByteBuffer.allocate(65_536));
            channel.write(ByteBuffer.wrap("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\npong"
                    .getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            // The client disconnected.
        }
    }

    SandboxSpec cell(String... command) {
        return new SandboxSpec(
                List.of(command),
                workspace,
                socket,
                new Secret(TOKEN),
                directory,
                uid,
                Map.of("RAILWAY_URL", "http://127.0.0.1:7411/railway"),
                List.of(),
                Set.of(),
                Set.of(),
                false,
                OverlayMounts.NONE,
                ProcessLimits.USUAL);
    }

    /** Runs a shell script inside and waits. */
    Result sh(String script) throws Exception {
        return run(cell("/bin/sh", "-c", script), UnaryOperator.identity());
    }

    /** Runs a script like {@link #sh} without the wall {@code name}, which must exist. */
    Result without(String name, String script) throws Exception {
        return without(Set.of(name), script);
    }

    /** Runs a script like {@link #sh} without the walls {@code names}, each of which must exist. */
    Result without(Set<String> names, String script) throws Exception {
        return run(cell("/bin/sh", "-c", script), walls -> leavingOut(names, walls));
    }

    static List<BubblewrapArgs.SandboxWall> leavingOut(Set<String> names, List<BubblewrapArgs.SandboxWall> walls) {
        List<BubblewrapArgs.SandboxWall> rest =
                walls.stream().filter(wall -> !names.contains(wall.name())).toList();
        if (rest.size() != walls.size() - names.size()) {
            throw new IllegalArgumentException("not all of these are walls: " + names);
        }
        return rest;
    }

    Result run(SandboxSpec cell, UnaryOperator<List<BubblewrapArgs.SandboxWall>> change) throws Exception {
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        StandardStreams stdio = new StandardStreams(
                Redirect.from(Path.of("/dev/null").toFile()), Redirect.to(out.toFile()), Redirect.to(err.toFile()));
        RunningSandbox confined = start(cell, change, stdio);
        if (!confined.process().waitFor(300, TimeUnit.SECONDS)) {
            confined.kill();
            throw new IllegalStateException("the sandbox hangs: " + cell.command());
        }
        int exit = confined.exit();
        return new Result(
                exit, Files.readString(out).strip(), Files.readString(err).strip());
    }

    RunningSandbox start(
            SandboxSpec cell, UnaryOperator<List<BubblewrapArgs.SandboxWall>> change, StandardStreams stdio)
            throws Exception {
        SandboxSpec checked = SandboxChecks.checked(cell, Set.of());
        SandboxLauncher usual = confinement(BubblewrapArgs.PORT);
        boolean apart = change.apply(usual.walls(checked)).stream()
                .anyMatch(wall -> wall.name().equals("own network"));
        SandboxLauncher confinement = apart ? usual : confinement(freePort());
        return confinement.start(checked, stdio, change.apply(confinement.walls(checked)));
    }

    private SandboxLauncher confinement(int port) {
        return new SandboxLauncher(
                directory,
                Map.of("TERM", "xterm-256color", "RAILWAY_TOKEN", "not-for-agents", "LD_PRELOAD", "/tmp/evil.so"),
                StandardStreams.inherited(),
                UnaryOperator.identity(),
                port);
    }

    /**
     * Returns a free port. Without a network of its own a sandbox's relay listens on this host, where the usual port
     * may be in use.
     */
    static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    /** The exit code and the output of a process. */
    record Result(int exit, String out, String err) {}

    @Override
    public void close() throws IOException {
        listener.close();
        // Without its own process namespace, a sandbox's processes outlive it.
        ProcessHandle.allProcesses().filter(this::sees).forEach(ProcessHandle::destroyForcibly);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private boolean sees(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", String.valueOf(process.pid()), "mountinfo"))
                    .contains(directory.getFileName().toString());
        } catch (IOException e) {
            return false; // gone, or another user's
        }
    }
}
