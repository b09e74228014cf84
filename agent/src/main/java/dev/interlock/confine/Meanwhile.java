package dev.interlock.confine;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * What is worked out on one processor while its caller goes on with something else on another: whoever types a command
 * waits for the longer of both, not for their sum. Work that nobody awaits ends with the process.
 *
 * @param <T> what comes out
 */
public final class Meanwhile<T> {

    private final FutureTask<T> task;

    private Meanwhile(FutureTask<T> task) {
        this.task = task;
    }

    /** Work that may fail as input and output do. */
    @FunctionalInterface
    public interface Work<T> {
        T done() throws IOException, InterruptedException;
    }

    /** Begins {@code work} on a thread of that {@code name}. */
    public static <T> Meanwhile<T> begin(String name, Work<T> work) {
        FutureTask<T> task = new FutureTask<>(work::done);
        Thread.ofPlatform().daemon().name(name).start(task);
        return new Meanwhile<>(task);
    }

    /**
     * What came out, once it has.
     *
     * @throws IOException if the work failed; whatever it threw comes out here
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
                case Throwable other -> throw new IllegalStateException(other); // `Work` throws no others
                case null -> throw new IllegalStateException(e);
            }
        }
    }
}
