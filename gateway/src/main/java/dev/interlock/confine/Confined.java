package dev.interlock.confine;

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

    private final Process process;
    private final List<Thread> copying;

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
     * Waits for the agent's own exit status, and until all that it wrote was passed on; 128 and the signal's number if
     * a signal ended it.
     */
    public int exit() throws InterruptedException {
        int exit = process.waitFor();
        for (Thread thread : copying) {
            thread.join();
        }
        return exit;
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
        return process.descendants().filter(Confined::isSecondInside).findFirst();
    }

    private static boolean isSecondInside(ProcessHandle handle) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(handle.pid()), "status")).stream()
                    .anyMatch(line -> line.startsWith("NSpid:") && line.endsWith("\t2"));
        } catch (IOException e) {
            return false; // it ended while it was looked at
        }
    }
}
