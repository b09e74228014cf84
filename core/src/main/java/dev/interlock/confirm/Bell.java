package dev.interlock.confirm;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * What wakes somebody who waits for a hold. It rings once a change is in the store, so that whoever looks then sees it;
 * a ring while nobody listens is kept for the next {@link #await}.
 *
 * <p>Threading: one thread waits, any may ring.
 */
public final class Bell implements AutoCloseable {

    private final Set<Bell> hung;
    private final Semaphore rung = new Semaphore(0);
    private volatile String hold = "";

    Bell(Set<Bell> hung) {
        this.hung = hung;
    }

    /** From now on it rings for {@code id} alone; look at the hold after this, and nothing is missed. */
    public void listenFor(String id) {
        hold = id;
    }

    boolean isFor(String id) {
        return hold.equals(id);
    }

    /** Wakes whoever waits, for a reason of the caller's own. */
    public void ring() {
        rung.release();
    }

    /** Returns when it has rung since the last time, or when {@code longest} is over; whether it has rung. */
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
