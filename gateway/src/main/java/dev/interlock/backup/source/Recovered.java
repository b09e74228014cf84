package dev.interlock.backup.source;

import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.Manifest;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What was brought back.
 *
 * @param wrong how it differs from what was counted; then it did not get its name
 * @param left what it is called then
 * @param beside what was needed meanwhile, and could not be removed
 */
public record Recovered(String id, Amount amount, List<String> wrong, Optional<String> left, Set<String> beside) {

    public Recovered {
        wrong = List.copyOf(wrong);
        beside = Set.copyOf(beside);
    }

    /** Of {@code manifest}'s backup, where what is {@code wrong} with it leaves it called {@code left}. */
    public static Recovered of(Manifest manifest, List<String> wrong, String left) {
        return new Recovered(
                manifest.id(),
                manifest.holding().amount(),
                wrong,
                wrong.isEmpty() ? Optional.empty() : Optional.of(left),
                Set.of());
    }

    /** The same, where {@code more} could not be removed. */
    public Recovered beside(Set<String> more) {
        return new Recovered(id, amount, wrong, left, more);
    }
}
