package dev.interlock.confine;

import dev.interlock.action.Secret;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Tests a sandbox by trying to get out of it. Targets are laid out outside, and {@link EscapeProbe} tries to reach them
 * from inside. A way counts as open if either side saw something get through. The one permitted way to the gateway is
 * tried as well: if nothing works at all, nothing is proved.
 */
public final class SandboxExamination {

    /**
     * The result of one attempt to get out.
     *
     * @param detail the finding, in words
     * @param close how to close it; empty if it is blocked
     */
    public record EscapeResult(String name, boolean blocked, String detail, String close) {}

    private static final List<EscapeTargets.NamedPath> SOCKETS = List.of(
            new EscapeTargets.NamedPath("docker-socket", "/var/run/docker.sock"),
            new EscapeTargets.NamedPath("podman-socket", "/run/podman/podman.sock"),
            new EscapeTargets.NamedPath("containerd-socket", "/run/containerd/containerd.sock"),
            new EscapeTargets.NamedPath("system-bus", "/run/dbus/system_bus_socket"),
            new EscapeTargets.NamedPath("systemd-socket", "/run/systemd/private"));

    private static final List<String> LOGINS = List.of(
            ".ssh .aws .kube .config .git-credentials .gitconfig .netrc .npmrc .docker .gnupg .railway .claude .codex .bash_history"
                    .split(" ", -1));

    private static final Path JAVA = Path.of(System.getProperty("java.home", "/usr"));
    private static final List<Path> PROGRAM =
            List.of(home(EscapeProbe.class), home(RecordJson.class), home(Json.class));

    private final Path scratch;
    private final Map<String, String> environment;

    public SandboxExamination(Path scratch, Map<String, String> environment) {
        this.scratch = scratch;
        this.environment = Map.copyOf(environment);
    }

    /**
     * Tries every way out of a sandbox that is built like any agent's; see {@link AgentLaunch}.
     *
     * @param own the gateway's private files, by their names in reports
     * @param sockets the gateway's own sockets, by their names in reports
     * @throws SandboxException if no sandbox could be built, or nothing in it worked, so that nothing is proved
     */
    public List<EscapeResult> examineSandbox(
            GatewayPlaces places,
            Optional<String> agent,
            String task,
            Set<String> environments,
            int uid,
            AgentLaunch.RunOrder order,
            Map<String, Path> own,
            Map<String, Path> sockets)
            throws IOException, SandboxException, InterruptedException {
        return examineSandbox(
                places,
                new PlaceProvider.PlaceRequest(agent, task, environments, Set.of(), uid),
                order,
                own,
                sockets,
                all -> all,
                BubblewrapArgs.PORT);
    }

    /** Does the same for tests, with walls of their choosing, and with the relay at a port that is free on the host. */
    List<EscapeResult> examineSandbox(
            PlaceProvider places,
            PlaceProvider.PlaceRequest errand,
            AgentLaunch.RunOrder order,
            Map<String, Path> own,
            Map<String, Path> sockets,
            UnaryOperator<List<BubblewrapArgs.SandboxWall>> walls,
            int port)
            throws IOException, SandboxException, InterruptedException {
        try (RunDirectory laid = RunDirectory.create(scratch);
                LiveEscapeTargets lures = LiveEscapeTargets.create(laid.directory(), true)) {
            EscapeTargets bait = lures.prepare(
                    named(own, files()), named(sockets, hostSockets()), shown(order), List.of(), Optional.empty());
            Map<String, String> marked = new TreeMap<>(environment);
            marked.put(EscapeProbe.MARKED, bait.mark() + EscapeProbe.HELD);
            Path said = lures.output();
            SandboxLauncher confinement = new SandboxLauncher(
                    scratch,
                    // nothing
                    marked,
                    new StandardStreams(
                            Redirect.from(new File("/dev/null")), Redirect.to(said.toFile()), Redirect.INHERIT),
                    walls,
                    port);
            AgentLaunch launch = new AgentLaunch(places, confinement, InstantSource.system(), Optional.empty());
            int exit = launch.run(errand, withCommand(order, bait)).exit();
            return checks(tries(said, exit), lures, false);
        }
    }

