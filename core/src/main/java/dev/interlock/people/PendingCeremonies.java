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
 * Ceremonies that were begun and are finished once, soon. They live in memory alone: after a restart of the gateway
 * people begin again.
 *
 * <p>Threading: any.
 */
final class PendingCeremonies<T> {

    private static final int ID_BYTES = 32;

    private record PendingCeremony<T>(String by, T what, Instant at) {}

    private final Map<String, PendingCeremony<T>> begun = new LinkedHashMap<>(); // guarded by this
    private final Duration life;
    private final int most;
    private final InstantSource clock;
    private final RandomGenerator random;

    /**
     * @param most maximum of open entries per maker. Beyond it the maker's oldest entry is dropped. So a loop neither
     *     fills the memory nor displaces the entries of others.
     */
    PendingCeremonies(Duration life, int most, InstantSource clock, RandomGenerator random) {
        this.life = life;
        this.most = most;
        this.clock = clock;
        this.random = random;
    }

    /** Remembers {@code what} for the maker {@code by}. Returns the name with which to finish it. */
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
        begun.put(id, new PendingCeremony<>(by, what, clock.instant()));
        return id;
    }

    /** Removes and returns the entry {@code id}; empty if it is gone or has expired. */
    synchronized Optional<T> take(String id) {
        return Optional.ofNullable(begun.remove(id))
                .filter(found -> !isOver(found))
                .map(PendingCeremony::what);
    }

    /** Returns whether the entry has expired. A clock that was set back does not extend its life. */
    private boolean isOver(PendingCeremony<T> one) {
        Instant now = clock.instant();
        return now.isBefore(one.at()) || !now.isBefore(one.at().plus(life));
    }
}
