package dev.interlock.cli;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.config.Config;
import dev.interlock.confine.AgentLaunch;
import dev.interlock.confine.GatewayPlaces;
import dev.interlock.confine.RunningSandbox;
import dev.interlock.confine.SandboxException;
import dev.interlock.confine.SandboxLauncher;
import dev.interlock.linux.Trees;
import dev.interlock.session.TerminalText;
import dev.interlock.stdio.ServerProgram;
import dev.interlock.stdio.StdioBridge;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/**
 * The program of a {@link StdioServer}, in a sandbox like an agent's: its only way out is the gateway, with a lease of
 * its own.
 */
final class SandboxedServer implements ServerProgram {

    /** Each session is a sandbox with some hundred megabytes of a program. */
    private static final int MOST_SESSIONS = 16;

    private static final Duration IDLE = Duration.ofMinutes(30);
    private static final String SESSION = "session-";
    private static final String KEPT = "kept";

    private final StdioServer server;
    private final Config config;
    private final Set<Path> covered;
    private final boolean showsErrors;
    private final Terminal terminal;
    private boolean isTidy;

    private SandboxedServer(
            StdioServer server, Config config, Set<Path> covered, boolean showsErrors, Terminal terminal) {
        this.server = server;
        this.config = config;
        this.covered = covered;
        this.showsErrors = showsErrors;
        this.terminal = terminal;
    }

    /** {@code showsErrors} if what the server writes as errors appears on this process's own. */
    static StdioBridge bridge(StdioServer server, Options options, boolean showsErrors, Terminal terminal)
            throws IOException {
        if (SandboxLauncher.agentUid() != SandboxLauncher.DEFAULT_AGENT_UID) {
            throw new UsageException("a server of MCP gets a user of its own, which only root can give it: use sudo");
        }
        SandboxedServer program =
                new SandboxedServer(server, options.config(), options.covered(), showsErrors, terminal);
        StdioBridge.BridgeRules rules =
                new StdioBridge.BridgeRules(server.tokenDigest(), server.place().keeps() ? 1 : MOST_SESSIONS, IDLE);
        return StdioBridge.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()),
                rules,
                program,
                InstantSource.system(),
                line -> terminal.aside(TerminalText.line(line)));
    }

    @Override
    public RunningProgram start() throws IOException, InterruptedException {
        Path workspace = workspace();
        CompletableFuture<RunningSandbox> started = new CompletableFuture<>();
        // The kernel ends the sandbox when the thread that started it ends.
        Thread running = Thread.ofPlatform().name("mcp-server").start(() -> run(workspace, started));
        try {
            return new SandboxedProgram(started.get(), running);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            String next = cause instanceof SandboxException refused ? " " + refused.next() : "";
            throw new IOException(String.valueOf(cause == null ? e : cause.getMessage()) + next, e);
        }
    }

    private record SandboxedProgram(RunningSandbox sandbox, Thread running) implements RunningProgram {

        @Override
        public OutputStream input() {
            return sandbox.input();
        }

        @Override
        public InputStream output() {
            return sandbox.output();
        }

        @Override
        public void close() {
            try {
                sandbox.end(AgentLaunch.DEFAULT_PATIENCE);
                running.join();
            } catch (InterruptedException e) {
                sandbox.kill();
                Thread.currentThread().interrupt();
            }
        }
    }

    private void run(Path workspace, CompletableFuture<RunningSandbox> started) {
        Path scratch = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
        AgentLaunch launch = new AgentLaunch(
                new GatewayPlaces(AdminClient.at(config.adminSocket()), Optional.empty(), _ -> {}),
                SandboxLauncher.piped(scratch, System.getenv(), showsErrors),
                InstantSource.system(),
                started::complete);
        try {
            AgentLaunch.RunOutcome outcome = launch.run(
                    server.agent(),
                    server.task(),
                    Set.of(),
                    Set.of(),
                    server.place().uid(),
                    order(workspace));
            outcome.lost().ifPresent(why -> terminal.problem(TerminalText.line(why)));
        } catch (IOException | SandboxException | InterruptedException | RuntimeException e) {
            if (!started.completeExceptionally(e)) {
                terminal.problem("a session ended: " + TerminalText.line(String.valueOf(e.getMessage())));
            }
        } finally {
            if (!server.place().keeps()) {
                remove(workspace);
            }
        }
    }

    private AgentLaunch.RunOrder order(Path workspace) {
        return new AgentLaunch.RunOrder(
                command(), workspace, Map.of(), server.place().readable(), Options.hidden(config), covered, false);
    }

    private List<String> command() {
        if (server.leaseAs().isEmpty()) {
            return server.command();
        }
        List<String> command = new ArrayList<>(
                List.of("/bin/sh", "-c", server.leaseAs().get() + "=$INTERLOCK_LEASE exec \"$0\" \"$@\""));
        command.addAll(server.command());
        return command;
    }

    /** Belongs to the server's user. Its parent is root's, so that nobody can replace it. */
    private Path workspace() throws IOException {
        Path parent = server.place().directory();
        if (!Files.isDirectory(parent)) {
            Files.createDirectories(parent);
            Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwx--x--x"));
        }
        if (server.place().keeps()) {
            Path kept = parent.resolve(KEPT);
            return Files.isDirectory(kept) ? kept : given(Files.createDirectory(kept));
        }
        if (!isTidy) {
            try (Stream<Path> all = Files.list(parent)) {
                all.filter(one -> one.getFileName().toString().startsWith(SESSION))
                        .toList()
                        .forEach(this::remove); // of a bridge that was killed
            }
            isTidy = true;
        }
        return given(Files.createTempDirectory(parent, SESSION));
    }

    private Path given(Path directory) throws IOException {
        Files.setAttribute(directory, "unix:uid", server.place().uid());
        Files.setAttribute(directory, "unix:gid", server.place().uid());
        return directory;
    }

    private void remove(Path directory) {
        try {
            Trees.remove(directory);
        } catch (IOException e) {
            terminal.problem("`" + directory + "` could not be removed");
        }
    }
}
