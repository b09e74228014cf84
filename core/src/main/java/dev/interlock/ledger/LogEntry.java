package dev.interlock.ledger;

import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A receipt as its bytes in the log, and what the index needs of it. All is made once, on the thread of the caller who
 * appends. Thousands wait in memory for their checkpoint, where each object costs time at every collection.
 *
 * @param bytes RFC 8785, never changed
 * @param second its time, without the fraction
 * @param keys as {@link ReceiptKeys} makes them
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and never passed out of the package
record LogEntry(
        byte[] bytes,
        String id,
        Receipt.Kind kind,
        Optional<String> intent,
        long second,
        Set<String> keys,
        List<CountedReceipt> counted) {

    private static final int MAX_SHARED = 1000;

    /** A receipt that is too long fails here, alone and not with its whole group. */
    static LogEntry of(Receipt receipt) throws ReceiptTooLongException {
        try {
            return of(receipt, receipt.canonical());
        } catch (MalformedException e) {
            throw new ReceiptTooLongException(e);
        }
    }

    static LogEntry of(Receipt receipt, byte[] bytes) {
        return new LogEntry(
                bytes,
                receipt.id(),
                receipt.kind(),
                receipt.intent(),
                receipt.at().getEpochSecond(),
                ReceiptKeys.of(receipt),
                CountedReceipt.of(receipt));
    }

    /** Returns the same with the keys and counts of {@code latest} receipts, as far as they are equal: few differ. */
    LogEntry sharing(Map<Object, Object> latest) {
        return new LogEntry(bytes, id, kind, intent, second, shared(latest, keys), shared(latest, counted));
    }

    @SuppressWarnings("unchecked") // what is equal is of the same type
    private static <T> T shared(Map<Object, Object> latest, T value) {
        if (latest.size() >= MAX_SHARED) {
            latest.clear();
        }
        Object first = latest.putIfAbsent(value, value);
        return first == null ? value : (T) first;
    }
}
