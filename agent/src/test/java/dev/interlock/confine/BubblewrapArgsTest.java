package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the inside of a sandbox with the requirements in this class. It also tests that the absence of each single
 * namespace, mount and filter of the table is noticed.
 */
@Tag("process")
class BubblewrapArgsTest {

    /** The files in /etc that are mounted if the host has them. */
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

    /** The number of words after each option of bubblewrap's. */
    private static final Map<String, Integer> WORDS = Map.ofEntries(
            Map.entry("--ro-bind", 2),
            Map.entry("--bind", 2),
            Map.entry("--symlink", 2),
            Map.entry("--ro-bind-data", 2),
            Map.entry("--setenv", 2),
            Map.entry("--tmpfs", 1),
            Map.entry("--dir", 1),
            Map.entry("--proc", 1),
            Map.entry("--dev", 1),
            Map.entry("--remount-ro", 1),
            Map.entry("--chdir", 1),
            Map.entry("--hostname", 1),
            Map.entry("--seccomp", 1));

    private static final String LOOK = """
            for n in user net pid ipc uts cgroup mnt; do echo "ns $n $(readlink /proc/self/ns/$n)"; done
            while read -r _ _ _ root at options rest; do echo "mount $at ${options%%,*} ${rest#*- }"; done </proc/self/mountinfo
            while read -r name value _; do case $name in Seccomp:|NoNewPrivs:|CapEff:|CapBnd:) echo "status $name $value";; esac; done </proc/self/status
            read -r stat </proc/self/stat; set -- $stat; echo "session $6"
            echo "host $(cat /proc/sys/kernel/hostname)"; echo "directory $PWD"
            for f in /bin /sbin /lib /lib32 /lib64; do [ ! -e $f ] || echo "there $f"; done
            [ -d "$HOME" ] && echo "there $HOME"
            for f in passwd group hosts; do [ ! -r /etc/$f ] || echo "there /etc/$f"; done
            [ -s /run/interlock/lease ] && echo "lease $(stat -c %a /run/interlock/lease)"
            echo "end"
            """;

    private SandboxFixture place;

    @BeforeEach
    void open() throws IOException {
        place = SandboxFixture.orSkipped();
    }

    @AfterEach
    void close() throws IOException {
        if (place != null) {
            place.close();
        }
    }

    @Test
    void sandboxIsWhatItMustBe() throws Exception {
        assertThat(faults(walls())).isEmpty();
    }

    /** Exactly one part is left out, and a check notices. */
    @ParameterizedTest
    @MethodSource("single")
    void nothingCanBeLeftOutUnnoticed(String wall, List<String> left) throws Exception {
        List<BubblewrapArgs.SandboxWall> rest = new ArrayList<>();
        for (BubblewrapArgs.SandboxWall one : walls()) {
            List<List<String>> steps = new ArrayList<>(steps(one.arguments()));
            if (one.name().equals(wall)) {
                List<String> meant = here(left);
                assertThat(steps.remove(meant)).as("%s has %s", wall, meant).isTrue();
            }
            rest.add(new BubblewrapArgs.SandboxWall(
                    one.name(), steps.stream().flatMap(List::stream).toList()));
        }
        assertThat(faults(rest)).isNotEmpty();
    }

    /** The options that ConfinementTest covers: they are no namespace, mount or filter. */
    private static final Set<String> ELSEWHERE = Set.of("--setenv", "--clearenv", "--die-with-parent");

    private static Stream<Object[]> single() throws Exception {
        if (!SandboxLauncher.check().ready()) {
            return Stream.<Object[]>of(new Object[] {"nothing", List.of()}); // skipped, and says so
        }
        try (SandboxFixture place = new SandboxFixture()) {
            List<Object[]> all = new ArrayList<>();
            for (BubblewrapArgs.SandboxWall wall : walls(place)) {
                for (List<String> step : steps(wall.arguments())) {
                    if (!ELSEWHERE.contains(step.getFirst())) {
                        all.add(new Object[] {wall.name(), anywhere(step, place)});
                    }
                }
            }
            return all.stream();
        }
    }

    private static final String HERE = "HERE";

    private static List<String> anywhere(List<String> step, SandboxFixture place) {
        return step.stream()
                .map(word -> word.replace(place.directory.toString(), HERE))
                .toList();
    }

    private List<String> here(List<String> step) {
        return step.stream()
                .map(word -> word.replace(HERE, place.directory.toString()))
                .toList();
    }

    private List<BubblewrapArgs.SandboxWall> walls() throws Exception {
        return walls(place);
    }

    private static List<BubblewrapArgs.SandboxWall> walls(SandboxFixture place) throws Exception {
        return new SandboxLauncher(place.directory, Map.of())
                .walls(SandboxChecks.checked(place.cell("true"), Set.of()));
    }

    /** Returns the single parts of a wall's arguments; an option that modifies the next one belongs to that. */
    private static List<List<String>> steps(List<String> arguments) {
        List<List<String>> steps = new ArrayList<>();
        List<String> step = new ArrayList<>();
        for (int at = 0; at < arguments.size(); ) {
            String word = arguments.get(at);
            int words = word.equals("--perms") ? 1 : WORDS.getOrDefault(word, 0);
            step.addAll(arguments.subList(at, at + 1 + words));
            at += 1 + words;
            if (!word.equals("--perms")) {
                steps.add(List.copyOf(step));
                step.clear();
            }
        }
        return steps;
    }

