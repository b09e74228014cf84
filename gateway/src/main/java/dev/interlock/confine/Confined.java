package dev.interlock.confine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A confined agent that was started. */
public final class Confined {

    private final Process process;

    Confined(Process process) {
        this.process = process;
    }

    /** Waits for the agent's own exit status; 128 and the signal's number if a signal ended it. */
    public int exit() throws InterruptedException {
        return process.waitFor();
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

    /** Ends the sandbox and everything in it at once. */
    public void kill() {
        process.destroyForcibly();
    }

    Process process() {
        return process;
    }

    /** The agent as the host sees it: the child of the sandbox's first process that is number 2 inside. */
    Optional<ProcessHandle> agent() {
        return process.children()
                .flatMap(ProcessHandle::children)
                .filter(Confined::isSecondInside)
                .findFirst();
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
