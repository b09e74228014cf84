package dev.interlock.vault;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The pending requests of one connection to a keys process. An answer that comes too late is dropped, and cannot be
 * taken for another's. Threading: any thread asks, one delivers; guarded by itself.
 */
final class PendingRequests {

    /** Maximum late answers that may still come: as many as the keys process works on at once. */
    static final int MAX_LATE = 64;

    private final Map<Long, CompletableFuture<Json.Members>> waiting = new HashMap<>();
    private final Set<Long> late = new HashSet<>();
    private boolean any;
    private long heard;

    synchronized CompletableFuture<Json.Members> ask(long id) {
        CompletableFuture<Json.Members> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        return answer;
    }

    /** Delivers an answer to the thread that waits for it, and fails if there never was such a request. */
    void deliver(Json.Members frame) throws IOException {
        long id = frame.whole("id");
        CompletableFuture<Json.Members> answer;
        synchronized (this) {
            any = true;
            heard = System.nanoTime();
            answer = waiting.remove(id);
            if (answer == null && !late.remove(id)) {
                throw new IOException("an answer without a request");
            }
        }
        if (answer != null) {
            answer.complete(frame);
        }
    }

    /**
     * Gives up waiting since {@code since}, as {@link System#nanoTime}. Returns whether the other side is alive: it has
     * answered meanwhile, and does not owe too many answers.
     */
    synchronized boolean giveUp(long id, long since) {
        if (waiting.remove(id) != null) {
            late.add(id);
        }
        return any && heard - since >= 0 && late.size() <= MAX_LATE;
    }

    void end(IOException why) {
        Set<CompletableFuture<Json.Members>> all;
        synchronized (this) {
            all = Set.copyOf(waiting.values());
            waiting.clear();
        }
        all.forEach(answer -> answer.completeExceptionally(why));
    }
}
