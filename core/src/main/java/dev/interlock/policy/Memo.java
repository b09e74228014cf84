package dev.interlock.policy;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Answers that were given before, by {@link Slice#key}. Of two generations the older is forgotten when the younger is
 * full; whoever fills it with questions that nobody asks twice makes others wait for Cedar again, and no more.
 *
 * <p>Threading: any thread may ask, none waits for another. Two that ask the same at once may both ask Cedar.
 */
final class Memo {

    /** In bytes, about; two generations are kept. */
    static final long GENERATION = 8L << 20;

    /** An answer or key beyond this is not worth the many that it would crowd out. */
    static final long LARGEST = 16L << 10;

    /** A map's entry, its objects and their headers. */
    private static final long OVERHEAD = 256;

    private record Generations(Map<String, Answer> young, AtomicLong weight, Map<String, Answer> old) {}

    // Keys are texts because an agent chooses parts of them: a map sorts texts that collide, and stays fast.
    private final AtomicReference<Generations> kept =
            new AtomicReference<>(new Generations(new ConcurrentHashMap<>(), new AtomicLong(), Map.of()));

    Optional<Answer> find(String key) {
        Generations now = kept.get();
        Answer young = now.young().get(key);
        if (young != null) {
            return Optional.of(young);
        }
        Answer old = now.old().get(key);
        if (old != null) {
            put(key, old);
        }
        return Optional.ofNullable(old);
    }

    /**
     * Keeps {@code answer} if it follows from the question alone. An error may also come of the thread that evaluated
     * it, which had too little stack left, and no answer at all comes of anything.
     */
    Answer keep(String key, Answer answer) {
        switch (answer) {
            case Answer.Permitted _, Answer.Denied _ -> put(key, answer);
            case Answer.Erred _, Answer.None _ -> {}
        }
        return answer;
    }

    private void put(String key, Answer answer) {
        long weight = weight(key, answer);
        if (weight > LARGEST) {
            return;
        }
        Generations now = kept.get();
        if (now.young().put(key, answer) == null && now.weight().addAndGet(weight) > GENERATION) {
            kept.compareAndSet(now, new Generations(new ConcurrentHashMap<>(), new AtomicLong(), now.young()));
        }
    }

    private static long weight(String key, Answer answer) {
        long weight = OVERHEAD + 2L * key.length();
        for (String id : policies(answer)) {
            weight += 64 + 2L * id.length();
        }
        return weight;
    }

    private static Set<String> policies(Answer answer) {
        return switch (answer) {
            case Answer.Permitted permitted -> permitted.policies();
            case Answer.Denied denied -> denied.policies();
            case Answer.Erred erred -> erred.policies();
            case Answer.None _ -> Set.of();
        };
    }
}
