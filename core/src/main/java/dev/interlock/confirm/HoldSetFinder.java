package dev.interlock.confirm;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Finds the sets of holds, inside one transaction. It reads the holds of each lease once. */
final class HoldSetFinder {

    private final HoldRows rows;
    private final UnaryOperator<Hold> settled;
    private final Map<String, List<Hold>> live = new HashMap<>();
    private final Map<String, List<HoldSet>> sets = new HashMap<>();

    /** @param settled what has become of a hold; a caller that writes also stores that */
    HoldSetFinder(HoldRows rows, UnaryOperator<Hold> settled) {
        this.rows = rows;
        this.settled = settled;
    }

    /** Returns the set in which {@code hold} waits; a hold that is over is alone. */
    HoldSet of(Hold hold) {
        if (!hold.state().isLive()) {
            return HoldSet.of(hold);
        }
        return sets.computeIfAbsent(hold.statement().lease(), _ -> HoldSet.of(live(hold))).stream()
                .filter(set -> set.holds().stream().anyMatch(one -> one.id().equals(hold.id())))
                .findFirst()
                .orElseGet(() -> HoldSet.of(hold));
    }

    /** Returns the set or the hold {@code id}. A set whose holds are all over is its first hold. */
    Optional<HoldSet> find(String id) {
        String first = HoldSet.isSet(id) ? HoldSet.firstHold(id) : id;
        Optional<Hold> found = rows.find(first).map(settled);
        return found.map(hold -> HoldSet.isSet(id)
                ? HoldSet.from(hold, live(hold)).orElseGet(() -> HoldSet.of(hold))
                : HoldSet.of(hold));
    }

    private List<Hold> live(Hold hold) {
        return live.computeIfAbsent(
                hold.statement().lease(),
                lease -> rows.liveOf(lease).stream()
                        .map(settled)
                        .filter(one -> one.state().isLive())
                        .toList());
    }
}
