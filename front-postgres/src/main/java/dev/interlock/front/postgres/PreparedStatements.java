package dev.interlock.front.postgres;

import dev.interlock.front.postgres.sql.ReadStatement;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the prepared statements of a session may be, by their names. Those of the protocol and those of SQL share their
 * names.
 *
 * <p>INVARIANT: a name stands for everything that was ever prepared under it and not surely forgotten. The server may
 * have refused to prepare a second one, or the first: whichever it has, it is among these.
 */
final class PreparedStatements {

    /** The statement without a name; the server forgets the one before. */
    static final String UNNAMED = "";

    /** A client that leaves more is refused. */
    static final int MAX = 10_000;

    /** A text that was prepared. */
    record Prepared(String text, Set<ReadStatement> statements, List<Integer> types) {
        Prepared {
            types = List.copyOf(types);
            statements = Set.copyOf(statements);
        }
    }

    private final Map<String, Set<Prepared>> known;

    PreparedStatements() {
        this(new HashMap<>());
    }

    private PreparedStatements(Map<String, Set<Prepared>> known) {
        this.known = known;
    }

    PreparedStatements copy() {
        Map<String, Set<Prepared>> all = new HashMap<>();
        known.forEach((name, each) -> all.put(name, new LinkedHashSet<>(each)));
        return new PreparedStatements(all);
    }

    void add(String name, Prepared prepared) {
        if (name.equals(UNNAMED)) {
            known.remove(name);
        }
        known.computeIfAbsent(name, _ -> new LinkedHashSet<>()).add(prepared);
    }

    Optional<Set<Prepared>> find(String name) {
        return Optional.ofNullable(known.get(name));
    }

    int size() {
        return known.size();
    }

    /** Forgets {@code name}, or all if there is none. Only once the server has surely done so. */
    void forget(Optional<String> name) {
        name.ifPresentOrElse(known::remove, known::clear);
    }
}
