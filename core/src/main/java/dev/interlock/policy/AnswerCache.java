package dev.interlock.policy;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A cache of answers by {@linkplain AnswerKeys key}, in two generations. When the younger is full, the older is
 * dropped. Somebody who fills it with questions that never repeat makes others wait for Cedar again, and does no other
 * harm.
 *
 * <p>Threading: any thread may ask, and none waits for another. Two threads with the same question may both ask Cedar.
 */
final class AnswerCache {

    /** The approximate size of one generation in bytes; there are two. */
    static final long GENERATION = 8L << 20;

    /** A larger answer or key is not cached, because it would displace many others. */
    static final long LARGEST = 16L << 10;

    /** The bytes of a map's entry, its objects and their headers. */
    private static final long OVERHEAD = 256;

    private record Generations(Map<String, CedarAnswer> young, AtomicLong weight, Map<String, CedarAnswer> old) {}

    // Keys are texts because an agent chooses parts of them: a map sorts colliding texts and stays fast.
    private final AtomicReference<Generations> kept =
            new AtomicReference<>(new Generations(new ConcurrentHashMap<>(), new AtomicLong(), Map.of()));

    Optional<CedarAnswer> find(String key) {
        Generations now = kept.get();
        CedarAnswer young = now.young().get(key);
        if (young != null) {
            return Optional.of(young);
        }
        CedarAnswer old = now.old().get(key);
        if (old != null) {
            put(key, old);
        }
        return Optional.ofNullable(old);
    }

    /** Caches an answer that follows from the question alone. Errors and missing answers can have any cause. */
    CedarAnswer keep(String key, CedarAnswer answer) {
        switch (answer) {
            case CedarAnswer.CedarPermitted _, CedarAnswer.CedarDenied _ -> put(key, answer);
            case CedarAnswer.CedarError _, CedarAnswer.NoCedarAnswer _ -> {}
        }
        return answer;
    }

    private void put(String key, CedarAnswer answer) {
        long weight = weight(key, answer);
        if (weight > LARGEST) {
            return;
        }
        Generations now = kept.get();
        if (now.young().put(key, answer) == null && now.weight().addAndGet(weight) > GENERATION) {
            kept.compareAndSet(now, new Generations(new ConcurrentHashMap<>(), new AtomicLong(), now.young()));
        }
    }

    private static long weight(String key, CedarAnswer answer) {
        long weight = OVERHEAD + 2L * key.length();
        for (String id : policies(answer)) {
            weight += 64 + 2L * id.length();
        }
        return weight;
    }

    private static Set<String> policies(CedarAnswer answer) {
        return switch (answer) {
            case CedarAnswer.CedarPermitted permitted -> permitted.policies();
            case CedarAnswer.CedarDenied denied -> denied.policies();
            case CedarAnswer.CedarError erred -> erred.policies();
            case CedarAnswer.NoCedarAnswer _ -> Set.of();
        };
    }
}
