package dev.interlock.front.postgres;

import dev.interlock.front.postgres.sql.ReadStatement;
import java.util.ArrayList;
import java.util.HashMap;
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

    private final Map<String, List<Prepared>> known;

    PreparedStatements() {
        this(new HashMap<>());
    }

    private PreparedStatements(Map<String, List<Prepared>> known) {
        this.known = known;
    }

    PreparedStatements copy() {
        Map<String, List<Prepared>> all = new HashMap<>();
        known.forEach((name, each) -> all.put(name, new ArrayList<>(each)));
        return new PreparedStatements(all);
    }

    void add(String name, Prepared prepared) {
        if (name.equals(UNNAMED)) {
            known.remove(name);
        }
        known.computeIfAbsent(name, _ -> new ArrayList<>()).add(prepared);
    }

    /** Returns all that {@code name} may stand for; none if it stands for nothing. */
    List<Prepared> find(String name) {
        return List.copyOf(known.getOrDefault(name, List.of()));
    }

    int size() {
        return known.values().stream().mapToInt(List::size).sum();
    }

    /** Says what is prepared by now under {@code name}, or under any, for {@link #forget}. */
    Map<String, Integer> counted(Optional<String> name) {
        Map<String, Integer> counts = new HashMap<>();
        known.forEach((each, all) -> {
            if (name.isEmpty() || name.get().equals(each)) {
                counts.put(each, all.size());
            }
        });
        return counts;
    }

    /** Forgets what was {@link #counted}, once the server has surely done so, and keeps what came later. */
    void forget(Map<String, Integer> counts) {
        counts.forEach((name, count) -> {
            List<Prepared> all = known.getOrDefault(name, List.of());
            if (all.size() <= count) {
                known.remove(name);
            } else {
                all.subList(0, count).clear();
            }
        });
    }

    /** Forgets the statement without a name: the server has none after a simple query. */
    void forgetUnnamed() {
        known.remove(UNNAMED);
    }
}
