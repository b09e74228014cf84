package dev.interlock.backup;

import dev.interlock.backup.kept.Manifest;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.place.Place;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.DisturbedException;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.ScratchDirectory;
import dev.interlock.backup.run.ScratchWatch;
import dev.interlock.backup.source.Saving;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * Restores a backup for real, where nobody else is, and compares what is there then with what was counted when it was
 * taken. Whatever it finds is told; only a backup with which nothing is wrong counts as restored.
 */
public final class Verification {

    /** Who wants them all has `backup list`. */
    private static final int MAX_NAMED = 8;

    private final Job job;
    private final Plan plan;
    private final Shelf shelf;
    private final Saving saving;

    /**
     * Prepares to try backups of the plan of {@code job}.
     *
     * @throws BackupException if the target's credentials cannot be used
     */
    public Verification(Job job) throws IOException {
        this.job = job;
        this.plan = job.plan();
        this.shelf = job.shelf();
        this.saving = job.saving(shelf);
    }

    /**
     * Which one of {@code listing} to try unless another is named: the one that is {@code counted}, if it cannot be
     * read any more; otherwise the youngest that can, and where none can, the last.
     *
     * @throws BackupException if there is none
     */
    public String youngest(Optional<String> counted, Listing listing) throws IOException {
        if (listing.entries().isEmpty()) {
            throw new BackupException("there is no backup of `" + plan.name() + "`" + left());
        }
        return counted.filter(listing.troubled()::containsKey)
                .orElseGet(() ->
                        listing.youngest().orElse(listing.entries().getLast()).id());
    }

    /** Whoever lost one is not told that there was none. */
    private String left() throws IOException {
        Map<String, String> debris = Place.reaching(shelf::debris);
        return debris.isEmpty()
                ? " yet"
                : ", only what counts for nothing: "
                        + debris.entrySet().stream()
                                .map(one -> one.getKey() + " (" + one.getValue() + ")")
                                .limit(MAX_NAMED)
                                .collect(Collectors.joining(", "))
                        + (debris.size() > MAX_NAMED ? ", and " + (debris.size() - MAX_NAMED) + " more" : "");
    }

    /**
     * Tries {@code id}.
     *
     * @throws BackupException if it cannot be tried, which says nothing about the backup: no programs, no sandbox, no
     *     room, or somebody has ended them
     */
    public Attested verify(String id, Progress progress) throws IOException {
        return Place.reaching(() -> judged(id, progress));
    }

    private Attested judged(String id, Progress progress) throws IOException {
        Attested found = tried(id, progress);
        job.children().requireOpen(); // it may have been interrupted by whatever looks like the backup's fault
        if (!found.restored() && !shelf.has(id)) {
            throw new DisturbedException("`" + id + "` was removed while it was tried");
        }
        return found;
    }

    private Attested tried(String id, Progress progress) throws IOException {
        Manifest manifest;
        try {
            manifest = shelf.manifest(id);
        } catch (DisturbedException e) {
            throw e;
        } catch (BackupException e) {
            if (!shelf.has(id)) {
                throw e;
            }
            return Attested.unreadable(plan, id, job.clock().instant(), String.valueOf(e.getMessage()));
        }
        Instant begun = job.clock().instant();
        requireOfPlan(manifest);
        List<String> wrong = new ArrayList<>(beforehand(manifest, begun));
        List<String> uncompared = List.of();
        if (wrong.isEmpty()) {
            Saving.Trial trial = restored(manifest, progress);
            wrong.addAll(trial.wrong());
            uncompared = trial.uncompared();
        }
        Instant ended = job.clock().instant();
        // Where it lay when it was taken is an old word: either may have been moved, or be mounted no more.
        Separation separation = manifest.separation().and(SecondLook.at(this::seen, TimedLook.LIMIT));
        if (separation == Separation.SAME) {
            wrong.add(shelf.together());
        }
        return Attested.of(plan, manifest, separation, ended, Duration.between(begun, ended), wrong, uncompared);
    }

    /** Restored as far as there is room. */
    private Saving.Trial restored(Manifest manifest, Progress progress) throws IOException {
        try (ScratchDirectory own = job.scratchDirectory();
                ScratchWatch watch =
                        ScratchWatch.begin(job.scratch(), manifest.mostRestored(), job.children()::close)) {
            Saving.Trial trial;
            try {
                trial = saving.tried(manifest, own.path(), watch.over(progress));
            } catch (MalformedException e) {
                trial = new Saving.Trial(Saving.unrestorable(e), List.of());
            } catch (IOException | RuntimeException e) {
                watch.requireRoomToTheEnd(); // or what was ended for that would say what became of it
                throw e;
            }
            watch.requireRoomToTheEnd(); // or what a full disk did to it would be the backup's fault
            return trial;
        }
    }

    private Separation seen() throws IOException {
        try (ScratchDirectory own = job.scratchDirectory()) {
            return saving.separation(own.path());
        }
    }

    /**
     * Requires that it is of what the plan says now. Otherwise a line that somebody changes in the plan would have one
     * good backup after the other signed away, and putting it right would bring none back. What is of something else
     * counts for nothing without any word.
     */
    private void requireOfPlan(Manifest manifest) throws IOException {
        requireSame(manifest.id(), "of", manifest.origin(), saving.origin());
        requireSame(
                manifest.id(), "a copy of", manifest.of().toString(), plan.of().toString());
    }

    private static void requireSame(String id, String how, String was, String now) throws DisturbedException {
        if (!was.equals(now)) {
            throw new DisturbedException("`" + id + "` was not tried: it is " + how + " `" + was
                    + "`, and the plan now says `" + now
                    + "`: set the plan right, or take one from there; what was found before stands");
        }
    }

    /** What can be said without restoring. */
    private List<String> beforehand(Manifest manifest, Instant now) throws IOException {
        List<String> wrong = new ArrayList<>();
        if (manifest.takenAt().isAfter(now)) {
            wrong.add("it says that it was taken at " + manifest.takenAt() + ", which is yet to come");
        }
        manifest.holding().emptiness().ifPresent(wrong::add);
        for (Map.Entry<String, Manifest.StoredFile> file : manifest.files().entrySet()) {
            long said = file.getValue().bytes();
            OptionalLong found = shelf.size(manifest.id(), file.getKey());
            if (found.isEmpty()) { // a full disk cuts files off, people remove them
                wrong.add(shelf.instead(manifest.id(), file.getKey())
                        .orElse("its " + file.getKey() + " is missing, and had " + said + " bytes"));
            } else if (found.getAsLong() != said) {
                wrong.add("its " + file.getKey() + " has " + found.getAsLong() + " bytes, and had " + said
                        + (found.getAsLong() < said ? ": it is cut off" : ""));
            }
        }
        return wrong;
    }

    /** What was restored last before {@code found} was taken, if that was restored with less than half of it. */
    public Optional<Attested> fallenFrom(Attested found) {
        return found.restored() ? Falls.before(found, plan, shelf, job.clock().instant()) : Optional.empty();
    }

    /**
     * Keeps what was found beside the backup, with the signature over it.
     *
     * @throws BackupException also if that took so long that nobody waits for it any more
     */
    public void note(Attested found, String signature) throws IOException {
        job.children().requireOpen();
        Place.reaching(() -> {
            found.write(shelf, signature);
            return found;
        });
        job.children().requireOpen();
    }
}
