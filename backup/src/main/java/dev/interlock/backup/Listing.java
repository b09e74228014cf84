package dev.interlock.backup;

import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.kept.Manifest;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.DisturbedException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The backups of a plan that lie on its target.
 *
 * @param entries oldest first
 */
public record Listing(List<Entry> entries) {

    /**
     * One that has a name, and is therefore whole as far as taking it goes.
     *
     * @param takenAt {@link Instant#EPOCH} if it cannot be read
     * @param bytes as it lies there
     * @param attested what came of trying it last
     * @param trouble why it does not count, if it does not: it cannot be read, or is from a time to come
     */
    public record Entry(String id, Instant takenAt, long bytes, Optional<Attested> attested, Optional<String> trouble) {

        /** Whether it was restored for real when it was tried last. */
        boolean isRestored() {
            return attested.filter(Attested::restored).isPresent();
        }

        /** Whether it says when it was taken, and how long it is. */
        public boolean isRead() {
            return !takenAt.equals(Instant.EPOCH);
        }

        /** For programs, which may look at nothing but {@code restored}: what is in trouble is not. */
        public Json.Members json() {
            Json.Members named = Json.object().with("backup", id);
            Json.Members read =
                    isRead() ? named.with("taken_at", takenAt.toString()).with("bytes", bytes) : named;
            return read.withOptional(
                            "tried_at", attested.map(found -> found.json().text("tried_at")))
                    .with("restored", isRestored() && trouble.isEmpty())
                    .withTexts("wrong", attested.map(Attested::wrong).orElse(List.of()))
                    .withOptional("trouble", trouble);
        }
    }

    /** What lies there now, for a person who waits for it. */
    public static Listing of(Plan plan, Encryption encryption) throws IOException {
        return Looks.once()
                .at(
                        plan,
                        encryption,
                        (shelf, steps) -> of(plan, shelf, Instant.now(), new Remembered(), Optional.empty(), steps));
    }

    /**
     * The same, of which only that is read which is new, or matters: the youngest that can be read, and
     * {@code counted}, on which the gateway rests.
     *
     * @param remembered what was read before
     */
    public static Listing of(
            Looks looks, Plan plan, Encryption encryption, Remembered remembered, Optional<String> counted)
            throws IOException {
        return looks.at(plan, encryption, (shelf, steps) -> of(plan, shelf, Instant.now(), remembered, counted, steps));
    }

    /** Whether the target has {@code id}, whatever else it has; this alone is asked, and sooner answered. */
    public static boolean has(Looks looks, Plan plan, Encryption encryption, String id) throws IOException {
        return looks.at(plan, encryption, (shelf, _) -> shelf.has(id));
    }

    /** The signature that was noted beside {@code id} when it was tried last, if one was. */
    public static Optional<String> signature(Looks looks, Plan plan, Encryption encryption, String id)
            throws IOException {
        return looks.at(plan, encryption, (shelf, _) -> Attested.signature(shelf, id));
    }

    /** What lies on the target of {@code plan} and is no backup, by name, and why. */
    public static Map<String, String> debris(Plan plan, Encryption encryption) throws IOException {
        return Looks.once().at(plan, encryption, (shelf, _) -> shelf.debris());
    }

    /** What lies on {@code shelf}, which is that of {@code plan}, at {@code now}. */
    static Listing of(Plan plan, Shelf shelf, Instant now) throws IOException {
        return of(plan, shelf, now, new Remembered(), Optional.empty(), new Looks.Steps(true));
    }

    private static Listing of(
            Plan plan, Shelf shelf, Instant now, Remembered remembered, Optional<String> counted, Looks.Steps steps)
            throws IOException {
        Shelf looked = shelf.looked();
        List<String> ids = looked.ids(steps::next);
        Set<String> anew = new HashSet<>();
        counted.ifPresent(anew::add);
        remembered.youngestOf(ids).ifPresent(anew::add);
        anew.forEach(remembered::forget);
        List<Entry> entries = new ArrayList<>();
        for (String id : ids) {
            Optional<Entry> known = remembered.of(id);
            Entry entry = known.isPresent() ? known.get() : entry(plan, looked, id, now);
            steps.read(); // whoever does not wait any more is not to remember this either
            remembered.keep(entry);
            entries.add(entry);
        }
        return new Listing(entries);
    }

    private static Entry entry(Plan plan, Shelf shelf, String id, Instant now) throws IOException {
        Optional<Attested> attested = Optional.empty();
        try {
            attested = Attested.read(plan, shelf, id, now);
            Manifest manifest = shelf.manifest(id);
            Optional<String> trouble = manifest.takenAt().isAfter(now)
                    ? Optional.of("it says that it was taken at " + manifest.takenAt() + ", which is yet to come")
                    : Optional.empty();
            return new Entry(id, manifest.takenAt(), manifest.bytes(), attested, trouble);
        } catch (DisturbedException e) {
            throw e;
        } catch (BackupException e) {
            return new Entry(id, Instant.EPOCH, 0, attested, Optional.of(String.valueOf(e.getMessage())));
        } catch (UncheckedIOException e) {
            shelf.looked().ids(); // throws as well, if it is not this one alone that cannot be read
            String why =
                    "it cannot be read: " + Objects.requireNonNull(e.getCause()).getMessage();
            return new Entry(id, Instant.EPOCH, 0, attested, Optional.of(why));
        }
    }

    /** Whether {@code id} is among them. */
    public boolean has(String id) {
        return entries.stream().anyMatch(entry -> entry.id().equals(id));
    }

    /** Those that nobody counts, by name, and why. */
    public Map<String, String> troubled() {
        Map<String, String> troubled = new TreeMap<>();
        entries.forEach(entry -> entry.trouble().ifPresent(why -> troubled.put(entry.id(), why)));
        return troubled;
    }

    /** The youngest that can be read, and is not from a time to come. */
    public Optional<Entry> youngest() {
        return readable().max(Comparator.comparing(Entry::takenAt));
    }

    /** The youngest of those that was restored for real when it was tried last. */
    Optional<Entry> proven() {
        return restored().stream().findFirst();
    }

    /** Those, youngest first. */
    List<Entry> restored() {
        return readable()
                .filter(Entry::isRestored)
                .sorted(Comparator.comparing(Entry::takenAt).reversed())
                .toList();
    }

    private Stream<Entry> readable() {
        return entries.stream().filter(entry -> entry.trouble().isEmpty());
    }

    /**
     * What was found of those on which something rests: of the one that is {@code counted}, of the youngest, and of the
     * youngest that was restored.
     */
    public List<Attested> words(Optional<String> counted) {
        return Stream.of(
                        entries.stream()
                                .filter(entry ->
                                        counted.filter(entry.id()::equals).isPresent()),
                        youngest().stream(),
                        proven().stream())
                .flatMap(found -> found)
                .distinct()
                .flatMap(entry -> entry.attested().stream())
                .toList();
    }

    /** What was found last, of {@code id} or of whichever. */
    public Optional<Attested> lastTried(Optional<String> id) {
        return entries.stream()
                .filter(entry -> id.isEmpty() || id.get().equals(entry.id()))
                .flatMap(entry -> entry.attested().stream())
                .max(Comparator.comparing(Attested::triedAt));
    }

    /** How long the longest trial took, of those that came to an end. */
    public Duration longestTrial() {
        return entries.stream()
                .flatMap(entry -> entry.attested().stream())
                .map(Attested::took)
                .max(Comparator.naturalOrder())
                .orElse(Duration.ZERO);
    }
}
