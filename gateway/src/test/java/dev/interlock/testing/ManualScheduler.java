package dev.interlock.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.thread.Scheduler;

/** Jetty's scheduler with a clock that is moved by hand. */
public final class ManualScheduler extends AbstractLifeCycle implements Scheduler {

    // The scheduled tasks. Guarded by this.
    private final List<PlannedTask> planned = new ArrayList<>();
    private long now;

    private record PlannedTask(Runnable what, long at) {}

    @Override
    public synchronized Task schedule(Runnable what, long delay, TimeUnit unit) {
        PlannedTask one = new PlannedTask(what, now + unit.toMillis(delay));
        planned.add(one);
        return () -> cancel(one);
    }

    private synchronized boolean cancel(PlannedTask one) {
        return planned.remove(one);
    }

    /** Returns the time until each scheduled task, the next first. */
    public synchronized List<Duration> planned() {
        return planned.stream()
                .map(one -> Duration.ofMillis(one.at() - now))
                .sorted()
                .toList();
    }

    /** Advances the clock, and runs the tasks that are due then. */
    public void pass(Duration time) {
        due(time).forEach(one -> one.what().run());
    }

    private synchronized List<PlannedTask> due(Duration time) {
        now += time.toMillis();
        List<PlannedTask> due = planned.stream().filter(one -> one.at() <= now).toList();
        planned.removeAll(due);
        return due;
    }
}
