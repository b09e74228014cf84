package dev.interlock.vault;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * What was asked on one line to a keys process. Each question has a number that no other ever has: an answer that comes
 * after nobody waits for it any more is thrown away, and cannot be taken for another's.
 *
 * <p>Threading: any thread asks, one delivers; guarded by itself.
 */
final class Questions {

    /** Answers that nobody waits for any more, and that may still come: as many as the keys process works at. */
    static final int MAX_LATE = 64;

    private final Map<Long, CompletableFuture<Json.Members>> waiting = new HashMap<>();
    private final Set<Long> late = new HashSet<>();
    private boolean any;
    private long heard;

    /** Where the answer to question {@code id} will be. */
    synchronized CompletableFuture<Json.Members> ask(long id) {
        CompletableFuture<Json.Members> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        return answer;
    }

    /**
     * Hands an answer to whoever waits for it.
     *
     * @throws IOException if nobody ever asked that
     */
    void deliver(Json.Members frame) throws IOException {
        long id = frame.whole("id");
        CompletableFuture<Json.Members> answer;
        synchronized (this) {
            any = true;
            heard = System.nanoTime();
            answer = waiting.remove(id);
            if (answer == null && !late.remove(id)) {
                throw new IOException("an answer to what nobody asked");
            }
        }
        if (answer != null) {
            answer.complete(frame);
        }
    }

    /**
     * Nobody waits for question {@code id} any more.
     *
     * @param since when whoever asked began to wait, as {@link System#nanoTime}
     * @return whether the other side is worth talking to: it has said something meanwhile, and does not owe too much
     */
    synchronized boolean leave(long id, long since) {
        if (waiting.remove(id) != null) {
            late.add(id);
        }
        return any && heard - since >= 0 && late.size() <= MAX_LATE;
    }

    /** No answer will come any more. */
    void end(IOException why) {
        Set<CompletableFuture<Json.Members>> all;
        synchronized (this) {
            all = Set.copyOf(waiting.values());
            waiting.clear();
        }
        all.forEach(answer -> answer.completeExceptionally(why));
    }
}
