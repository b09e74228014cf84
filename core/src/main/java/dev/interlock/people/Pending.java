package dev.interlock.people;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * What was begun and is to be finished once, soon. In memory alone: whoever was in the middle of it when the gateway
 * stopped begins again.
 *
 * <p>Threading: any.
 */
final class Pending<T> {

    private static final int ID_BYTES = 32;

    private record Begun<T>(String by, T what, Instant at) {}

    private final Map<String, Begun<T>> begun = new LinkedHashMap<>(); // guarded by this
    private final Duration life;
    private final int most;
    private final InstantSource clock;
    private final RandomGenerator random;

    /**
     * @param most beyond as many of one maker the oldest of theirs is forgotten: whoever begins in a loop must neither
     *     fill the memory nor be in the way of others
     */
    Pending(Duration life, int most, InstantSource clock, RandomGenerator random) {
        this.life = life;
        this.most = most;
        this.clock = clock;
        this.random = random;
    }

    /** Remembers {@code what} that {@code by} begins; the name to finish it by. */
    synchronized String begin(String by, T what) {
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        String id = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        begun.values().removeIf(this::isOver);
        List<String> theirs = begun.entrySet().stream()
                .filter(one -> one.getValue().by().equals(by))
                .map(Map.Entry::getKey)
                .toList();
        theirs.stream().limit(Math.max(0, theirs.size() - most + 1)).forEach(begun::remove);
        begun.put(id, new Begun<>(by, what, clock.instant()));
        return id;
    }

    /** What was begun as {@code id}, which is then over; empty if it is already. */
    synchronized Optional<T> take(String id) {
        return Optional.ofNullable(begun.remove(id))
                .filter(found -> !isOver(found))
                .map(Begun::what);
    }

    /** A clock that was set back does not lengthen anything. */
    private boolean isOver(Begun<T> one) {
        Instant now = clock.instant();
        return now.isBefore(one.at()) || !now.isBefore(one.at().plus(life));
    }
}
