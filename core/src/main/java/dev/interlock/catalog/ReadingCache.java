package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.HttpCall;
import dev.interlock.action.MemoryEstimate;
import dev.interlock.action.SampledCache;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * A cache of readings of read-only calls. Agents repeat these, and a reading depends on the call and the catalog alone.
 * Calls that change something are read each time. So nothing that an agent wrote, such as a variable's value, stays in
 * memory.
 *
 * <p>Threading: any.
 */
final class ReadingCache {

    /** Maximum readings: far more than an agent's tools ask differently within a task. */
    static final int MAX_READINGS = 1_000;

    /**
     * Maximum weight of a call and its reading together. Heavier ones are rare. All cached readings take some 8 to 16
     * MiB.
     */
    static final int MAX_WEIGHT = 8 * 1024;

    private final SampledCache<HttpCall, CallReading> readings = new SampledCache<>(MAX_READINGS);

    CallReading of(HttpCall call, Function<HttpCall, CallReading> reader) {
        if (call.stream().isPresent() || call.weight() > MAX_WEIGHT) {
            return reader.apply(call);
        }
        Optional<CallReading> known = readings.get(call);
        if (known.isPresent()) {
            return known.get();
        }
        CallReading reading = reader.apply(call);
        if (reading instanceof CallReading.CallMeaning understood
                && understood.stateCheck().isEmpty()
                && understood.actions().stream().allMatch(Action::isPureRead)
                && call.weight() + weight(understood) <= MAX_WEIGHT) {
            readings.offer(call, () -> reading);
        }
        return reading;
    }

    private static long weight(CallReading.CallMeaning reading) {
        long weight = reading.outgoing().weight();
        for (Action action : reading.actions()) {
            weight += MemoryEstimate.of(action);
        }
        for (List<String> path :
                reading.redaction().map(ResponseRedaction::paths).orElse(Set.of())) {
            for (String name : path) {
                weight += MemoryEstimate.of(name);
            }
        }
        return weight;
    }
}
