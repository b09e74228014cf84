package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Readings of calls that only look, kept for the next time: agents ask the same things again and again, and a reading
 * rests on the call and the catalog alone. What changes anything is read each time, so that nothing that an agent
 * wrote, such as a variable's value, stays in memory.
 *
 * <p>Threading: every method holds the monitor, but for the reading itself.
 */
final class ReadMemo {

    /** Far more than an agent's tools ask differently within a task. */
    static final int MAX_READINGS = 1_000;

    /** Longer calls are rare, head and body together; all that are kept take some 8 MiB. */
    static final int MAX_LENGTH = 8 * 1024;

    private final Map<HttpCall, Reading> readings = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<HttpCall, Reading> eldest) {
            return size() > MAX_READINGS;
        }
    };

    Reading of(HttpCall call, Function<HttpCall, Reading> reader) {
        if (!call.isWhole() || length(call) > MAX_LENGTH) {
            return reader.apply(call);
        }
        Optional<Reading> known = known(call);
        if (known.isPresent()) {
            return known.get();
        }
        Reading reading = reader.apply(call);
        if (reading instanceof Reading.Understood understood
                && understood.actions().stream().allMatch(Action::isPureRead)) {
            keep(call, reading);
        }
        return reading;
    }

    /** The fields that go no further are part of a reading too: the digest of the request says them. */
    private static int length(HttpCall call) {
        int length = call.path().length() + call.body().length();
        for (HttpCall.Parameter parameter : call.query()) {
            length += parameter.name().length() + parameter.value().length();
        }
        for (Header header : call.headers()) {
            length += header.name().length() + header.value().length();
        }
        return length;
    }

    private synchronized Optional<Reading> known(HttpCall call) {
        return Optional.ofNullable(readings.get(call));
    }

    private synchronized void keep(HttpCall call, Reading reading) {
        readings.put(call, reading);
    }
}
