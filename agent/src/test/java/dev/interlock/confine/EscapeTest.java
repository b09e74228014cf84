package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests ways out of a sandbox, by class. Each is a program that prints {@code OUT} when it succeeds. It is first run
 * outside, as the agent's own user without a sandbox, where it must succeed; and then inside, where it must not.
 */
@Tag("process")
class EscapeTest {

    private static final String MARK = "held-by-somebody-else";

    /**
     * A script that makes a system call and prints OUT unless it is refused: permission, no such call, no such family.
     */
    private static final String CALL = """
            sub tried { my $r = syscall(shift, @_); my $e = $! + 0;
                print "OUT\\n" unless $r == -1 && ($e == 1 || $e == 38 || $e == 97) }
            """;

    /**
     * One attempt.
     *
     * @param kind its class
     * @param name its target
     * @param script a script for {@code sh}; {@code VICTIM}, {@code SECRET}, {@code SETUID} and {@code SHARED} stand
     *     for the prepared targets
     */
    private record Escape(String kind, String name, String script) {
        @Override
        public String toString() {
            return kind + ": " + name;
        }
    }

    private static Escape perl(String kind, String name, String program) {
        return new Escape(kind, name, "exec perl -e '" + CALL + program + "'");
    }

    private static final List<Escape> ESCAPES = List.of(
            // Other processes
            new Escape("processes", "a signal", "kill -0 VICTIM && echo OUT"),
            new Escape(
                    "processes", "what it was started with", "grep -q " + MARK + " /proc/VICTIM/environ && echo OUT"),
            new Escape(
                    "processes", "its command line", "tr '\\0' ' ' </proc/VICTIM/cmdline | grep -q sleep && echo OUT"),
            new Escape("processes", "its root", "[ -r /proc/VICTIM/root/SECRET ] && echo OUT"),
            new Escape("processes", "its directory", "[ -e /proc/VICTIM/cwd/. ] && echo OUT"),
            new Escape("processes", "its mounts", "grep -q . /proc/VICTIM/mountinfo && echo OUT"),
            new Escape("processes", "its descriptors", "[ -e /proc/VICTIM/fd/0 ] && echo OUT"),
            perl(
                    "processes",
                    "its memory",
                    "my $b = pack(q(QQ), 0, 1); print qq(OUT\\n) if syscall(310, VICTIM, $b, 1, $b, 1,"
                            + " 0) == -1 && $! == 14"),
            perl(
                    "processes",
                    "a descriptor of it",
                    "my $p = syscall(434, VICTIM, 0);" + " print qq(OUT\\n) if $p >= 0 && syscall(438, $p, 0, 0) >= 0"),
            perl("processes", "whether it shares files", "print qq(OUT\\n) if syscall(312, $$, VICTIM, 2, 0, 0) >= 0"),
            perl("processes", "tracing it", "print qq(OUT\\n) if syscall(101, 0x4206, VICTIM, 0, 0) >= 0"),
            new Escape(
                    "processes",
                    "the first one's root",
                    "[ -r /proc/1/root/SECRET ] || [ -r /proc/self/root/SECRET ] && echo OUT"),
            new Escape(
                    "processes",
                    "a descriptor that leads up",
                    "for d in /proc/*/fd/*; do [ -r $d/../SECRET ] && echo OUT; done;"
                            + " for d in /proc/*/cwd; do [ -r $d/../secret ] && echo OUT; done; true"),
            // Files
            new Escape("files", "by their path", "[ -r SECRET ] && echo OUT"),
            new Escape("files", "above the workspace", "[ -r ../secret ] && echo OUT"),
            new Escape("files", "behind a symbolic link", "ln -s SECRET soft; cat soft >/dev/null && echo OUT"),
            new Escape("files", "behind a hard link", "ln SECRET hard && echo OUT"),
            new Escape("files", "through a link that was there", "cat left-behind >/dev/null && echo OUT"),
            new Escape("files", "of the system, that a program may become", "[ \"$(SETUID -u)\" = 0 ] && echo OUT"),
            new Escape("files", "in shared memory", "[ -e SHARED ] && echo OUT"),
            new Escape("files", "of the kernel's devices", "ls /sys/class >/dev/null && echo OUT"),
            new Escape("files", "of control groups", "ls /sys/fs/cgroup/* >/dev/null && echo OUT"),
            new Escape("files", "what the machine was started with", "[ -n \"$(cat /proc/cmdline)\" ] && echo OUT"),
            new Escape("files", "which keys its user has", "cat /proc/keys >/dev/null && echo OUT"),
            // Shared by number
            perl("memory", "by its key", "print qq(OUT\\n) if defined shmget(0x1717, 16, 0)"),
            // Namespaces and mounts
            new Escape("namespaces", "of users", "unshare --user --map-root-user echo OUT"),
            new Escape(
                    "namespaces",
                    "of networks, to listen on raw sockets",
                    "unshare -r -n perl -e '" + "socket(my $s, 17, 3, 0) and print qq(OUT\\n)'"),
            perl(
                    "namespaces",
                    "by clone",
                    "my $r = syscall(56, 0x10000011, 0, 0, 0, 0); if ($r == 0) { syswrite STDOUT,"
                            + " qq(OUT\\n); kill 9, $$ } waitpid $r, 0 if $r > 0"),
            perl(
                    "namespaces",
                    "by clone3, which no filter can look into",
                    "my $a = pack(q(Q11), 0x10000000, 0, 0, 0, 17,"
                            + " (0) x 6); my $r = syscall(435, $a, 88); if ($r == 0) { syswrite STDOUT, qq(OUT\\n); kill 9, $$ }"
                            + " waitpid $r, 0 if $r > 0"),
            perl(
                    "namespaces",
                    "of an own that exists",
                    "open(my $n, q(<), q(/proc/self/ns/net)) or die; my $f = fileno $n;" + " tried(308, -1, 0)"),
            new Escape("mounts", "over a directory", "unshare -r -m mount -t tmpfs none /tmp && echo OUT"),
            perl("mounts", "by the newer calls", "my $p = q(.); tried(428, -100, $p, 0)"),
            // The kernel's other interfaces
            perl("calls", "a keyring", "tried(250, 0, -3, 0)"),
            perl("calls", "a key of its own", "my ($t, $d) = (q(user), q(x)); tried(248, $t, $d, $d, 1, -2)"),
            perl("calls", "a ring for input and output", "tried(425, 1, 0)"),
            perl("calls", "the sockets of its algorithms", "tried(41, 38, 5, 0)"),
            perl("calls", "the sockets of its firewall", "tried(41, 16, 3, 12)"),
            perl("calls", "the sockets of its devices' news", "tried(41, 16, 3, 15)"),
            perl("calls", "the host of a virtual machine", "tried(41, 40, 1, 0)"),
            perl(
                    "calls",
                    "a terminal's driver",
                    "open(my $t, q(+<), q(/dev/ptmx)) or die; my $d = pack(q(i), 0);"
                            + " tried(16, fileno $t, 0x5423, $d)"),
            new Escape("calls", "in the convention of 32 bits", """
                    exec /usr/bin/python3 - <<'END'
                    import ctypes, mmap
                    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
                    code.write(b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3')  # mov $getpid, %eax; int $0x80; ret
                    at = ctypes.addressof(ctypes.c_char.from_buffer(code))
                    if ctypes.CFUNCTYPE(ctypes.c_int)(at)() > 0:
                        print('OUT', flush=True)
                    END"""));

