package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Tile;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The keys under which the index finds bundles. */
final class ReceiptKeys {

    static final int ANY = -1;

    /** Receipts of everybody but the gateway's own probes: what a query gets that names no agent. */
    private static final String NO_PROBE = "*";

    private static final String AGENT = "a:";
    private static final String LEASE = "l:";
    private static final String ID = "i:";
    private static final String OUTCOMES = "o:";

    /** The beginning of an id that is a key: its time in steps of 32 ms. */
    private static final int ID_LENGTH = "R-".length() + 9;

    private static final List<Receipt.Kind> KINDS = List.of(Receipt.Kind.values());

    private ReceiptKeys() {}

    static Set<String> of(Receipt receipt) {
        Set<String> keys = new LinkedHashSet<>();
        Optional<String> agent = receipt.agent();
        if (!agent.equals(Optional.of(Receipt.PROBE))) {
            keys.add(NO_PROBE);
        }
        agent.ifPresent(name -> keys.add(key(AGENT, name)));
        ReceiptQuery.leases(receipt).forEach(lease -> keys.add(key(LEASE, lease)));
        return Set.copyOf(keys);
    }

    /** Returns a key without what separates keys on disk. Names have neither, and a key may stand for two of them. */
    private static String key(String what, String name) {
        return what + name.replace('\n', ' ').replace('\t', ' ');
    }

    static Set<String> ofOutcome(Set<String> own, Set<String> intent) {
        Set<String> keys = new LinkedHashSet<>(own);
        keys.addAll(intent);
        if (!intent.contains(NO_PROBE)) {
            keys.remove(NO_PROBE);
        }
        return keys;
    }

    static List<String> of(ReceiptQuery query) {
        List<String> keys = new ArrayList<>();
        query.lease().ifPresent(lease -> keys.add(key(LEASE, lease)));
        keys.add(query.agent().map(agent -> key(AGENT, agent)).orElse(NO_PROBE));
        return keys;
    }

    static String id(String id) {
        return ID + id.substring(0, Math.min(id.length(), ID_LENGTH));
    }

    static String outcomes(long leaf) {
        return OUTCOMES + leaf / Tile.WIDTH;
    }

    /** Returns the bit of {@code kind}. It is stored: a new kind comes last, or the index gets a new version. */
    static int mask(Receipt.Kind kind) {
        return 1 << KINDS.indexOf(kind);
    }
}
