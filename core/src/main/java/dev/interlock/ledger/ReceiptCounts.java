package dev.interlock.ledger;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What agents' calls became, by quarter of an hour.
 *
 * @param quarters those with at least one receipt, the oldest first
 * @param medianSeconds how long people took to answer a question
 */
public record ReceiptCounts(List<Quarter> quarters, Optional<Long> medianSeconds) {

    /** Calls that began in the quarter of an hour from {@code from} on, by what became of them. */
    public record Quarter(Instant from, long passed, long asked, long denied) {

        private Quarter plus(String what, long count) {
            return switch (what) {
                case CountedReceipt.PASSED -> new Quarter(from, passed + count, asked, denied);
                case CountedReceipt.DENIED -> new Quarter(from, passed, asked, denied + count);
                default -> new Quarter(from, passed, asked + 1, denied);
            };
        }
    }

    static ReceiptCounts of(SortedMap<Long, Map<String, Long>> counted) {
        SortedMap<Long, Quarter> quarters = new TreeMap<>();
        Set<String> asked = new HashSet<>();
        List<Long> seconds = new ArrayList<>();
        counted.forEach((quarter, counts) -> counts.forEach((what, count) -> {
            if (what.startsWith(CountedReceipt.ANSWERED)) {
                long after = Long.parseLong(what.substring(CountedReceipt.ANSWERED.length()));
                for (long i = 0; i < count; i++) {
                    seconds.add(after);
                }
            } else if (!what.startsWith(CountedReceipt.ASKED) || asked.add(what)) {
                Instant from = Instant.ofEpochSecond(quarter * CountedReceipt.QUARTER);
                quarters.merge(quarter, new Quarter(from, 0, 0, 0).plus(what, count), (a, _) -> a.plus(what, count));
            }
        }));
        seconds.sort(null);
        return new ReceiptCounts(
                List.copyOf(quarters.values()),
                seconds.isEmpty() ? Optional.empty() : Optional.of(seconds.get(seconds.size() / 2)));
    }
}
