package dev.interlock.confine;

import dev.interlock.confine.Readiness.Finding;
import dev.interlock.session.Recording;
import dev.interlock.session.Track;
import java.io.FileDescriptor;
import java.io.IOException;
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
public final class Confinement {

    /**
     * The agent's user if the launcher is root. It has no account and no files, and hardly any other process of a host
     * has this number.
     */
    public static final int DEFAULT_AGENT_UID = 61_234;

    private static final String INSTALL = "apt-get install -y bubblewrap socat util-linux";

    private final Path scratch;
    private final Map<String, String> environment;
    private final Stdio stdio;
    private final UnaryOperator<List<Walls.Wall>> alteration;
    private final int port;

    /**
     * Creates sandboxes on the caller's own standard streams.
     *
     * @param scratch a directory for short-lived files; they are removed before the agent starts
     * @param environment the caller's variables, of which a short list is passed on
     */
    public Confinement(Path scratch, Map<String, String> environment) {
        this(scratch, environment, Stdio.inherited(), UnaryOperator.identity(), Walls.PORT);
    }

    /**
     * Creates sandboxes for examination: on other streams, and with walls of a test's choosing.
     *
     * @param port of the relay, which is the host's where the network is
     */
    Confinement(
            Path scratch,
            Map<String, String> environment,
            Stdio stdio,
            UnaryOperator<List<Walls.Wall>> alteration,
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

    /** Returns whether the caller has a terminal, so that its agent can have one, too. */
    public static boolean hasTerminal() {
        return Host.hasTerminal();
    }

    /** Returns the sandbox requirements that this machine meets and lacks. Starts each program once. */
    public static Readiness check() throws IOException {
        List<Finding> findings = new ArrayList<>();
        findings.add(version("bwrap", "--version"));
        findings.add(version("socat", "-V"));
        findings.add(version("setpriv", "--version"));
        findings.add(version("prlimit", "--version"));
        findings.add(processor());
        findings.add(namespaces());
        return new Readiness(findings);
    }

    private static Finding version(String name, String flag) throws IOException {
        Optional<Path> program = Host.program(name);
        if (program.isEmpty()) {
            return new Finding(name, false, "not installed", INSTALL);
        }
        Host.Said said = Host.run(List.of(program.get().toString(), flag));
        String line = said.text()
                .lines()
                .filter(l -> l.matches(".*\\d\\.\\d.*"))
                .findFirst()
                .orElse("");
        return new Finding(name, said.well(), line, said.well() ? "" : INSTALL);
    }

    private static Finding processor() {
        String name = System.getProperty("os.arch", "");
        boolean known = SystemCalls.of(name).isPresent();
        return new Finding("processor", known, name, known ? "" : "run on x86-64 or arm64");
    }

    private static Finding namespaces() throws IOException {
        Optional<Path> bwrap = Host.program("bwrap");
        if (bwrap.isEmpty()) {
            return new Finding("user namespaces", false, "not tried without bwrap", INSTALL);
        }
        List<String> trial = new ArrayList<>(Privileges.dropping(agentUid()));
        trial.addAll(List.of(bwrap.get().toString(), "--unshare-user", "--unshare-net", "--ro-bind", "/", "/", "true"));
        Host.Said said = Host.run(trial);
        return said.well()
                ? new Finding("user namespaces", true, "usable by an unprivileged user", "")
                : new Finding("user namespaces", false, said.firstLine(), remedyForNamespaces());
    }

    private static String remedyForNamespaces() {
        return "sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"
                + " kernel.apparmor_restrict_unprivileged_userns=0";
    }

    /**
     * Starts the command of a cell that {@link Boundary} has checked.
     *
     * @throws UnconfinableException if any wall cannot be raised as asked; nothing runs then
     */
    Confined startChecked(Cell checked) throws IOException, UnconfinableException {
        return start(checked, stdio, alteration.apply(walls(checked)));
    }

    /**
     * Does the same as {@link #startChecked(Cell)}, and copies the agent's output and its own transcripts to
     * {@code recording}.
     */
    Confined startChecked(Cell checked, Recording recording) throws IOException, UnconfinableException {
        List<Walls.Wall> walls = new ArrayList<>(walls(checked));
        walls.add(walls.size() - 1, Walls.transcripts(recording.homes())); // before the root is made read-only
        boolean together = checked.interactive() || Host.hasOneOutput();
        Stdio piped = new Stdio(stdio.in(), Redirect.PIPE, together ? Redirect.INHERIT : Redirect.PIPE);
        try {
            return raise(
                    checked,
                    piped,
                    alteration.apply(walls),
                    builder -> recorded(builder, recording, checked, together));
        } catch (UnconfinableException e) {
            recording.forget();
            throw e;
        }
    }

    private static Confined recorded(ProcessBuilder builder, Recording recording, Cell checked, boolean together)
            throws IOException {
        builder.redirectErrorStream(together);
        Track output = recording.track(checked.interactive() ? "terminal" : "output");
        Optional<Track> errors = together ? Optional.empty() : Optional.of(recording.track("errors"));
        Process process = builder.start();
        List<Thread> copying = new ArrayList<>();
        copying.add(Copying.start(process.getInputStream(), FileDescriptor.out, output));
        errors.ifPresent(track -> copying.add(Copying.start(process.getErrorStream(), FileDescriptor.err, track)));
        return new Confined(process, copying);
    }

    /** Does the same as {@link #startChecked(Cell)} for tests, with streams and walls of their choosing. */
    Confined start(Cell cell, Stdio stdio, List<Walls.Wall> walls) throws IOException, UnconfinableException {
        return raise(cell, stdio, walls, builder -> new Confined(builder.start()));
    }

    /** Starts the process of a sandbox. */
    @FunctionalInterface
    private interface Starting {
        Confined of(ProcessBuilder builder) throws IOException;
    }

    /**
     * Builds the sandbox. Returns when the mounts were checked and the agent's own program may begin, or when the
     * sandbox has ended.
     */
    private Confined raise(Cell cell, Stdio streams, List<Walls.Wall> asked, Starting starting)
            throws IOException, UnconfinableException {
        try (Threshold threshold = Threshold.lay(scratch, cell.uid())) {
            List<Walls.Wall> walls = new ArrayList<>(asked);
            walls.addFirst(Walls.threshold(threshold.socket())); // the last wall makes the root read-only
            Confined confined = starting.of(builder(cell, streams, walls));
            threshold.pass(confined, walls);
            return confined;
        }
    }

    private ProcessBuilder builder(Cell cell, Stdio streams, List<Walls.Wall> walls)
            throws IOException, UnconfinableException {
        ProcessBuilder builder = new ProcessBuilder(prepare(cell, walls));
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/bin:/bin");
        streams.applyTo(builder);
        return builder;
    }

    /** Returns the command that becomes the sandbox. Its inputs lie ready to be opened once. */
    List<String> prepare(Cell cell, List<Walls.Wall> walls) throws IOException, UnconfinableException {
        SystemCalls filter = SystemCalls.of(System.getProperty("os.arch", ""))
                .orElseThrow(() -> new UnconfinableException(
                        "There is no system call filter for this processor.", "Run on x86-64 or arm64."));
        return command(cell, Given.write(scratch, cell, Walls.arguments(walls), filter.program()));
    }

    /** Creates the directory for the files of one run. */
    Scratch scratch() throws IOException {
        return Scratch.in(scratch);
    }

    /** Returns the same, with all its files in {@code other}. */
    Confinement in(Scratch other) {
        return new Confinement(other.directory(), environment, stdio, alteration, port);
    }

    /** Returns the caller's home directories. They hold keys, logins, and files that run at the caller's next login. */
    Set<Path> homes() {
        return Stream.of(environment.getOrDefault("HOME", ""), System.getProperty("user.home", ""))
                .filter(home -> home.startsWith("/"))
                .map(Path::of)
                .collect(Collectors.toUnmodifiableSet());
    }

    List<Walls.Wall> walls(Cell checked) {
        return Walls.around(checked, environment, port);
    }

    private List<String> command(Cell cell, Path given) throws IOException, UnconfinableException {
        List<String> command = new ArrayList<>(
                List.of("/bin/sh", "-c", Given.script("enter.sh"), "interlock-enter", given.toString()));
        command.addAll(cell.limits().holding());
        command.addAll(Privileges.dropping(cell.uid()));
        List<String> sandbox =
                new ArrayList<>(List.of(bwrap(), "--args", "3", "--", "/bin/sh", "/run/interlock/start"));
        sandbox.addAll(List.of(cell.interactive() ? "own" : "none", Integer.toString(port)));
        sandbox.addAll(cell.command());
        command.addAll(cell.interactive() ? OwnTerminal.around(sandbox) : sandbox);
        return command;
    }

    private static String bwrap() throws UnconfinableException {
        return Host.program("bwrap")
                .orElseThrow(() -> new UnconfinableException("bubblewrap is not installed.", INSTALL))
                .toString();
    }
}