    private SandboxFixture place;
    private Process victim;
    private Path shared;
    private long memory = -1;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "the numbers of calls are those of x86-64");
        place = SandboxFixture.orSkipped();
        own(Files.writeString(secret(), "nothing of worth"), place.uid);
        Files.createSymbolicLink(place.workspace.resolve("left-behind"), secret());
        shared = Files.writeString(
                Path.of("/dev/shm", place.directory.getFileName().toString()), "seen");
        if (Host.uid() == 0) {
            Path id = Files.copy(Path.of("/usr/bin/id"), place.workspace.resolve("id"));
            Files.setAttribute(id, "unix:mode", 04755);
        }
        ProcessBuilder waiting = asAgent(false, "/bin/sleep", "600");
        waiting.environment().put("HELD", MARK);
        victim = waiting.start();
        memory = Long.parseLong(said(asAgent(false, "/usr/bin/perl", "-e", "print shmget(0x1717, 16, 01600)")
                .start()));
        while (Host.owner(Path.of("/proc", Long.toString(victim.pid()))) != place.uid) {
            WaitLoop.pause(); // it is still on its way to being the agent's
        }
    }

    @AfterEach
    void close() throws Exception {
        if (place == null) {
            return;
        }
        if (victim != null) {
            victim.destroyForcibly();
        }
        if (memory >= 0) {
            said(asAgent(false, "/usr/bin/perl", "-e", "shmctl(" + memory + ", 0, 0)")
                    .start());
        }
        Files.deleteIfExists(shared);
        place.close();
    }

    private Path secret() {
        return place.directory.resolve("secret");
    }

    private static void own(Path file, int uid) throws IOException {
        if (Host.uid() == 0) {
            Files.setAttribute(file, "unix:uid", uid);
        }
    }

    static Stream<Escape> escapes() {
        return ESCAPES.stream();
    }

    @ParameterizedTest
    @MethodSource("escapes")
    void worksOutsideAndFailsInside(Escape escape) throws Exception {
        assumeTrue(!escape.script().contains("SETUID") || Host.uid() == 0, "only root can lay out such a program");
        String script = escape.script()
                .replace("VICTIM", Long.toString(victim.pid()))
                .replace("SECRET", secret().toString())
                .replace("SETUID", place.workspace.resolve("id").toString())
                .replace("SHARED", shared.toString());
        String outside = outside(escape, script);
        Files.deleteIfExists(place.workspace.resolve("soft"));
        Files.deleteIfExists(place.workspace.resolve("hard"));
        assumeTrue(outside.contains("OUT"), () -> "this machine lets nobody do that: " + outside);
        assertThat(place.sh(script).out()).doesNotContain("OUT");
    }

    /**
     * Runs it as the agent's user, in its workspace, on the bare host. An attempt that the host itself refuses proves
     * nothing.
     */
    private String outside(Escape escape, String script) throws Exception {
        Process process = asAgent(escape.script().contains("SETUID"), "/bin/sh", "-c", script)
                .directory(place.workspace.toFile())
                .start();
        return said(process);
    }

    private ProcessBuilder asAgent(boolean mayBecomeMore, String... command) throws IOException {
        List<String> all = new ArrayList<>(Privileges.dropping(place.uid));
        if (mayBecomeMore) {
            all.removeAll(List.of("--no-new-privs", "--bounding-set=-all"));
        }
        all.addAll(List.of(command));
        ProcessBuilder builder = new ProcessBuilder(all).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"));
        return builder;
    }

    private static String said(Process process) throws Exception {
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }
}
