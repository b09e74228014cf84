package dev.interlock.backup;

import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.place.BackupStorage;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.ScratchDirectory;
import dev.interlock.backup.run.ScratchWatch;
import dev.interlock.backup.source.SourceHandler;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/**
 * Tests a backup: restores it in isolation and compares the result with the counts from when it was taken. Every result
 * is reported. Only a backup without faults counts as restored.
 */
public final class RestoreTest {

    /** Maximum of names in a message. `backup list` prints all of them. */
    private static final int MAX_NAMED = 8;

    private final PlanJob job;
    private final BackupPlanConfig plan;
    private final BackupRepository repository;
    private final SourceHandler saving;

    /**
     * Prepares to test backups of the plan of {@code job}.
     *
     * @throws BackupException if the target's credentials cannot be used
     */
    public RestoreTest(PlanJob job) throws IOException {
        this.job = job;
        this.plan = job.plan();
        this.repository = job.repository();
        this.saving = job.saving(repository);
    }

    /**
     * Returns the backup of {@code listing} to test if none is named. A {@code counted} backup that became unreadable
     * comes first. Otherwise it is the youngest readable one, or the last if none can be read.
     *
     * @throws BackupException if there is no backup
     */
    public String youngest(Optional<String> counted, BackupListing listing) throws IOException {
        if (listing.entries().isEmpty()) {
            throw new BackupException("there is no backup of `" + plan.name() + "`" + left());
        }
        return counted.filter(listing.unusable()::containsKey)
                .orElseGet(() ->
                        listing.youngest().orElse(listing.entries().getLast()).id());
    }

    /** Returns a text about the target's leftovers, so that after a loss nobody reads that there never was a backup. */
    private String left() throws IOException {
        Map<String, String> debris = BackupStorage.runOnStorage(repository::leftovers);
        return debris.isEmpty()
                ? " yet"
                : ", only backups that do not count: "
                        + debris.entrySet().stream()
                                .map(one -> one.getKey() + " (" + one.getValue() + ")")
                                .limit(MAX_NAMED)
                                .collect(Collectors.joining(", "))
                        + (debris.size() > MAX_NAMED ? ", and " + (debris.size() - MAX_NAMED) + " more" : "");
    }

    /**
     * Tests {@code id}.
     *
     * @throws BackupException if it cannot be tested, which says nothing about the backup: programs, sandbox or space
     *     are missing, or somebody ended the test
     */
    public BackupAttestation verify(String id, Progress progress) throws IOException {
        return BackupStorage.runOnStorage(() -> judged(id, progress));
    }

    private BackupAttestation judged(String id, Progress progress) throws IOException {
        BackupAttestation found = tried(id, progress);
        job.children().requireOpen(); // an interruption may look like a fault of the backup
        if (!found.restored() && !repository.has(id)) {
            throw new InconclusiveException("`" + id + "` was removed during its restore test");
        }
        return found;
    }

    private BackupAttestation tried(String id, Progress progress) throws IOException {
        BackupManifest manifest;
        try {
            manifest = repository.manifest(id);
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException e) {
            if (!repository.has(id)) {
                throw e;
            }
            return BackupAttestation.unreadable(plan, id, job.clock().instant(), String.valueOf(e.getMessage()));
        }
        Instant begun = job.clock().instant();
        requireOfPlan(manifest);
        List<String> wrong = new ArrayList<>(beforehand(manifest, begun));
        List<String> uncompared = List.of();
        if (wrong.isEmpty()) {
            SourceHandler.RestoreTestResult trial = restored(manifest, progress);
            wrong.addAll(trial.wrong());
            uncompared = trial.uncompared();
        }
        Instant ended = job.clock().instant();
        // The separation in the manifest is out of date: source or target may have been moved or unmounted since.
        Separation separation = manifest.separation().and(separationNow(this::seen, TimedCheck.LIMIT));
        if (separation == Separation.SAME) {
            wrong.add(repository.together());
        }
        return BackupAttestation.of(
                plan, manifest, separation, ended, Duration.between(begun, ended), wrong, uncompared);
    }