    /** Returns the deviations from the requirements, as text. */
    private Set<String> faults(List<BubblewrapArgs.SandboxWall> walls) throws Exception {
        SandboxFixture.Result seen = place.run(place.cell("/bin/sh", "-c", LOOK), _ -> walls);
        Set<String> faults = new TreeSet<>();
        if (!seen.out().endsWith("end")) {
            faults.add("it does not start: " + seen.err());
            return faults;
        }
        Map<String, String> mounts = new TreeMap<>();
        Set<String> other = new TreeSet<>();
        for (String line : seen.out().lines().toList()) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "ns" -> {
                    if (words[2].equals(hosts(words[1]))) {
                        faults.add("the host's " + words[1] + " namespace");
                    }
                }
                case "mount" -> mounts.put(words[1], words[2] + " " + words[3]);
                case "session" -> {
                    if (words[1].equals("0")) {
                        faults.add("a session from outside");
                    }
                }
                default -> other.add(line);
            }
        }
        compare(faults, expectedMounts(), mounts);
        Set<String> missing = new TreeSet<>(expected());
        missing.removeAll(other);
        other.removeAll(expected());
        missing.forEach(line -> faults.add("missing: " + line));
        other.forEach(line -> faults.add("unexpected: " + line));
        // The filter refuses the call; the protection behind it has to hold by itself.
        List<BubblewrapArgs.SandboxWall> unfiltered = walls.stream()
                .filter(wall -> !wall.name().equals("system calls"))
                .toList();
        if (place.run(place.cell("/usr/bin/unshare", "--user", "true"), _ -> unfiltered)
                        .exit()
                == 0) {
            faults.add("a user namespace in the user namespace");
        }
        return faults;
    }

    private static void compare(Set<String> faults, Map<String, String> expected, Map<String, String> found) {
        expected.forEach((at, how) -> {
            if (!how.equals(found.get(at))) {
                faults.add("at " + at + ": " + found.get(at) + ", not " + how);
            }
        });
        found.keySet().stream()
                .filter(at -> !expected.containsKey(at))
                .forEach(at -> faults.add("at " + at + ": nothing was to be there"));
    }

    private static String hosts(String namespace) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/ns", namespace)).toString();
    }

    private Set<String> expected() {
        Set<String> lines = new TreeSet<>(List.of(
                "status NoNewPrivs: 1",
                "status Seccomp: 2",
                "status CapEff: 0000000000000000",
                "status CapBnd: 0000000000000000",
                "host agent",
                "directory " + place.workspace,
                "there /home/agent",
                "there /etc/passwd",
                "there /etc/group",
                "there /etc/hosts",
                "lease 400",
                "end"));
        Stream.of("/bin", "/sbin", "/lib", "/lib32", "/lib64")
                .filter(path -> Files.exists(Path.of(path)))
                .forEach(path -> lines.add("there " + path));
        return lines;
    }

    /** Returns each mount by its path: whether it is writable, and its kind. */
    private Map<String, String> expectedMounts() throws IOException {
        Map<String, String> mounts = new LinkedHashMap<>();
        mounts.put("/", "ro tmpfs");
        mounts.put("/proc", "rw proc");
        mounts.put("/dev", "rw tmpfs");
        mounts.put("/dev/pts", "rw devpts");
        for (String device : List.of("null", "zero", "full", "random", "urandom", "tty")) {
            mounts.put("/dev/" + device, "rw " + kind("/dev/" + device));
        }
        mounts.put("/tmp", "rw tmpfs");
        mounts.put("/home", "rw tmpfs");
        mounts.put(place.workspace.toString(), "rw " + kind(place.workspace.toString()));
        for (String file : List.of("passwd", "group", "hosts")) {
            mounts.put("/etc/" + file, "ro tmpfs");
        }
        mounts.put("/run/interlock/lease", "ro tmpfs");
        mounts.put("/run/interlock/start", "ro tmpfs");
        for (String file : List.of("place", "threshold", "authority.pem", "authority.p12")) {
            mounts.put("/run/interlock/" + file, "ro " + kind(place.directory.toString()));
        }
        for (String path : List.of("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/var/lib/gems")) {
            if (Files.isDirectory(Path.of(path)) && !Files.isSymbolicLink(Path.of(path))) {
                mounts.put(path, "ro " + kind(path));
            }
        }
        for (String name : ETC) {
            if (Files.exists(Path.of("/etc", name))) {
                mounts.put("/etc/" + name, "ro " + kind("/etc/" + name));
            }
        }
        for (Path directory : ToolchainSettings.directories()) {
            mounts.put(directory.toString(), "ro " + kind(directory.toString()));
        }
        for (String bundle : List.of("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")) {
            if (Files.isRegularFile(Path.of(bundle)) && !Files.isSymbolicLink(Path.of(bundle))) {
                mounts.put(bundle, "ro " + kind(place.directory.toString()));
            }
        }
        for (String file : List.of("cmdline", "keys", "key-users")) {
            if (Files.exists(Path.of("/proc", file))) {
                mounts.put("/proc/" + file, "ro " + kind("/dev/null"));
            }
        }
        return mounts;
    }

    private static String kind(String path) throws IOException {
        return Files.getFileStore(Path.of(path).toRealPath()).type();
    }
}
