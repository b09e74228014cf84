package dev.interlock.ledger;

import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

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

    /** Keys and counts of the latest receipts. Few of them differ, and equal ones are one object. */
    private static final Map<Object, Object> SHARED = new ConcurrentHashMap<>();

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
                shared(ReceiptKeys.of(receipt)),
                shared(CountedReceipt.of(receipt)));
    }

    @SuppressWarnings("unchecked") // what is equal is of the same type
    private static <T> T shared(T value) {
        if (SHARED.size() >= MAX_SHARED) {
            SHARED.clear();
        }
        Object first = SHARED.putIfAbsent(value, value);
        return first == null ? value : (T) first;
    }
}
