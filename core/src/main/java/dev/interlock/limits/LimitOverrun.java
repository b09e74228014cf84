package dev.interlock.limits;

import dev.interlock.action.Obligations;
import dev.interlock.action.Refusal;
import dev.interlock.action.VerdictReasons;
import java.util.List;
import java.util.Optional;

/**
 * A limit that an attempt reaches.
 *
 * @param name as {@code budget deletions}
 * @param hold the obligations that release it all the same; empty if nothing does
 */
record LimitOverrun(String name, String reason, String next, Optional<Obligations> hold, Refusal.Finality finality) {

    VerdictReasons.ReachedLimit limited() {
        return new VerdictReasons.ReachedLimit(name, reason);
    }

    Refusal refusal() {
        return new Refusal(
                Refusal.Kind.DENIED,
                finality,
                reason,
                next,
                List.of("every call that the " + name.replace(" ", " `") + "` counts"),
                Optional.empty());
    }
}
