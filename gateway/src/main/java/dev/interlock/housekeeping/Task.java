package dev.interlock.housekeeping;

import dev.interlock.store.StoreUnavailableException;
import java.time.Duration;
import java.util.List;

/** Work that is repeated an interval after its end, on a thread of that name; a step that fails stops no other. */
public record Task(String name, Duration interval, List<Runnable> steps) {

    public Task {
        steps = List.copyOf(steps);
    }

    public static Task every(Duration interval, String name, Runnable... steps) {
        return new Task(name, interval, List.of(steps));
    }

    /** Runs every step once. An exception of a step is logged: an executor silently drops a task that throws. */
    void run() {
        for (Runnable step : steps) {
            try {
                step.run();
            } catch (StoreUnavailableException e) { // all tasks fail so, until it is back
                System.getLogger(Task.class.getName())
                        .log(System.Logger.Level.WARNING, "`" + name + "` waits: " + e.getMessage());
            } catch (RuntimeException | Error e) {
                System.getLogger(Task.class.getName())
                        .log(System.Logger.Level.ERROR, "`" + name + "` failed and will be retried", e);
            }
        }
    }
}
