package dev.interlock.confine;

import dev.interlock.linux.ProcessStat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A confined agent that was started. */
public final class Confined {

    /** How long what stands before the sandbox gets to put the caller's terminal back. */
    private static final Duration TIDYING = Duration.ofSeconds(2);

    /** How often it is looked whether the kernel has ended what was left inside; it takes some milliseconds. */
    private static final Duration LOOK_PAUSE = Duration.ofMillis(1);

    private static final int MOST_LOOKS = 5_000;

    /** How often it is looked whether the agent has ended and its sandbox has not. */
    private static final Duration END_PAUSE = Duration.ofMillis(250);

    /** How often in a row that may be seen: the sandbox needs a moment on a machine that is busy. */
    private static final int MOST_UNNOTICED = 12;

    private final Process process;
    private final List<Thread> copying;

    /** The one that is number 1 inside, where processes have numbers of their own there. */
    private volatile Optional<ProcessHandle> first = Optional.empty();

    /** The agent itself, there as well. */
    private volatile Optional<ProcessHandle> second = Optional.empty();

    Confined(Process process) {
        this(process, List.of());
    }

    /**
     * One whose output passes through this process.
     *
     * @param copying the threads that pass it on; they end when all of it has been
     */
    Confined(Process process, List<Thread> copying) {
        this.process = process;
        this.copying = List.copyOf(copying);
    }

    /**
     * Waits for the agent's own exit status, until all that it wrote was passed on, and until nothing inside runs any
     * more: who looks at what the agent left looks at what stays. 128 and the signal's number if a signal ended it, or
     * if the sandbox had to be ended because it did not notice that the agent had.
     */
    public int exit() throws InterruptedException {
        awaitNoticed();
        int exit = process.waitFor();
        for (Thread thread : copying) {
            thread.join();
        }
        awaitTheRest();
        return exit;
    }

    /**
     * The sandbox's first process waits for the agent. Whoever traces one of both from inside, or alters the first,
     * keeps it from seeing the end; then the end is made from outside.
     */
    private void awaitNoticed() throws InterruptedException {
        int unnoticed = 0;
        while (!process.waitFor(END_PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
            boolean over = second.filter(agent -> !isRunning(agent)).isPresent();
            unnoticed = over ? unnoticed + 1 : 0;
            if (unnoticed == MOST_UNNOTICED) {
                first.ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    /**
     * Bubblewrap says that the agent has ended before all else has. The first process inside ends after all others
     * (pid_namespaces(7)).
     */
    private void awaitTheRest() throws InterruptedException {
        first.ifPresent(ProcessHandle::destroyForcibly);
        for (int looks = 0;
                looks < MOST_LOOKS && first.filter(Confined::isRunning).isPresent();
                looks++) {
            Thread.sleep(LOOK_PAUSE);
        }
    }

    /** One that has ended may be there until somebody asks how; one whose first thread has ended may run on. */
    static boolean isRunning(ProcessHandle handle) {
        try {
            ProcessStat stat = ProcessStat.of(handle.pid());
            boolean ended = stat.isOver() && stat.threads() <= 1;
            return handle.isAlive() && !ended;
        } catch (IOException e) {
            return false;
        }
    }

    /** Finds out which process has to end before nothing runs inside, and which one is the agent. */
    void findFirst() {
        first = process.descendants().filter(one -> isInside(one, 1)).findFirst();
        second = agent();
    }

    /** The outermost process: the sandbox with everything in it ends when it does. */
    public long pid() {
        return process.pid();
    }

    /** Asks the agent itself to end, waits for {@code patience}, then ends the whole sandbox. */
    public void end(Duration patience) throws InterruptedException {
        agent().ifPresent(ProcessHandle::destroy);
        if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            kill();
        }
    }

    /**
     * Ends the sandbox and everything in it at once: from below, so that the program that passes a terminal on sees the
     * end and puts the caller's back as it was.
     */
    public void kill() {
        process.children().forEach(ProcessHandle::destroyForcibly);
        try {
            if (process.waitFor(TIDYING.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }

    Process process() {
        return process;
    }

    /** The agent as the host sees it: the one that is number 2 inside, whatever stands before the sandbox. */
    Optional<ProcessHandle> agent() {
        return process.descendants().filter(one -> isInside(one, 2)).findFirst();
    }

    private static boolean isInside(ProcessHandle handle, int number) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(handle.pid()), "status")).stream()
                    .anyMatch(line -> line.startsWith("NSpid:") && line.endsWith("\t" + number));
        } catch (IOException e) {
            return false; // it ended while it was looked at
        }
    }
}
