package dev.interlock.velocity;

import dev.interlock.action.Limits.Selector;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;

/** What was released. */
interface Past {

    /**
     * All that was released after {@code from}, the oldest first, if {@code selector} and {@code meant} mean it.
     *
     * @param bearing what each such deed has for certain
     * @throws TooMuchException if there is more than can be looked through, or kept in mind
     */
    List<Deed> since(Instant from, Selector selector, Bearing bearing, Predicate<Deed> meant)
            throws SQLException, TooMuchException;

    /** One that is in memory, for rehearsals. */
    static Past of(List<Deed> deeds) {
        return (from, selector, _, meant) -> deeds.stream()
                .filter(deed -> deed.at().isAfter(from) && deed.fits(selector) && meant.test(deed))
                .toList();
    }
}
