package dev.interlock.admin;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.ReceiptQuery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The receipts of one lease and of those that were derived from it. The ledger has no index of leases: it is gone
 * through backwards, page by page, for as long as the query's times allow and no further than there is patience for.
 */
final class LeaseReceipts {

    /** So many others between a lease's receipts, and what is older is not found. */
    static final int MAX_LOOKED_AT = 100_000;

    private static final int PAGE = 2_000;

    private final Ledger ledger;

    LeaseReceipts(Ledger ledger) {
        this.ledger = ledger;
    }

    /** Newest first, as many as {@code query} asks for. */
    List<Receipt> of(String lease, ReceiptQuery query) throws IOException {
        List<Receipt> found = new ArrayList<>();
        Set<String> intents = new HashSet<>();
        each(query, Optional.empty(), receipt -> {
            if (isOf(lease, receipt)) {
                found.add(receipt);
                if (receipt.kind() == Receipt.Kind.INTENT) {
                    intents.add(receipt.id());
                }
            }
        });
        if (!intents.isEmpty()) {
            each(query, Optional.of(Receipt.Kind.OUTCOME), outcome -> {
                if (outcome.intent().filter(intents::contains).isPresent()) {
                    found.add(outcome);
                }
            });
        }
        return found.stream()
                .filter(receipt -> query.agent().isEmpty() || receipt.agent().equals(query.agent()))
                .filter(receipt ->
                        query.kind().filter(kind -> kind != receipt.kind()).isEmpty())
                .sorted(Comparator.comparing(Receipt::at).reversed())
                .limit(query.limit())
                .toList();
    }

    private void each(ReceiptQuery query, Optional<Receipt.Kind> kind, Consumer<Receipt> then) throws IOException {
        Optional<String> before = Optional.empty();
        for (int lookedAt = 0; lookedAt < MAX_LOOKED_AT; lookedAt += PAGE) {
            List<Receipt> page =
                    ledger.search(new ReceiptQuery(Optional.empty(), kind, query.from(), query.until(), before, PAGE));
            page.forEach(then);
            if (page.size() < PAGE) {
                return;
            }
            before = Optional.of(page.getLast().id());
        }
    }

    private static boolean isOf(String lease, Receipt receipt) {
        Json.Members members = receipt.members();
        Json named = new Json.Text(lease);
        return List.of("lease", "root", "parent").stream()
                        .anyMatch(name -> members.get(name).equals(Optional.of(named)))
                || members.get("leases").filter(leases -> holds(leases, named)).isPresent();
    }

    private static boolean holds(Json leases, Json named) {
        return leases instanceof Json.Array array && array.items().contains(named);
    }
}
