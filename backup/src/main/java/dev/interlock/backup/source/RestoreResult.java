package dev.interlock.backup.source;

import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.BackupManifest;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The result of a restore.
 *
 * @param wrong the differences from the counted content
 * @param uncompared the parts that could not be compared, and why
 * @param left its temporary name, if it did not get its final name because of either; empty if nothing was restored
 */
public record RestoreResult(
        String id,
        Amount amount,
        List<String> wrong,
        List<String> uncompared,
        Optional<String> left,
        RestoreNotes notes) {

    /**
     * Further notes, which apply to a successful restore as well.
     *
     * @param moved a text on both versions, if it was restored into a newer one
     * @param extensions the extensions for which it is unknown whether they recreated all their members
     * @param beside the temporary items that could not be removed
     * @param roles the roles that were created on the server
     */
    public record RestoreNotes(Optional<String> moved, List<String> extensions, Set<String> beside, Set<String> roles) {

        public static final RestoreNotes NONE = new RestoreNotes(Optional.empty(), List.of(), Set.of(), Set.of());

        public RestoreNotes {
            extensions = List.copyOf(extensions);
            beside = Set.copyOf(beside);
            roles = Set.copyOf(roles);
        }
    }

    public RestoreResult {
        wrong = List.copyOf(wrong);
        uncompared = List.copyOf(uncompared);
    }

    /** Returns the result of a restore in which everything was compared. */
    public static RestoreResult of(BackupManifest manifest, List<String> wrong, String left) {
        return of(manifest, wrong, List.of(), left);
    }

    /**
     * Returns the result of restoring the backup of {@code manifest}. With anything in {@code wrong} or
     * {@code uncompared} it keeps the name {@code left}.
     */
    public static RestoreResult of(BackupManifest manifest, List<String> wrong, List<String> uncompared, String left) {
        return new RestoreResult(
                manifest.id(),
                manifest.holding().amount(),
                wrong,
                uncompared,
                wrong.isEmpty() && uncompared.isEmpty() ? Optional.empty() : Optional.of(left),
                RestoreNotes.NONE);
    }

    /** Returns the result if the backup of {@code manifest} was not restored at all. */
    public static RestoreResult nothing(BackupManifest manifest, String why) {
        return new RestoreResult(
                manifest.id(),
                manifest.holding().amount(),
                List.of(why),
                List.of(),
                Optional.empty(),
                RestoreNotes.NONE);
    }

    /** Returns whether everything was restored, and compared. */
    public boolean isWhole() {
        return wrong.isEmpty() && uncompared.isEmpty();
    }

    /** Returns the result with {@code more} notes. */
    public RestoreResult noting(RestoreNotes more) {
        return new RestoreResult(id, amount, wrong, uncompared, left, more);
    }
}
