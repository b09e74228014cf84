package dev.interlock.backup.run;

import dev.interlock.linux.BubblewrapOptions;
import dev.interlock.linux.FileAccess;
import dev.interlock.linux.PrivateFiles;
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
 * A sandbox for programs that read data of others: an unprivileged user, no network, no other processes in sight, no
 * files of the machine but the system's programs. The kernel ends them together with the thread that started them, so
 * it is to be used by the thread that made it.
 */
public final class RestoreSandbox {

    /** The user as which root's work is done unless another one is named. It owns nothing else. */
    public static final int DEFAULT_USER = 61_238;

    /** The name inside the sandbox of the only directory that the programs may write to. */
    public static final String INSIDE = "/scratch";

    private static final String BUBBLEWRAP = "bwrap";
    /** Programs that write to a scratch directory. Other users' programs that read one are left alone. */
    private static final Set<String> ENDED = Set.of(BUBBLEWRAP, "cp");

    /** Maximum size of file systems in memory; larger data goes to {@link #INSIDE}, which is on a watched disk. */
    private static final String IN_MEMORY = Long.toString(256L << 20);

    /** A server and its clients have some twenty; all sandboxes of one user count together (getrlimit(2)). */
    private static final int MOST_PROCESSES = 2_048;

    private static final Path LIMITS = Path.of("/proc/self/limits");
    /** The soft limit, and the hard one if it is a number. */
    private static final Pattern HARD_PROCESSES = Pattern.compile("(?m)^Max processes +\\S+ +([0-9]{1,18})\\b");

    /** Limits the wait for killed processes, which may hang in the kernel. */
    private static final Duration ENDING = Duration.ofSeconds(10);

    private static final long PAUSE_NANOS = 1_000_000;

    private final Path place;
    private final List<String> prefix;
    private final AtomicLong begun = new AtomicLong();

    private RestoreSandbox(Path place, List<String> prefix) {
        this.place = place;
        this.prefix = prefix;
    }

    /** Returns the user for programs that read a backup, {@code user} if this process is root; never root. */
    public static int runner(int user) throws IOException {
        int self = FileAccess.self();
        int runner = self == 0 ? user : self;
        if (runner == 0) {
            throw new InconclusiveException("a dump is never restored as root");
        }
        return runner;
    }

    public static boolean isRoot() throws IOException {
        return FileAccess.self() == 0;
    }

    /** Makes a sandbox for {@code runner}, whose group has the same number. */
    public static RestoreSandbox make(Path directory, String name, int runner, List<String> more) throws IOException {
        return make(directory, name, runner, runner, more);
    }

    /**
     * Creates the directory {@code name} in {@code directory}, to which {@code runner} may write. That is root only for
     * programs that read root's own files. {@code more} are arguments for bubblewrap, such as more visible files.
     */
    public static RestoreSandbox make(Path directory, String name, int runner, int group, List<String> more)
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
        return new RestoreSandbox(place, List.copyOf(prefix));
    }

    public static void give(Path path, int runner) throws IOException {
        Files.setAttribute(path, "unix:uid", runner);
        Files.setAttribute(path, "unix:gid", runner);
    }

    // Has the kernel kill these programs first when memory runs out. Processes are counted per user, so that limit only
    // works for a user without others.
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

    /** Returns the maximum within {@code limits}, because only root may exceed them; proc_pid_limits(5). */
    static int mostProcesses(String limits) {
        Matcher now = HARD_PROCESSES.matcher(limits);
        return now.find() ? (int) Math.min(MOST_PROCESSES, Long.parseLong(now.group(1))) : MOST_PROCESSES;
    }

    private static List<String> walls(Path place, Path passwd, List<String> more) {
        BubblewrapOptions options = new BubblewrapOptions()
                .add(BUBBLEWRAP, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL")
                // With its own user namespace a program could mount as much memory as there is.
                .add("--unshare-user", "--disable-userns")
                .programs()
                .add("--proc", "/proc", "--dev", "/dev", "--dir", "/etc");
        for (String memory : List.of("/tmp", "/dev/shm")) {
            options.add("--size", IN_MEMORY, "--tmpfs", memory);
        }
        return options.readOnly(passwd, Path.of("/etc/passwd"))
                .add(more)
                .writable(place, Path.of(INSIDE))
                .add("--chdir", INSIDE)
                // Both are in memory too, and bubblewrap does not limit their sizes.
                .add("--remount-ro", "/dev", "--remount-ro", "/")
                .list();
    }

    /** Returns the arguments that make an installation visible which is outside the system's program directories. */
    public static List<String> showing(Path installation) {
        return installation.startsWith("/usr")
                ? List.of()
                : new BubblewrapOptions().readOnly(installation).list();
    }

    public Path place() {
        return place;
    }

    /** Returns the command line that runs {@code command} inside. Each one is unique. */
    public List<String> command(List<String> command) {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(List.of("--setenv", "INTERLOCK_SANDBOX", place + "/" + begun.incrementAndGet(), "--"));
        all.addAll(command);
        return all;
    }

    /**
     * Ends the remains of a sandbox whose own process was killed. The first process inside may still wait for a signal
     * that nobody would send, and hold its pipes for ever.
     */
    static void endLeft(List<String> command) {
        int from = command.indexOf(BUBBLEWRAP);
        if (from >= 0) {
            List<String> own = command.subList(from, command.size());
            end(own::equals);
        }
    }

    /** Ends all sandboxes and copies that write below {@code directory}, and waits, because it is removed next. */
    static void endIn(Path directory) {
        end(command -> command.stream().anyMatch(argument -> argument.startsWith(directory + "/")));
        // With the first process inside, the kernel ends the others, but a moment after the first one's end is visible.
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
        await(() -> left.stream().noneMatch(RestoreSandbox::runs));
    }

    private static void await(BooleanSupplier isOver) {
        long deadline = System.nanoTime() + ENDING.toNanos();
        while (!isOver.getAsBoolean() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** Whether one of the process's mounts is of a directory {@code within}; an exiting process has none any more. */
    private static boolean sees(long process, String within) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process), "mountinfo"), StandardCharsets.ISO_8859_1)
                    .contains(within);
        } catch (IOException | UncheckedIOException e) {
            return false; // it has ended, or we may not examine it
        }
    }

    /** Returns whether the process still runs. A zombie has no command line any more. */
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
            return List.of(""); // it has ended, or we may not examine it
        }
    }
}
