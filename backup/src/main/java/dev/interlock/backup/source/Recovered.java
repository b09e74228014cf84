package dev.interlock.backup.source;

import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.Manifest;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What was brought back.
 *
 * @param wrong how it differs from what was counted
 * @param uncompared of what nobody could tell whether it differs, and why
 * @param left what it is called where there is any of these: it did not get its name then; empty if nothing came back
 */
public record Recovered(
        String id, Amount amount, List<String> wrong, List<String> uncompared, Optional<String> left, Notes notes) {

    /**
     * What else there is to say, where all is well too.
     *
     * @param moved from which version to which, in words, if it came back into a newer one than it was taken from
     * @param extensions of which nobody could tell whether they have made again what belonged to them
     * @param beside what was needed meanwhile, and could not be removed
     * @param roles which were made on the server
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

    /** As below, where all was compared. */
    public static Recovered of(Manifest manifest, List<String> wrong, String left) {
        return of(manifest, wrong, List.of(), left);
    }

    /** Of {@code manifest}'s backup, which what is {@code wrong} or {@code uncompared} leaves called {@code left}. */
    public static Recovered of(Manifest manifest, List<String> wrong, List<String> uncompared, String left) {
        return new Recovered(
                manifest.id(),
                manifest.holding().amount(),
                wrong,
                uncompared,
                wrong.isEmpty() && uncompared.isEmpty() ? Optional.empty() : Optional.of(left),
                Notes.NONE);
    }

    /** Of {@code manifest}'s backup, which was not brought back at all. */
    public static Recovered nothing(Manifest manifest, String why) {
        return new Recovered(
                manifest.id(), manifest.holding().amount(), List.of(why), List.of(), Optional.empty(), Notes.NONE);
    }

    /** Whether all of it is there again, and that is known. */
    public boolean isWhole() {
        return wrong.isEmpty() && uncompared.isEmpty();
    }

    /** The same, with {@code more} to say. */
    public Recovered noting(Notes more) {
        return new Recovered(id, amount, wrong, uncompared, left, more);
    }
}
