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
 * The positions of a database's sequences during the dump. Snapshots do not cover sequences, and a number that was
 * drawn is never given back. So the dumped position lies between a reading before and a reading after.
 *
 * @param all the range of each sequence by quoted name; empty for one that wrapped around or was set back meanwhile
 */
public record Sequences(Map<String, Optional<SequenceRange>> all) {

    /**
     * The position of a sequence.
     *
     * @param used whether that number was handed out; if not, it is the next one
     */
    public record SequencePosition(long value, boolean used) {

        private static SequencePosition of(Json.Members json, String name) {
            try {
                return new SequencePosition(Long.parseLong(json.text(name)), json.flag(name + "_used"));
            } catch (NumberFormatException e) {
                throw new MalformedException("the position of a sequence must be a number", e);
            }
        }

        private Json.Members on(Json.Members to, String name) {
            return to.with(name, Long.toString(value))
                    .with(name + "_used", new Json.Flag(used)); // JSON has no 64-bit integers
        }

        /** Returns whether the sequence may stand at {@code that} later. */
        private boolean isUpTo(SequencePosition that, boolean ascending) {
            if (value == that.value) {
                return !used || that.used;
            }
            return value < that.value == ascending;
        }

        @Override
        public String toString() {
            return value + (used ? "" : " (never used)");
        }
    }

    /** The range between two readings. */
    public record SequenceRange(SequencePosition from, SequencePosition to) {

        /**
         * Returns the range between two readings of a sequence that does not cycle; empty if it was set back.
         *
         * @param ascending whether its numbers increase
         */
        public static Optional<SequenceRange> between(SequencePosition from, SequencePosition to, boolean ascending) {
            return from.isUpTo(to, ascending) ? Optional.of(new SequenceRange(from, to)) : Optional.empty();
        }

        private boolean holds(SequencePosition at) {
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

    /** Returns whether the position of at least one sequence is known, or there are no sequences. */
    boolean isKnown() {
        return all.isEmpty() || all.values().stream().anyMatch(Optional::isPresent);
    }

    /** Describes the differences of the {@code restored} positions; empty if there are none. */
    public List<String> differences(Map<String, SequencePosition> restored) {
        List<String> differences = new ArrayList<>();
        all.forEach((name, span) -> {
            SequencePosition at = restored.get(name);
            if (at == null) {
                differences.add("the sequence `" + name + "` is missing");
            } else if (span.filter(known -> !known.holds(at)).isPresent()) {
                differences.add("the sequence `" + name + "` is at " + at + ", and was " + span.get());
            }
        });
        restored.keySet().stream()
                .filter(name -> !all.containsKey(name))
                .forEach(name -> differences.add("there is a sequence `" + name + "` that the original does not have"));
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

    /** @throws MalformedException if {@link #json} did not write it */
    static Sequences of(Json.Members json) {
        Map<String, Optional<SequenceRange>> all = new TreeMap<>();
        json.members().keySet().forEach(name -> {
            Json.Members span = json.object(name);
            all.put(
                    name,
                    span.members().isEmpty()
                            ? Optional.empty()
                            : Optional.of(new SequenceRange(
                                    SequencePosition.of(span, "from"), SequencePosition.of(span, "to"))));
        });
        return new Sequences(all);
    }
}
