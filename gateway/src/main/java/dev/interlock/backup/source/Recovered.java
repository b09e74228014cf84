package dev.interlock.backup.source;

import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.Manifest;
import java.util.List;
import java.util.Optional;

/**
 * What was brought back.
 *
 * @param wrong how it differs from what was counted; then it did not get its name
 * @param left what it is called then
 */
public record Recovered(String id, Amount amount, List<String> wrong, Optional<String> left) {

    public Recovered {
        wrong = List.copyOf(wrong);
    }

    /** Of {@code manifest}'s backup, where what is {@code wrong} with it leaves it called {@code left}. */
    public static Recovered of(Manifest manifest, List<String> wrong, String left) {
        return new Recovered(
                manifest.id(),
                manifest.holding().amount(),
                wrong,
                wrong.isEmpty() ? Optional.empty() : Optional.of(left));
    }
}
