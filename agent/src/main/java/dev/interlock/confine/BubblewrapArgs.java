package dev.interlock.confine;

import dev.interlock.linux.BubblewrapOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The sandbox as a table: each wall by name, with the bubblewrap arguments that raise it. Bubblewrap begins with an
 * empty root, so only what a wall adds is inside.
 */
final class BubblewrapArgs {

    /** The relay's port inside, so that the gateway has the same address for agents everywhere. */
    static final int PORT = 7411;

    static final String HOME = "/home/agent";

    /**
     * Where the files of a kept home are mounted. The agent could have put a link anywhere in its home, and bubblewrap
     * follows links to mount points: so nothing is ever mounted below a kept home. The start takes them from here.
     */
    private static final String KEPT = "/run/interlock/kept";

    /**
     * Where files lie that the start copies into a home that is not kept. They are no mounts of the home, because
     * agents replace their settings, and a mount point cannot be replaced.
     */
    private static final String SETTINGS = "/run/interlock/settings";

    /** Variables taken from the caller, because programs draw and sort by them. All others are dropped. */
    private static final List<String> INHERITED =
            List.of("TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL", "LC_CTYPE", "TZ");

    /** The PATH of what starts the command. */
    private static final String PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /** The PATH of the command, which the start sets last. */
    private static final String COMMANDS_PATH = "INTERLOCK_PATH";

    /**
     * Files of {@code /etc} that programs need and everybody may know, besides {@link ToolchainSettings}. Not here:
     * {@code passwd}, {@code group} and {@code hosts} (made up), {@code resolv.conf} (there is no resolver), and every
     * file in which tools keep tokens.
     */
    private static final List<String> ETC = List.of(
            "alternatives bash.bashrc ca-certificates.conf debian_version fonts gai.conf host.conf inputrc ld.so.cache ld.so.conf ld.so.conf.d locale.alias localtime magic magic.mime mime.types nsswitch.conf os-release pki/ca-trust pki/tls/certs profile protocols services ssl/certs ssl/openssl.cnf terminfo timezone"
                    .split(" ", -1));

    /** Boot parameters, and the names of the user's keys, also of those outside the sandbox. */
    private static final List<String> KERNELS_OWN = List.of("/proc/cmdline", "/proc/keys", "/proc/key-users");

    private static final List<Path> BUNDLES =
            List.of(Path.of("/etc/ssl/certs/ca-certificates.crt"), Path.of("/etc/pki/tls/certs/ca-bundle.crt"));

    record SandboxWall(String name, List<String> arguments) {
        SandboxWall {
            arguments = List.copyOf(arguments);
            // NUL ends an argument in the file that bubblewrap reads. The text after it would become an argument of its
            // own.
            if (arguments.stream().anyMatch(argument -> argument.indexOf('\0') >= 0)) {
                throw new IllegalArgumentException("an argument of the sandbox holds a NUL");
            }
        }

        private static SandboxWall of(String name, String... arguments) {
            return new SandboxWall(name, List.of(arguments));
        }

        private static SandboxWall of(String name, BubblewrapOptions options) {
            return new SandboxWall(name, options.list());
        }
    }

    private BubblewrapArgs() {}

    static String gateway(int port) {
        return "http://127.0.0.1:" + port;
    }

