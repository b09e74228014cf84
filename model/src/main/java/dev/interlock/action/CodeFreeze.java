package dev.interlock.action;

import java.time.Instant;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/** A time in which nothing may change in some environments. */
public record CodeFreeze(Set<String> environments, Instant from, Instant until, String reason) {
    public CodeFreeze {
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        if (!from.isBefore(until)) {
            throw new IllegalArgumentException("`from` must be before `until`");
        }
    }

    public boolean isActive(Instant now) {
        return !now.isBefore(from) && now.isBefore(until);
    }

    /** Returns whether it stops {@code action} at a resource placed at {@code placement}. */
    public boolean stops(Action action, Placement placement) {
        boolean changes =
                action.impacts().stream().anyMatch(impact -> impact != Impact.READ && impact != Impact.CREDENTIAL);
        return changes
                && (environments.isEmpty() || placement.environments().stream().anyMatch(environments::contains));
    }
}
