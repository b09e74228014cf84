package dev.interlock.backup.postgres;

import dev.interlock.backup.kept.Sequences;
import dev.interlock.backup.run.BackupException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Reads where sequences stand before they are dumped, and once more when that is over. What was read first is locked
 * until the transaction ends, so that none can be dropped in between.
 */
final class SequenceWatch {

    /** Those whose values a dump holds: neither the system's nor an extension's. */
    private static final String ALL = """
            SELECT format('%I.%I', n.nspname, c.relname), s.seqincrement > 0, s.seqcycle
            FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
              AND NOT EXISTS (SELECT 1 FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            ORDER BY 1
            """;

    /** Asked of at once: each is a relation of its own, and an answer takes its time. */
    private static final int AT_ONCE = 200;

    private record Kind(boolean ascending, boolean cycles) {}

    private final SqlSession session;
    private final Map<String, Kind> kinds;
    private final Map<String, Sequences.At> before;

    private SequenceWatch(SqlSession session) throws IOException {
        this.session = session;
        this.kinds = kinds(session);
        this.before = standing(session, List.copyOf(kinds.keySet()));
    }

    /** Begins, in a transaction of {@code session} whose snapshot is the dump's; nothing may be dumping yet. */
    static SequenceWatch begin(SqlSession session) throws IOException {
        return new SequenceWatch(session);
    }

    /** Where they have been. To be asked when all is dumped. */
    Sequences end() throws IOException {
        Map<String, Sequences.At> after = standing(session, List.copyOf(kinds.keySet()));
        Map<String, Optional<Sequences.Span>> all = new TreeMap<>();
        kinds.forEach((name, kind) -> all.put(
                name,
                kind.cycles()
                        ? Optional.empty()
                        : Sequences.Span.between(at(before, name), at(after, name), kind.ascending())));
        return new Sequences(all);
    }

    private static Sequences.At at(Map<String, Sequences.At> all, String name) {
        return Optional.ofNullable(all.get(name)).orElseThrow();
    }

    /** Where all stand now. */
    static Map<String, Sequences.At> standing(SqlSession session) throws IOException {
        return standing(session, List.copyOf(kinds(session).keySet()));
    }

    private static Map<String, Kind> kinds(SqlSession session) throws IOException {
        List<String> values = session.query(ALL);
        Map<String, Kind> kinds = new TreeMap<>();
        for (int i = 0; i + 2 < values.size(); i += 3) {
            kinds.put(
                    values.get(i),
                    new Kind(values.get(i + 1).equals("t"), values.get(i + 2).equals("t")));
        }
        return kinds;
    }

    /** @param names as the server has quoted them */
    private static Map<String, Sequences.At> standing(SqlSession session, List<String> names) throws IOException {
        Map<String, Sequences.At> all = new TreeMap<>();
        for (int from = 0; from < names.size(); from += AT_ONCE) {
            List<String> some = names.subList(from, Math.min(names.size(), from + AT_ONCE));
            List<String> values = session.query(IntStream.range(0, some.size())
                    .mapToObj(i -> "SELECT " + i + ", last_value, is_called FROM " + some.get(i))
                    .collect(Collectors.joining("\nUNION ALL ")));
            if (values.size() != 3 * some.size()) {
                throw new BackupException("the database does not say where its sequences stand");
            }
            for (int i = 0; i < values.size(); i += 3) {
                all.put(
                        some.get(Integer.parseInt(values.get(i))),
                        new Sequences.At(
                                Long.parseLong(values.get(i + 1)),
                                values.get(i + 2).equals("t")));
            }
        }
        return all;
    }
}
