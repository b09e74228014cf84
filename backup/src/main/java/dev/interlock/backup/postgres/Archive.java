package dev.interlock.backup.postgres;

import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.DumpFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One stream of a dump. {@code pg_dump --format=directory --jobs} writes its files itself, and would leave them on a
 * disk unencrypted. So a parallel dump here consists of several archives of one snapshot, each by its own
 * {@code pg_dump}. None of them is ever written unencrypted.
 *
 * @param name the file that it becomes
 * @param arguments the arguments with which {@code pg_dump} writes it
 */
record Archive(String name, List<String> arguments) {

    /** Everything, if there is only one stream. */
    static final String WHOLE = "dump";

    /**
     * The schema without rows: tables, constraints and so on. It is restored in two halves, before and after the rows.
     */
    static final String SCHEMA = "schema";

    /**
     * Not an archive but the description of the source's schema. It is executed if the restored schema has another
     * description.
     */
    static final String WORDS = "schema.sql";

    private static final String DATA = "data-";

    /** Minimum size of a table that is named. Smaller ones are not worth a place on a command line. */
    private static final long WORTH_NAMING = 1 << 20;

    /**
     * Maximum of named tables. Names are arguments, and the kernel takes 2 MiB of them; a name has at most some 260
     * bytes.
     */
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

    /** A table and its size in bytes. */
    private record TableSize(String table, long bytes) {}

    /** The tables that one of several {@code pg_dump} processes dumps. */
    private static final class DumpShare {
        private final List<String> tables = new ArrayList<>();
        private long bytes;

        void add(TableSize table) {
            tables.add(table.table());
            bytes += table.bytes();
        }

        long bytes() {
            return bytes;
        }
    }

    /** Returns the archives of a dump in {@code format}. */
    static List<Archive> of(DumpFormat format, int jobs, SqlSession session) throws IOException {
        return switch (format) {
            case CUSTOM -> List.of(new Archive(WHOLE, List.of("--format=custom")));
            case PLAIN -> // tablespaces can be left out later when an archive is restored
                List.of(new Archive(WHOLE, List.of("--format=plain", "--no-tablespaces")));
            case DIRECTORY -> shared(jobs, session);
        };
    }

    /** Returns whether {@code name} is one of several archives with rows. */
    static boolean holdsRows(String name) {
        return name.startsWith(DATA);
    }

    /** Returns the number of bytes of rows that a restore reads. */
    static long fed(BackupManifest manifest) {
        return manifest.files().entrySet().stream()
                .filter(file -> file.getKey().equals(WHOLE) || holdsRows(file.getKey()))
                .mapToLong(file -> file.getValue().plainBytes())
                .sum();
    }

    private static List<Archive> shared(int jobs, SqlSession session) throws IOException {
        List<DumpShare> shares = shares(sizes(session), jobs);
        List<Archive> archives = new ArrayList<>();
        archives.add(new Archive(SCHEMA, List.of("--format=custom", "--section=pre-data", "--section=post-data")));
        // The first archive takes every table that no other one names, so that none can be forgotten.
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

    private static List<TableSize> sizes(SqlSession session) throws IOException {
        List<String> values = session.query(LARGEST);
        return IntStream.range(0, values.size() / 2)
                .mapToObj(i -> new TableSize(values.get(2 * i), Long.parseLong(values.get(2 * i + 1))))
                .toList();
    }

    /** Distributes the tables, largest first, each to the smallest share so far. Only the first share may be empty. */
    private static List<DumpShare> shares(List<TableSize> tables, int jobs) {
        List<DumpShare> shares =
                IntStream.range(0, jobs).mapToObj(_ -> new DumpShare()).toList();
        tables.forEach(table -> shares.stream()
                .min(Comparator.comparingLong(DumpShare::bytes))
                .orElseThrow()
                .add(table));
        return IntStream.range(0, jobs)
                .filter(i -> i == 0 || !shares.get(i).tables.isEmpty())
                .mapToObj(shares::get)
                .toList();
    }
}
