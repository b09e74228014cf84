package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.confine.SandboxFixture.Result;
import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests real sandboxes. Each protection is tried from inside; where possible, also with its wall left out. */
@Tag("process")
@Tag("promise")
@Isolated("it sets the system property interlock.launcher")
class SandboxLauncherTest {

    private static final byte[] V6_LOOPBACK = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

    /** A visible difference inside for each wall that is left out. */
    private static final Map<String, String> SIGNS = Map.ofEntries(
            Map.entry("own network", "readlink /proc/self/ns/net"),
            Map.entry("own process numbers", "readlink /proc/self/ns/pid"),
            Map.entry("own shared memory", "readlink /proc/self/ns/ipc"),
            Map.entry("own host name", "readlink /proc/self/ns/uts"),
            Map.entry("own control groups", "readlink /proc/self/ns/cgroup"),
            Map.entry("no terminal", "cut -d' ' -f6 /proc/self/stat"),
            Map.entry("system calls", "grep Seccomp: /proc/self/status"),
            Map.entry("scrubbed environment", "env | grep INTERLOCK_GATEWAY"),
            Map.entry("own processes", "ls /proc"),
            Map.entry("kernel's own files", "cat /proc/cmdline"),
            Map.entry("own devices", "ls /dev"),
            Map.entry("programs", "echo started"),
            Map.entry("etc by allow-list", "ls /etc"),
            Map.entry("empty directories", "ls -d /home/agent"),
            Map.entry("workspace", "pwd"),
            Map.entry("place", "ls -d /run/interlock/place"),
            Map.entry("trust", "cat /run/interlock/authority.pem"),
            Map.entry("root read-only", "touch /etc/new && echo written"));

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
    void gatewayAnswersThroughTheRelay() throws Exception {
        Result result = place.sh("curl -s --max-time 5 \"$INTERLOCK_GATEWAY/railway/x\"");
        assertThat(result).isEqualTo(new Result(0, "pong", ""));
        assertThat(place.connections).hasValue(1);
    }

    @Test
    void relayListensBeforeTheAgentStartsAndBringsNoConnectionOfItsOwn() throws Exception {
        for (int i = 0; i < 5; i++) {
            assertThat(place.sh("grep -c ':1CF3 .* 0A ' /proc/net/tcp").out()).isEqualTo("1");
        }
        assertThat(place.connections).hasValue(0);
    }

    @Test
    void exitStatusIsTheAgentsOwn() throws Exception {
        assertThat(place.sh("exit 0").exit()).isZero();
        assertThat(place.sh("exit 37").exit()).isEqualTo(37);
        assertThat(place.sh("kill -TERM $$").exit()).isEqualTo(128 + 15);
        assertThat(place.run(place.cell("/no/such/program"), UnaryOperator.identity())
                        .exit())
                .isEqualTo(127);
    }

    @Test
    void argumentsArriveAsTheyWereGiven() throws Exception {
        SandboxSpec cell = place.cell("/usr/bin/printf", "%s|", "a b", "$HOME", "", "--args", "'\"\\");
        assertThat(place.run(cell, UnaryOperator.identity()).out()).isEqualTo("a b|$HOME||--args|'\"\\|");
    }

    @Test
    void inputReachesTheAgent() throws Exception {
        Path input = Files.writeString(place.workspace.resolve("input"), "typed");
        Path output = place.directory.resolve("output");
        StandardStreams stdio =
                new StandardStreams(Redirect.from(input.toFile()), Redirect.to(output.toFile()), Redirect.DISCARD);
        assertThat(place.start(place.cell("/bin/cat"), UnaryOperator.identity(), stdio)
                        .exit())
                .isZero();
        assertThat(output).hasContent("typed");
    }

    @Test
    void everyWallIsMissedWhenItIsLeftOut() throws Exception {
        Set<String> walls = new TreeSet<>();
        SandboxLauncher confinement = new SandboxLauncher(place.directory, Map.of());
        confinement.walls(SandboxChecks.checked(place.cell("true"), Set.of())).forEach(w -> walls.add(w.name()));
        // These have tests of their own.
        walls.removeAll(Set.of(
                "own users",
                "readable",
                "configuration",
                "executed",
                "git",
                "masks",
                "services",
                "local services",
                "planted",
                "dies with its launcher"));
        assertThat(SIGNS.keySet()).containsExactlyInAnyOrderElementsOf(walls);
        for (Map.Entry<String, String> sign : SIGNS.entrySet()) {
            String script = sign.getValue() + " 2>/dev/null";
            if (sign.getValue().startsWith("readlink")) {
                // Every sandbox has a namespace number of its own, so the test compares it with the host's.
                String kind = sign.getValue().substring(sign.getValue().lastIndexOf('/') + 1);
                String host =
                        Files.readSymbolicLink(Path.of("/proc/self/ns", kind)).toString();
                assertThat(place.sh(script).out())
                        .as(sign.getKey())
                        .isNotEmpty()
                        .isNotEqualTo(host);
                assertThat(place.without(sign.getKey(), script).out())
                        .as(sign.getKey())
                        .isIn(host, "");
            } else {
                String with = place.sh(script).out();
                assertThat(place.without(sign.getKey(), script).out())
                        .as(sign.getKey())
                        .isNotEqualTo(with);
            }
        }
    }

