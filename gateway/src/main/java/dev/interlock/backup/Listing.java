package dev.interlock.backup;

import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.kept.Manifest;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.place.Place;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Children;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

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
     * @param trouble why it cannot be read, if it cannot
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
            Shelf shelf = plan.shelf(encryption, children, Clock.systemUTC());
            List<Entry> entries = new ArrayList<>();
            for (String id : shelf.ids()) {
                entries.add(entry(shelf, id));
            }
            return new Listing(entries);
        }
    }

    private static Entry entry(Shelf shelf, String id) throws IOException {
        try {
            Manifest manifest = shelf.manifest(id);
            return new Entry(id, manifest.takenAt(), manifest.bytes(), Attested.read(shelf, id), Optional.empty());
        } catch (BackupException e) {
            return new Entry(
                    id, Instant.EPOCH, 0, Attested.read(shelf, id), Optional.of(String.valueOf(e.getMessage())));
        }
    }

    /** The youngest that can be read. */
    public Optional<Entry> youngest() {
        return entries.stream().filter(entry -> entry.trouble().isEmpty()).max(Comparator.comparing(Entry::takenAt));
    }
}