    /** Returns the walls in the order in which they must be raised. {@code port} is the relay's. */
    static List<SandboxWall> around(SandboxSpec spec, Map<String, String> callersEnvironment, int port) {
        List<SandboxWall> walls = new ArrayList<>(namespaces());
        walls.add(SandboxWall.of("dies with its launcher", "--die-with-parent"));
        if (!spec.interactive()) { // otherwise it has a session already, with a terminal of its own
            walls.add(SandboxWall.of("no terminal", "--new-session"));
        }
        walls.add(SandboxWall.of("system calls", "--seccomp", "6"));
        walls.add(SandboxWall.of("scrubbed environment", environment(spec, callersEnvironment, port)));
        walls.add(SandboxWall.of("own processes", "--proc", "/proc"));
        walls.add(SandboxWall.of("kernel's own files", kernelsOwn()));
        walls.add(SandboxWall.of("own devices", "--dev", "/dev"));
        walls.add(SandboxWall.of("programs", new BubblewrapOptions().programs()));
        walls.add(SandboxWall.of("etc by allow-list", etc()));
        walls.add(SandboxWall.of("empty directories", "--tmpfs", "/tmp", "--tmpfs", "/home", "--dir", HOME));
        spec.overlays()
                .home()
                .ifPresent(home ->
                        walls.add(SandboxWall.of("home", new BubblewrapOptions().writable(home, Path.of(HOME)))));
        walls.add(SandboxWall.of("readable", readable(spec)));
        walls.add(SandboxWall.of("workspace", new BubblewrapOptions().writable(spec.workspace(), spec.workspace())));
        spec.overlays()
                .repository()
                .ifPresent(common ->
                        walls.add(SandboxWall.of("repository", new BubblewrapOptions().writable(common, common))));
        walls.add(SandboxWall.of("executed", executed(spec)));
        walls.add(SandboxWall.of("masks", masks(spec)));
        walls.add(SandboxWall.of("git", git(spec)));
        walls.add(SandboxWall.of("services", behindNothing(spec.overlays().services().stream())));
        walls.add(SandboxWall.of("local services", reached(spec)));
        walls.add(SandboxWall.of("planted", planted(spec)));
        walls.add(SandboxWall.of("configuration", covers(spec)));
        walls.add(SandboxWall.of("place", place(spec)));
        walls.add(SandboxWall.of("trust", trust(spec)));
        walls.add(SandboxWall.of("root read-only", "--remount-ro", "/"));
        return walls;
    }

    // Each by name rather than --unshare-all, which silently leaves out what the kernel does not offer.
    private static List<SandboxWall> namespaces() {
        return List.of(
                SandboxWall.of("own users", "--unshare-user", "--disable-userns"),
                SandboxWall.of("own network", "--unshare-net"),
                SandboxWall.of("own process numbers", "--unshare-pid"),
                SandboxWall.of("own shared memory", "--unshare-ipc"),
                SandboxWall.of("own host name", "--unshare-uts", "--hostname", "agent"),
                SandboxWall.of("own control groups", "--unshare-cgroup"));
    }

    private static BubblewrapOptions kernelsOwn() {
        return behindNothing(KERNELS_OWN.stream().map(Path::of).filter(Files::exists));
    }

    /** A covered file cannot even be opened, and is no socket. */
    private static BubblewrapOptions behindNothing(Stream<Path> files) {
        BubblewrapOptions options = new BubblewrapOptions();
        files.forEach(file -> options.readOnly(Path.of("/dev/null"), file));
        return options;
    }

    private static BubblewrapOptions environment(SandboxSpec spec, Map<String, String> callers, int port) {
        Map<String, String> kept = new TreeMap<>(spec.variables());
        INHERITED.stream().filter(callers::containsKey).forEach(name -> kept.put(name, callers.getOrDefault(name, "")));
        kept.put("PATH", PROGRAMS);
        kept.put(COMMANDS_PATH, spec.variables().getOrDefault("PATH", programs(spec.readable())));
        kept.put("HOME", HOME);
        kept.put("USER", "agent");
        kept.put("LOGNAME", "agent");
        kept.put("SHELL", "/bin/sh");
        kept.put("INTERLOCK_GATEWAY", gateway(port));
        kept.putAll(ProxyVariables.variables(spec.variables().getOrDefault(ProxyVariables.JAVA_OPTIONS, ""), port));
        BubblewrapOptions options = new BubblewrapOptions().add("--clearenv");
        kept.forEach((name, value) -> options.add("--setenv", name, value));
        return options;
    }