    /**
     * Tries every way out of a place that somebody else has made: a user of its own behind a firewall, or a container.
     *
     * @param starter the command that starts agents there, as {@code setpriv} with its options
     * @param own the gateway's private files, by their names in reports
     * @param written paths that may be read there and not written
     * @param admin the administrative socket, which may be reached there and not used
     * @throws SandboxException if nothing in it worked, so that nothing is proved
     */
    public List<EscapeResult> examineWithoutSandbox(
            List<String> starter, URI gateway, Secret lease, Map<String, Path> own, List<Path> written, Path admin)
            throws IOException, SandboxException, InterruptedException {
        try (RunDirectory laid = RunDirectory.create(scratch);
                LiveEscapeTargets lures = LiveEscapeTargets.create(laid.directory(), false)) {
            EscapeTargets bait = lures.prepare(
                    named(own, files()),
                    hostSockets(),
                    List.of(),
                    written.stream().map(Path::toString).toList(),
                    Optional.of(admin));
            List<String> command = new ArrayList<>(starter);
            command.addAll(program(bait));
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(lures.output().toFile())
                    .redirectError(Redirect.INHERIT);
            builder.environment().clear();
            builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
            builder.environment().put("INTERLOCK_GATEWAY", gateway.toString());
            lease.use(token -> builder.environment().put("INTERLOCK_LEASE", token));
            int exit = builder.start().waitFor();
            return checks(tries(lures.output(), exit), lures, true);
        }
    }

    /** Returns what starts a program as {@code uid}; throws if this process may not drop to it. */
    public static List<String> starter(int uid) throws IOException, SandboxException {
        List<String> starter = Privileges.dropping(uid);
        if (starter.isEmpty()) {
            throw new SandboxException(
                    "Only root can test what user " + uid + " can reach with the setup that root made for it.",
                    "Start it as root, or name the command that starts agents here, after --.");
        }
        return starter;
    }

    private static List<EscapeResult> checks(
            List<EscapeProbe.EscapeAttempt> tries, LiveEscapeTargets lures, boolean bare)
            throws IOException, SandboxException {
        List<EscapeResult> checks = new ArrayList<>();
        for (EscapeProbe.EscapeAttempt one : tries) {
            if (one.name().equals(EscapeProbe.CONTROL)) { // the control comes first: without it nothing is proved
                requireControl(one);
            } else {
                boolean arrived = lures.wasReached(one.name());
                boolean open = one.got() || arrived;
                String detail = arrived && !one.got() ? "it arrived outside" : one.detail();
                checks.add(new EscapeResult(one.name(), !open, detail, open ? close(one.name(), bare) : ""));
            }
        }
        return checks;
    }

    private static void requireControl(EscapeProbe.EscapeAttempt control) throws SandboxException {
        if (!control.got()) {
            throw new SandboxException(
                    "The gateway itself could not be reached from inside (" + control.detail()
                            + "), so nothing is proved.",
                    "See `interlock status`, and try again.");
        }
    }

    private static List<EscapeProbe.EscapeAttempt> tries(Path said, int exit) throws IOException, SandboxException {
        String text = Files.readString(said).strip();
        try {
            return RecordJson.read(
                            EscapeProbe.EscapeReport.class, Json.readObject(text.getBytes(StandardCharsets.UTF_8)))
                    .tries();
        } catch (MalformedException e) {
            throw new SandboxException(
                    "The examination inside did not finish (it ended with " + exit + ").",
                    "It runs Interlock's own program there: let the agent's user read that program and its JDK.");
        }
    }

    private static AgentLaunch.RunOrder withCommand(AgentLaunch.RunOrder order, EscapeTargets bait) {
        List<Path> readable = new ArrayList<>(order.readable());
        PROGRAM.forEach(path -> readable.add(Files.isDirectory(path) ? path : path.resolveSibling("")));
        readable.add(JAVA);
        // With this variable the JDK would write a notice to standard error.
        List<String> quietly = new ArrayList<>(List.of("/usr/bin/env", "-u", ProxyVariables.JAVA_OPTIONS));
        quietly.addAll(program(bait));
        return new AgentLaunch.RunOrder(
                quietly,
                order.workspace(),
                order.variables(),
                readable.stream()
                        .distinct()
                        .filter(path -> !path.startsWith("/usr"))
                        .toList(),
                order.hidden(),
                order.covered(),
                false,
                order.guard(),
                AgentLaunch.RunHome.EMPTY,
                order.ports());
    }

    private static List<String> shown(AgentLaunch.RunOrder order) {
        return Stream.concat(Stream.of(order.workspace()), order.readable().stream())
                .map(Path::toString)
                .toList();
    }

