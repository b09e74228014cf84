package dev.interlock.backup;

import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.place.BackupStorage;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.ScratchDirectory;
import dev.interlock.backup.source.RestoreDestination;
import dev.interlock.backup.source.RestoreResult;
import dev.interlock.backup.source.SourceHandler;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/**
 * Restores a backup to a given destination. It never overwrites anything. The restored data gets its final name last,
 * when it is complete and was compared. So an interruption leaves everything as it was, and a second attempt can
 * continue.
 */
public final class BackupRestore {

    private final PlanJob job;
    private final BackupRepository repository;
    private final SourceHandler saving;

    /**
     * Prepares to restore backups of the plan of {@code job}.
     *
     * @throws BackupException if the target's credentials cannot be used
     */
    public BackupRestore(PlanJob job) throws IOException {
        this.job = job;
        this.repository = job.repository();
        this.saving = job.saving(repository);
    }

    /**
     * Restores {@code id} into {@code into}.
     *
     * @throws BackupException if it could not be done; then everything is as it was
     */
    public RestoreResult into(RestoreDestination into, String id, Progress progress) throws IOException {
        return BackupStorage.runOnStorage(() -> brought(into, id, false, progress));
    }

    /** Restores a backup that nobody named explicitly. It refuses one that is empty. */
    public RestoreResult unnamedInto(RestoreDestination into, String id, Progress progress) throws IOException {
        return BackupStorage.runOnStorage(() -> brought(into, id, true, progress));
    }

    private RestoreResult brought(RestoreDestination into, String id, boolean unnamed, Progress progress)
            throws IOException {
        progress.at("looking", 0);
        BackupManifest manifest = repository.manifest(id);
        Optional<String> emptiness = manifest.holding().emptiness().filter(_ -> unnamed);
        if (emptiness.isPresent()) {
            return RestoreResult.nothing(manifest, emptiness.get());
        }
        requireWhole(manifest);
        try (ScratchDirectory own = job.scratchDirectory()) {
            return saving.bringBack(into, manifest, own.path(), progress);
        }
    }

    private void requireWhole(BackupManifest manifest) throws IOException {
        for (Map.Entry<String, BackupManifest.StoredFile> file :
                manifest.files().entrySet()) {
            long bytes = repository.size(manifest.id(), file.getKey()).orElse(0);
            if (bytes != file.getValue().bytes()) {
                throw new BackupException("its " + file.getKey() + " has " + bytes + " bytes, and had "
                        + file.getValue().bytes());
            }
        }
    }
}