    /** Returns a PATH with the programs of {@code readable} first: their owner has chosen them. */
    private static String programs(List<Path> readable) {
        return Stream.concat(
                        readable.stream()
                                .map(path -> path.endsWith("bin") ? path : path.resolve("bin"))
                                .filter(Files::isDirectory)
                                .map(Path::toString)
                                .filter(path -> path.indexOf(':') < 0),
                        Stream.of(PROGRAMS))
                .distinct()
                .collect(Collectors.joining(":"));
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath(); // the mounts are compared with it, and a link must never be followed there
        } catch (IOException e) {
            throw new UncheckedIOException("the target of `" + path + "` cannot be read", e);
        }
    }

    private static BubblewrapOptions etc() {
        BubblewrapOptions options = new BubblewrapOptions();
        for (String name : ETC) {
            Path path = Path.of("/etc", name);
            if (Files.exists(path)) {
                options.readOnly(real(path), path);
            }
        }
        ToolchainSettings.directories().forEach(options::readOnly);
        return options.data(7, "0444", "/etc/passwd")
                .data(8, "0444", "/etc/group")
                .data(9, "0444", "/etc/hosts");
    }

    private static BubblewrapOptions readable(SandboxSpec spec) {
        BubblewrapOptions options = new BubblewrapOptions();
        spec.readable().forEach(options::readOnly);
        return options;
    }

    /** Outer paths come before inner ones: each is mounted from the host's side, and hides earlier mounts below it. */
    private static BubblewrapOptions executed(SandboxSpec spec) {
        Map<Path, String> mounts = new TreeMap<>();
        spec.overlays().around(spec.workspace(), spec.covered()).forEach(path -> mounts.put(path, "--bind"));
        spec.overlays().held().forEach(path -> mounts.put(path, "--ro-bind"));
        BubblewrapOptions options = new BubblewrapOptions();
        mounts.forEach((path, how) -> options.add(how, path.toString(), path.toString()));
        return options;
    }

    private static BubblewrapOptions masks(SandboxSpec spec) {
        BubblewrapOptions options = new BubblewrapOptions();
        spec.overlays().masks().forEach((path, copy) -> options.readOnly(copy, path));
        return options;
    }

    private static BubblewrapOptions git(SandboxSpec spec) {
        BubblewrapOptions options = new BubblewrapOptions();
        spec.overlays().git().forEach((inside, directory) -> options.writable(directory, inside));
        return options;
    }

    private static BubblewrapOptions reached(SandboxSpec spec) {
        BubblewrapOptions options = new BubblewrapOptions();
        spec.overlays()
                .reached()
                .forEach((name, socket) -> options.readOnly(
                        socket, Path.of(ServiceConnections.INSIDE).resolve(name)));
        return options;
    }

    private static BubblewrapOptions planted(SandboxSpec spec) {
        Path base = Path.of(spec.overlays().home().isPresent() ? KEPT + "/planted" : HOME);
        BubblewrapOptions options = new BubblewrapOptions();
        spec.overlays().planted().forEach((path, file) -> options.readOnly(file, base.resolve(path)));
        spec.overlays()
                .settings()
                .forEach(
                        (path, file) -> options.readOnly(file, Path.of(SETTINGS).resolve(path)));
        return options;
    }

    /** Mounts an empty directory over each. The workspace's owner can neither rename nor remove a mount point. */
    private static BubblewrapOptions covers(SandboxSpec spec) {
        BubblewrapOptions options = new BubblewrapOptions();
        spec.covered()
                .forEach(path ->
                        options.add("--perms", "0555", "--tmpfs", path.toString(), "--remount-ro", path.toString()));
        return options;
    }

    /** Mounts the authority where tools search. It is the only one trusted, because no other server can be reached. */
    private static BubblewrapOptions trust(SandboxSpec spec) {
        Path authority = spec.trust().resolve("authority.pem");
        BubblewrapOptions options = new BubblewrapOptions()
                .readOnly(authority, Path.of(ProxyVariables.AUTHORITY))
                .readOnly(spec.trust().resolve("authority.p12"), Path.of(ProxyVariables.TRUST_STORE));
        BUNDLES.stream()
                .filter(bundle -> Files.isRegularFile(bundle, LinkOption.NOFOLLOW_LINKS))
                .forEach(bundle -> options.readOnly(authority, bundle));
        return options;
    }

    private static BubblewrapOptions place(SandboxSpec spec) {
        return new BubblewrapOptions()
                // The directory, because a restarted gateway makes another socket in it.
                .readOnly(spec.socket().resolveSibling(""), Path.of("/run/interlock/place"))
                .data(4, "0400", "/run/interlock/lease")
                .data(5, "0444", "/run/interlock/start")
                .add("--chdir", spec.workspace().toString());
    }

    static SandboxWall threshold(Path socket) {
        return SandboxWall.of("threshold", new BubblewrapOptions().readOnly(socket, Path.of(StartBarrier.HERE)));
    }

    static byte[] arguments(List<SandboxWall> walls) {
        StringBuilder out = new StringBuilder();
        walls.forEach(wall ->
                wall.arguments().forEach(argument -> out.append(argument).append('\0')));
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }
}
