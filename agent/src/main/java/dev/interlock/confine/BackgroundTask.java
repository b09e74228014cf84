package dev.interlock.confine;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Work that runs on another processor while its caller continues. Work that nobody awaits ends with the process. */
public final class BackgroundTask<T> {

    private final FutureTask<T> task;

    private BackgroundTask(FutureTask<T> task) {
        this.task = task;
    }

    @FunctionalInterface
    public interface TaskBody<T> {
        T done() throws IOException, InterruptedException;
    }

    public static <T> BackgroundTask<T> begin(String name, TaskBody<T> work) {
        FutureTask<T> task = new FutureTask<>(work::done);
        Thread.ofPlatform().daemon().name(name).start(task);
        return new BackgroundTask<>(task);
    }

    /** Waits for the result. Throws what the work threw. */
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
