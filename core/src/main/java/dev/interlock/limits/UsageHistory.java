package dev.interlock.limits;

import dev.interlock.action.SealLimits.ActionSelector;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The released actions. */
interface UsageHistory {

    /** Returns the matching actions released after {@code from}, the oldest first; each matches {@code bearing}. */
    List<UsageEvent> since(Instant from, ActionSelector selector, HistoryFilter bearing, Predicate<UsageEvent> meant)
            throws HistoryTooLongException;

    static UsageHistory of(List<UsageEvent> deeds) {
        return (from, selector, _, meant) -> deeds.stream()
                .filter(deed -> deed.at().isAfter(from) && deed.fits(selector) && meant.test(deed))
                .toList();
    }

    /** Returns these actions and {@code later} ones. */
    default UsageHistory and(UsageHistory later) {
        return (from, selector, bearing, meant) -> Stream.concat(
                        since(from, selector, bearing, meant).stream(),
                        later.since(from, selector, bearing, meant).stream())
                .toList();
    }

    /** The history within a limit's window is too long to read while everybody else waits. */
    final class HistoryTooLongException extends Exception {

        private static final long serialVersionUID = 1L;

        HistoryTooLongException() {
            super("the history is longer than Interlock reads");
        }
    }
}
