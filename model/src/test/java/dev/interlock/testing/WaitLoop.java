package dev.interlock.testing;

import java.util.concurrent.locks.LockSupport;

/** A loop that waits for another thread or process: it leaves them the processor, and ends with the test. */
public final class WaitLoop {

    private static final long MOMENT_NANOS = 200_000;

    private WaitLoop() {}

    /** Waits a moment. Fails once JUnit has interrupted the test, whose time limit has passed. */
    public static void pause() {
        LockSupport.parkNanos(MOMENT_NANOS);
        if (Thread.currentThread().isInterrupted()) {
            throw new AssertionError("the test's time limit has passed");
        }
    }
}
