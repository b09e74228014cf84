package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Call;
import dev.interlock.action.Lease;
import dev.interlock.action.Placement;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.SampledCache;
import dev.interlock.action.VerdictReasons;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Caches the receipt members of intents that only read. Agents repeat such calls, and only time and identifier differ
 * from one receipt to the next. The key is made of the very values that {@link ReceiptMembers#of(Sensed, Grounds)}
 * reads, so an entry cannot belong to another call. The members of a call that changes anything are made each time.
 *
 * <p>Threading: any.
 */
final class IntentCache {

    /** Maximum entries: some 2 MiB at the usual length, and at most some 16. */
    static final int MAX_KEPT = 512;

    /** Maximum weight of a call; its actions are limited below. Larger calls are rare. */
    private static final int MAX_CALL = 8 * 1024;

    private static final int MAX_ACTIONS = 16;

    /** Maximum bytes of the members as written. The key is as long, and the objects take some four times as much. */
    private static final int MAX_TOLD = 4 * 1024;

    private final SampledCache<Key, Json.Members> kept = new SampledCache<>(MAX_KEPT);

    private record Key(
            Lease lease,
            String upstream,
            Call outgoing,
            List<Action> actions,
            Map<Resource, Placement> placements,
            BlastRadius radius,
            VerdictReasons grounds) {

        static Key of(ResolvedAttempt sensed, VerdictReasons grounds) {
            return new Key(
                    sensed.lease(),
                    sensed.attempt().upstream(),
                    sensed.outgoing(),
                    sensed.actions(),
                    sensed.placements(),
                    sensed.radius(),
                    grounds);
        }

        /** Hashes the values that mostly differ; the rest is compared. */
        @Override
        public int hashCode() {
            return Objects.hash(lease.id(), outgoing);
        }
    }

    Json.Members of(ResolvedAttempt sensed, VerdictReasons grounds) {
        if (!isKept(sensed)) {
            return ReceiptMembers.of(sensed, grounds);
        }
        Key told = Key.of(sensed, grounds);
        Optional<Json.Members> known = kept.get(told);
        if (known.isPresent()) {
            return known.get();
        }
        Json.Members fresh = ReceiptMembers.of(sensed, grounds);
        if (fresh.canonical().length <= MAX_TOLD) {
            kept.put(told, fresh);
        }
        return fresh;
    }

    private static boolean isKept(ResolvedAttempt sensed) {
        return sensed.isPureRead()
                && sensed.actions().size() <= MAX_ACTIONS
                && sensed.outgoing().isWhole()
                && sensed.outgoing().weight() <= MAX_CALL;
    }

    int size() {
        return kept.size();
    }
}
