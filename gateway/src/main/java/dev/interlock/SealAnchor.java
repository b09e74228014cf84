package dev.interlock;

import dev.interlock.evidence.Receipt;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.ReceiptQuery;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/**
 * The highest sequence of a seal that the ledger has on record: a store that was put back cannot bring an older one.
 */
final class SealAnchor {

    private final Ledger ledger;

    SealAnchor(Ledger ledger) {
        this.ledger = ledger;
    }

    long highest() {
        ReceiptQuery administered = new ReceiptQuery(
                Optional.empty(),
                Optional.of(Receipt.Kind.ADMIN),
                Optional.empty(),
                Optional.empty(),
                ReceiptQuery.MAX_LIMIT);
        try {
            return ledger.search(administered).stream()
                    .filter(receipt -> receipt.members().get("sequence").isPresent())
                    .mapToLong(receipt -> receipt.members().whole("sequence"))
                    .max()
                    .orElse(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
