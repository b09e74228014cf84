package dev.interlock.confine;

import dev.interlock.linux.ProcessStat;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A confined agent that was started. */
public final class RunningSandbox {

    private static final Duration TIDYING = Duration.ofSeconds(2);

    /** Between checks whether the kernel has ended the rest of the sandbox, which takes some milliseconds. */
    private static final Duration LOOK_PAUSE = Duration.ofMillis(1);

    private static final int MOST_LOOKS = 5_000;

    /** Between checks whether the agent has ended while its sandbox has not. */
    private static final Duration END_PAUSE = Duration.ofMillis(250);

    /** Maximum such checks in a row. On a busy machine the sandbox needs a moment to end. */
    private static final int MOST_UNNOTICED = 12;

    private final Process process;
    private final List<Thread> copying;

    /** The process that is number 1 inside, if the sandbox has its own process numbers. */
    private volatile Optional<ProcessHandle> first = Optional.empty();

    /** The agent itself, under the same condition. */
    private volatile Optional<ProcessHandle> second = Optional.empty();

    RunningSandbox(Process process) {
        this(process, List.of());
    }

    /** @param copying the threads that copy the output; they end when all of it is copied */
    RunningSandbox(Process process, List<Thread> copying) {
        this.process = process;
        this.copying = List.copyOf(copying);
    }

    /**
     * Waits until all output was copied and nothing inside runs any more, so that the agent's changes are final.
     * Returns its exit status: 128 and the signal's number if a signal ended it, or if the sandbox did not notice its
     * end.
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

    /** A process inside that traces the agent or the sandbox's first process can hide the agent's end from it. */
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
     * Bubblewrap reports the agent's end before all others have ended. The first process inside ends last
     * (pid_namespaces(7)).
     */
    private void awaitTheRest() throws InterruptedException {
        first.ifPresent(ProcessHandle::destroyForcibly);
        for (int looks = 0;
                looks < MOST_LOOKS && first.filter(RunningSandbox::isRunning).isPresent();
                looks++) {
            Thread.sleep(LOOK_PAUSE);
        }
    }

    /** An ended process may remain until its status is read. A process whose first thread has ended may run on. */
    static boolean isRunning(ProcessHandle handle) {
        try {
            ProcessStat stat = ProcessStat.of(handle.pid());
            boolean ended = stat.isOver() && stat.threads() <= 1;
            return handle.isAlive() && !ended;
        } catch (IOException e) {
            return false;
        }
    }

    void findFirst() {
        first = process.descendants().filter(one -> isInside(one, 1)).findFirst();
        second = agent();
    }

    /** Returns the ports at which programs listen inside. */
    ListeningPorts listeningPorts() {
        return first.filter(ProcessHandle::isAlive)
                .map(process -> ListeningPorts.of(process.pid()))
                .orElse(ListeningPorts.NONE);
    }

    /** Asks the agent itself to end, waits for {@code patience}, then ends the whole sandbox. */
    public void end(Duration patience) throws InterruptedException {
        agent().ifPresent(ProcessHandle::destroy);
        if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            kill();
        }
    }

    /** Ends everything at once, children first, so that the program that serves the terminal restores the caller's. */
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

    /** Returns the stream that the agent reads, if it does not read the caller's. */
    public OutputStream input() {
        return process.getOutputStream();
    }

    /** Returns the stream that the agent writes, if it does not write to the caller's. */
    public InputStream output() {
        return process.getInputStream();
    }

    Process process() {
        return process;
    }

    /** It has number 2 inside; other processes may come first on the host. */
    Optional<ProcessHandle> agent() {
        return process.descendants().filter(one -> isInside(one, 2)).findFirst();
    }

    private static boolean isInside(ProcessHandle handle, int number) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(handle.pid()), "status")).stream()
                    .anyMatch(line -> line.startsWith("NSpid:") && line.endsWith("\t" + number));
        } catch (IOException e) {
            return false; // it ended during the check
        }
    }
}
