package dev.interlock.backup;

import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.Manifest;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.place.Place;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChangedException;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.ScratchDirectory;
import dev.interlock.backup.source.Saving;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Takes a backup: what is copied and what is counted is of one moment, so that a restored copy must hold exactly that.
 */
public final class Taking {

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    /** What changes all the time has to be held still by whoever can. */
    private static final int MAX_TRIES = 3;

    private final Job job;
    private final Plan plan;
    private final Shelf shelf;
    private final Saving saving;

    /** Prepares to carry out {@code job}. @throws BackupException if the target's credentials cannot be used */
    public Taking(Job job) throws IOException {
        this.job = job;
        this.plan = job.plan();
        this.shelf = job.shelf();
        this.saving = job.saving(shelf);
    }

    /**
     * Takes it. When this returns, the backup is durable; when it throws, or the process dies, there is none.
     *
     * @throws BackupException if it could not be taken; the message says why
     */
    public Taken take(Progress progress) throws IOException {
        return Place.reaching(() -> taken(progress));
    }

    private Taken taken(Progress progress) throws IOException {
        try (ScratchDirectory own = job.scratchDirectory();
                Place.Held _ = shelf.hold()) {
            for (int tries = 1; ; tries++) {
                try {
                    return taken(own.path(), progress);
                } catch (ChangedException e) {
                    if (tries == MAX_TRIES) {
                        throw e;
                    }
                    progress.at("again: " + e.getMessage(), 0);
                }
            }
        }
    }

    private Taken taken(Path own, Progress progress) throws IOException {
        Instant takenAt = job.clock().instant();
        String id = id(takenAt);
        try (Shelf.Part part = shelf.begin(id)) {
            Saving.Drawn drawn = saving.draw(part, own, progress);
            Manifest manifest = new Manifest(
                    plan.name(),
                    id,
                    plan.of(),
                    takenAt,
                    saving.origin(),
                    drawn.separation(),
                    drawn.files(),
                    drawn.holding());
            part.commit(manifest);
            return new Taken(
                    id,
                    takenAt,
                    manifest.bytes(),
                    drawn.holding().amount(),
                    drawn.separation() == Separation.SAME,
                    drawn.separation() != Separation.UNKNOWN);
        }
    }

    /**
     * A backup that was taken.
     *
     * @param bytes as it lies there
     * @param sameDevice whether it is known to lie on the device of what it is a copy of
     * @param devicesKnown whether that could be looked at; what lies on another machine cannot be
     */
    public record Taken(
            String id, Instant takenAt, long bytes, Amount amount, boolean sameDevice, boolean devicesKnown) {}

    private String id(Instant at) {
        byte[] rest = new byte[3];
        job.random().nextBytes(rest);
        return STAMP.format(at) + "-" + HexFormat.of().formatHex(rest);
    }

    /**
     * What the plan's rules made of what lies there.
     *
     * @param removed what went
     * @param left what is no rule's, by name, and why: somebody has to look at it
     */
    public record Pruned(List<String> removed, Map<String, String> left) {

        /** Nothing was looked at. */
        public static final Pruned NOTHING = new Pruned(List.of(), Map.of());

        public Pruned {
            removed = List.copyOf(removed);
            left = Collections.unmodifiableMap(new TreeMap<>(left));
        }
    }

    /**
     * Removes what the plan's rules let go and no lock holds. What cannot be read, or is from a time to come, stays,
     * and takes nobody's place.
     */
    public Pruned prune() throws IOException {
        return Place.reaching(this::pruned);
    }

    private Pruned pruned() throws IOException {
        try (Place.Held _ = shelf.hold()) {
            Instant now = job.clock().instant();
            Listing listing = Listing.of(shelf, now);
            List<Listing.Entry> counted = listing.entries().stream()
                    .filter(entry -> entry.trouble().isEmpty())
                    .toList();
            Optional<String> proven = counted.stream()
                    .filter(entry -> entry.attested().filter(Attested::restored).isPresent())
                    .max(Comparator.comparing(Listing.Entry::takenAt))
                    .map(Listing.Entry::id);
            List<String> gone = plan
                    .keep()
                    .expendable(
                            counted.stream()
                                    .map(entry -> new Retention.Entry(entry.id(), entry.takenAt()))
                                    .toList(),
                            proven)
                    .stream()
                    .map(Retention.Entry::id)
                    .sorted()
                    .toList();
            List<String> removed = new ArrayList<>();
            for (String id : gone) {
                if (shelf.lockedUntil(id).filter(now::isBefore).isEmpty()) {
                    shelf.remove(id);
                    removed.add(id);
                }
            }
            return new Pruned(removed, listing.troubled());
        }
    }
}
