package dev.interlock.backup.postgres;

import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The other databases of a server. Most disasters that destroy one destroy all of them. People who read of a backup of
 * one database think of all.
 */
final class UnsavedDatabases {

    /**
     * Selects the databases. It leaves out the templates by name, because an owner may mark any database as a template.
     * It leaves out {@code postgres}, which is on each server and mostly empty; from here nobody can see whether it is.
     * It also leaves out the providers' own databases.
     */
    private static final String ALL = """
            SELECT datname FROM pg_database
            WHERE datname <> current_database()
              AND datname NOT IN ('template0', 'template1', 'postgres', 'rdsadmin', 'cloudsqladmin', 'azure_maintenance', 'azure_sys')
            """;

    private UnsavedDatabases() {}

    /**
     * Returns the databases on the server of {@code session} that neither {@code source} nor another plan of that
     * server saves.
     */
    static List<String> unsaved(SqlSession session, BackupSource.Postgres source) throws IOException {
        List<String> all = new ArrayList<>(session.query(ALL));
        // A service file may name another database than the plan. Then it is unknown which one each plan saves.
        if (session.value("SELECT current_database()").equals(source.database().name())) {
            all.removeAll(source.saved());
        }
        return all;
    }
}