    /**
     * Rechecks that the backup is separate from its source. The source may be lost, and a test of hours must not fail
     * for that reason. So the result is "unknown" if it cannot be determined in time.
     */
    static Separation separationNow(Callable<Separation> look, Duration limit) throws IOException {
        try {
            return TimedCheck.at(look, limit);
        } catch (InconclusiveException e) {
            throw e;
        } catch (IOException e) {
            return Separation.UNKNOWN;
        }
    }

    /** Restores the backup as far as there is space. */
    private SourceHandler.RestoreTestResult restored(BackupManifest manifest, Progress progress) throws IOException {
        try (ScratchDirectory own = job.scratchDirectory();
                ScratchWatch watch =
                        ScratchWatch.begin(job.scratch(), manifest.mostRestored(), job.children()::close)) {
            SourceHandler.RestoreTestResult trial;
            try {
                trial = saving.testRestore(manifest, own.path(), watch.over(progress));
            } catch (MalformedException e) {
                trial = new SourceHandler.RestoreTestResult(SourceHandler.unrestorable(e), List.of());
            } catch (IOException | RuntimeException e) {
                watch.requireRoomToTheEnd(); // a child killed for lack of space must not decide the result
                throw e;
            }
            watch.requireRoomToTheEnd(); // otherwise the effects of a full disk would count as faults of the backup
            return trial;
        }
    }

    private Separation seen() throws IOException {
        try (ScratchDirectory own = job.scratchDirectory()) {
            return saving.separation(own.path());
        }
    }

    /**
     * Requires that the backup has the source and the resource of the current plan. Otherwise a mistaken edit of the
     * plan would produce signed failures for one good backup after the other. Correcting the edit would bring none of
     * them back. A backup of another source does not count in any case.
     */
    private void requireOfPlan(BackupManifest manifest) throws IOException {
        requireSame(manifest.id(), "of", manifest.origin(), saving.origin());
        requireSame(
                manifest.id(), "a copy of", manifest.of().toString(), plan.of().toString());
    }

    private static void requireSame(String id, String how, String was, String now) throws InconclusiveException {
        if (!was.equals(now)) {
            throw new InconclusiveException("`" + id + "` was not verified: it is " + how + " `" + was
                    + "`, and the plan now says `" + now
                    + "`: correct the plan, or take a backup from there; the earlier results "
                    + "remain valid");
        }
    }

    /** Returns the faults that can be found without restoring. */
    private List<String> beforehand(BackupManifest manifest, Instant now) throws IOException {
        List<String> wrong = new ArrayList<>();
        if (manifest.takenAt().isAfter(now)) {
            wrong.add("it says that it was taken at " + manifest.takenAt() + ", which is in the future");
        }
        manifest.holding().emptiness().ifPresent(wrong::add);
        for (Map.Entry<String, BackupManifest.StoredFile> file :
                manifest.files().entrySet()) {
            long said = file.getValue().bytes();
            OptionalLong found = repository.size(manifest.id(), file.getKey());
            if (found.isEmpty()) { // a full disk truncates files, and people remove them
                wrong.add(repository
                        .instead(manifest.id(), file.getKey())
                        .orElse("its " + file.getKey() + " is missing, and had " + said + " bytes"));
            } else if (found.getAsLong() != said) {
                wrong.add("its " + file.getKey() + " has " + found.getAsLong() + " bytes, and had " + said
                        + (found.getAsLong() < said ? ": it is cut off" : ""));
            }
        }
        return wrong;
    }

    /**
     * Returns the last backup restored before {@code found} was taken, if {@code found} has less than half of its
     * content.
     */
    public Optional<BackupAttestation> largerPredecessor(BackupAttestation found) {
        return found.restored()
                ? ShrinkCheck.findLargerPredecessor(
                        found, plan, repository, job.clock().instant())
                : Optional.empty();
    }

    /**
     * Stores the result and its signature beside the backup.
     *
     * @throws BackupException also if that took so long that nobody waits for it any more
     */
    public void note(BackupAttestation found, String signature) throws IOException {
        job.children().requireOpen();
        BackupStorage.runOnStorage(() -> {
            found.write(repository, signature);
            return found;
        });
        job.children().requireOpen();
    }
}
