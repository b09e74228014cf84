package dev.interlock.front.postgres.sql;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One statement, as its text alone tells. What its names stand for, the server knows.
 *
 * @param kind its words, as {@code DELETE}
 * @param effect what it does at most, without its functions, views, rules and triggers
 * @param read the relations that it names and only reads
 * @param changed the relations that it names and changes
 * @param functions the functions that it calls
 * @param operators the operators that it uses, after the schema if it is named
 * @param columns the columns that it names; {@code *} for all
 * @param types the types that it names, without schema; {@code *} for any, an empty text for those of parameters
 * @param tags by which event triggers know what it defines; {@code *} for any, none if it defines nothing
 * @param hasWhere whether every part that changes or deletes rows is limited by a condition
 * @param session what it does to the session
 */
public record ReadStatement(
        String kind,
        Effect effect,
        Set<Name> read,
        Set<Name> changed,
        Set<Name> functions,
        Set<String> operators,
        Set<String> columns,
        Set<String> types,
        Set<String> tags,
        boolean hasWhere,
        Session session) {

    private static final Pattern CHANGES_NAMES =
            Pattern.compile("DROP .*|DISCARD|ROLLBACK.*|COMMIT|RENAME|ALTER OBJECT SCHEMA");

    /** Returns it with {@code more} types beside its own. */
    public ReadStatement withTypes(Set<String> more) {
        Set<String> all = new TreeSet<>(types);
        all.addAll(more);
        return new ReadStatement(
                kind, effect, read, changed, functions, operators, columns, all, tags, hasWhere, session);
    }

    /** Returns whether what it does depends on what the server has, beside its text. */
    public boolean hasNames() {
        return Stream.of(tags, read, changed, functions, operators, columns, types)
                        .anyMatch(names -> !names.isEmpty())
                || (session instanceof Session.Sets(var role) && !role.isEmpty());
    }

    /** Returns how many names it holds, of all kinds. */
    int names() {
        return Stream.of(tags, read, changed, functions, operators, columns, types)
                .mapToInt(Set::size)
                .sum();
    }

    ReadStatement withEffect(Effect other) {
        return new ReadStatement(
                kind, other, read, changed, functions, operators, columns, types, tags, hasWhere, session);
    }

    boolean takesNumbers() {
        return functions.stream().anyMatch(name -> name.last().equals("nextval"));
    }

    /** Returns whether a name may stand for something else after it. */
    public boolean redefines() {
        return !tags.isEmpty() || !keepsNames();
    }

    /** Returns whether names stand for the same after it as before. */
    public boolean keepsNames() {
        return !(session instanceof Session.Sets)
                && !CHANGES_NAMES.matcher(kind).matches();
    }

    /** A name of an object, with what it is qualified by; never empty. */
    public record Name(List<String> parts) implements Comparable<Name> {

        public Name {
            parts = List.copyOf(parts);
        }

        public String last() {
            return parts.getLast();
        }

        /** Returns the schema that it names; empty if it names none. */
        public String schema() {
            return parts.size() > 1 ? parts.get(parts.size() - 2) : "";
        }

        /** Returns it as SQL reads it, with every part quoted. */
        public String quoted() {
            return String.join(
                    ".",
                    parts.stream()
                            .map(part -> '"' + part.replace("\"", "\"\"") + '"')
                            .toList());
        }

        @Override
        public int compareTo(Name other) {
            return quoted().compareTo(other.quoted());
        }
    }

    /** What a statement does to the session, beside its effect on the world. */
    public sealed interface Session {

        record Nothing() implements Session {}

        /**
         * Changes a setting, by which names may stand for something else.
         *
         * @param role the role that it sets; empty if it sets something else
         */
        record Sets(String role) implements Session {}

        /** Makes a prepared statement, which runs only by {@link Executes}. */
        record Prepares(String name, ReadStatement statement) implements Session {}

        /** Runs the prepared statement {@code name}, for real or, in {@code EXPLAIN}, only to be planned. */
        record Executes(String name, boolean isRun) implements Session {}

        /** Begins or ends a transaction, or a part of one: that behind {@code savepoint}, if it names one. */
        record Controls(String savepoint) implements Session {}

        /** Names a cursor, which runs its statement as far as it is fetched; one that is held, also at the commit. */
        record Opens(String name, boolean isHeld) implements Session {}

        /** Runs the cursor {@code name} further. */
        record Fetches(String name) implements Session {}

        /** Forgets a prepared statement, or all. */
        record Forgets(Optional<String> name) implements Session {}
    }
}
