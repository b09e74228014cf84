package dev.interlock.gate;

import dev.interlock.action.Impact;
import dev.interlock.action.ResolvedAttempt;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The openings that the vault has just refused, without a confirmation. The same call is then refused at once, with one
 * receipt instead of the two of a call that is about to go. Otherwise an agent could fill a disk as fast as the disk
 * writes.
 *
 * <p>Threading: any.
 */
final class VaultRefusalCache {

    /** A person who has just filled a slot waits no longer than this. */
    static final Duration REMEMBERED = Duration.ofSeconds(5);

    /** Maximum entries. Impacts and environments come in a few sets; beyond this all are forgotten. */
    private static final int MOST = 1_000;

    private record Key(String seal, String upstream, Set<Impact> impacts, Set<String> environments) {}

    private record Entry(String reason, Instant at) {}

    private final Map<Key, Entry> known = new ConcurrentHashMap<>();

    private static Key asked(String seal, ResolvedAttempt sensed) {
        return new Key(seal, sensed.attempt().upstream(), sensed.impacts(), sensed.environments());
    }

    Optional<String> reason(String seal, ResolvedAttempt sensed) {
        if (known.isEmpty()) {
            return Optional.empty();
        }
        Instant now = sensed.attempt().at();
        return Optional.ofNullable(known.get(asked(seal, sensed)))
                .filter(entry -> Duration.between(entry.at(), now).abs().compareTo(REMEMBERED) < 0)
                .map(Entry::reason);
    }

    void add(String seal, ResolvedAttempt sensed, String reason) {
        if (known.size() >= MOST) {
            known.clear();
        }
        known.put(asked(seal, sensed), new Entry(reason, sensed.attempt().at()));
    }
}
