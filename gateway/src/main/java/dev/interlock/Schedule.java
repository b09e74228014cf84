package dev.interlock;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A task that is run again and again, on a thread of its own, until closed. */
final class Schedule implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Schedule.class.getName());

    private final ScheduledExecutorService executor;

    private Schedule(ScheduledExecutorService executor) {
        this.executor = executor;
    }

    /** Runs {@code task} now, and again {@code pause} after each end, however it ended. */
    static Schedule every(Duration pause, String name, Runnable task) {
        ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name(name).factory());
        var _ = executor.scheduleWithFixedDelay(
                () -> runGuarded(name, task), 0, pause.toMillis(), TimeUnit.MILLISECONDS);
        return new Schedule(executor);
    }

    // The executor drops a task that throws, and says so to nobody.
    private static void runGuarded(String name, Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "`" + name + "` failed, and will be tried again", e);
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
