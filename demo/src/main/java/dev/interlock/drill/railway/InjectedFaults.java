package dev.interlock.drill.railway;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Faults that are injected on purpose. Threading: every method holds the monitor. */
final class InjectedFaults {

    /** The kinds of faults. */
    enum FaultKind {
        /** Done, but the connection ends without an answer. */
        CUT_AFTER_APPLY,
        /** Not done, and the connection ends without an answer. */
        CUT_BEFORE_APPLY,
        /** Done, but no answer ever comes. */
        HANG_AFTER_APPLY,
        /** Not done, and no answer ever comes. */
        HANG_BEFORE_APPLY,
        /** Not done; status 500. */
        ERROR,
        /** Not done; a body that is no JSON. */
        GARBAGE;

        static FaultKind of(String word) {
            return valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
        }

        boolean applies() {
            return this == CUT_AFTER_APPLY || this == HANG_AFTER_APPLY;
        }
    }

    private record ArmedFault(FaultKind kind, String match, int times) {}

    private final List<ArmedFault> armed = new ArrayList<>();

    /**
     * Arms a fault written as {@code kind}, {@code kind:text} (only requests whose body contains the text) or
     * {@code kind:text:times}.
     *
     * @throws IllegalArgumentException if it is none of these
     */
    synchronized void arm(String written) {
        String[] parts = written.split(":", 3);
        armed.add(new ArmedFault(
                FaultKind.of(parts[0]),
                parts.length > 1 ? parts[1] : "",
                parts.length > 2 ? Integer.parseInt(parts[2]) : Integer.MAX_VALUE));
    }

    synchronized void clear() {
        armed.clear();
    }

    /** Returns the fault for {@code request}, if any, and uses it up. */
    synchronized Optional<FaultKind> meet(String request) {
        for (Iterator<ArmedFault> each = armed.iterator(); each.hasNext(); ) {
            ArmedFault fault = each.next();
            if (request.contains(fault.match())) {
                each.remove();
                if (fault.times() > 1) {
                    armed.add(new ArmedFault(fault.kind(), fault.match(), fault.times() - 1));
                }
                return Optional.of(fault.kind());
            }
        }
        return Optional.empty();
    }
}
