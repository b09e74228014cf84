package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where the sequences of a database stood while it was dumped. No snapshot holds a sequence still, and whatever took a
 * number from it is never undone: what was dumped lies between what was read before and what was read after.
 *
 * @param all each sequence by quoted name; nothing of one that went in circles or was set back meanwhile
 */
public record Sequences(Map<String, Optional<Span>> all) {

    /**
     * Where one stands.
     *
     * @param used whether that number was given to somebody; the next one is the first if not
     */
    public record At(long value, boolean used) {

        private static At of(Json.Members json, String name) {
            try {
                return new At(Long.parseLong(json.text(name)), json.flag(name + "_used"));
            } catch (NumberFormatException e) {
                throw new MalformedException("a sequence stands at a number", e);
            }
        }

        private Json.Members on(Json.Members to, String name) {
            return to.with(name, Long.toString(value))
                    .with(name + "_used", new Json.Flag(used)); // JSON has no such numbers
        }

        /** Whether {@code that} may be where it stands later. */
        private boolean isUpTo(At that, boolean ascending) {
            if (value == that.value) {
                return !used || that.used;
            }
            return value < that.value == ascending;
        }

        @Override
        public String toString() {
            return value + (used ? "" : " (given to nobody)");
        }
    }

    /** From the one to the other. */
    public record Span(At from, At to) {

        /**
         * What passed between two readings of a sequence that does not go in circles; nothing if it was set back.
         *
         * @param ascending whether each number that it gives is greater than the last
         */
        public static Optional<Span> between(At from, At to, boolean ascending) {
            return from.isUpTo(to, ascending) ? Optional.of(new Span(from, to)) : Optional.empty();
        }

        private boolean holds(At at) {
            boolean ascending = from.value <= to.value;
            return from.isUpTo(at, ascending) && at.isUpTo(to, ascending);
        }

        @Override
        public String toString() {
            return from.equals(to) ? "at " + from : "between " + from + " and " + to;
        }
    }

    public Sequences {
        all = Collections.unmodifiableMap(new TreeMap<>(all));
    }

    /** Whether it is known of any where it stood, if there are some. */
    boolean isKnown() {
        return all.isEmpty() || all.values().stream().anyMatch(Optional::isPresent);
    }

    /** How those that were {@code restored} differ, in words; empty if they do not. */
    public List<String> differences(Map<String, At> restored) {
        List<String> differences = new ArrayList<>();
        all.forEach((name, span) -> {
            At at = restored.get(name);
            if (at == null) {
                differences.add("the sequence `" + name + "` is missing");
            } else if (span.filter(known -> !known.holds(at)).isPresent()) {
                differences.add("the sequence `" + name + "` stands at " + at + " and stood " + span.get());
            }
        });
        restored.keySet().stream()
                .filter(name -> !all.containsKey(name))
                .forEach(name -> differences.add("there is a sequence `" + name + "` that there was not"));
        return differences;
    }

    Json.Members json() {
        Map<String, Json> members = new TreeMap<>();
        all.forEach((name, span) -> members.put(
                name,
                span.map(known -> known.to().on(known.from().on(Json.object(), "from"), "to"))
                        .orElse(Json.object())));
        return new Json.Members(members);
    }

    /** @throws MalformedException if it is not what {@link #json} writes */
    static Sequences of(Json.Members json) {
        Map<String, Optional<Span>> all = new TreeMap<>();
        json.members().keySet().forEach(name -> {
            Json.Members span = json.object(name);
            all.put(
                    name,
                    span.members().isEmpty()
                            ? Optional.empty()
                            : Optional.of(new Span(At.of(span, "from"), At.of(span, "to"))));
        });
        return new Sequences(all);
    }
}
