package dev.interlock.ledger;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for a thread's end despite interrupts, or for a time until closing. */
final class Threads {

    private Threads() {}

    /** Waits for {@code time} under {@code lock}; false if {@code closing} or an interrupt ended that early. */
    static boolean pause(Object lock, BooleanSupplier closing, Duration time) {
        long end = System.nanoTime() + time.toNanos();
        synchronized (lock) {
            long left = time.toNanos();
            while (!closing.getAsBoolean() && left > 0) {
                try {
                    TimeUnit.NANOSECONDS.timedWait(lock, left);
                } catch (InterruptedException e) {
                    // None of our code interrupts these threads; the pause is only shorter.
                    return false;
                }
                left = end - System.nanoTime();
            }
            return !closing.getAsBoolean();
        }
    }

    static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
