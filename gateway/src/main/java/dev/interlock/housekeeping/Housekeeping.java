package dev.interlock.housekeeping;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Runs tasks until it is closed, each on its own thread: one that hangs must not keep a hold alive. */
public final class Housekeeping implements AutoCloseable {

    private final List<ScheduledExecutorService> executors;

    private Housekeeping(List<ScheduledExecutorService> executors) {
        this.executors = executors;
    }

    /** Runs each of {@code tasks} now, and again an interval after the end of each run. */
    public static Housekeeping start(Task... tasks) {
        List<ScheduledExecutorService> executors = new ArrayList<>();
        for (Task task : tasks) {
            ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name(task.name()).factory());
            var _ = executor.scheduleWithFixedDelay(
                    task::run, 0, task.interval().toMillis(), TimeUnit.MILLISECONDS);
            executors.add(executor);
        }
        return new Housekeeping(executors);
    }

    /** Interrupts what runs, and waits for nothing. */
    @Override
    public void close() {
        executors.forEach(ScheduledExecutorService::shutdownNow);
    }
}
