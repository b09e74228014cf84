package dev.interlock.replay;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the store lacked at the start, compared with the ledger.
 *
 * @param receipts how many receipts of the ledger are younger than the store
 * @param from the time of the store's last mark; empty for a new store, and for one of a version without marks
 * @param restored what was restored from these receipts, in whole sentences
 */
public record StoreLag(long receipts, Optional<Instant> from, List<String> restored) {

    public StoreLag {
        restored = List.copyOf(restored);
    }

    /** Describes it for people, in whole sentences. */
    public String words() {
        String age = from.map(at -> "The store was older than the ledger: it was last in step at " + at + ", and "
                        + receipts + " receipts came after that.")
                .orElseGet(() -> "The store is new, or of a version that did not compare it, and the ledger has "
                        + receipts + " receipts.");
        String taken = restored.isEmpty() ? "Nothing in them had to be restored." : String.join(" ", restored);
        return age + " " + taken
                + " Leases, holds and passkeys of that time that the store does not have are not valid any more.";
    }
}
