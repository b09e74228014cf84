package dev.interlock.drill;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The end of a demo from outside: after Ctrl-C, or after TERM to this process alone. No process and no directory is
 * left. It runs as the virtual machine ends, in a thread of its own.
 */
final class DemoInterruption implements Runnable {

    /** The grace period for processes. It is longer than the one of `interlock run` for its agent. */
    private static final Duration PATIENCE = Duration.ofSeconds(8);

    private static final Duration MOMENT = Duration.ofMillis(100);

    private final Thread runner;
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile Optional<Closeable> stage = Optional.empty();
    private volatile boolean isBegun;

    DemoInterruption(Thread runner) {
        this.runner = runner;
    }

    void opened(Closeable opened) {
        stage = Optional.of(opened);
    }

    void over() {
        over.countDown();
    }

    boolean isBegun() {
        return isBegun;
    }

    /**
     * Ends the demo and its processes, and removes what is left. The demo may just be starting another process, so they
     * are ended again until it is over: a process that starts after the removal would leave files.
     */
    @Override
    public void run() {
        isBegun = over.getCount() > 0;
        long until = System.nanoTime() + PATIENCE.toNanos();
        do {
            endProcesses();
            if (isBegun) {
                runner.interrupt();
            }
        } while (!isOver() && System.nanoTime() - until < 0);
        endProcesses();
        try {
            if (stage.isPresent()) {
                stage.get().close();
            }
        } catch (IOException e) {
            System.err.println("interlock: the demo's directory could not be removed: " + e.getMessage());
        }
    }

    private boolean isOver() {
        try {
            return over.await(MOMENT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) { // nobody interrupts the end
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Terminates all descendants of this process, and kills those that do not end. None is left when this returns. */
    private static void endProcesses() {
        List<ProcessHandle> all = ProcessHandle.current().descendants().toList();
        ProcessHandle.current().children().forEach(ProcessHandle::destroy);
        CompletableFuture<?>[] ends = all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(ends)
                    .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            all.forEach(ProcessHandle::destroyForcibly);
            ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        }
    }
}
