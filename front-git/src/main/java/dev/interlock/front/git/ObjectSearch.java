package dev.interlock.front.git;

import dev.interlock.action.FairSemaphore;
import dev.interlock.gate.PushReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;

/** A search of short objects for secrets, many at once, beside what else is done for a push. Threading: one thread. */
final class ObjectSearch {

    static final int AT_ONCE = 256 * 1024;
    /** The longest object that is taken: some of each push lie in memory. */
    static final int LONGEST = 1024 * 1024;
    /** A secret is shorter, so that one at the edge of a piece is found in the next. */
    static final int OVERLAP = 8 * 1024;
    /** The most bytes of one push that are searched while it arrives: nothing limits the time of that. */
    private static final int MAX_EARLY = 64 * 1024 * 1024;

    private static final int MAX_RUNNING = 4; // each has some copies of its text in memory
    private static final ExecutorService THREADS = Executors.newFixedThreadPool(
            Math.clamp(Runtime.getRuntime().availableProcessors() - 1, 1, FairSemaphore.MOST_READING), // one is left
            Thread.ofPlatform().daemon().name("push-search-", 0).factory());

    private final PushReader.SecretSearch search;
    private final ByteArrayOutputStream together = new ByteArrayOutputStream();
    private final Deque<FutureTask<Boolean>> running = new ArrayDeque<>();
    private boolean isFound;
    private int taken;

    ObjectSearch(PushReader.SecretSearch search) {
        this.search = search;
    }

    boolean isOf(PushReader.SecretSearch other) {
        return search.equals(other);
    }

    /** Does the same for an object of a push that still arrives. */
    boolean takeEarly(byte[] object) throws IOException {
        return taken < MAX_EARLY && take(object);
    }

    /** Returns whether {@code object} will be searched. One that is long or packed is not. */
    boolean take(byte[] object) throws IOException {
        if (object.length > LONGEST || PushedSecrets.isPacked(object)) {
            return false;
        }
        taken += object.length;
        together.writeBytes(object);
        together.write('\n'); // a match must not run on into the next object
        if (together.size() >= AT_ONCE) {
            begin();
        }
        return true;
    }

    private void begin() throws IOException {
        byte[] text = together.toByteArray();
        together.reset();
        FutureTask<Boolean> begun = new FutureTask<>(() -> isIn(text));
        running.add(begun);
        THREADS.execute(begun);
        await(MAX_RUNNING);
    }

    /** Waits until at most {@code left} are not done yet, and does the last ones here, unless a thread has them. */
    private void await(int left) throws IOException {
        running.reversed().stream().limit(Math.max(0, running.size() - left)).forEach(FutureTask::run);
        try {
            while (running.size() > left) {
                isFound |= running.element().get(); // one that fails stays, so that it is never forgotten
                running.remove();
            }
        } catch (ExecutionException e) {
            throw new IOException("a push could not be searched", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a push is searched", e);
        }
    }

    /** Returns whether any object has a secret, once all are searched. Throws if one could not be. */
    boolean isAnyFound() throws IOException {
        begin();
        await(0);
        return isFound;
    }

    /** Searches all of {@code text} here and now. */
    boolean isIn(byte[] text) throws IOException {
        for (int at = 0; at == 0 || at + OVERLAP < text.length; at += AT_ONCE - OVERLAP) {
            if (search.isIn(Arrays.copyOfRange(text, at, Math.min(text.length, at + AT_ONCE)))) {
                return true;
            }
        }
        return false;
    }
}
