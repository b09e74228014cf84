package dev.interlock.limits;

import dev.interlock.action.SealLimits.GroupingKey;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A filter that finds the past events which one limit may apply to; the others then cost nothing. Whether the limit
 * really applies is checked afterwards.
 *
 * @param single the values of facets of which each event has one
 * @param marks each such event has at least one mark of each of these sets; an empty set matches nothing
 */
record HistoryFilter(Map<GroupingKey, String> single, List<Set<String>> marks) {

    HistoryFilter {
        single = single.isEmpty() ? Map.of() : Collections.unmodifiableMap(new EnumMap<>(single));
        marks = List.copyOf(marks);
    }

    static Set<String> marks(UsageEvent deed) {
        Set<String> marks = new TreeSet<>(marks("operation", Set.of(deed.operation())));
        marks.addAll(marks("resource", deed.resources()));
        marks.addAll(marks("group", deed.groups()));
        marks.addAll(marks("environment", deed.environments()));
        return marks;
    }

    /** Returns the marks of what lies in {@code groups}, or in a group that is not known. */
    static Set<String> groups(Collection<?> groups) {
        Set<String> marks = marks("group", groups);
        marks.add("group " + UsageEvent.ANY_GROUP);
        return marks;
    }

    static Set<String> marks(String kind, Collection<?> values) {
        Set<String> marks = new TreeSet<>();
        values.forEach(value -> marks.add(kind + " " + value));
        return marks;
    }
}
