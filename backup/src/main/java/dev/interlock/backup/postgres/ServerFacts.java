package dev.interlock.backup.postgres;

import dev.interlock.backup.run.BackupException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a scratch server has in common with the source's: who is superuser in {@code roles}, who made the cluster. */
record ServerFacts(int major, String encoding, DatabaseLocale locale, Map<String, Boolean> roles, String owner) {

    /**
     * How a database compares text: generated columns, constraints and partition bounds are recomputed by it in a
     * restore. {@code provider} is {@code c} for the C library, {@code i} for ICU, {@code b} for PostgreSQL itself, as
     * in {@code pg_database}; {@code name} is the locale of the latter two.
     */
    record DatabaseLocale(
            String provider,
            String collate,
            String ctype,
            Optional<String> name,
            Optional<String> rules,
            String monetary) {}

    /** Selects the locale. Columns with other names in some versions, or missing, are read from the row as a whole. */
    private static final String LOCALE = """
            SELECT coalesce(to_jsonb(d)->>'datlocprovider', 'c'), d.datcollate, d.datctype,
                coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale', ''),
                coalesce(to_jsonb(d)->>'daticurules', ''),
                (SELECT reset_val FROM pg_settings WHERE name = 'lc_monetary')
            FROM pg_database d WHERE d.datname = current_database()
            """;

    static ServerFacts of(SqlSession session) throws IOException {
        List<String> roles =
                session.query("SELECT rolname, rolsuper::text FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1");
        Map<String, Boolean> all = new TreeMap<>();
        for (int i = 0; i + 1 < roles.size(); i += 2) {
            all.put(roles.get(i), roles.get(i + 1).equals("true"));
        }
        return new ServerFacts(
                Integer.parseInt(session.value("SHOW server_version_num")) / 10_000,
                session.value("SHOW server_encoding"),
                locale(session),
                all,
                session.value("SELECT rolname FROM pg_roles WHERE oid = 10"));
    }

    private static DatabaseLocale locale(SqlSession session) throws IOException {
        List<String> values = session.query(LOCALE);
        if (values.size() != 6) {
            throw new BackupException("the database does not report its locale");
        }
        return new DatabaseLocale(
                values.getFirst(),
                values.get(1),
                values.get(2),
                Optional.of(values.get(3)).filter(name -> !name.isEmpty()),
                Optional.of(values.get(4)).filter(rules -> !rules.isEmpty()),
                values.get(5));
    }
}
