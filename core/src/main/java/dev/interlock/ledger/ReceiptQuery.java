package dev.interlock.ledger;

import dev.interlock.evidence.CallVerdict;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A filter for receipts.
 *
 * @param agent only this agent's receipts, and outcomes of its intents; if empty, all except {@link Receipt#PROBE}
 * @param person only receipts of this person's agents and of the person's own acts, and outcomes of the intents among
 *     them
 * @param lease only receipts that name this lease, and outcomes of the intents among them
 * @param before only receipts that the log holds before this one, by its id; receipts are ordered by their place in the
 *     log, because a clock may be set back
 * @param verdict only calls with this verdict, and no outcomes
 */
public record ReceiptQuery(
        Optional<String> agent,
        Optional<String> person,
        Optional<Receipt.Kind> kind,
        Optional<String> lease,
        Optional<Instant> from,
        Optional<Instant> until,
        Optional<String> before,
        int limit,
        Optional<CallVerdict> verdict) {

    /** The members in which a receipt names a lease: as its own, as a root or parent, or as that of a place. */
    private static final List<String> NAMING = List.of("lease", "root", "parent", "place");

    /** Maximum receipts in one answer. */
    public static final int MAX_LIMIT = 10_000;

    /** Creates a filter that names nobody. */
    public static ReceiptQuery newest(int limit) {
        return new ReceiptQuery(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                limit,
                Optional.empty());
    }

    public ReceiptQuery only(Receipt.Kind only) {
        return new ReceiptQuery(agent, person, Optional.of(only), lease, from, until, before, limit, verdict);
    }

    ReceiptQuery of(String name) {
        return new ReceiptQuery(Optional.of(name), person, kind, lease, from, until, before, limit, verdict);
    }

    /** Returns this filter for receipts before {@code receipt}. */
    public ReceiptQuery before(String receipt) {
        return new ReceiptQuery(agent, person, kind, lease, from, until, Optional.of(receipt), limit, verdict);
    }

    /** Returns this filter for receipts that are also before {@code end}. */
    ReceiptQuery until(Instant end) {
        Optional<Instant> first = Optional.of(until.filter(end::isAfter).orElse(end));
        return new ReceiptQuery(agent, person, kind, lease, from, first, before, limit, verdict);
    }

    public ReceiptQuery {
        limit = Math.clamp(limit, 0, MAX_LIMIT);
    }

    /** Returns the leases that {@code receipt} names. An outcome names none, but its intent does. */
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

    /** Returns whether it names the requested agent. An outcome names none, but its intent does. */
    boolean isOfAgent(Receipt receipt) {
        return agent.isEmpty()
                ? !receipt.agent().equals(Optional.of(Receipt.PROBE))
                : receipt.agent().equals(agent);
    }

    /** Returns whether it names the requested lease and person. An outcome names none, but its intent does. */
    boolean isOfLeaseAndPerson(Receipt receipt) {
        return (lease.isEmpty() || leases(receipt).contains(lease.get()))
                && (person.isEmpty()
                        || named(receipt, "person").equals(person)
                        || named(receipt, "peer").equals(person));
    }

    private static Optional<String> named(Receipt receipt, String member) {
        return receipt.members().get(member).orElse(new Json.Nothing()) instanceof Json.Text(String name)
                ? Optional.of(name)
                : Optional.empty();
    }

    /** Returns whether it matches, apart from its place in the log, its agent, its person and its leases. */
    boolean matches(Receipt receipt) {
        return kind.filter(k -> k != receipt.kind()).isEmpty()
                && (verdict.isEmpty() || verdict.equals(CallVerdict.of(receipt)))
                && from.filter(at -> receipt.at().isBefore(at)).isEmpty()
                && until.filter(at -> !receipt.at().isBefore(at)).isEmpty();
    }
}
