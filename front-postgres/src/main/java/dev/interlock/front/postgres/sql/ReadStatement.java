package dev.interlock.front.postgres.sql;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

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
 * @param types the types that it names, without schema; {@code *} for any
 * @param converts whether values are converted to types that it names, or that are bound to it
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
        boolean converts,
        boolean hasWhere,
        Session session) {

    /** Returns it with {@code more} types beside its own. */
    public ReadStatement withTypes(Set<String> more) {
        Set<String> all = new TreeSet<>(types);
        all.addAll(more);
        return new ReadStatement(
                kind, effect, read, changed, functions, operators, columns, all, converts, hasWhere, session);
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

        /** Nothing. */
        record Nothing() implements Session {}

        /** Changes a setting, by which names may stand for something else. */
        record Sets() implements Session {}

        /** Makes a prepared statement, which runs only by {@link Executes}. */
        record Prepares(String name, ReadStatement statement) implements Session {}

        /** Runs the prepared statement {@code name}, for real or, in {@code EXPLAIN}, only to be planned. */
        record Executes(String name) implements Session {}

        /** Forgets a prepared statement, or all. */
        record Forgets(Optional<String> name) implements Session {}
    }
}