    private static List<String> program(EscapeTargets bait) {
        return List.of(
                JAVA.resolve("bin/java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                PROGRAM.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)),
                EscapeProbe.class.getName(),
                RecordJson.write(bait).canonicalText());
    }

    private static Path home(Class<?> needed) {
        try {
            return Path.of(
                    needed.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e); // the class path itself is made of such locations
        }
    }

    private List<EscapeTargets.NamedPath> files() {
        Path home = Path.of(System.getProperty("user.home", "/"));
        List<EscapeTargets.NamedPath> files = new ArrayList<>();
        files.add(new EscapeTargets.NamedPath("home", home.toString()));
        LOGINS.forEach(name -> files.add(
                new EscapeTargets.NamedPath("login " + name, home.resolve(name).toString())));
        files.add(new EscapeTargets.NamedPath("shadow", "/etc/shadow"));
        files.add(new EscapeTargets.NamedPath("other-root", "/proc/1/root/etc/shadow"));
        return files;
    }

    private List<EscapeTargets.NamedPath> hostSockets() {
        List<EscapeTargets.NamedPath> all = new ArrayList<>(SOCKETS);
        String agent = environment.getOrDefault("SSH_AUTH_SOCK", "");
        if (!agent.isEmpty()) {
            all.add(new EscapeTargets.NamedPath("ssh-agent", agent));
        }
        return all;
    }

    private static List<EscapeTargets.NamedPath> named(Map<String, Path> own, List<EscapeTargets.NamedPath> others) {
        List<EscapeTargets.NamedPath> all = new ArrayList<>();
        new TreeMap<>(own).forEach((name, path) -> all.add(new EscapeTargets.NamedPath(name, path.toString())));
        all.addAll(others);
        return all;
    }

    private static final String NETWORK = "tcp udp dns names doh metadata";
    private static final String SOCKET_FILES =
            "unix-socket docker-socket podman-socket containerd-socket system-bus systemd-socket ssh-agent";
    private static final String PRIVILEGES = "setuid capabilities mount";
    private static final String NO_UNIX_SOCKETS = "RestrictAddressFamilies=AF_INET AF_INET6";

    private static final Map<String, String> IN_SANDBOX = Map.of(
            NETWORK,
            "The sandbox has a network that leads there: update bubblewrap and the kernel (network namespaces).",
            SOCKET_FILES + " workspace-sockets abstract-socket admin-socket",
            "Do not show the agent the directory of this socket (--read, --workspace).",
            "processes ptrace signal own-environment",
            "The sandbox shares this host's processes or environment: update bubblewrap and the kernel.",
            "keyrings io-uring bpf userfaultfd perf-events terminal-injection raw-socket vsock kernel-sockets new-namespaces clone3 new-mounts file-handles kernel-log",
            "The filter on system calls is not in force: update bubblewrap and the kernel (seccomp).",
            PRIVILEGES + " user-namespaces",
            "The agent has privileges: start `run` as root, so that the agent gets its own user.");

    /** The same without a sandbox of this program, so that none of its parts can be at fault. */
    private static final Map<String, String> BARE = Map.ofEntries(
            Map.entry(
                    NETWORK,
                    "Drop all network traffic of the agent's user except to the gateway (docs/agents.md), or use `interlock run`."),
            Map.entry(
                    "vsock",
                    "No firewall sees AF_VSOCK, which leads from a virtual machine to its host. Deny it to the agent: "
                            + NO_UNIX_SOCKETS
                            + " in its unit, the container runtime's seccomp profile, or `interlock run`; or unload vsock and its transports."),
            Map.entry(
                    "raw-socket",
                    "The agent has CAP_NET_RAW: start it without (CapabilityBoundingSet=, setpriv --inh-caps=-all --bounding-set=-all)."),
            Map.entry(
                    "abstract-sockets",
                    "These sockets have no file and so no permissions: deny Unix sockets to the agent ("
                            + NO_UNIX_SOCKETS + "), or give it its own network namespace."),
            Map.entry(
                    SOCKET_FILES,
                    "Remove the rights of the agent's user and its groups to this socket, or deny it all Unix sockets ("
                            + NO_UNIX_SOCKETS + ")."),
            Map.entry("admin-socket", "Remove the agent's user from `admins` in gateway.yaml."),
            Map.entry(
                    "processes ptrace signal",
                    "The agent runs as the user who started this, or has the same rights: give it its own user (--uid)."),
            Map.entry("own-environment", "Start the agent with a clean environment (env -i)."),
            Map.entry("configuration-written write-system", "Let only root write there."),
            Map.entry(
                    PRIVILEGES,
                    "The agent has privileges: start it without any, and prevent it from gaining any (NoNewPrivileges=, setpriv --no-new-privs --inh-caps=-all --bounding-set=-all)."),
            Map.entry("devices", "Remove the agent's user from the groups that may open these (disk, kvm, kmem)."));

    static String close(String name, boolean bare) {
        String kind = name.split(" ", 2)[0];
        return (bare ? BARE : IN_SANDBOX)
                .entrySet().stream()
                        .filter(advice ->
                                List.of(advice.getKey().split(" ", -1)).contains(kind))
                        .map(Map.Entry::getValue)
                        .findFirst()
                        .orElse(
                                bare
                                        ? "Remove the read permission of the agent's user and its groups there."
                                        : "Do not show the agent this path (--read, --workspace), and start `run` as root.");
    }
}
