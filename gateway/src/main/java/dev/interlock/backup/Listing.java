package dev.interlock.backup;

import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.kept.Manifest;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.place.Place;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.DisturbedException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

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

        /** For programs. */
        public Json.Members json() {
            return Json.object()
                    .with("backup", id)
                    .with("taken_at", takenAt.toString())
                    .with("bytes", bytes)
                    .withOptional("tried_at", attested.map(found -> found.json().text("tried_at")))
                    .with("restored", attested.filter(Attested::restored).isPresent())
                    .withOptional("trouble", trouble);
        }
    }

    /** What lies there now. */
    public static Listing of(Plan plan, Encryption encryption) throws IOException {
        return Place.reaching(() -> read(plan, encryption));
    }

    private static Listing read(Plan plan, Encryption encryption) throws IOException {
        try (Children children = new Children()) {
            return of(
                    plan.shelf(encryption, children, Clock.systemUTC()),
                    Clock.systemUTC().instant());
        }
    }

    /** What lies on {@code shelf} at {@code now}. */
    static Listing of(Shelf shelf, Instant now) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (String id : shelf.ids()) {
            entries.add(entry(shelf, id, now));
        }
        return new Listing(entries);
    }

    private static Entry entry(Shelf shelf, String id, Instant now) throws IOException {
        Optional<Attested> attested = Attested.read(shelf, id, now);
        try {
            Manifest manifest = shelf.manifest(id);
            Optional<String> trouble = manifest.takenAt().isAfter(now)
                    ? Optional.of("it says that it was taken at " + manifest.takenAt() + ", which is yet to come")
                    : Optional.empty();
            return new Entry(id, manifest.takenAt(), manifest.bytes(), attested, trouble);
        } catch (DisturbedException e) {
            throw e;
        } catch (BackupException e) {
            return new Entry(id, Instant.EPOCH, 0, attested, Optional.of(String.valueOf(e.getMessage())));
        }
    }

    /** Those that nobody counts, by name, and why. */
    public Map<String, String> troubled() {
        Map<String, String> troubled = new TreeMap<>();
        entries.forEach(entry -> entry.trouble().ifPresent(why -> troubled.put(entry.id(), why)));
        return troubled;
    }

    /** The youngest that can be read, and is not from a time to come. */
    public Optional<Entry> youngest() {
        return entries.stream().filter(entry -> entry.trouble().isEmpty()).max(Comparator.comparing(Entry::takenAt));
    }
}
