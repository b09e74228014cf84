package dev.interlock.velocity;

import dev.interlock.action.Limits.Selector;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;

/** The released actions. */
interface Past {

    /**
     * Returns the actions released after {@code from} that match {@code selector} and {@code meant}, the oldest first.
     *
     * @param bearing a filter that each such action matches
     * @throws TooMuchException if there are too many to read or to keep in memory
     */
    List<Deed> since(Instant from, Selector selector, Bearing bearing, Predicate<Deed> meant)
            throws SQLException, TooMuchException;

    /** Returns a history in memory, for rehearsals. */
    static Past of(List<Deed> deeds) {
        return (from, selector, _, meant) -> deeds.stream()
                .filter(deed -> deed.at().isAfter(from) && deed.fits(selector) && meant.test(deed))
                .toList();
    }
}
