package dev.interlock.backup.postgres;

import dev.interlock.backup.run.BackupException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds privileges that the role of a source has beyond reading. Everybody with its password has them. Roles that it
 * may become and grants to everybody count too. The effects of functions that run as their owners cannot be determined.
 */
final class ExcessPrivileges {

    /** Selects the connected role, and all roles that it may become. */
    private static final String SELF = """
            WITH self AS (SELECT * FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')),
            """;

    /** Selects PostgreSQL's own roles that are not needed to read a database. */
    private static final String OF_ROLES = SELF + """
            power(held, name, words) AS (VALUES
                (ARRAY(SELECT rolsuper FROM self), 'superuser', 'do everything (`SUPERUSER`)'),
                (ARRAY(SELECT rolcreatedb FROM self), 'createdb', 'make databases (`CREATEDB`)'),
                (ARRAY(SELECT rolcreaterole FROM self), 'createrole', 'make and change roles (`CREATEROLE`)'),
                (ARRAY(SELECT rolreplication FROM self), 'replication', 'copy the whole server (`REPLICATION`)'))
            SELECT name, words FROM power WHERE true = ANY (held)
            UNION ALL
            SELECT 'predefined', format('do what `%s` allows', rolname) FROM self WHERE rolname IN (
                'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program',
                'pg_create_subscription', 'pg_maintain', 'pg_signal_backend')
            """;

    /** Selects each kind of object with the number of objects and one example. */
    private static final String OF_THINGS = SELF + """
            things(oid, kind, name, owner) AS (
                SELECT c.oid, CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' ELSE 'table' END,
                    format('%I.%I', n.nspname, c.relname), c.relowner
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p', 'f', 'm', 'v', 'S') AND c.relpersistence <> 't'
                    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'),
            schemas(oid, name, owner) AS (
                SELECT oid, format('%I', nspname), nspowner FROM pg_namespace
                WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
            power(rank, words, kind, name) AS (
                SELECT 1, 'drop, as its owner,', 'database', format('%I', datname) FROM pg_database
                WHERE datname = current_database() AND datdba IN (SELECT oid FROM self)
                UNION ALL
                SELECT 2, 'change and drop, as its owner,', 'schema', name FROM schemas
                WHERE owner IN (SELECT oid FROM self)
                UNION ALL
                SELECT 3, 'change and drop, as its owner,', kind, name FROM things
                WHERE owner IN (SELECT oid FROM self)
                UNION ALL
                SELECT 4, 'write to', kind, name FROM things
                WHERE NOT owner IN (SELECT oid FROM self) AND EXISTS (SELECT FROM self WHERE CASE kind
                    WHEN 'sequence' THEN has_sequence_privilege(self.oid, things.oid, 'USAGE, UPDATE')
                    ELSE has_table_privilege(self.oid, things.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
                        OR has_any_column_privilege(self.oid, things.oid, 'INSERT, UPDATE') END)
                UNION ALL
                SELECT 5, 'make things in', 'schema', name FROM schemas
                WHERE NOT owner IN (SELECT oid FROM self)
                    AND EXISTS (SELECT FROM self WHERE has_schema_privilege(self.oid, schemas.oid, 'CREATE'))
                UNION ALL
                SELECT 6, 'make schemas in', 'database', format('%I', datname) FROM pg_database
                WHERE datname = current_database() AND NOT datdba IN (SELECT oid FROM self)
                    AND EXISTS (SELECT FROM self WHERE has_database_privilege(self.oid, pg_database.oid, 'CREATE')))
            SELECT words, kind, count(*)::text, min(name) FROM power GROUP BY rank, words, kind ORDER BY rank, kind
            """;

    private ExcessPrivileges() {}

    /**
     * Returns the privileges that a backup does not need, as phrases after {@code it could}; empty if it can only read.
     */
    static List<String> of(SqlSession session) throws IOException {
        List<String> roles = session.query(OF_ROLES);
        if (roles.size() % 2 != 0) {
            throw new BackupException("the database does not report the rights of its role");
        }
        if (roles.contains("superuser")) { // a superuser has all other privileges anyway
            return List.of(roles.get(roles.indexOf("superuser") + 1));
        }
        List<String> powers = new ArrayList<>();
        for (int i = 1; i < roles.size(); i += 2) {
            powers.add(roles.get(i));
        }
        List<String> things = session.query(OF_THINGS);
        if (things.size() % 4 != 0) {
            throw new BackupException("the database does not report the rights of its role");
        }
        for (int i = 0; i < things.size(); i += 4) {
            powers.add(power(things.get(i), things.get(i + 1), things.get(i + 2), things.get(i + 3)));
        }
        return powers;
    }

    private static String power(String words, String kind, String count, String name) {
        return words + " "
                + (count.equals("1")
                        ? "the " + kind + " `" + name + "`"
                        : count + " " + kind + "s such as `" + name + "`");
    }
}
