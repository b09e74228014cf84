package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Call;
import dev.interlock.action.Grounds;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Lease;
import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import dev.interlock.action.Sensed;
import dev.interlock.action.Weight;
import dev.interlock.evidence.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What intents say of calls that only look, kept for the next time: agents ask the same again and again, and nothing
 * but time and identifier differs from one receipt to the next. It is kept under the values themselves that
 * {@link Contents#of(Sensed, Grounds)} reads, so it cannot be another's. What changes anything is told each time, as it
 * is read each time.
 *
 * <p>Threading: every method holds the monitor, but for the telling itself.
 */
final class Tellings {

    /** As many as an agent's tools ask differently within a task; of usual length, some 2 MiB, and at most some 16. */
    static final int MAX_KEPT = 500;

    /** Longer ones are rare: the call, and what it comes to. */
    private static final int MAX_CALL = 8 * 1024;

    private static final int MAX_ACTIONS = 16;

    /** What is told, in bytes as it is written; what it is told of is as long, and what holds it some four times so. */
    private static final int MAX_TOLD = 4 * 1024;

    private final Map<Told, Json.Members> kept = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Told, Json.Members> eldest) {
            return size() > MAX_KEPT;
        }
    };

    /** All that is told of. */
    private record Told(
            Lease lease,
            String upstream,
            Call outgoing,
            List<Action> actions,
            Map<Resource, Placement> placements,
            BlastRadius radius,
            Grounds grounds) {

        static Told of(Sensed sensed, Grounds grounds) {
            return new Told(
                    sensed.lease(),
                    sensed.attempt().upstream(),
                    sensed.outgoing(),
                    sensed.actions(),
                    sensed.placements(),
                    sensed.radius(),
                    grounds);
        }

        /** Of what mostly tells two apart; the rest is compared. */
        @Override
        public int hashCode() {
            return Objects.hash(lease.id(), outgoing);
        }
    }

    Json.Members of(Sensed sensed, Grounds grounds) {
        if (!isKept(sensed)) {
            return Contents.of(sensed, grounds);
        }
        Told told = Told.of(sensed, grounds);
        Optional<Json.Members> known = known(told);
        if (known.isPresent()) {
            return known.get();
        }
        Json.Members fresh = Contents.of(sensed, grounds);
        if (fresh.canonical().length <= MAX_TOLD) {
            keep(told, fresh);
        }
        return fresh;
    }

    private static boolean isKept(Sensed sensed) {
        return sensed.isPureRead()
                && sensed.actions().size() <= MAX_ACTIONS
                && switch (sensed.outgoing()) {
                    case HttpCall call -> call.isWhole() && Weight.of(call) <= MAX_CALL;
                };
    }

    private synchronized Optional<Json.Members> known(Told told) {
        return Optional.ofNullable(kept.get(told));
    }

    private synchronized void keep(Told told, Json.Members members) {
        kept.put(told, members);
    }

    synchronized int size() {
        return kept.size();
    }
}
