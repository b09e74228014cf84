package dev.interlock.backup.source;

import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.Manifest;
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
public record Recovered(
        String id, Amount amount, List<String> wrong, List<String> uncompared, Optional<String> left, Notes notes) {

    /**
     * Further notes, which apply to a successful restore as well.
     *
     * @param moved a text on both versions, if it was restored into a newer one
     * @param extensions the extensions for which it is unknown whether they recreated all their members
     * @param beside the temporary items that could not be removed
     * @param roles the roles that were created on the server
     */
    public record Notes(Optional<String> moved, List<String> extensions, Set<String> beside, Set<String> roles) {

        public static final Notes NONE = new Notes(Optional.empty(), List.of(), Set.of(), Set.of());

        public Notes {
            extensions = List.copyOf(extensions);
            beside = Set.copyOf(beside);
            roles = Set.copyOf(roles);
        }
    }

    public Recovered {
        wrong = List.copyOf(wrong);
        uncompared = List.copyOf(uncompared);
    }

    /** Returns the result of a restore in which everything was compared. */
    public static Recovered of(Manifest manifest, List<String> wrong, String left) {
        return of(manifest, wrong, List.of(), left);
    }

    /**
     * Returns the result of restoring the backup of {@code manifest}. With anything in {@code wrong} or
     * {@code uncompared} it keeps the name {@code left}.
     */
    public static Recovered of(Manifest manifest, List<String> wrong, List<String> uncompared, String left) {
        return new Recovered(
                manifest.id(),
                manifest.holding().amount(),
                wrong,
                uncompared,
                wrong.isEmpty() && uncompared.isEmpty() ? Optional.empty() : Optional.of(left),
                Notes.NONE);
    }

    /** Returns the result if the backup of {@code manifest} was not restored at all. */
    public static Recovered nothing(Manifest manifest, String why) {
        return new Recovered(
                manifest.id(), manifest.holding().amount(), List.of(why), List.of(), Optional.empty(), Notes.NONE);
    }

    /** Returns whether everything was restored, and compared. */
    public boolean isWhole() {
        return wrong.isEmpty() && uncompared.isEmpty();
    }

    /** Returns the result with {@code more} notes. */
    public Recovered noting(Notes more) {
        return new Recovered(id, amount, wrong, uncompared, left, more);
    }
}
