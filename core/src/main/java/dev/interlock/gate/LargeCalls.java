package dev.interlock.gate;

import dev.interlock.action.Call;
import dev.interlock.action.FairSemaphore;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * Limits how many large calls are read at once, to one less than the processors. More would only lie in memory, and
 * small calls go on beside them.
 *
 * <p>Threading: any.
 */
final class LargeCalls {

    /** The length of a large body, in bytes. Reading a call takes many times its length of memory. */
    private static final int LARGE = 1 << 16;

    /** Maximum large calls of one lease that wait to be read: as many as fill two connections. */
    static final int MAX_WAITING = 64;

    /** The sender of a call that came without a lease, and at no listener of one agent alone. */
    static final String NOBODY = "nobody";

    final FairSemaphore turns =
            new FairSemaphore(Math.max(1, Runtime.getRuntime().availableProcessors() - 1), MAX_WAITING);

    <R> Optional<R> read(Call call, String holder, Function<Call, R> reader) {
        if (call.body().length() <= LARGE) {
            return Optional.of(reader.apply(call));
        }
        // A sender whom nobody knows gets what is free, and does not delay others.
        boolean isAdmitted = holder.equals(NOBODY) ? turns.acquire(holder, Duration.ZERO) : turns.acquire(holder);
        if (!isAdmitted) {
            return Optional.empty();
        }
        try {
            return Optional.of(reader.apply(call));
        } finally {
            turns.release(holder);
        }
    }
}
