package dev.interlock.confine;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Work that runs on another processor while its caller continues. The user of a command waits for the longer of both,
 * not for their sum. Work that nobody awaits ends with the process.
 *
 * @param <T> the result
 */
public final class BackgroundTask<T> {

    private final FutureTask<T> task;

    private BackgroundTask(FutureTask<T> task) {
        this.task = task;
    }

    /** Work that may fail with an I/O error. */
    @FunctionalInterface
    public interface TaskBody<T> {
        T done() throws IOException, InterruptedException;
    }

    /** Begins {@code work} on a thread of that {@code name}. */
    public static <T> BackgroundTask<T> begin(String name, TaskBody<T> work) {
        FutureTask<T> task = new FutureTask<>(work::done);
        Thread.ofPlatform().daemon().name(name).start(task);
        return new BackgroundTask<>(task);
    }

    /**
     * Waits for the result and returns it.
     *
     * @throws IOException if the work failed; any exception of the work is thrown here
     */
    public T await() throws IOException, InterruptedException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failed -> throw failed;
                case InterruptedException interrupted -> throw interrupted;
                case RuntimeException unchecked -> throw unchecked;
                case Error error -> throw error;
                case Throwable other -> throw new IllegalStateException(other); // {@code TaskBody} throws no others
                case null -> throw new IllegalStateException(e);
            }
        }
    }
}
