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
 * Caches secrets that commands or OAuth grants fetched, for so short that a revoked one soon stops being used.
 * Threading: any thread may ask; one at a time fetches for a slot, and the others wait a limited time and share the
 * result.
 */
final class FetchedSecretCache {

    /** The time for what a command printed: a busy agent must not start a process for each call. */
    static final Duration KEPT = Duration.ofSeconds(60);

    static final Duration PAUSE = Duration.ofSeconds(5); // what failed is not tried again for this time
    /** Maximum wait for others. The first that waits during a fetch gets the next turn; one behind many fails early. */
    static final Duration WAIT = Fetcher.PATIENCE;

    @FunctionalInterface
    interface SecretFetch {

        FetchedSecret fetch(String slot, List<String> source) throws IOException;
    }

    /** A secret, and how long it may be used. */
    record FetchedSecret(Secret secret, Duration kept) {}

    private final SecretFetch fetcher;
    private final Duration wait;
    private final SlotFingerprints fingerprints;
    private final SecretMatcher.TraceKey key;
    private final InstantSource clock;
    private final Map<String, SlotResult> places = new ConcurrentHashMap<>();

    /** {@code wait} is the maximum time to wait for another thread that fetches the same. */
    FetchedSecretCache(
            SecretFetch fetcher,
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
        private List<String> source = List.of();
        private Optional<Secret> secret = Optional.empty();
        private String fault = "";
        private Instant at = Instant.MIN;
        private Duration counts = Duration.ZERO; // how long the secret, or the fault, counts
        private volatile String fingerprint = "";
        private volatile List<SecretMatcher.SecretTrace> traces = List.of();
    }

    /** Returns the secret that {@code source} has for {@code slot}, fetched now if it must be {@code fresh}. */
    Secret get(String slot, List<String> source, boolean fresh) throws IOException {
        SlotResult place = places.computeIfAbsent(slot, _ -> new SlotResult());
        takeTurn(place);
        try {
            boolean counts = place.source.equals(source) && isWithin(place.counts, place.at);
            if (counts && !place.fault.isEmpty()) {
                throw new Fetcher.FetchException(place.fault);
            }
            if (counts && !fresh && place.secret.isPresent()) {
                return place.secret.get();
            }
            return fetch(slot, place, source);
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

    private Secret fetch(String slot, SlotResult place, List<String> source) throws IOException {
        place.source = source;
        place.secret = Optional.empty();
        place.fault = "";
        place.counts = PAUSE;
        try {
            FetchedSecret fetched = fetcher.fetch(slot, source);
            Secret secret = fetched.secret();
            place.secret = Optional.of(secret);
            place.counts = fetched.kept();
            place.fingerprint = fingerprints.of(secret);
            place.traces = key.of(slot, false, secret);
            return secret;
        } catch (IOException e) {
            boolean isSaid = e instanceof Fetcher.FetchException;
            place.fault = isSaid ? String.valueOf(e.getMessage()) : "could not be used";
            place.counts = e instanceof Fetcher.FetchException said ? said.pause() : PAUSE;
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

    List<SecretMatcher.SecretTrace> traces() {
        return places.values().stream().flatMap(place -> place.traces.stream()).toList();
    }

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
