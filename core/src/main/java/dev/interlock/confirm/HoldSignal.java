package dev.interlock.confirm;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A signal that wakes a thread waiting for a hold, raised after a change is in the store. Without a waiter it is saved
 * for the next {@link #await}. Threading: one thread waits, any may raise it.
 */
public final class HoldSignal implements AutoCloseable {

    private final Set<HoldSignal> hung;
    private final Semaphore rung = new Semaphore(0);
    private volatile String hold = "";

    HoldSignal(Set<HoldSignal> hung) {
        this.hung = hung;
    }

    /** From now on, only changes of {@code id} raise the signal. Read the hold after this call. */
    public void listenFor(String id) {
        hold = id;
    }

    boolean isFor(String id) {
        return hold.equals(id);
    }

    /** Wakes the waiter, for a reason of the caller's own. */
    public void signal() {
        rung.release();
    }

    /** Waits at most {@code longest}. Returns whether the signal was raised since the last call. */
    public boolean await(Duration longest) throws InterruptedException {
        boolean ringing = rung.tryAcquire(Math.max(0, longest.toNanos()), TimeUnit.NANOSECONDS);
        rung.drainPermits();
        return ringing;
    }

    @Override
    public void close() {
        hung.remove(this);
    }
}
