package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;
import java.util.Optional;

/** A stream of receipts as they become durable. For one thread. */
public interface ReceiptStream extends AutoCloseable {

    /**
     * Waits for the next receipt. Empty when there are no more: the ledger was closed, or the reader fell too far
     * behind.
     */
    Optional<Receipt> next() throws InterruptedException;

    @Override
    void close();
}
