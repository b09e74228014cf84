package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;
import java.util.Optional;

/** A stream of receipts as they become durable. For one thread. */
public interface ReceiptStream extends AutoCloseable {

    Optional<Receipt> next() throws InterruptedException;

    @Override
    void close();
}
