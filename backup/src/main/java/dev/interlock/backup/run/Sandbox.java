package dev.interlock.backup.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where programs run that read what others have written: an unprivileged user, none of the machine's files but the
 * system's programs, no network and no other processes in sight. The kernel ends them with whoever started them.
 *
 * <p>To be used by the thread that made it: the kernel counts that thread's end as the parent's.
 */
public final class Sandbox {

    /** Root's work is done as this user unless another is named; it owns nothing else. */
    public static final int DEFAULT_USER = 61_238;

    /** What they call the one directory that they may write to. */
    public static final String INSIDE = "/scratch";

    private static final String BUBBLEWRAP = "bwrap";

    /** What is started to write to a scratch directory, and nobody else's program that looks into one. */
    private static final Set<String> ENDED = Set.of(BUBBLEWRAP, "cp");

    /** What lies in the machine's memory; what needs more has {@link #INSIDE}, which is on a disk and watched. */
    private static final String IN_MEMORY = Long.toString(256L << 20);

    /** A server and its clients have some twenty; all sandboxes of one user count together (getrlimit(2)). */
    private static final int MOST_PROCESSES = 2_048;

    private static final Path LIMITS = Path.of("/proc/self/limits");

    /** The soft limit, and the hard one if it is a number. */
    private static final Pattern HARD_PROCESSES = Pattern.compile("(?m)^Max processes +\\S+ +([0-9]{1,18})\\b");

    /** The kernel ends whom it is told to end; this is for who hangs in it. */
    private static final Duration ENDING = Duration.ofSeconds(10);

    private static final long PAUSE_NANOS = 1_000_000;

    private final Path place;
    private final List<String> prefix;
    private final AtomicLong begun = new AtomicLong();

    private Sandbox(Path place, List<String> prefix) {
        this.place = place;
        this.prefix = prefix;
    }

    /**
     * As whom programs run that read a backup.
     *
     * @param user if this process is root
     * @throws BackupException if that is root
     */
    public static int runner(int user) throws IOException {
        int self = self();
        int runner = self == 0 ? user : self;
        if (runner == 0) {
            throw new BackupException("a dump is never restored as root");
        }
        return runner;
    }

    public static boolean isRoot() throws IOException {
        return self() == 0;
    }

    private static int self() throws IOException {
        return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    /** One for {@code runner}, whose group has the same number. */
    public static Sandbox make(Path directory, String name, int runner, List<String> more) throws IOException {
        return make(directory, name, runner, runner, more);
    }

    /**
     * Makes the directory {@code name} below {@code directory}, for {@code runner} to write to.
     *
     * @param runner root only for what reads root's own files; then without any of root's privileges
     * @param group of theirs
     * @param more of bubblewrap's arguments, such as what else can be seen
     */
    public static Sandbox make(Path directory, String name, int runner, int group, List<String> more)
            throws IOException {
        Path place = PrivateFiles.directory(directory.resolve(name));
        Path passwd = directory.resolve(name + ".passwd");
        Files.writeString(passwd, "scratch:x:" + runner + ":" + group + "::" + INSIDE + ":/bin/sh\n");
        Files.setPosixFilePermissions(passwd, PosixFilePermissions.fromString("rw-r--r--"));
        if (isRoot()) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
            give(place, runner);
        }
        List<String> prefix = new ArrayList<>(starter(runner, group));
        prefix.addAll(walls(place, passwd, more));
        return new Sandbox(place, List.copyOf(prefix));
    }

    /** Makes {@code path} theirs. */
    public static void give(Path path, int runner) throws IOException {
        Files.setAttribute(path, "unix:uid", runner);
        Files.setAttribute(path, "unix:gid", runner);
    }

    /**
     * Whom the kernel ends first where memory ends. How many processes there may be is counted by user, so that this
     * holds only of one who has no others.
     */
    private static List<String> starter(int runner, int group) throws IOException {
        List<String> command = new ArrayList<>();
        if (isRoot() && runner != 0) {
            command.addAll(List.of("setpriv", "--reuid=" + runner, "--regid=" + group));
            command.addAll(List.of("--clear-groups", "--no-new-privs", "--"));
        }
        if (isRoot() && runner == DEFAULT_USER) {
            command.addAll(List.of("prlimit", "--nproc=" + mostProcesses(Files.readString(LIMITS)), "--"));
        }
        command.addAll(List.of("choom", "-n", "1000", "--"));
        return command;
    }

    /** Nobody but root may have more than {@code limits} say already; proc_pid_limits(5). */
    static int mostProcesses(String limits) {
        Matcher now = HARD_PROCESSES.matcher(limits);
        return now.find() ? (int) Math.min(MOST_PROCESSES, Long.parseLong(now.group(1))) : MOST_PROCESSES;
    }

