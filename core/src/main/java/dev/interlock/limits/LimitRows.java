package dev.interlock.limits;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The released actions, the freezes, and the time reached, inside one transaction of a {@link LimitStore}. Only the
 * actions that a limit applied to are stored, and no longer than any window.
 */
interface LimitRows extends UsageHistory {

    /** Counts actions. */
    void add(List<UsageEvent> deeds);

    /** Returns which of {@code attempts} are counted. */
    Set<String> known(Collection<String> attempts);

    void remove(String attempt);

    /** Removes the actions until {@code before}. */
    void forget(Instant before);

    /** Stores the clock's time, which never goes back. Returns it, or the later one that another gateway has stored. */
    Instant keep(Instant reached);

    /** Returns the latest time that the store knows. */
    Instant reached();

    /** Reads the freezes in force, with the next statement. */
    Supplier<List<Freeze>> freezes();

    void addFreeze(Freeze freeze);

    void liftFreeze(Freeze freeze, String by, Instant at);

    /** Returns whether there is a freeze by {@code intent}, in force or lifted. */
    boolean hasFrozen(String intent);
}
