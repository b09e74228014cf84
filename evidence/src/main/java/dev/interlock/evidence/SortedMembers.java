package dev.interlock.evidence;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The immutable members of an object in canonical order. Objects are built one member at a time and rarely have more
 * than twenty. Copying two arrays then takes an eighth of the time that copying a tree takes.
 */
final class SortedMembers extends AbstractMap<String, Json> {

    /** No members: what every object is built on. */
    static final SortedMembers EMPTY = new SortedMembers(new String[0], new Json[0]);

    private final String[] names;
    private final Json[] values;

    private SortedMembers(String[] names, Json[] values) {
        this.names = names;
        this.values = values;
    }

    /** Returns a copy of {@code members}, or the same object if it has this type already. */
    static SortedMembers of(Map<String, Json> members) {
        if (members instanceof SortedMembers sorted) {
            return sorted;
        }
        String[] names = members.keySet().stream()
                .map(name -> new Json.Text(name).value())
                .sorted()
                .toArray(String[]::new);
        return new SortedMembers(names, Arrays.stream(names).map(members::get).toArray(Json[]::new));
    }

    /** Returns a copy with one member set. */
    SortedMembers with(String name, Json value) {
        int at = Arrays.binarySearch(names, name);
        if (at >= 0) {
            Json[] others = values.clone();
            others[at] = value;
            return new SortedMembers(names, others);
        }
        String[] more = Arrays.copyOf(names, names.length + 1);
        Json[] others = Arrays.copyOf(values, values.length + 1);
        int to = -at - 1;
        System.arraycopy(names, to, more, to + 1, names.length - to);
        System.arraycopy(values, to, others, to + 1, values.length - to);
        more[to] = new Json.Text(name).value();
        others[to] = value;
        return new SortedMembers(more, others);
    }

    @Override
    public @Nullable Json get(@Nullable Object name) {
        int at = name instanceof String text ? Arrays.binarySearch(names, text) : -1;
        return at < 0 ? null : values[at];
    }

    @Override
    public boolean containsKey(@Nullable Object name) {
        return get(name) != null;
    }

    @Override
    public int size() {
        return names.length;
    }

    @Override
    public Set<Entry<String, Json>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public Iterator<Entry<String, Json>> iterator() {
                return IntStream.range(0, names.length)
                        .<Entry<String, Json>>mapToObj(i -> Map.entry(names[i], values[i]))
                        .iterator();
            }

            @Override
            public int size() {
                return names.length;
            }
        };
    }
}
