package dev.interlock.limits;

import dev.interlock.action.SealLimits.ActionSelector;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;

/** The released actions. */
interface UsageHistory {

    /**
     * Returns the actions released after {@code from} that match {@code selector} and {@code meant}, the oldest first.
     *
     * @param bearing a filter that each such action matches
     * @throws HistoryTooLongException if there are too many to read or to keep in memory
     */
    List<UsageEvent> since(Instant from, ActionSelector selector, HistoryFilter bearing, Predicate<UsageEvent> meant)
            throws HistoryTooLongException;

    static UsageHistory of(List<UsageEvent> deeds) {
        return (from, selector, _, meant) -> deeds.stream()
                .filter(deed -> deed.at().isAfter(from) && deed.fits(selector) && meant.test(deed))
                .toList();
    }
}
