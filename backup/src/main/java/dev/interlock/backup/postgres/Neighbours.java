package dev.interlock.backup.postgres;

import dev.interlock.backup.source.Source;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The other databases of a server. What destroys one mostly destroys all of them, and whoever is told that there is a
 * backup of the one thinks of all.
 */
final class Neighbours {

    /**
     * Neither what others are made from (by name: whoever has a database may call it a template), nor {@code postgres},
     * which is on each server and mostly empty: from here nobody sees whether it is; nor what providers keep for
     * themselves.
     */
    private static final String ALL = """
            SELECT datname FROM pg_database
            WHERE datname <> current_database()
              AND datname NOT IN ('template0', 'template1', 'postgres', 'rdsadmin', 'cloudsqladmin', 'azure_maintenance', 'azure_sys')
            """;

    private Neighbours() {}

    /** Those of the server of {@code session} that neither {@code source} saves nor another plan of that server. */
    static List<String> unsaved(SqlSession session, Source.Postgres source) throws IOException {
        List<String> all = new ArrayList<>(session.query(ALL));
        // A service may name another database than the plan: then nobody knows which one each plan saves.
        if (session.value("SELECT current_database()").equals(source.database().name())) {
            all.removeAll(source.saved());
        }
        return all;
    }
}