    @Test
    void sandboxDiesWithItsLauncher() throws Exception {
        SandboxLauncher confinement = new SandboxLauncher(place.directory, Map.of());
        SandboxSpec cell = SandboxChecks.checked(
                place.cell("/bin/sh", "-c", "echo up > started; exec tail -f /dev/null"), Set.of());
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", "\"$@\"; exit", "launcher"));
        Process launcher;
        try (StartBarrier threshold = StartBarrier.create(place.directory, place.uid)) {
            List<BubblewrapArgs.SandboxWall> walls = new ArrayList<>(confinement.walls(cell));
            walls.addFirst(BubblewrapArgs.threshold(threshold.socket()));
            command.addAll(confinement.prepare(cell, walls));
            launcher = new ProcessBuilder(command).start();
            threshold.letAgentStart(new RunningSandbox(launcher), walls);
        }
        while (!Files.exists(place.workspace.resolve("started"))) {
            assertThat(launcher.isAlive()).isTrue();
            WaitLoop.pause();
        }
        List<ProcessHandle> inside = launcher.descendants().toList();
        launcher.destroyForcibly();
        assertThat(inside).hasSizeGreaterThan(2);
        for (ProcessHandle process : inside) {
            process.onExit().get(300, TimeUnit.SECONDS);
        }
    }

    /** This includes the processes that start the sandbox. */
    @Test
    void nothingOfItsLaunchersEnvironmentIsInside() throws Exception {
        SandboxLauncher confinement = new SandboxLauncher(place.directory, Map.of());
        SandboxSpec cell = SandboxChecks.checked(place.cell("/bin/sh", "-c", "env > seen"), Set.of());
        Process launcher;
        try (StartBarrier threshold = StartBarrier.create(place.directory, place.uid)) {
            List<BubblewrapArgs.SandboxWall> walls = new ArrayList<>(confinement.walls(cell));
            walls.addFirst(BubblewrapArgs.threshold(threshold.socket()));
            ProcessBuilder builder = new ProcessBuilder(confinement.prepare(cell, walls));
            builder.environment().put("HELD_BY_WHOEVER_STARTED_IT", "a token");
            launcher = builder.start();
            threshold.letAgentStart(new RunningSandbox(launcher), walls);
        }
        assertThat(launcher.waitFor()).isZero();
        assertThat(place.workspace.resolve("seen"))
                .content()
                .contains("INTERLOCK_GATEWAY")
                .doesNotContain("HELD_BY_WHOEVER_STARTED_IT");
    }

    // The host's network

    @Test
    void hostsLoopbackIsOutOfReach() throws Exception {
        try (ServerSocket v4 = new ServerSocket(0, 5, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
                ServerSocket v6 = new ServerSocket(0, 5, InetAddress.getByAddress(V6_LOOPBACK))) {
            String script = "socat -u OPEN:/dev/null TCP4:127.0.0.1:" + v4.getLocalPort()
                    + ",connect-timeout=2 && echo v4;" + " socat -u OPEN:/dev/null TCP6:[::1]:" + v6.getLocalPort()
                    + ",connect-timeout=2 && echo v6; true";
            assertThat(place.sh(script).out()).isEmpty();
            assertThat(waiting(v4)).isFalse();
            assertThat(waiting(v6)).isFalse();
            assertThat(place.without("own network", script).out()).contains("v4");
            assertThat(waiting(v4)).as("the listener itself works").isTrue();
        }
    }

    private static boolean waiting(ServerSocket listener) throws IOException {
        listener.setSoTimeout(1);
        try {
            listener.accept().close();
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }

    @Test
    void datagramsDoNotArrive() throws Exception {
        try (DatagramSocket socket =
                new DatagramSocket(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0))) {
            String script = "echo hello | socat -u - UDP4:127.0.0.1:" + socket.getLocalPort();
            place.sh(script);
            assertThat(received(socket)).isFalse();
            place.without("own network", script);
            assertThat(received(socket)).as("the socket itself works").isTrue();
        }
    }

    private static boolean received(DatagramSocket socket) throws IOException {
        socket.setSoTimeout(20);
        try {
            socket.receive(new DatagramPacket(new byte[16], 16));
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }

    @Test
    void namesAreNotResolvedAndNoRouteLeadsOut() throws Exception {
        assertThat(place.sh("getent ahosts localhost >/dev/null && echo local; getent ahosts example.com")
                        .out())
                .isEqualTo("local");
        assertThat(place.sh("tail -n +2 /proc/net/route").out()).isEmpty();
        assertThat(place.sh("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '")
                        .out())
                .isEqualTo("lo");
        assertThat(place.sh("cat /etc/resolv.conf").exit()).isNotZero();
    }

    @Test
    void abstractSocketsOfTheHostAreOutOfReach() throws Exception {
        String name = "interlock-test-" + ProcessHandle.current().pid();
        Process listener = new ProcessBuilder(
                        "socat", "-d", "-d", "ABSTRACT-LISTEN:" + name + ",fork", "SYSTEM:echo reached")
                .redirectOutput(Redirect.DISCARD)
                .start();
        try {
            awaitListening(listener.getErrorStream());
            String script = "socat -u ABSTRACT-CONNECT:" + name + " -";
            assertThat(place.sh(script).out()).isEmpty();
            assertThat(place.without("own network", script).out()).isEqualTo("reached");
        } finally {
            listener.destroy();
        }
    }

    private static void awaitListening(InputStream log) throws IOException {
        StringBuilder said = new StringBuilder();
        while (said.indexOf("listening on") < 0) {
            int c = log.read();
            assertThat(c).as("socat ended: %s", said).isNotNegative();
            said.append((char) c);
        }
    }

    @Test
    void virtualMachinesHostIsOutOfReach() throws Exception {
        String script = "socat -u OPEN:/dev/null VSOCK-CONNECT:2:1 2>&1";
        assertThat(place.sh(script).out()).contains("Address family not supported");
        assumeTrue(Files.exists(Path.of("/dev/vsock")) || Files.exists(Path.of("/sys/module/vsock")), "no vsock here");
        assertThat(place.without("system calls", script).out()).doesNotContain("Address family not supported");
    }

    // The host's files

    @Test
    void nothingOfTheHostIsThereButWhatIsNamed() throws Exception {
        assertThat(place.sh("ls -A / | sort | tr '\\n' ' '").out().split(" "))
                .isSubsetOf(
                        "bin", "dev", "etc", "home", "lib", "lib32", "lib64", "proc", "run", "sbin", "tmp", "usr",
                        "var");
        assertThat(place.sh("find /run -mindepth 1 -not -path '*/place/*' 2>/dev/null | sort | tr '\\n' ' '")
                        .out())
                .isEqualTo("/run/interlock /run/interlock/authority.p12 /run/interlock/authority.pem"
                        + " /run/interlock/lease /run/interlock/place /run/interlock/start /run/interlock/threshold");
        assertThat(place.sh("find /tmp /home -mindepth 1 -not -path '/tmp/interlock-test-*' | tr '\\n' ' '")
                        .out())
                .isEqualTo("/home/agent /home/agent/.interlock-node.cjs");
        assertThat(place.sh("ls -A /root /opt /srv /mnt /sys 2>/dev/null").out())
                .isEmpty();
        assertThat(place.sh("find /var -mindepth 1 -not -path /var/lib -not -path '/var/lib/gems/*' 2>/dev/null")
                        .out())
                .isIn("", "/var/lib/gems"); // where Debian's Ruby looks for its own
    }

    @Test
    void siblingsOfTheWorkspaceDoNotExist() throws Exception {
        Path beside = Files.writeString(place.directory.resolve("ledger"), "evidence");
        assertThat(place.sh("cat " + beside).exit()).isNotZero();
        assertThat(place.sh("ls " + place.directory).out()).isEqualTo("workspace");
    }

    @Test
    void onlyTheWorkspaceAndPassingDirectoriesCanBeWritten() throws Exception {
        assertThat(place.sh("pwd; echo kept > here; echo x > /tmp/t; echo x > ~/h")
                        .err())
                .isEmpty();
        assertThat(place.workspace.resolve("here")).hasContent("kept");
        String script =
                "for d in / /etc /usr /run /run/interlock /bin; do touch $d/new 2>/dev/null && echo $d; done; true";
        assertThat(place.sh(script).out()).isEmpty();
        assertThat(place.without("root read-only", script).out()).contains("/etc");
    }

    @Test
    void accountsOfTheHostAreMadeUp() throws Exception {
        assertThat(place.sh("cut -d: -f1 /etc/passwd | tr '\\n' ' '").out()).isEqualTo("root agent nobody");
        assertThat(place.sh("ls -A /etc").out().lines())
                .doesNotContain(
                        "shadow",
                        "gshadow",
                        "sudoers",
                        "ssh",
                        "npmrc",
                        "pip.conf",
                        "gitconfig",
                        "environment",
                        "resolv.conf");
        assertThat(place.sh("cat /etc/shadow").exit()).isNotZero();
    }

    @Test
    void filesOfALaunchingRootStayUnreadableEvenIfShown() throws Exception {
        assumeTrue(Host.uid() == 0, "the launcher is not root, so there is nothing to drop");
        Result result = place.run(place.cell("/bin/sh", "-c", "cat /etc/shadow; id -u"), walls -> {
            List<BubblewrapArgs.SandboxWall> wider = new ArrayList<>(walls);
            wider.add(
                    walls.size() - 1,
                    new BubblewrapArgs.SandboxWall("a hole", List.of("--ro-bind", "/etc/shadow", "/etc/shadow")));
            return wider;
        });
        assertThat(result.out()).isEqualTo(Integer.toString(SandboxLauncher.DEFAULT_AGENT_UID));
        assertThat(result.err()).contains("Permission denied");
    }

    // Users, processes and the kernel

    @Test
    void agentIsNotRootAndCannotBecomeIt() throws Exception {
        assertThat(place.sh("id -u; id -g; id -G").out().lines()).containsOnly(Integer.toString(place.uid));
        assertThat(place.sh("grep -E '^(CapEff|CapPrm|CapInh|CapBnd|CapAmb):' /proc/self/status | cut -f2 | sort -u")
                        .out())
                .isEqualTo("0000000000000000");
        assertThat(place.sh("grep NoNewPrivs /proc/self/status | cut -f2").out())
                .isEqualTo("1");
        String nested = "unshare --user --map-root-user true && echo nested; true";
        assertThat(place.sh(nested).out()).isEmpty();
        assertThat(place.without("own users", nested).out()).as("by the filter").isEmpty();
        assertThat(place.without("system calls", nested).out())
                .as("by the namespace")
                .isEmpty();
        assertThat(place.without(Set.of("own users", "system calls"), nested).out())
                .isEqualTo("nested");
    }

    @Test
    void processesOfTheHostAreInvisible() throws Exception {
        String script =
                "ls -d /proc/[0-9]* | wc -l; kill -0 " + ProcessHandle.current().pid() + " && echo seen";
        List<String> lines = place.sh(script + "; true").out().lines().toList();
        assertThat(Integer.parseInt(lines.getFirst())).isLessThan(12);
        assertThat(lines).doesNotContain("seen");
        assertThat(place.sh("cat /proc/" + ProcessHandle.current().pid() + "/cmdline")
                        .exit())
                .isNotZero();
    }

    @Test
    void nobodyOutsideCanBeTraced() throws Exception {
        Process victim = asAgent("sleep", "600");
        try {
            String script = "test -r /proc/" + victim.pid() + "/environ && cat /proc/" + victim.pid() + "/environ";
            assertThat(place.sh(script).out()).isEmpty();
        } finally {
            victim.destroyForcibly();
        }
    }

    private Process asAgent(String... command) throws IOException {
        List<String> all = new ArrayList<>(Privileges.dropping(place.uid));
        all.addAll(List.of(command));
        return new ProcessBuilder(all).start();
    }

    @Test
    void keyringsAndTerminalInjectionAreRefused() throws Exception {
        // keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING); ioctl(0, TIOCSTI); io_uring_setup
        boolean x86 = System.getProperty("os.arch").equals("amd64");
        assumeTrue(x86 && Host.program("perl").isPresent(), "needs perl on x86-64");
        assertThat(errno("syscall(250, 0, -3, 0)")).isEqualTo("1");
        assertThat(errno("my $c = q(x); syscall(16, 0, 0x5412, $c)")).isEqualTo("1");
        assertThat(errno("syscall(425, 1, 0)")).isEqualTo("1");
        assertThat(errno("syscall(0x40000000 + 39)")).isEqualTo("38");
        assertThat(errno("syscall(16, 0, 0x5401, my $b = q(-) x 64)"))
                .as("other ioctls pass")
                .isEqualTo("25");
    }

    private String errno(String call) throws Exception {
        return place.sh("perl -e '" + call + "; print $!+0'").out();
    }

    /** The relay is one of the agent's processes: the agent may end it, and then has no connection itself. */
    @Test
    void agentThatEndsTheRelayReachesItsPlaceAndNothingElse() throws Exception {
        String script = """
                for p in /proc/[0-9]*; do
                    grep -q ^socat $p/cmdline && kill -9 ${p#/proc/}
                done
                curl -s --max-time 5 "$INTERLOCK_GATEWAY/x" && echo relayed
                curl -s --max-time 5 --unix-socket /run/interlock/place/gateway.sock http://gateway/x
                """;
        assertThat(place.sh(script).out()).isEqualTo("pong");
        assertThat(place.connections).hasValue(1);
    }

    @Test
    void agentHasNoChildThatItDidNotStart() throws Exception {
        assumeTrue(Host.program("perl").isPresent(), "needs perl");
        assertThat(place.sh("exec perl -e 'print wait'").out()).isEqualTo("-1");
    }

    /** Each connection is a process of the relay's: a hundred of them use less than 10 MB together. */
    @Test
    void floodOfConnectionsInsideStaysSmall() throws Exception {
        assumeTrue(Host.program("perl").isPresent(), "needs perl");
        Files.writeString(place.workspace.resolve("flood.pl"), """
                use Socket;
                my @open;
                for (1 .. 120) {
                    socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
                    connect($socket, sockaddr_in(7411, inet_aton("127.0.0.1"))) or die "connect: $!";
                    push @open, $socket;
                }
                sub relay {
                    my ($processes, $kilobytes) = (0, 0);
                    for my $process (glob "/proc/[0-9]*") {
                        open(my $line, "<", "$process/cmdline") or next;
                        next unless (readline($line) // "") =~ /^socat/;
                        $processes++;
                        open(my $memory, "<", "$process/smaps_rollup") or next;
                        /^Pss:\\s+(\\d+)/ and $kilobytes += $1 while <$memory>;
                    }
                    return ($processes, $kilobytes);
                }
                my ($processes, $kilobytes) = relay();
                for (my $i = 0; $i < 500 && $processes < 81; $i++) {
                    select(undef, undef, undef, 0.02);
                    ($processes, $kilobytes) = relay();
                }
                print "$processes $kilobytes";
                """);
        String[] relay = place.sh("perl flood.pl").out().split(" ", -1);
        assertThat(Integer.parseInt(relay[0])).as("processes").isEqualTo(81);
        assertThat(Integer.parseInt(relay[1])).as("kB").isLessThan(10_000);
    }

    @Test
    void hostNameIsItsOwn() throws Exception {
        assertThat(place.sh("hostname").out()).isEqualTo("agent");
    }

    @Test
    void devicesAreTheHarmlessOnes() throws Exception {
        assertThat(place.sh("ls -A /dev | sort | tr '\\n' ' '").out().split(" "))
                .isSubsetOf(
                        "console", "core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin",
                        "stdout", "tty", "urandom", "zero");
    }

    @Test
    void terminalSessionIsItsOwn() throws Exception {
        String script = "cut -d' ' -f6 /proc/self/stat";
        assertThat(place.sh(script).out()).isNotEqualTo("0");
        assertThat(place.without("no terminal", script).out())
                .as("a session from outside has no number in here")
                .isEqualTo("0");
    }

    // Inputs

    @Test
    void environmentHoldsWhatIsNamedAndNothingElse() throws Exception {
        Map<String, String> found = new TreeMap<>();
        place.sh("env").out().lines().forEach(line -> found.put(line.split("=", 2)[0], line.split("=", 2)[1]));
        String proxy = "http://127.0.0.1:7411";
        for (String name : List.of("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")) {
            assertThat(found.remove(name)).as(name).isEqualTo(proxy);
        }
        assertThat(found.keySet()
                        .removeAll(ProxyVariables.variables("", BubblewrapArgs.PORT)
                                .keySet()))
                .isTrue();
        assertThat(found.keySet())
                .containsExactlyInAnyOrder(
                        "GH_TOKEN",
                        "GOPROXY",
                        "HOME",
                        "INTERLOCK_GATEWAY",
                        "INTERLOCK_LEASE",
                        "LOGNAME",
                        "NODE_OPTIONS",
                        "PATH",
                        "PWD",
                        "RAILWAY_URL",
                        "SHELL",
                        "TERM",
                        "USER");
        assertThat(found)
                .containsEntry("INTERLOCK_LEASE", SandboxFixture.TOKEN)
                .containsEntry("GH_TOKEN", SandboxFixture.TOKEN)
                .containsEntry("HOME", "/home/agent");
    }

    @Test
    void programsOfReadDirectoriesAreFoundFirst() throws Exception {
        Path tools =
                Files.createDirectories(place.directory.resolve("tools/bin")).getParent();
        for (String program : List.of("mine", "ls", "socat")) {
            Path file = Files.writeString(tools.resolve("bin").resolve(program), "#!/bin/sh\necho from tools\n");
            assertThat(file.toFile().setExecutable(true, false)).isTrue();
        }
        SandboxSpec cell = covering(Set.of(), List.of(tools), "mine; ls; echo $PATH; env | grep -c INTERLOCK_PATH");
        assertThat(place.run(cell, UnaryOperator.identity()).out().lines())
                .containsExactly(
                        "from tools",
                        "from tools",
                        tools.toRealPath() + "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                        "0");
    }

    @Test
    void leaseIsItsOwnerAlonesToRead() throws Exception {
        assertThat(place.sh("stat -c '%a %u' /run/interlock/lease; cat /run/interlock/lease")
                        .out()
                        .lines())
                .containsExactly("400 " + place.uid, SandboxFixture.TOKEN);
    }

    @Test
    void leaseIsOnNoCommandLineInsideOrOutside() throws Exception {
        Result inside = place.sh("cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
        assertThat(inside.out())
                .contains("bwrap --args 3")
                .doesNotContain(SandboxFixture.TOKEN)
                .doesNotContain("setenv");
        Path output = place.directory.resolve("output");
        StandardStreams stdio = new StandardStreams(Redirect.PIPE, Redirect.to(output.toFile()), Redirect.DISCARD);
        RunningSandbox confined = place.start(place.cell("/bin/cat"), UnaryOperator.identity(), stdio);
        awaitAgent(confined);
        assertThat(allCommandLines()).contains("bwrap").doesNotContain(SandboxFixture.TOKEN);
        confined.process().getOutputStream().close();
        assertThat(confined.exit()).isZero();
    }

    @Test
    void searchOfCommandLinesFindsAPlantedToken() throws Exception {
        Process planted = new ProcessBuilder("sh", "-c", "read x", "sh", SandboxFixture.TOKEN + "planted").start();
        try {
            assertThat(allCommandLines()).contains(SandboxFixture.TOKEN);
        } finally {
            planted.destroyForcibly();
        }
    }

    private static String allCommandLines() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            for (Path process : processes
                    .filter(p -> p.getFileName().toString().matches("\\d+"))
                    .toList()) {
                all.append(commandLine(process)).append('\n');
            }
        }
        return all.toString();
    }

    private static String commandLine(Path process) {
        try {
            return new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.UTF_8)
                    .replace('\0', ' ');
        } catch (IOException e) {
            return ""; // it ended meanwhile
        }
    }

    /** Waits until the shell has become the agent itself; cat waits for input, so this ends. */
    private static void awaitAgent(RunningSandbox confined) {
        while (confined.agent()
                .flatMap(a -> a.info().command())
                .filter(c -> c.endsWith("/cat"))
                .isEmpty()) {
            assertThat(confined.process().isAlive()).isTrue();
            WaitLoop.pause();
        }
    }

    @Test
    void nothingThatWasHandedInLiesOnTheDiskOnceTheAgentRuns() throws Exception {
        Path output = place.directory.resolve("output");
        StandardStreams stdio = new StandardStreams(Redirect.PIPE, Redirect.to(output.toFile()), Redirect.DISCARD);
        RunningSandbox confined = place.start(place.cell("/bin/cat"), UnaryOperator.identity(), stdio);
        awaitAgent(confined);
        try (Stream<Path> files = Files.list(place.directory)) {
            assertThat(files.map(p -> p.getFileName().toString())).noneMatch(n -> n.startsWith("interlock-enter-"));
        }
        confined.kill();
        confined.exit();
    }

    @Test
    void noDescriptorOfTheLauncherIsLeftOpen() throws Exception {
        // No pipe in the script: the shell would show its own.
        assertThat(place.sh("for f in /proc/$$/fd/*; do readlink $f; done; true")
                        .out()
                        .lines())
                .allMatch(target -> target.equals("/dev/null") || target.endsWith("/out") || target.endsWith("/err"));
        assertThat(place.sh("for f in /proc/1/fd/*; do readlink $f; done 2>/dev/null | grep -c interlock-enter")
                        .out())
                .isEqualTo("0");
    }

    // Its end

    @Test
    void everythingInsideHasDiedWhenTheAgentIsSaidToHaveEnded() throws Exception {
        place.sh("for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do setsid sh -c 'echo up > started$1;"
                + " while :; do echo x > \"$0$1\"; done' \"$PWD/w\" $i >/dev/null 2>&1 & done; for i in 1 2 3 4 5 6 7 8 9"
                + " 10 11 12 13 14 15 16 17 18 19 20; do while ! test -s started$i; do :; done; done");
        assertThat(place.workspace.resolve("started20")).exists();
        assertThat(ProcessHandle.allProcesses()
                        .map(process -> commandLine(Path.of("/proc", Long.toString(process.pid()))))
                        .filter(line -> line.contains(place.workspace.toString())))
                .isEmpty();
    }

    /** 101 is ptrace. 16 attaches and stops; 0x4206 seizes, after which the end is reported to the first tracer. */
    @ParameterizedTest
    @CsvSource({"16, 1", "0x4206, getppid"})
    @Timeout(300)
    void whoeverIsTracedInsideTheEndOfTheAgentIsNoticed(String how, String whom) throws Exception {
        Path err = place.directory.resolve("err");
        StandardStreams stdio = new StandardStreams(
                Redirect.from(Path.of("/dev/null").toFile()), Redirect.DISCARD, Redirect.to(err.toFile()));
        String program = "my $tracer = fork; unless ($tracer) { syscall(101, " + how + ", " + whom + ", 0, 0) == 0"
                + " or die $!; open(my $f, q(>), q(traced)); close $f; sleep 600 }"
                + " select(undef, undef, undef, 0.01) until -e q(traced) or waitpid($tracer, 1) > 0; exit 7";
        RunningSandbox confined =
                place.start(place.cell("/usr/bin/perl", "-e", program), UnaryOperator.identity(), stdio);
        int exit = confined.exit();
        String said = Files.readString(err);
        assumeTrue(!said.contains("Operation not permitted"), "this kernel lets nobody trace");
        assertThat(place.workspace.resolve("traced")).as(said).exists();
        assertThat(exit).isEqualTo(137);
    }

    /** Other threads may run on after the first one has ended: the agent has not ended then. */
    @Test
    void processWhoseFirstThreadHasEndedRunsOn() throws Exception {
        String program = """
                import ctypes, sys, threading
                threading.Thread(target=sys.stdin.read).start()
                ctypes.CDLL(None).syscall(60, 0)  # exit(2): of this thread alone
                """;
        Process process = new ProcessBuilder("/usr/bin/python3", "-c", program).start();
        try {
            Path stat = Path.of("/proc", Long.toString(process.pid()), "stat");
            while (!Files.readString(stat).contains(") Z ")) {
                WaitLoop.pause();
            }
            assertThat(RunningSandbox.isRunning(process.toHandle())).isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(RunningSandbox.isRunning(process.toHandle())).isFalse();
    }

    @Test
    void requestToEndReachesTheAgentItself() throws Exception {
        Path output = place.directory.resolve("output");
        StandardStreams stdio = new StandardStreams(Redirect.PIPE, Redirect.to(output.toFile()), Redirect.DISCARD);
        SandboxSpec cell = place.cell(
                "/bin/sh", "-c", "trap 'echo tidied > done; exit 9' TERM; echo > ready; while :; do read x; done");
        RunningSandbox confined = place.start(cell, UnaryOperator.identity(), stdio);
        while (!Files.exists(place.workspace.resolve("ready"))) {
            assertThat(confined.process().isAlive()).isTrue();
            WaitLoop.pause();
        }
        confined.end(Duration.ofSeconds(30));
        assertThat(confined.exit()).isEqualTo(9);
        assertThat(place.workspace.resolve("done")).hasContent("tidied");
    }

    // The gateway's configuration

    /** Writes what `init` writes, owned by the agent's user, so that no permission of the host helps. */
    private Path configuration(Path directory) throws IOException {
        Path made = Files.createDirectories(directory.resolve("interlock"));
        Path policy = Files.createDirectory(made.resolve("policy"));
        List<Path> all = List.of(
                made,
                policy,
                Files.writeString(made.resolve("gateway.yaml"), "pinned"),
                Files.writeString(policy.resolve("policy.cedar"), "sealed"));
        if (Host.uid() == 0) {
            for (Path path : all) {
                Files.setAttribute(path, "unix:uid", place.uid);
            }
        }
        return made;
    }

    @Test
    void configurationInTheWorkspaceIsEmptyInsideAndStaysAsItIs() throws Exception {
        Path made = configuration(place.workspace);
        String script = "find interlock -mindepth 1; cat interlock/gateway.yaml interlock/policy/policy.cedar;"
                + " echo planted > interlock/gateway.yaml && echo written; mkdir interlock/policy; chmod 777 interlock;"
                + " mv interlock aside; rm -rf interlock; rmdir interlock; umount interlock; echo on > work; ls";
        SandboxSpec cell = covering(Set.of(made, made.resolve("policy")), List.of(), script);
        assertThat(place.run(cell, UnaryOperator.identity()).out().lines()).containsExactly("interlock", "work");
        assertThat(made.resolve("gateway.yaml")).hasContent("pinned");
        assertThat(made.resolve("policy/policy.cedar")).hasContent("sealed");
        assertThat(place.run(cell, SandboxLauncherTest::uncovered).out()).contains("pinned", "sealed");
    }

    @Test
    void configurationCannotBeMovedWithTheDirectoriesAroundIt() throws Exception {
        Path made = configuration(place.workspace.resolve("deep").resolve("er"));
        if (Host.uid() == 0) {
            Files.setAttribute(place.workspace.resolve("deep"), "unix:uid", place.uid);
            Files.setAttribute(place.workspace.resolve("deep/er"), "unix:uid", place.uid);
        }
        String script = "for d in deep/er deep; do mv $d moved && mkdir -p deep/er/interlock && echo planted >"
                + " deep/er/interlock/gateway.yaml && echo $d; done 2>/dev/null; touch deep/er/ok && echo on";
        SandboxSpec cell = covering(Set.of(made), List.of(), script);
        assertThat(place.run(cell, UnaryOperator.identity()).out()).isEqualTo("on");
        assertThat(made.resolve("gateway.yaml")).hasContent("pinned");
        assertThat(place.run(
                                cell,
                                walls -> walls.stream()
                                        .filter(wall -> !wall.name().equals("executed"))
                                        .toList())
                        .out())
                .as("without the mounts around it")
                .contains("deep/er");
    }

    private static List<BubblewrapArgs.SandboxWall> uncovered(List<BubblewrapArgs.SandboxWall> walls) {
        return walls.stream().filter(w -> !w.name().equals("configuration")).toList();
    }

    @Test
    void configurationInAReadableDirectoryAndBehindALinkIsEmptyInside() throws Exception {
        Path shown = Files.createDirectory(place.directory.resolve("shown"));
        Path made = configuration(shown);
        Path link = Files.createSymbolicLink(place.directory.resolve("link"), made);
        SandboxSpec cell = covering(Set.of(link), List.of(shown), "ls " + made + "; echo listed");
        assertThat(place.run(cell, UnaryOperator.identity()).out()).isEqualTo("listed");
    }

    /** Its owner and permissions may be the agent's: read-only still holds. */
    @Test
    void whatIsOnlyShownCannotBeWritten() throws Exception {
        Path shown = Files.createDirectory(place.directory.resolve("shown"));
        Path file = Files.writeString(shown.resolve("tool"), "as it was");
        for (Path path : List.of(shown, file)) {
            Files.setAttribute(path, "unix:mode", 0777);
            if (Host.uid() == 0) {
                Files.setAttribute(path, "unix:uid", place.uid);
            }
        }
        String script = "cd " + shown
                + " && cat tool; echo worse > tool && echo written; touch new && echo made; chmod 700 tool"
                + " && echo changed; rm tool && echo gone; true";
        SandboxSpec cell = covering(Set.of(), List.of(shown), script);
        assertThat(place.run(cell, UnaryOperator.identity()).out()).isEqualTo("as it was");
        assertThat(file).hasContent("as it was");
    }

    @Test
    void configurationApartFromTheWorkspaceIsNotMadeInside() throws Exception {
        Path made = configuration(place.directory);
        SandboxSpec cell = covering(Set.of(made, place.directory), List.of(), "ls " + place.directory);
        assertThat(place.run(cell, UnaryOperator.identity()).out()).isEqualTo("workspace");
    }

    @Test
    void workspaceThatIsTheConfigurationItselfIsRefused() {
        SandboxSpec cell = covering(Set.of(place.workspace), List.of(), "true");
        assertThatThrownBy(() -> SandboxChecks.checked(cell, Set.of()))
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("configuration or policy");
    }

    // Refusals before anything starts

    @Test
    void workspacesThatWouldOpenTheSystemAreRefused() {
        for (String path : List.of("/", "/usr", "/etc", "/etc/ssl", "/home", "/root", "/var", "/proc/self", "/tmp")) {
            assertThatThrownBy(() -> SandboxChecks.checked(with(Path.of(path), Set.of()), Set.of()))
                    .as(path)
                    .isInstanceOf(SandboxException.class)
                    .hasMessageContaining("belongs to the system");
        }
    }

    @Test
    void workspacesThatHoldOrLieInWhatIsHiddenAreRefused() throws Exception {
        Path data = Files.createDirectory(place.workspace.resolve("data"));
        Path link = Files.createSymbolicLink(place.directory.resolve("link"), data);
        for (SandboxSpec cell : List.of(
                with(place.workspace, Set.of(data)), with(data, Set.of(place.workspace)), with(link, Set.of(data)))) {
            assertThatThrownBy(() -> SandboxChecks.checked(cell, Set.of()))
                    .isInstanceOf(SandboxException.class)
                    .hasMessageContaining("the gateway's private files");
        }
    }

    @Test
    void workspacesInWhichTheAgentCouldChangeTheProgramAreRefused() throws Exception {
        Path checkout = Files.createDirectory(place.workspace.resolve("checkout"));
        Path launcher = Files.writeString(checkout.resolve("interlock"), "#!/bin/sh");
        Path link = Files.createSymbolicLink(place.directory.resolve("link"), checkout);
        Path jdk = Path.of(System.getProperty("java.home")).toRealPath();
        Path classes = Path.of(SandboxChecks.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        System.setProperty("interlock.launcher", launcher.toString());
        try {
            for (Path path :
                    List.of(place.workspace, checkout, Files.createDirectory(checkout.resolve("sub")), link, jdk)) {
                assertThatThrownBy(() -> SandboxChecks.checked(with(path, Set.of()), Set.of()))
                        .as(path.toString())
                        .isInstanceOfSatisfying(
                                SandboxException.class,
                                e -> assertThat(e.next()).contains("mkdir workspace"))
                        .hasMessageContaining("Interlock itself");
            }
        } finally {
            System.clearProperty("interlock.launcher");
        }
        for (Path path : List.of(classes, classes.resolve("dev"), classes.getParent())) {
            assertThatThrownBy(() -> SandboxChecks.checked(with(path, Set.of()), Set.of()))
                    .as(path.toString())
                    .hasMessageContaining("Interlock itself");
        }
        assertThat(SandboxChecks.checked(with(place.workspace, Set.of()), Set.of())
                        .workspace())
                .isEqualTo(place.workspace.toRealPath());
    }

    @Test
    void homeIsNoWorkspace() throws Exception {
        Path home = Files.createDirectory(place.workspace.resolve("jer"));
        Path link = Files.createSymbolicLink(place.directory.resolve("link"), home);
        Path below = Files.createDirectory(home.resolve("project"));
        for (Path path : List.of(home, link)) {
            for (Path workspace : List.of(place.workspace, home)) {
                assertThatThrownBy(() -> SandboxChecks.checked(with(workspace, Set.of()), Set.of(path)))
                        .as("%s with home %s", workspace, path)
                        .isInstanceOfSatisfying(
                                SandboxException.class,
                                e -> assertThat(e.next()).contains("--workspace project"))
                        .hasMessageContaining("is or contains a home directory");
            }
        }
        SandboxSpec reading = new SandboxSpec(
                List.of("true"),
                below,
                place.socket,
                place.cell("true").lease(),
                place.directory,
                place.uid,
                Map.of(),
                List.of(home),
                Set.of(),
                Set.of(),
                false,
                OverlayMounts.NONE,
                ProcessLimits.USUAL);
        if (Host.uid() == 0) {
            Files.setAttribute(place.workspace, "unix:uid", 0);
            Files.setAttribute(below, "unix:uid", place.uid);
        }
        assertThatThrownBy(() -> SandboxChecks.checked(reading, Set.of(home)))
                .hasMessageContaining("is or contains a home directory");
        assertThat(SandboxChecks.checked(with(below, Set.of()), Set.of(home)).workspace())
                .isEqualTo(below.toRealPath());
    }

    @Test
    void directoryWithKeysForSshIsNoWorkspace() throws Exception {
        Files.createDirectory(place.workspace.resolve(".ssh"));
        assertThatThrownBy(() -> SandboxChecks.checked(with(place.workspace, Set.of()), Set.of()))
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("is or contains a home directory");
    }

    @Test
    void terminalThatIsNotThereIsSaidToBeMissing() {
        assumeTrue(!Host.hasTerminal(), "a person sits at this test");
        assertThatThrownBy(() -> SandboxChecks.checked(interactive(), Set.of()))
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("There is no terminal here");
    }

    private SandboxSpec interactive() {
        SandboxSpec cell = place.cell("true");
        return new SandboxSpec(
                cell.command(),
                cell.workspace(),
                cell.socket(),
                cell.lease(),
                cell.trust(),
                cell.uid(),
                Map.of(),
                List.of(),
                Set.of(),
                Set.of(),
                true,
                OverlayMounts.NONE,
                ProcessLimits.USUAL);
    }

    @Test
    void workspaceThatTheAgentCannotWriteIsRefusedWithTheCommandThatHelps() throws Exception {
        assumeTrue(Host.uid() == 0, "needs two users");
        Path roots = Files.createDirectory(place.directory.resolve("roots"));
        assertThatThrownBy(() -> SandboxChecks.checked(with(roots, Set.of()), Set.of()))
                .isInstanceOfSatisfying(
                        SandboxException.class,
                        // never a `chown -R` of existing files
                        e -> assertThat(e.next())
                                .contains("mkdir workspace && chown 61234 workspace", "--workspace workspace")
                                .doesNotContain("chown -R", roots.toString()));
    }

    /** It could be replaced with a link to another place between the check and the mount. */
    @Test
    void workspaceThatAnotherAgentOfTheSameUserCouldExchangeIsRefused() throws Exception {
        assumeTrue(Host.uid() == 0, "needs two users");
        Path inner = Files.createDirectory(place.workspace.resolve("inner"));
        Files.setAttribute(inner, "unix:uid", place.uid);
        Path anybodys = Files.createDirectory(place.directory.resolve("anybodys"));
        Files.setAttribute(anybodys, "unix:mode", 0777);
        Path below = Files.createDirectory(anybodys.resolve("below"));
        Files.setAttribute(below, "unix:uid", place.uid);
        Path groups = Files.createDirectory(place.directory.resolve("groups"));
        Files.setAttribute(groups, "unix:gid", place.uid);
        Files.setAttribute(groups, "unix:mode", 0775);
        Path belowGroups = Files.createDirectory(groups.resolve("below"));
        Files.setAttribute(belowGroups, "unix:uid", place.uid);
        for (Path path : List.of(inner, below, belowGroups)) {
            assertThatThrownBy(() -> SandboxChecks.checked(with(path, Set.of()), Set.of()))
                    .isInstanceOf(SandboxException.class)
                    .hasMessageContaining("could replace");
        }
        SandboxSpec reading = new SandboxSpec(
                List.of("true"),
                place.workspace,
                place.socket,
                place.cell("true").lease(),
                place.directory,
                place.uid,
                Map.of(),
                List.of(inner),
                Set.of(),
                Set.of(),
                false,
                OverlayMounts.NONE,
                ProcessLimits.USUAL);
        assertThatThrownBy(() -> SandboxChecks.checked(reading, Set.of())).hasMessageContaining("could replace");
        Files.setAttribute(anybodys, "unix:mode", 01777);
        assertThat(SandboxChecks.checked(with(below, Set.of()), Set.of()).workspace())
                .isEqualTo(below.toRealPath());
    }

    @Test
    void agentWithTheGatewaysOwnUserIsRefused() throws Exception {
        assumeTrue(Host.uid() == 0, "needs two users");
        Files.setAttribute(place.socket, "unix:uid", place.uid);
        assertThatThrownBy(() -> SandboxChecks.checked(place.cell("true"), Set.of()))
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("is the gateway's user");
    }

    @Test
    void variableCannotSmuggleInAnArgument() {
        SandboxSpec cell = place.cell("true");
        SandboxSpec smuggling = new SandboxSpec(
                cell.command(),
                cell.workspace(),
                cell.socket(),
                cell.lease(),
                cell.trust(),
                cell.uid(),
                Map.of("X", "y\0--share-net"),
                List.of(),
                Set.of(),
                Set.of(),
                false,
                OverlayMounts.NONE,
                ProcessLimits.USUAL);
        assertThatThrownBy(() -> BubblewrapArgs.around(smuggling, Map.of(), BubblewrapArgs.PORT))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void rootIsNeverAnAgent() {
        assertThatThrownBy(() -> new SandboxSpec(
                        List.of("true"),
                        place.workspace,
                        place.socket,
                        place.cell("x").lease(),
                        place.directory,
                        0,
                        Map.of(),
                        List.of(),
                        Set.of(),
                        Set.of(),
                        false,
                        OverlayMounts.NONE,
                        ProcessLimits.USUAL))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private SandboxSpec with(Path workspace, Set<Path> hidden) {
        SandboxSpec cell = place.cell("true");
        return new SandboxSpec(
                cell.command(),
                workspace,
                cell.socket(),
                cell.lease(),
                cell.trust(),
                cell.uid(),
                Map.of(),
                List.of(),
                hidden,
                Set.of(),
                false,
                OverlayMounts.NONE,
                ProcessLimits.USUAL);
    }

    private SandboxSpec covering(Set<Path> covered, List<Path> readable, String script) {
        SandboxSpec cell = place.cell("/bin/sh", "-c", script);
        return new SandboxSpec(
                cell.command(),
                cell.workspace(),
                cell.socket(),
                cell.lease(),
                cell.trust(),
                cell.uid(),
                Map.of(),
                readable,
                Set.of(),
                covered,
                false,
                OverlayMounts.NONE,
                ProcessLimits.USUAL);
    }
}
