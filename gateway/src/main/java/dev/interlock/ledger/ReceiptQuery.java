package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;
import java.time.Instant;
import java.util.Optional;

/**
 * Which receipts.
 *
 * @param agent only of this one; of all but {@link Receipt#PROBE} if none is named
 * @param kind only of this one
 * @param from not before
 * @param until before
 * @param before only those that the log holds before this receipt, by its id; receipts are ordered by their place in
 *     the log, and a clock may be set back
 * @param limit at most so many
 */
public record ReceiptQuery(
        Optional<String> agent,
        Optional<Receipt.Kind> kind,
        Optional<Instant> from,
        Optional<Instant> until,
        Optional<String> before,
        int limit) {

    /** What one answer can hold without anybody noticing. */
    public static final int MAX_LIMIT = 10_000;

    public ReceiptQuery {
        limit = Math.clamp(limit, 0, MAX_LIMIT);
    }

    /** Wherever they lie in the log. */
    public ReceiptQuery(
            Optional<String> agent,
            Optional<Receipt.Kind> kind,
            Optional<Instant> from,
            Optional<Instant> until,
            int limit) {
        this(agent, kind, from, until, Optional.empty(), limit);
    }

    /** Whether it fits, wherever it lies in the log. */
    boolean matches(Receipt receipt) {
        return (agent.isEmpty()
                        ? !receipt.agent().equals(Optional.of(Receipt.PROBE))
                        : receipt.agent().equals(agent))
                && kind.filter(k -> k != receipt.kind()).isEmpty()
                && from.filter(at -> receipt.at().isBefore(at)).isEmpty()
                && until.filter(at -> !receipt.at().isBefore(at)).isEmpty();
    }
}
