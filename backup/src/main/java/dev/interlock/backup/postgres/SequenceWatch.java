package dev.interlock.backup.postgres;

import dev.interlock.backup.kept.Sequences;
import dev.interlock.backup.run.BackupException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Reads the positions of sequences before the dump and again after it. No snapshot covers them. So the second reading
 * does not need the first connection, which has been idle for the whole dump. Neither reading holds locks, because all
 * sessions share the lock table.
 */
final class SequenceWatch {

    /** Selects the sequences whose values a dump contains: neither the system's nor those of extensions. */
    private static final String ALL = """
            SELECT format('%I.%I', n.nspname, c.relname), c.oid, s.seqincrement > 0, s.seqcycle,
                has_sequence_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')
            FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
              AND NOT EXISTS (SELECT 1 FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            ORDER BY 1
            """;

    /** Number of sequences per query. Each is a relation of its own, and each query takes a round trip. */
    private static final int AT_ONCE = 200;

    /** The identity and kind of a sequence. One that was dropped and recreated is a different one. */
    private record Kind(String oid, boolean ascending, boolean cycles, boolean readable) {}

    private final Map<String, Kind> kinds;
    private final Map<String, Sequences.SequencePosition> before;

    private SequenceWatch(Map<String, Kind> kinds, Map<String, Sequences.SequencePosition> before) {
        this.kinds = kinds;
        this.before = before;
    }

    /** Begins in a transaction of {@code session} that has the dump's snapshot. No dump may run yet. */
    static SequenceWatch begin(SqlSession session) throws IOException {
        Map<String, Kind> kinds = kinds(session);
        return new SequenceWatch(kinds, standing(session, kinds));
    }

    /**
     * Returns the ranges of the sequences. Must be called after the dump. It reads only the sequences of the first
     * reading that are unchanged. Others are in no dump, and this user may lack access to them.
     *
     * @param session in a transaction that began after the dump
     */
    Sequences end(SqlSession session) throws IOException {
        Map<String, Kind> same = kinds(session);
        same.entrySet().retainAll(kinds.entrySet());
        Map<String, Sequences.SequencePosition> after = standing(session, same);
        Map<String, Optional<Sequences.SequenceRange>> all = new TreeMap<>();
        kinds.keySet().forEach(name -> all.put(name, same.containsKey(name) ? span(name, after) : Optional.empty()));
        return new Sequences(all);
    }

    /** Returns the sequences with unknown positions, when a second reading is impossible. */
    Sequences unknown() {
        Map<String, Optional<Sequences.SequenceRange>> all = new TreeMap<>();
        kinds.keySet().forEach(name -> all.put(name, Optional.empty()));
        return new Sequences(all);
    }

    /** Returns the range of a sequence; empty if it wrapped around or was set back. */
    private Optional<Sequences.SequenceRange> span(String name, Map<String, Sequences.SequencePosition> after) {
        Kind kind = Objects.requireNonNull(kinds.get(name));
        return kind.cycles()
                ? Optional.empty()
                : Sequences.SequenceRange.between(
                        Objects.requireNonNull(before.get(name)),
                        Objects.requireNonNull(after.get(name)),
                        kind.ascending());
    }

    /** Returns the positions of all sequences that the transaction of {@code session} sees. */
    static Map<String, Sequences.SequencePosition> standing(SqlSession session) throws IOException {
        return standing(session, kinds(session));
    }

    private static Map<String, Kind> kinds(SqlSession session) throws IOException {
        List<String> values = session.query(ALL);
        Map<String, Kind> kinds = new TreeMap<>();
        for (int i = 0; i + 4 < values.size(); i += 5) {
            kinds.put(
                    values.get(i),
                    new Kind(
                            values.get(i + 1),
                            values.get(i + 2).equals("t"),
                            values.get(i + 3).equals("t"),
                            values.get(i + 4).equals("t")));
        }
        return kinds;
    }

    private static Map<String, Sequences.SequencePosition> standing(SqlSession session, Map<String, Kind> kinds)
            throws IOException {
        List<String> names = List.copyOf(kinds.keySet()); // as quoted by the server
        Map<String, Sequences.SequencePosition> all = new TreeMap<>();
        for (int from = 0; from < names.size(); from += AT_ONCE) {
            List<String> some = names.subList(from, Math.min(names.size(), from + AT_ONCE));
            session.run("SAVEPOINT looking");
            List<String> values = session.query(IntStream.range(0, some.size())
                    .mapToObj(i -> "SELECT " + i + ", last_value, is_called FROM " + some.get(i))
                    .collect(Collectors.joining("\nUNION ALL ")));
            session.run("ROLLBACK TO SAVEPOINT looking; RELEASE SAVEPOINT looking");
            if (values.size() != 3 * some.size()) {
                throw new BackupException("the database does not report its sequence positions");
            }
            for (int i = 0; i < values.size(); i += 3) {
                all.put(
                        some.get(Integer.parseInt(values.get(i))),
                        new Sequences.SequencePosition(
                                Long.parseLong(values.get(i + 1)),
                                values.get(i + 2).equals("t")));
            }
        }
        return all;
    }
}
