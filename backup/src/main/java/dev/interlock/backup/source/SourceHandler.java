package dev.interlock.backup.source;

import dev.interlock.backup.kept.BackupContent;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChangedException;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Copies one kind of source, tests its backups, and restores them. */
public interface SourceHandler {

    /** Returns a description of the source that does not depend on passwords. */
    String origin();

    /**
     * Copies the whole source into {@code part}.
     *
     * @param own a private directory
     * @throws ChangedException if it changed meanwhile, so that the copy represents no moment
     * @throws BackupException if it could not be copied
     */
    CopyResult copyInto(BackupRepository.PartialBackup part, Path own, Progress progress) throws IOException;

    /**
     * The result of copying.
     *
     * @param files the stored files, by name
     * @param excess powers of the source credential beyond those that a backup needs, as phrases after {@code it
     *     could}; empty if they could not be determined
     * @param sequencesKnown false if the positions of its sequences after the dump are unknown
     * @param lacking extensions without which this machine cannot test it; empty if that could not be determined
     * @param warnings warnings of the successful programs, in printable lines
     */
    record CopyResult(
            Map<String, BackupManifest.StoredFile> files,
            Separation separation,
            BackupContent holding,
            Optional<List<String>> excess,
            boolean sequencesKnown,
            Optional<List<String>> lacking,
            List<String> warnings) {

        public CopyResult {
            excess = excess.map(List::copyOf);
            lacking = lacking.map(List::copyOf);
            warnings = List.copyOf(warnings);
        }

        /**
         * Creates the result for a source without sequences, and without a credential whose powers could be queried.
         */
        public CopyResult(Map<String, BackupManifest.StoredFile> files, Separation separation, BackupContent holding) {
            this(files, separation, holding, Optional.of(List.of()), true, Optional.of(List.of()), List.of());
        }
    }

    /**
     * Returns the present separation of the source from its backups, as far as visible.
     *
     * @param own a private directory
     */
    Separation separation(Path own) throws IOException;

    /**
     * Restores the backup of {@code manifest} in {@code own}, a private directory, and returns the result.
     *
     * @throws BackupException if it cannot be tested, which says nothing about the backup
     */
    RestoreTestResult testRestore(BackupManifest manifest, Path own, Progress progress) throws IOException;

    /**
     * The result of a restore test.
     *
     * @param wrong the faults
     * @param uncompared the extensions for which it is unknown whether they recreated all their members
     */
    record RestoreTestResult(List<String> wrong, List<String> uncompared) {

        public RestoreTestResult {
            wrong = List.copyOf(wrong);
            uncompared = List.copyOf(uncompared);
        }

        /** Returns a result in which everything was compared. */
        public static RestoreTestResult of(List<String> wrong) {
            return new RestoreTestResult(wrong, List.of());
        }
    }

    /**
     * Restores the backup of {@code manifest} into {@code into}.
     *
     * @param own a private directory
     * @throws BackupException if it could not be done, or not there; then everything is as it was
     */
    RestoreResult bringBack(RestoreDestination into, BackupManifest manifest, Path own, Progress progress)
            throws IOException;

    /** Returns the faults of a backup that {@code fault} prevents from being restored. */
    static List<String> unrestorable(Exception fault) {
        return List.of("it cannot be restored: " + fault.getMessage());
    }

    /** Returns the faults of a backup of another kind of source. */
    static List<String> ofAnotherKind(BackupManifest manifest) {
        return List.of("it contains something other than the plan's source: `"
                + manifest.holding().type() + "`");
    }
}