    private static List<String> walls(Path place, Path passwd, List<String> more) {
        List<String> command = new ArrayList<>();
        command.addAll(List.of(BUBBLEWRAP, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"));
        // Or a user namespace of its own would let it mount as much memory as there is.
        command.addAll(List.of("--unshare-user", "--disable-userns"));
        command.addAll(List.of("--ro-bind", "/usr", "/usr"));
        for (String name : List.of("/bin", "/sbin", "/lib", "/lib64")) {
            Path path = Path.of(name);
            if (Files.isSymbolicLink(path)) {
                command.addAll(List.of("--symlink", "usr" + name, name));
            } else if (Files.isDirectory(path)) {
                command.addAll(List.of("--ro-bind", name, name));
            }
        }
        command.addAll(List.of("--proc", "/proc", "--dev", "/dev", "--dir", "/etc"));
        for (String memory : List.of("/tmp", "/dev/shm")) {
            command.addAll(List.of("--size", IN_MEMORY, "--tmpfs", memory));
        }
        command.addAll(List.of("--ro-bind", passwd.toString(), "/etc/passwd"));
        command.addAll(more);
        command.addAll(List.of("--bind", place.toString(), INSIDE, "--chdir", INSIDE));
        // Both are in memory as well, and bubblewrap gives them no size.
        command.addAll(List.of("--remount-ro", "/dev", "--remount-ro", "/"));
        return command;
    }

    /** What makes an installation visible that does not lie where the system's programs do. */
    public static List<String> showing(Path installation) {
        return installation.startsWith("/usr")
                ? List.of()
                : List.of("--ro-bind", installation.toString(), installation.toString());
    }

    /** What lies at {@link #INSIDE}. */
    public Path place() {
        return place;
    }

    /** The command line that runs {@code command} inside; no other one is the same. */
    public List<String> command(List<String> command) {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(List.of("--setenv", "INTERLOCK_SANDBOX", place + "/" + begun.incrementAndGet(), "--"));
        all.addAll(command);
        return all;
    }

    /**
     * Ends what a sandbox has left whose own process was killed: within its first moments the first process inside
     * waits to be told to go on, by nobody then, and holds the ends of its pipes for ever.
     *
     * @param command the command line that it was started with, which {@link #command} has made
     */
    static void endLeft(List<String> command) {
        int from = command.indexOf(BUBBLEWRAP);
        if (from >= 0) {
            List<String> own = command.subList(from, command.size());
            end(own::equals);
        }
    }

    /**
     * As {@link #endLeft}, of all that were to write to somewhere below {@code directory}, or copy to there. Waits for
     * their end: what is removed next must not be written to any more.
     */
    static void endIn(Path directory) {
        end(command -> command.stream().anyMatch(argument -> argument.startsWith(directory + "/")));
        // With the first process inside the kernel ends the others, a moment later than that is seen to have ended.
        String within = "/" + directory.getFileName() + "/";
        await(() -> ProcessHandle.allProcesses().noneMatch(process -> sees(process.pid(), within)));
    }

    private static void end(Predicate<List<String>> which) {
        List<ProcessHandle> left = ProcessHandle.allProcesses()
                .filter(process -> {
                    List<String> command = commandLine(process.pid());
                    return ENDED.contains(command.getFirst()) && which.test(command);
                })
                .toList();
        left.forEach(ProcessHandle::destroyForcibly);
        await(() -> left.stream().noneMatch(Sandbox::runs));
    }

    private static void await(BooleanSupplier isOver) {
        long deadline = System.nanoTime() + ENDING.toNanos();
        while (!isOver.getAsBoolean() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** Whether one of its mounts is of a directory {@code within}; who has closed all files has no mounts any more. */
    private static boolean sees(long process, String within) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process), "mountinfo"), StandardCharsets.ISO_8859_1)
                    .contains(within);
        } catch (IOException | UncheckedIOException e) {
            return false; // it has ended, or is not ours to look at
        }
    }

    /** Who has ended, and nobody has asked how, has no command line any more. */
    private static boolean runs(ProcessHandle process) {
        return process.isAlive() && !commandLine(process.pid()).getFirst().isEmpty();
    }

    private static List<String> commandLine(long process) {
        try {
            // Each argument ends with a NUL; proc(5).
            String all = new String(
                    Files.readAllBytes(Path.of("/proc", Long.toString(process), "cmdline")), StandardCharsets.UTF_8);
            List<String> arguments = List.of(all.split("\0", -1));
            return arguments.subList(0, Math.max(1, arguments.size() - 1));
        } catch (IOException | UncheckedIOException e) {
            return List.of(""); // it has ended, or is not ours to look at
        }
    }
}
