package dev.interlock.velocity;

import dev.interlock.action.Limits.Facet;
import dev.interlock.action.Limits.Selector;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** What was released. */
interface Past {

    /**
     * All that was released after {@code from}, the oldest first, if {@code selector} means it, and it has each of
     * {@code same} in common with {@code deed} as far as one of them has only one value.
     */
    List<Deed> since(Instant from, Selector selector, Set<Facet> same, Deed deed) throws SQLException;

    /** One that is in memory, for rehearsals. */
    static Past of(List<Deed> deeds) {
        return (from, selector, _, _) -> deeds.stream()
                .filter(deed -> deed.at().isAfter(from) && deed.fits(selector))
                .toList();
    }
}
