package dev.interlock.inventory;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The lookups that have not begun. An equal one that comes meanwhile shares the result: the provider is queried after
 * both came, so the result is as fresh for either.
 *
 * <p>Threading: any. One thread runs the lookup, the others wait for it.
 */
final class PendingLookups<K, R> {

    private final Map<K, CompletableFuture<R>> pending = new ConcurrentHashMap<>();

    /**
     * Returns the result of {@code lookup}, or of an equal one that has not begun.
     *
     * @param lookup is given what it has to call before it queries anything: later ones do not share its result
     */
    R share(K key, Function<Runnable, R> lookup) {
        CompletableFuture<R> own = new CompletableFuture<>();
        CompletableFuture<R> earlier = pending.putIfAbsent(key, own);
        if (earlier != null) {
            return earlier.join();
        }
        try {
            own.complete(lookup.apply(() -> pending.remove(key, own)));
            return own.join();
        } finally {
            pending.remove(key, own);
            own.completeExceptionally(new IllegalStateException("the lookup that this one shares has failed"));
        }
    }
}
