package dev.interlock.evidence;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
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
        String[] names = members.keySet().toArray(String[]::new);
        Arrays.sort(names);
        Json[] values = new Json[names.length];
        for (int i = 0; i < names.length; i++) {
            values[i] = Objects.requireNonNull(members.get(new Json.Text(names[i]).value()));
        }
        return new SortedMembers(names, values);
    }

    /** Returns a copy without the members {@code others}. */
    SortedMembers without(Collection<String> others) {
        String[] fewer = new String[names.length];
        Json[] left = new Json[names.length];
        int count = 0;
        for (int i = 0; i < names.length; i++) {
            if (!others.contains(names[i])) {
                fewer[count] = names[i];
                left[count++] = values[i];
            }
        }
        return new SortedMembers(Arrays.copyOf(fewer, count), Arrays.copyOf(left, count));
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
                return new Iterator<>() {
                    private int at;

                    @Override
                    public boolean hasNext() {
                        return at < names.length;
                    }

                    @Override
                    public Entry<String, Json> next() {
                        if (!hasNext()) {
                            throw new NoSuchElementException();
                        }
                        return Map.entry(names[at], values[at++]);
                    }
                };
            }

            @Override
            public int size() {
                return names.length;
            }
        };
    }
}
