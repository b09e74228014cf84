package dev.interlock.confine;

import dev.interlock.confine.SandboxReadiness.SandboxRequirement;
import dev.interlock.linux.ShellWords;
import dev.interlock.session.SessionRecorder;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Starts an agent whose only way out is its own place.
 *
 * <p>Threading: the kernel ends the sandbox when the thread that started it ends. So {@link #startChecked} belongs on a
 * thread that stays until the agent has ended, and never on a virtual one.
 */
public final class SandboxLauncher {

    /** The agent's user if the launcher is root. It has no account and no files. */
    public static final int DEFAULT_AGENT_UID = 61_234;

    private static final String INSTALL = "apt-get install -y bubblewrap socat util-linux";

    private final Path scratch;
    private final Map<String, String> environment;
    private final StandardStreams stdio;
    private final UnaryOperator<List<BubblewrapArgs.SandboxWall>> alteration;
    private final int port;

    /**
     * Creates sandboxes on the caller's own standard streams.
     *
     * @param environment the caller's variables, of which a short list is passed on
     */
    public SandboxLauncher(Path scratch, Map<String, String> environment) {
        this(scratch, environment, StandardStreams.inherited(), UnaryOperator.identity(), BubblewrapArgs.PORT);
    }

    /** Returns one whose agents are programs that the caller talks to. */
    public static SandboxLauncher piped(Path scratch, Map<String, String> environment, boolean showsErrors) {
        StandardStreams piped =
                new StandardStreams(Redirect.PIPE, Redirect.PIPE, showsErrors ? Redirect.INHERIT : Redirect.DISCARD);
        return new SandboxLauncher(scratch, environment, piped, UnaryOperator.identity(), BubblewrapArgs.PORT);
    }

    /** For tests and examinations: on other streams, with other walls, and with a port that is free on the host. */
    SandboxLauncher(
            Path scratch,
            Map<String, String> environment,
            StandardStreams stdio,
            UnaryOperator<List<BubblewrapArgs.SandboxWall>> alteration,
            int port) {
        this.scratch = scratch;
        this.environment = Map.copyOf(environment);
        this.stdio = stdio;
        this.alteration = alteration;
        this.port = port;
    }

    /** Returns the agent's user that this process can provide: its own, unless it is root. */
    public static int agentUid() throws IOException {
        int uid = Host.uid();
        return uid == 0 ? DEFAULT_AGENT_UID : uid;
    }

    public static String gateway() {
        return BubblewrapArgs.gateway(BubblewrapArgs.PORT);
    }

    public static boolean hasTerminal() {
        return Host.hasTerminal();
    }

    /** Returns the sandbox requirements that this machine meets and lacks. Starts each program once. */
    public static SandboxReadiness check() throws IOException {
        List<SandboxRequirement> findings = new ArrayList<>();
        findings.add(version("bwrap", "--version"));
        findings.add(version("socat", "-V"));
        findings.add(version("setpriv", "--version"));
        findings.add(version("prlimit", "--version"));
        findings.add(processor());
        findings.add(namespaces());
        return new SandboxReadiness(findings);
    }

    private static SandboxRequirement version(String name, String flag) throws IOException {
        Optional<Path> program = Host.program(name);
        if (program.isEmpty()) {
            return new SandboxRequirement(name, false, "not installed", INSTALL);
        }
        Host.CommandResult said = Host.run(List.of(program.get().toString(), flag));
        String line = said.text()
                .lines()
                .filter(l -> l.matches(".*\\d\\.\\d.*"))
                .findFirst()
                .orElse("");
        return new SandboxRequirement(name, said.well(), line, said.well() ? "" : INSTALL);
    }

    private static SandboxRequirement processor() {
        String name = System.getProperty("os.arch", "");
        boolean known = SystemCallFilter.of(name).isPresent();
        return new SandboxRequirement("processor", known, name, known ? "" : "run on x86-64 or arm64");
    }

    private static SandboxRequirement namespaces() throws IOException {
        Optional<Path> bwrap = Host.program("bwrap");
        if (bwrap.isEmpty()) {
            return new SandboxRequirement("user namespaces", false, "not tried without bwrap", INSTALL);
        }
        List<String> trial = new ArrayList<>(Privileges.dropping(agentUid()));
        trial.addAll(List.of(bwrap.get().toString(), "--unshare-user", "--unshare-net", "--ro-bind", "/", "/", "true"));
        Host.CommandResult said = Host.run(trial);
        return said.well()
                ? new SandboxRequirement("user namespaces", true, "usable by an unprivileged user", "")
                : new SandboxRequirement("user namespaces", false, said.firstLine(), remedyForNamespaces());
    }

    private static String remedyForNamespaces() {
        return "sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000 kernel.apparmor_restrict_unprivileged_userns=0";
    }

    /** @throws SandboxException if any wall cannot be raised as asked; nothing runs then */
    RunningSandbox startChecked(SandboxSpec checked) throws IOException, SandboxException {
        return start(checked, stdio, alteration.apply(walls(checked)));
    }

    /** Does the same, and copies the agent's output to {@code recording}. */
    RunningSandbox startChecked(SandboxSpec checked, SessionRecorder recording) throws IOException, SandboxException {
        boolean together = checked.interactive() || Host.hasOneOutput();
        StandardStreams piped =
                new StandardStreams(stdio.in(), Redirect.PIPE, together ? Redirect.INHERIT : Redirect.PIPE);
        try {
            return raise(
                    checked,
                    piped,
                    alteration.apply(walls(checked)),
                    builder -> recorded(builder, recording, checked, together));
        } catch (SandboxException e) {
            recording.forget();
            throw e;
        }
    }

    private static RunningSandbox recorded(
            ProcessBuilder builder, SessionRecorder recording, SandboxSpec checked, boolean together)
            throws IOException {
        builder.redirectErrorStream(together);
        Process process = builder.start();
        List<Thread> copying = new ArrayList<>();
        copying.add(copier(process.getInputStream(), FileDescriptor.out, recording.stream(checked.interactive())));
        if (!together) {
            copying.add(copier(process.getErrorStream(), FileDescriptor.err, recording.stream(false)));
        }
        return new RunningSandbox(process, copying);
    }

    RunningSandbox start(SandboxSpec spec, StandardStreams stdio, List<BubblewrapArgs.SandboxWall> walls)
            throws IOException, SandboxException {
        return raise(spec, stdio, walls, builder -> new RunningSandbox(builder.start()));
    }

    @FunctionalInterface
    private interface ProcessStarter {
        RunningSandbox of(ProcessBuilder builder) throws IOException;
    }

    /** Returns when the mounts were checked and the agent's own program may begin, or when the sandbox has ended. */
    private RunningSandbox raise(
            SandboxSpec spec, StandardStreams streams, List<BubblewrapArgs.SandboxWall> asked, ProcessStarter starting)
            throws IOException, SandboxException {
        try (StartBarrier threshold = StartBarrier.create(scratch, spec.uid())) {
            List<BubblewrapArgs.SandboxWall> walls = new ArrayList<>(asked);
            walls.addFirst(BubblewrapArgs.threshold(threshold.socket())); // the last wall makes the root read-only
            RunningSandbox confined = starting.of(builder(spec, streams, walls));
            threshold.letAgentStart(confined, walls);
            return confined;
        }
    }

    private ProcessBuilder builder(SandboxSpec spec, StandardStreams streams, List<BubblewrapArgs.SandboxWall> walls)
            throws IOException, SandboxException {
        ProcessBuilder builder = new ProcessBuilder(prepare(spec, walls));
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/bin:/bin");
        streams.applyTo(builder);
        return builder;
    }

    /** Its inputs lie ready to be opened once. */
    List<String> prepare(SandboxSpec spec, List<BubblewrapArgs.SandboxWall> walls)
            throws IOException, SandboxException {
        SystemCallFilter filter = SystemCallFilter.of(System.getProperty("os.arch", ""))
                .orElseThrow(() -> new SandboxException(
                        "There is no system call filter for this processor.", "Run on x86-64 or arm64."));
        return command(spec, FdInputs.write(scratch, spec, BubblewrapArgs.arguments(walls), filter.program()));
    }

    RunDirectory scratch() throws IOException {
        return RunDirectory.create(scratch);
    }

    SandboxLauncher in(RunDirectory other) {
        return new SandboxLauncher(other.directory(), environment, stdio, alteration, port);
    }

    /** Returns the caller's home directories. They hold keys, logins, and files that run at the caller's next login. */
    Set<Path> homes() {
        return Stream.of(environment.getOrDefault("HOME", ""), System.getProperty("user.home", ""))
                .filter(home -> home.startsWith("/"))
                .map(Path::of)
                .collect(Collectors.toUnmodifiableSet());
    }

    List<BubblewrapArgs.SandboxWall> walls(SandboxSpec checked) {
        return BubblewrapArgs.around(checked, environment, port);
    }

    private List<String> command(SandboxSpec spec, Path given) throws IOException, SandboxException {
        List<String> command = new ArrayList<>(
                List.of("/bin/sh", "-c", FdInputs.script("enter.sh"), "interlock-enter", given.toString()));
        command.addAll(spec.limits().holding());
        command.addAll(Privileges.dropping(spec.uid()));
        List<String> sandbox =
                new ArrayList<>(List.of(bwrap(), "--args", "3", "--", "/bin/sh", "/run/interlock/start"));
        sandbox.addAll(List.of(spec.interactive() ? "own" : "none", Integer.toString(port)));
        sandbox.addAll(spec.command());
        command.addAll(spec.interactive() ? AgentTerminal.around(sandbox) : sandbox);
        return command;
    }

    private static String bwrap() throws SandboxException {
        return Host.program("bwrap")
                .orElseThrow(() -> new SandboxException("bubblewrap is not installed.", INSTALL))
                .toString();
    }

    /**
     * The caller gets the output first, unchanged and as it comes. If it stops reading, this stops as well, so that the
     * agent notices it as it would without the copy.
     */
    private static Thread copier(InputStream from, FileDescriptor to, SessionRecorder.RecordedStream record) {
        // Not closed, because it is this process's own stream.
        OutputStream out = new FileOutputStream(to);
        return Thread.ofPlatform().daemon().name("copy-output").start(() -> copy(from, out, record));
    }

    private static void copy(InputStream from, OutputStream to, SessionRecorder.RecordedStream record) {
        byte[] piece = new byte[1 << 16];
        try (from) {
            for (int read = from.read(piece); read >= 0; read = from.read(piece)) {
                to.write(piece, 0, read);
                record.write(piece, read);
            }
        } catch (IOException e) {
            // One of the ends is gone. Nobody is left to notify, and the agent's next write to its pipe fails.
        } finally {
            record.end();
        }
    }

    /**
     * A terminal of the agent's own, so that none inside holds the caller's and could type into it. It is util-linux'
     * {@code script}, run as the agent's user: it passes size changes on, and restores the caller's terminal.
     */
    static final class AgentTerminal {

        private AgentTerminal() {}

        static List<String> around(List<String> command) throws SandboxException {
            List<String> behind = new ArrayList<>(List.of(program("setpriv"), "--pdeathsig=TERM", "--"));
            // It takes its command as shell text. The file is where it would write the output that this process
            // records.
            behind.addAll(List.of(program("script"), "--quiet", "--return", "--command", line(command), "/dev/null"));
            return behind;
        }

        private static String program(String name) throws SandboxException {
            return Host.program(name)
                    .orElseThrow(() -> new SandboxException(
                            "`" + name + "` is not installed; it provides the agent's terminal.",
                            "apt-get install -y util-linux bsdutils, or run the agent without: --no-terminal."))
                    .toString();
        }

        private static String line(List<String> command) {
            // Ctrl-C reaches every process of the sandbox; only the agent's own is to act on it (start.sh).
            return "trap '' INT QUIT; exec " + ShellWords.line(command);
        }
    }
}
