package dev.interlock.confine;

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
import java.util.stream.Stream;

/**
 * The sandbox as a table: each wall by name, with the bubblewrap arguments that raise it. Bubblewrap begins with an
 * empty root, so only what a wall adds is inside.
 */
final class BubblewrapArgs {

    /** The relay's port inside. With it the gateway has the same address for agents everywhere. */
    static final int PORT = 7411;

    /** The agent's home directory inside, empty at every start. */
    static final String HOME = "/home/agent";

    /** Variables taken from the caller, because programs draw and sort by them. All others are dropped. */
    private static final List<String> INHERITED =
            List.of("TERM", "COLORTERM", "NO_COLOR", "LANG", "LC_ALL", "LC_CTYPE", "TZ");

    /**
     * Files of {@code /etc} that programs need and everybody may know. Not here: {@code passwd}, {@code group} and
     * {@code hosts} (made up), {@code resolv.conf} (there is no resolver), and every file in which tools keep tokens.
     */
    private static final List<String> ETC = List.of(
            "alternatives",
            "bash.bashrc",
            "ca-certificates.conf",
            "debian_version",
            "fonts",
            "gai.conf",
            "host.conf",
            "inputrc",
            "ld.so.cache",
            "ld.so.conf",
            "ld.so.conf.d",
            "locale.alias",
            "localtime",
            "magic",
            "magic.mime",
            "mime.types",
            "nsswitch.conf",
            "os-release",
            "pki/ca-trust",
            "pki/tls/certs",
            "profile",
            "protocols",
            "services",
            "ssl/certs",
            "ssl/openssl.cnf",
            "terminfo",
            "timezone");

    /** The host's boot parameters, and the names of the keys of the agent's user, whoever holds them. */
    private static final List<String> KERNELS_OWN = List.of("/proc/cmdline", "/proc/keys", "/proc/key-users");

    /** The certificate bundles of Debian and Fedora. */
    private static final List<Path> BUNDLES =
            List.of(Path.of("/etc/ssl/certs/ca-certificates.crt"), Path.of("/etc/pki/tls/certs/ca-bundle.crt"));

    /** Links or directories at the root that are part of {@code /usr} on today's systems. */
    private static final List<String> PROGRAM_DIRECTORIES = List.of("/bin", "/sbin", "/lib", "/lib32", "/lib64");

