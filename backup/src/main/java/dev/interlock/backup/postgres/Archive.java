package dev.interlock.backup.postgres;

import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.Manifest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One stream of a dump. {@code pg_dump --format=directory --jobs} writes its files itself, and would leave them on a
 * disk unencrypted; so what is dumped in parallel here is several archives of one snapshot, each by a {@code pg_dump}
 * of its own, and none of them is ever written down but encrypted.
 *
 * @param name of the file that it becomes
 * @param arguments that make {@code pg_dump} write it
 */
record Archive(String name, List<String> arguments) {

    /** Everything, where there is one stream. */
    static final String WHOLE = "dump";

    /** What a table is and what holds in it, without rows; restored in two halves, before and after them. */
    static final String SCHEMA = "schema";

    /** No archive: what the source's schema was described as, to be executed where a restored one is in other words. */
    static final String WORDS = "schema.sql";

    private static final String DATA = "data-";

    /** What is smaller is not worth a place on a command line. */
    private static final long WORTH_NAMING = 1 << 20;

    /** Names are arguments, and the kernel takes 2 MiB of them; a name has at most some 260 bytes. */
    private static final int MAX_NAMED = 1_000;

    private static final String LARGEST = """
            SELECT format('%%I.%%I', n.nspname, c.relname), pg_table_size(c.oid)::text
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND pg_table_size(c.oid) >= %d
              AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
              AND NOT EXISTS (SELECT 1 FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            ORDER BY pg_table_size(c.oid) DESC LIMIT %d
            """.formatted(WORTH_NAMING, MAX_NAMED);

    /** A table, and how many bytes it takes. */
    private record Sized(String table, long bytes) {}

    /** What one {@code pg_dump} of several has to do. */
    private static final class Share {
        private final List<String> tables = new ArrayList<>();
        private long bytes;

        void add(Sized table) {
            tables.add(table.table());
            bytes += table.bytes();
        }

        long bytes() {
            return bytes;
        }
    }

    /** Those that a dump in {@code format} consists of. */
    static List<Archive> of(DumpFormat format, int jobs, SqlSession session) throws IOException {
        return switch (format) {
            case CUSTOM -> List.of(new Archive(WHOLE, List.of("--format=custom")));
            case PLAIN -> // an archive can leave tablespaces out later
                List.of(new Archive(WHOLE, List.of("--format=plain", "--no-tablespaces")));
            case DIRECTORY -> shared(jobs, session);
        };
    }

    /** Whether {@code name} is one of several that hold rows. */
    static boolean holdsRows(String name) {
        return name.startsWith(DATA);
    }

    /** How many bytes of rows are fed to what restores them. */
    static long fed(Manifest manifest) {
        return manifest.files().entrySet().stream()
                .filter(file -> file.getKey().equals(WHOLE) || holdsRows(file.getKey()))
                .mapToLong(file -> file.getValue().plainBytes())
                .sum();
    }

    private static List<Archive> shared(int jobs, SqlSession session) throws IOException {
        List<Share> shares = shares(sizes(session), jobs);
        List<Archive> archives = new ArrayList<>();
        archives.add(new Archive(SCHEMA, List.of("--format=custom", "--section=pre-data", "--section=post-data")));
        // The first takes whatever no other one names, so that nothing can be forgotten.
        List<String> rest = new ArrayList<>(List.of("--format=custom", "--section=data"));
        shares.stream()
                .skip(1)
                .flatMap(share -> share.tables.stream())
                .forEach(table -> rest.add("--exclude-table-data=" + table));
        archives.add(new Archive(DATA + 1, rest));
        for (int i = 1; i < shares.size(); i++) {
            List<String> named = new ArrayList<>(List.of("--format=custom", "--section=data", "--strict-names"));
            shares.get(i).tables.forEach(table -> named.add("--table=" + table));
            archives.add(new Archive(DATA + (i + 1), named));
        }
        return archives;
    }

    private static List<Sized> sizes(SqlSession session) throws IOException {
        List<String> values = session.query(LARGEST);
        return IntStream.range(0, values.size() / 2)
                .mapToObj(i -> new Sized(values.get(2 * i), Long.parseLong(values.get(2 * i + 1))))
                .toList();
    }

    /** Largest first, each to whoever has least so far. None but the first is empty. */
    private static List<Share> shares(List<Sized> tables, int jobs) {
        List<Share> shares = IntStream.range(0, jobs).mapToObj(_ -> new Share()).toList();
        tables.forEach(table -> shares.stream()
                .min(Comparator.comparingLong(Share::bytes))
                .orElseThrow()
                .add(table));
        return IntStream.range(0, jobs)
                .filter(i -> i == 0 || !shares.get(i).tables.isEmpty())
                .mapToObj(shares::get)
                .toList();
    }
}
