package dev.interlock.ledger;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which receipts.
 *
 * @param agent only of this one, and outcomes of its intents; of all but {@link Receipt#PROBE} if none is named
 * @param kind only of this one
 * @param lease only those that name it, and outcomes of the intents among them
 * @param from not before
 * @param until before
 * @param before only those that the log holds before this receipt, by its id; receipts are ordered by their place in
 *     the log, and a clock may be set back
 * @param limit at most so many
 */
public record ReceiptQuery(
        Optional<String> agent,
        Optional<Receipt.Kind> kind,
        Optional<String> lease,
        Optional<Instant> from,
        Optional<Instant> until,
        Optional<String> before,
        int limit) {

    /** As whose, whose parent's or whose place's it names a lease. */
    private static final List<String> NAMING = List.of("lease", "root", "parent", "place");

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
        this(agent, kind, Optional.empty(), from, until, Optional.empty(), limit);
    }

    /** The leases that {@code receipt} names; an outcome names none, but its intent. */
    static Set<String> leases(Receipt receipt) {
        Set<String> leases = new TreeSet<>();
        NAMING.forEach(name -> receipt.members().get(name).ifPresent(value -> add(leases, value)));
        if (receipt.members().get("leases").orElse(new Json.Nothing()) instanceof Json.Array(List<Json> items)) {
            items.forEach(item -> add(leases, item));
        }
        return leases;
    }

    private static void add(Set<String> leases, Json named) {
        if (named instanceof Json.Text(String lease)) {
            leases.add(lease);
        }
    }

    /** Whether it names the agent that is asked for. An outcome names none, but its intent. */
    boolean isOfAgent(Receipt receipt) {
        return agent.isEmpty()
                ? !receipt.agent().equals(Optional.of(Receipt.PROBE))
                : receipt.agent().equals(agent);
    }

    /** Whether it names the lease that is asked for. An outcome names none, but its intent. */
    boolean isOfLease(Receipt receipt) {
        return lease.isEmpty() || leases(receipt).contains(lease.get());
    }

    /** Whether it fits, wherever it lies in the log and whichever agent and leases it is of. */
    boolean matches(Receipt receipt) {
        return kind.filter(k -> k != receipt.kind()).isEmpty()
                && from.filter(at -> receipt.at().isBefore(at)).isEmpty()
                && until.filter(at -> !receipt.at().isBefore(at)).isEmpty();
    }
}
