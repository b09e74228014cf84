package dev.interlock.vault;

import dev.interlock.action.Secret;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Caches secrets that commands have fetched. The time is short enough that a revoked secret soon stops being used.
 *
 * <p>Threading: any thread may ask. One thread at a time fetches for a slot. The others wait for a limited time, and
 * share the result.
 */
final class FetchedSecretCache {

    /** Long enough that a busy agent does not start a process for each call. */
    static final Duration KEPT = Duration.ofSeconds(60);

    /** A command that fails is not started again for this time. */
    static final Duration PAUSE = Duration.ofSeconds(5);

    /** Maximum wait for others. The first that waits during a fetch gets the next turn; one behind many fails early. */
    static final Duration WAIT = Fetcher.PATIENCE;

    private final Fetcher fetcher;
    private final Duration wait;
    private final SlotFingerprints fingerprints;
    private final SecretMatcher.TraceKey key;
    private final InstantSource clock;
    private final Map<String, SlotResult> places = new ConcurrentHashMap<>();

    /**
     * Creates the cache.
     *
     * @param wait the maximum time to wait for another thread that fetches the same
     */
    FetchedSecretCache(
            Fetcher fetcher,
            Duration wait,
            SlotFingerprints fingerprints,
            SecretMatcher.TraceKey key,
            InstantSource clock) {
        this.fetcher = fetcher;
        this.wait = wait;
        this.fingerprints = fingerprints;
        this.key = key;
        this.clock = clock;
    }

    /** The latest result of one slot. Guarded by its lock, except for the volatile fields. */
    private static final class SlotResult {
        private final ReentrantLock lock = new ReentrantLock(true);
        private List<String> command = List.of();
        private Optional<Secret> secret = Optional.empty();
        private String fault = "";
        private Instant at = Instant.MIN;
        private volatile String fingerprint = "";
        private volatile List<SecretMatcher.SecretTrace> traces = List.of();
    }

    /**
     * Returns the output of {@code command} for {@code slot}.
     *
     * @param fresh whether a cached secret is not acceptable
     * @throws IOException if it could not be fetched now, the last fetch failed a moment ago, or others take too long
     */
    Secret get(String slot, List<String> command, boolean fresh) throws IOException {
        SlotResult place = places.computeIfAbsent(slot, _ -> new SlotResult());
        takeTurn(place);
        try {
            boolean same = place.command.equals(command);
            if (same && !place.fault.isEmpty() && isWithin(PAUSE, place.at)) {
                throw new Fetcher.FetchException(place.fault);
            }
            if (same && !fresh && place.secret.isPresent() && isWithin(KEPT, place.at)) {
                return place.secret.get();
            }
            return fetch(slot, place, command);
        } finally {
            place.lock.unlock();
        }
    }

    private void takeTurn(SlotResult place) throws IOException {
        try {
            if (!place.lock.tryLock(wait.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new Fetcher.FetchException("is already running for other calls: try again in a moment");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Fetcher.FetchException("was interrupted");
        }
    }

    private Secret fetch(String slot, SlotResult place, List<String> command) throws IOException {
        place.command = command;
        place.secret = Optional.empty();
        place.fault = "";
        try {
            Secret secret = fetcher.fetch(command);
            place.secret = Optional.of(secret);
            place.fingerprint = fingerprints.of(secret);
            place.traces = key.of(slot, false, secret);
            return secret;
        } catch (IOException e) {
            String fault = e instanceof Fetcher.FetchException said ? said.getMessage() : "could not be started";
            place.fault = String.valueOf(fault);
            throw new Fetcher.FetchException(place.fault);
        } finally {
            place.at = clock.instant();
        }
    }

    /** Returns whether {@code at} is recent. After a clock was set back, a cached secret counts as old. */
    private boolean isWithin(Duration time, Instant at) {
        Instant now = clock.instant();
        return !now.isBefore(at) && now.isBefore(at.plus(time));
    }

    /** Returns the traces of each secret, as last fetched. */
    List<SecretMatcher.SecretTrace> traces() {
        return places.values().stream().flatMap(place -> place.traces.stream()).toList();
    }

    /** Returns the slot whose last fetched secret this was. */
    Optional<String> slotOf(Secret secret) {
        if (places.isEmpty()) {
            return Optional.empty();
        }
        String fingerprint = fingerprints.of(secret);
        return places.entrySet().stream()
                .filter(entry -> entry.getValue().fingerprint.equals(fingerprint))
                .map(Map.Entry::getKey)
                .findFirst();
    }
}
