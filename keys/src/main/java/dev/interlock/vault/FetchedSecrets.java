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
 * Secrets that commands have fetched, for as long as a person who revokes one can be expected to wait.
 *
 * <p>Threading: any thread may ask. One at a time fetches for a slot; the others wait for a while, and share what it
 * brought.
 */
final class FetchedSecrets {

    /** Long enough that a busy agent does not start a process for each call. */
    static final Duration KEPT = Duration.ofSeconds(60);

    /** A command that fails is not started for every call that wants it. */
    static final Duration PAUSE = Duration.ofSeconds(5);

    /** Whoever comes while it is being fetched has the next turn; who comes behind many is told, and need not wait. */
    static final Duration WAIT = Fetcher.PATIENCE;

    private final Fetcher fetcher;
    private final Duration wait;
    private final Fingerprints fingerprints;
    private final Traces.Key key;
    private final InstantSource clock;
    private final Map<String, Place> places = new ConcurrentHashMap<>();

    /** @param wait how long at most somebody waits for another who fetches the same */
    FetchedSecrets(Fetcher fetcher, Duration wait, Fingerprints fingerprints, Traces.Key key, InstantSource clock) {
        this.fetcher = fetcher;
        this.wait = wait;
        this.fingerprints = fingerprints;
        this.key = key;
        this.clock = clock;
    }

    /** The latest of one slot. Guarded by its lock, but for what others read. */
    private static final class Place {
        private final ReentrantLock lock = new ReentrantLock(true);
        private List<String> command = List.of();
        private Optional<Secret> secret = Optional.empty();
        private String fault = "";
        private Instant at = Instant.MIN;
        private volatile String fingerprint = "";
        private volatile List<Traces.Trace> traces = List.of();
    }

    /**
     * What {@code command} prints for {@code slot}.
     *
     * @param fresh whether what was fetched a moment ago is not good enough
     * @throws IOException if it could not be fetched, now or a moment ago, or others are at it for too long
     */
    Secret get(String slot, List<String> command, boolean fresh) throws IOException {
        Place place = places.computeIfAbsent(slot, _ -> new Place());
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

    private void takeTurn(Place place) throws IOException {
        try {
            if (!place.lock.tryLock(wait.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new Fetcher.FetchException("is being run for other calls: ask again in a moment");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Fetcher.FetchException("was not waited for");
        }
    }

    private Secret fetch(String slot, Place place, List<String> command) throws IOException {
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

    /** A clock that was set back makes what was fetched old, not young. */
    private boolean isWithin(Duration time, Instant at) {
        Instant now = clock.instant();
        return !now.isBefore(at) && now.isBefore(at.plus(time));
    }

    /** Of each, as it was last fetched. */
    List<Traces.Trace> traces() {
        return places.values().stream().flatMap(place -> place.traces.stream()).toList();
    }

    /** Which slot's secret this was when it was last fetched. */
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