    /**
     * One protection.
     *
     * @param name its name in tests and for readers
     * @param arguments the bubblewrap arguments that raise it
     */
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
    }

    private BubblewrapArgs() {}

    /** Returns the gateway's address as seen from inside, with the relay at {@code port}. */
    static String gateway(int port) {
        return "http://127.0.0.1:" + port;
    }

    /** Returns the walls around {@code cell}, in the order in which they must be raised. */
    static List<SandboxWall> around(SandboxSpec cell, Map<String, String> callersEnvironment) {
        return around(cell, callersEnvironment, PORT);
    }

    /** Does the same, with the relay at another port. That matters only if the cell has no network of its own. */
    static List<SandboxWall> around(SandboxSpec cell, Map<String, String> callersEnvironment, int port) {
        List<SandboxWall> walls = new ArrayList<>(namespaces());
        walls.add(SandboxWall.of("dies with its launcher", "--die-with-parent"));
        if (!cell.interactive()) { // otherwise it has a session already, with a terminal of its own
            walls.add(SandboxWall.of("no terminal", "--new-session"));
        }
        walls.add(SandboxWall.of("system calls", "--seccomp", "6"));
        walls.add(new SandboxWall("scrubbed environment", environment(cell, callersEnvironment, port)));
        walls.add(SandboxWall.of("own processes", "--proc", "/proc"));
        walls.add(new SandboxWall("kernel's own files", kernelsOwn()));
        walls.add(SandboxWall.of("own devices", "--dev", "/dev"));
        walls.add(new SandboxWall("programs", programs()));
        walls.add(new SandboxWall("etc by allow-list", etc()));
        walls.add(SandboxWall.of("empty directories", "--tmpfs", "/tmp", "--tmpfs", "/home", "--dir", HOME));
        walls.add(new SandboxWall("readable", readable(cell)));
        walls.add(SandboxWall.of("workspace", bind("--bind", cell.workspace())));
        walls.add(new SandboxWall("executed", executed(cell)));
        walls.add(new SandboxWall("masks", masks(cell)));
        walls.add(new SandboxWall("services", behindNothing(cell.furnishing().services().stream())));
        walls.add(new SandboxWall("planted", planted(cell)));
        walls.add(new SandboxWall("configuration", covers(cell)));
        walls.add(new SandboxWall("place", place(cell)));
        walls.add(new SandboxWall("trust", trust(cell)));
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

    private static List<String> kernelsOwn() {
        return behindNothing(KERNELS_OWN.stream().map(Path::of).filter(Files::exists));
    }

    /**
     * Covers {@code files} with a device that does not work there. A covered file cannot even be opened, and is no
     * socket.
     */
    private static List<String> behindNothing(Stream<Path> files) {
        return files.flatMap(file -> Stream.of("--ro-bind", "/dev/null", file.toString()))
                .toList();
    }

    private static List<String> environment(SandboxSpec cell, Map<String, String> callers, int port) {
        Map<String, String> kept = new TreeMap<>(cell.variables());
        INHERITED.stream().filter(callers::containsKey).forEach(name -> kept.put(name, callers.getOrDefault(name, "")));
        kept.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        kept.put("HOME", HOME);
        kept.put("USER", "agent");
        kept.put("LOGNAME", "agent");
        kept.put("SHELL", "/bin/sh");
        kept.put("INTERLOCK_GATEWAY", gateway(port));
        kept.putAll(ProxyVariables.variables(callersOptions(cell), port));
        List<String> arguments = new ArrayList<>(List.of("--clearenv"));
        kept.forEach((name, value) -> arguments.addAll(List.of("--setenv", name, value)));
        return arguments;
    }

    private static String callersOptions(SandboxSpec cell) {
        return cell.variables().getOrDefault(ProxyVariables.JAVA_OPTIONS, "");
    }

    private static List<String> programs() {
        List<String> arguments =
                new ArrayList<>(List.of("--ro-bind", real(Path.of("/usr")).toString(), "/usr"));
        for (String directory : PROGRAM_DIRECTORIES) {
            Path path = Path.of(directory);
            if (Files.isSymbolicLink(path)) {
                arguments.addAll(List.of("--symlink", target(path), directory));
            } else if (Files.isDirectory(path)) {
                arguments.addAll(List.of("--ro-bind", directory, directory));
            }
        }
        return arguments;
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            throw new UncheckedIOException("the link `" + link + "` cannot be read", e);
        }
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath(); // the mounts are compared with it, and a link must never be followed there
        } catch (IOException e) {
            throw new UncheckedIOException("what `" + path + "` leads to cannot be read", e);
        }
    }

    private static List<String> etc() {
        List<String> arguments = new ArrayList<>();
        for (String name : ETC) {
            Path path = Path.of("/etc", name);
            if (Files.exists(path)) {
                arguments.addAll(List.of("--ro-bind", real(path).toString(), path.toString()));
            }
        }
        arguments.addAll(List.of("--perms", "0444", "--ro-bind-data", "7", "/etc/passwd"));
        arguments.addAll(List.of("--perms", "0444", "--ro-bind-data", "8", "/etc/group"));
        arguments.addAll(List.of("--perms", "0444", "--ro-bind-data", "9", "/etc/hosts"));
        return arguments;
    }

    private static List<String> readable(SandboxSpec cell) {
        return cell.readable().stream()
                .flatMap(path -> List.of(bind("--ro-bind", path)).stream())
                .toList();
    }

    /**
     * Outer paths come before inner ones. Each is mounted from the host's side, and would hide earlier mounts below it.
     */
    private static List<String> executed(SandboxSpec cell) {
        Map<Path, String> mounts = new TreeMap<>();
        cell.furnishing().around(cell.workspace(), cell.covered()).forEach(path -> mounts.put(path, "--bind"));
        cell.furnishing().held().forEach(path -> mounts.put(path, "--ro-bind"));
        List<String> arguments = new ArrayList<>();
        mounts.forEach((path, how) -> arguments.addAll(List.of(bind(how, path))));
        return arguments;
    }

    private static List<String> masks(SandboxSpec cell) {
        List<String> arguments = new ArrayList<>();
        cell.furnishing()
                .masks()
                .forEach((path, copy) -> arguments.addAll(List.of("--ro-bind", copy.toString(), path.toString())));
        return arguments;
    }

    private static List<String> planted(SandboxSpec cell) {
        List<String> arguments = new ArrayList<>();
        cell.furnishing()
                .planted()
                .forEach((path, file) -> arguments.addAll(List.of(
                        "--ro-bind",
                        file.toString(),
                        Path.of(HOME).resolve(path).toString())));
        return arguments;
    }

    /** Mounts an empty directory over each. The workspace's owner can neither rename nor remove a mount point. */
    private static List<String> covers(SandboxSpec cell) {
        return cell.covered().stream()
                .flatMap(path ->
                        List.of("--perms", "0555", "--tmpfs", path.toString(), "--remount-ro", path.toString())
                                .stream())
                .toList();
    }

    /**
     * Mounts the authority where tools without such a variable look. It is read-only, and the only one trusted, because
     * nobody else is reachable.
     */
    private static List<String> trust(SandboxSpec cell) {
        String authority = cell.trust().resolve("authority.pem").toString();
        List<String> arguments = new ArrayList<>(List.of("--ro-bind", authority, ProxyVariables.AUTHORITY));
        arguments.addAll(
                List.of("--ro-bind", cell.trust().resolve("authority.p12").toString(), ProxyVariables.TRUST_STORE));
        for (Path bundle : BUNDLES) {
            if (Files.isRegularFile(bundle, LinkOption.NOFOLLOW_LINKS)) {
                arguments.addAll(List.of("--ro-bind", authority, bundle.toString()));
            }
        }
        return arguments;
    }

    private static List<String> place(SandboxSpec cell) {
        return List.of(
                // The directory, because a restarted gateway makes another socket in it.
                "--ro-bind",
                cell.socket().resolveSibling("").toString(),
                "/run/interlock/place",
                "--perms",
                "0400",
                "--ro-bind-data",
                "4",
                "/run/interlock/lease",
                "--perms",
                "0444",
                "--ro-bind-data",
                "5",
                "/run/interlock/start",
                "--chdir",
                cell.workspace().toString());
    }

    /** Returns the socket at which the first program inside waits until the mounts were checked. */
    static SandboxWall threshold(Path socket) {
        return SandboxWall.of("threshold", "--ro-bind", socket.toString(), StartBarrier.HERE);
    }

    /** Returns the directories for agents' own transcripts, which are read when they have ended. */
    static SandboxWall transcripts(Map<String, Path> homes) {
        List<String> arguments = new ArrayList<>();
        new TreeMap<>(homes)
                .forEach((below, outside) ->
                        arguments.addAll(List.of("--bind", outside.toString(), HOME + "/" + below)));
        return new SandboxWall("transcripts", arguments);
    }

    private static String[] bind(String how, Path path) {
        return new String[] {how, path.toString(), path.toString()};
    }

    /** Returns the walls as {@code bwrap --args} reads them. */
    static byte[] arguments(List<SandboxWall> walls) {
        StringBuilder out = new StringBuilder();
        walls.forEach(wall ->
                wall.arguments().forEach(argument -> out.append(argument).append('\0')));
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }
}
