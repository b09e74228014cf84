package dev.interlock.backup;

import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.ExecCopy;
import dev.interlock.backup.kept.FileTree;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.kept.SqliteCopy;
import dev.interlock.backup.place.BackupStorage;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChangedException;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.ScratchDirectory;
import dev.interlock.backup.source.SourceHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Takes a backup. Copy and counts belong to the same moment, so a restored copy must contain exactly what was counted.
 */
public final class BackupRun {

    /** Maximum of attempts. A source that always changes must be paused by its operator. */
    private static final int MAX_TRIES = 3;

    private final PlanJob job;
    private final BackupPlanConfig plan;
    private final BackupRepository repository;
    private final SourceHandler saving;

    /**
     * Prepares to carry out {@code job}.
     *
     * @throws BackupException if the target's credentials cannot be used
     */
    public BackupRun(PlanJob job) throws IOException {
        this.job = job;
        this.plan = job.plan();
        this.repository = job.repository();
        this.saving = job.saving(repository);
    }

    /**
     * Takes a backup. When this returns, the backup is durable; when it throws, or the process dies, there is none.
     *
     * @throws BackupException if it could not be taken; the message says why
     */
    public BackupResult take(Progress progress) throws IOException {
        return BackupStorage.runOnStorage(() -> taken(progress));
    }

