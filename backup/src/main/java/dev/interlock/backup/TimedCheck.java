package dev.interlock.backup;

import dev.interlock.backup.run.InconclusiveException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Reads files with a time limit, because such a read may never return. */
final class TimedCheck {

    /**
     * The time limit. A dead file server blocks every process that asks for one of its files, and nothing ends that.
     */
    static final Duration LIMIT = Duration.ofSeconds(30);

    private TimedCheck() {}

    /**
     * Returns the result of {@code look}.
     *
     * @throws IOException also if it does not return in time
     * @throws InconclusiveException if this thread is interrupted
     */
    static <T> T at(Callable<T> look, Duration limit) throws IOException {
        FutureTask<T> looking = new FutureTask<>(look);
        Thread.ofPlatform().daemon().name("look at files").start(looking);
        try {
            return looking.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IOException("it does not answer within " + limit.toSeconds() + " seconds", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException || e.getCause() instanceof UncheckedIOException) {
                throw new IOException(e.getCause().getMessage(), e.getCause());
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InconclusiveException("interrupted", e);
        }
    }
}
