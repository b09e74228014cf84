package dev.interlock.evidence;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The immutable members of an object in canonical order. Objects are built one member at a time and rarely have more
 * than twenty. Copying an array then takes an eighth of the time that copying a tree takes, and copies share members.
 */
final class SortedMembers extends AbstractMap<String, Json> {

    /** No members: what every object is built on. */
    static final SortedMembers EMPTY = new SortedMembers(new Member[0]);

    private final Member[] members;

    private SortedMembers(Member[] members) {
        this.members = members;
    }

    private static final class Member extends SimpleImmutableEntry<String, Json> {
        /** Its canonical form, if that is kept. */
        private final @Nullable String text;

        private Member(String name, Json value, @Nullable String text) {
            super(new Json.Text(name).value(), Objects.requireNonNull(value));
            this.text = text;
        }
    }

    /** Returns a copy of {@code members}, or the same object if it has this type already. */
    static SortedMembers of(Map<String, Json> members) {
        if (members instanceof SortedMembers sorted) {
            return sorted;
        }
        return new SortedMembers(members.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(member -> new Member(member.getKey(), member.getValue(), null))
                .toArray(Member[]::new));
    }

    /** Returns a copy without the members {@code others}. */
    SortedMembers without(Collection<String> others) {
        return new SortedMembers(Arrays.stream(members)
                .filter(member -> !others.contains(member.getKey()))
                .toArray(Member[]::new));
    }

    /** Returns a copy with one member set. */
    SortedMembers with(String name, Json value) {
        int found = find(name);
        int at = found < 0 ? -found - 1 : found;
        Member[] more = Arrays.copyOf(members, found < 0 ? members.length + 1 : members.length);
        System.arraycopy(members, at, more, more.length - members.length + at, members.length - at);
        more[at] = new Member(name, value, null);
        return new SortedMembers(more);
    }

    /** Returns a copy whose members keep their canonical form, also in what is made of it. */
    SortedMembers prepared() {
        return new SortedMembers(Arrays.stream(members)
                .map(member -> {
                    String object = new Json.Members(EMPTY.with(member.getKey(), member.getValue())).canonicalText();
                    return new Member(member.getKey(), member.getValue(), object.substring(1, object.length() - 1));
                })
                .toArray(Member[]::new));
    }

    /** Returns the canonical form of {@code member}, one of these; null if it is not kept. */
    static @Nullable String text(Map.Entry<String, Json> member) {
        return ((Member) member).text;
    }

    /** Returns where {@code name} is, or as {@link Arrays#binarySearch} where it would be. */
    private int find(String name) {
        int from = 0;
        int to = members.length;
        while (from < to) {
            int at = (from + to) >>> 1;
            int order = members[at].getKey().compareTo(name);
            if (order == 0) {
                return at;
            }
            from = order < 0 ? at + 1 : from;
            to = order < 0 ? to : at;
        }
        return -from - 1;
    }

    @Override
    public @Nullable Json get(@Nullable Object name) {
        int at = name instanceof String text ? find(text) : -1;
        return at < 0 ? null : members[at].getValue();
    }

    @Override
    public boolean containsKey(@Nullable Object name) {
        return get(name) != null;
    }

    @Override
    public int size() {
        return members.length;
    }

    @Override
    public Set<Entry<String, Json>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public Iterator<Entry<String, Json>> iterator() {
                return Arrays.<Entry<String, Json>>asList(members).iterator();
            }

            @Override
            public int size() {
                return members.length;
            }
        };
    }
}