    private BackupResult taken(Progress progress) throws IOException {
        try (ScratchDirectory own = job.scratchDirectory();
                BackupStorage.StorageLock _ = repository.hold()) {
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

    private BackupResult taken(Path own, Progress progress) throws IOException {
        Instant takenAt = job.clock().instant();
        String id = id(takenAt);
        expectAsMuchAsLast(progress);
        try (BackupRepository.PartialBackup part = repository.begin(id)) {
            SourceHandler.CopyResult drawn = saving.copyInto(part, own, progress);
            BackupManifest manifest = new BackupManifest(
                    plan.name(),
                    id,
                    plan.of(),
                    takenAt,
                    saving.origin(),
                    drawn.separation(),
                    drawn.files(),
                    drawn.holding());
            job.children().requireOpen();
            part.commit(manifest);
            return new BackupResult(
                    id,
                    takenAt,
                    manifest.bytes(),
                    drawn.holding().amount(),
                    drawn.separation(),
                    drawn.excess(),
                    drawn.sequencesKnown(),
                    drawn.lacking(),
                    drawn.warnings(),
                    drawn.holding().beside());
        }
    }

    /** Estimates the progress by the last backup, because the amount is not known in advance. */
    private void expectAsMuchAsLast(Progress progress) {
        try {
            List<String> ids = repository.ids();
            if (!ids.isEmpty()) {
                expect(repository.manifest(ids.getLast()), progress);
            }
        } catch (IOException | UncheckedIOException e) {
            // A test of that backup reports the problem; a new backup can be taken all the same.
        }
    }

    private static void expect(BackupManifest last, Progress progress) {
        switch (last.holding()) {
            case PostgresDump _, ExecCopy _ ->
                progress.expectAbout(
                        "dumping",
                        last.files().values().stream()
                                .mapToLong(BackupManifest.StoredFile::plainBytes)
                                .sum());
            case FileTree tree -> progress.expectAbout("copying", tree.amount().contentBytes());
            case SqliteCopy _ -> {} // it knows the length of its file
        }
    }

    /**
     * A backup that was just taken.
     *
     * @param bytes its size on the target
     * @param excess powers of the source credential beyond those that a backup needs; empty if they could not be
     *     determined
     * @param sequencesKnown false if a test cannot compare the positions of its sequences
     * @param lacking extensions without which this machine cannot test it; empty if that could not be determined
     * @param warnings messages of the copying programs; they may name what was left out
     * @param beside databases of the same server that no plan saves
     */
    public record BackupResult(
            String id,
            Instant takenAt,
            long bytes,
            Amount amount,
            Separation separation,
            Optional<List<String>> excess,
            boolean sequencesKnown,
            Optional<List<String>> lacking,
            List<String> warnings,
            List<String> beside) {}

    private String id(Instant at) {
        byte[] rest = new byte[3];
        job.random().nextBytes(rest);
        return BackupStorage.STAMP.format(at) + "-" + HexFormat.of().formatHex(rest);
    }

    /**
     * The result of applying the retention rules.
     *
     * @param removed the backups that were removed
     * @param left items that no rule covers, by name, with the reasons; somebody has to examine them
     * @param unremoved items that should have gone and are still there, by name, with the reasons
     * @param spared backups kept against the rules: they have more than twice the content of a later restored one, or
     *     another source
     * @param proven the test result of the youngest restored backup
     */
    public record PruneResult(
            List<String> removed,
            Map<String, String> left,
            Map<String, String> unremoved,
            List<String> spared,
            Optional<BackupAttestation> proven) {

        /** The result if nothing was examined. */
        public static final PruneResult NOTHING =
                new PruneResult(List.of(), Map.of(), Map.of(), List.of(), Optional.empty());

        public PruneResult {
            removed = List.copyOf(removed);
            left = Collections.unmodifiableMap(new TreeMap<>(left));
            unremoved = Collections.unmodifiableMap(new TreeMap<>(unremoved));
            spared = List.copyOf(spared);
        }

        /** Returns the youngest restored backup, if {@code taken} has less than half of its content. */
        public Optional<BackupAttestation> largerPredecessor(BackupResult taken) {
            return proven.filter(before -> ShrinkCheck.isFall(taken.amount(), before));
        }
    }

    /**
     * Removes the backups that the rules let go and no lock holds. A backup that cannot be read or has a time in the
     * future stays, and does not count against the rules. One that cannot be removed does not stop the others. It casts
     * no doubt on the new backup.
     *
     * @param used whether a backup is used just now; it then stays until the next time
     */
    public PruneResult prune(Predicate<String> used) throws IOException {
        return BackupStorage.runOnStorage(() -> pruned(used));
    }

    private PruneResult pruned(Predicate<String> used) throws IOException {
        try (BackupStorage.StorageLock held = repository.hold()) {
            Instant now = job.clock().instant();
            BackupListing listing = BackupListing.of(plan, repository, now);
            List<BackupListing.ListedBackup> counted = listing.entries().stream()
                    .filter(entry -> entry.problem().isEmpty())
                    .toList();
            List<String> gone = plan
                    .keep()
                    .expendable(
                            counted.stream()
                                    .map(entry -> new Retention.DatedBackup(entry.id(), entry.takenAt()))
                                    .toList(),
                            listing.youngestRestored().map(BackupListing.ListedBackup::id))
                    .stream()
                    .map(Retention.DatedBackup::id)
                    .sorted()
                    .toList();
            Set<String> fallen = ShrinkCheck.protectedBackups(listing, plan.every(), now);
            List<String> spared = gone.stream().filter(fallen::contains).toList();
            List<String> removed = new ArrayList<>();
            Map<String, String> unremoved = new TreeMap<>();
            for (String id : gone) {
                job.children().requireOpen();
                try {
                    if (!fallen.contains(id)
                            && !used.test(id)
                            && BackupStorage.runOnStorage(() -> isRemoved(id, now))) {
                        removed.add(id);
                    }
                } catch (InconclusiveException e) {
                    throw e;
                } catch (IOException e) {
                    unremoved.put(id, String.valueOf(e.getMessage()));
                }
            }
            Map<String, String> left = new TreeMap<>(held.unremoved());
            left.putAll(listing.unusable());
            return new PruneResult(
                    removed,
                    left,
                    unremoved,
                    spared,
                    listing.youngestRestored().flatMap(BackupListing.ListedBackup::attested));
        }
    }

    /** Removes {@code id}, unless it is locked. */
    private boolean isRemoved(String id, Instant now) throws IOException {
        if (repository.lockedUntil(id).filter(now::isBefore).isPresent()) {
            return false;
        }
        repository.remove(id);
        return true;
    }
}
