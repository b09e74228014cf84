package dev.interlock.front.postgres;

import dev.interlock.action.Secret;
import java.io.IOException;
import java.net.URI;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLSocketFactory;

/**
 * What a server says of itself and of the role that asks. It only reads.
 *
 * @param version the server's
 * @param role the role that asked
 * @param powers what that role may do beyond the tables, in words; agents need none of it
 * @param owned the number of tables that it owns
 * @param writable the number of tables that it may change
 * @param databases all that it may connect to
 * @param schemas those of the database that was asked
 * @param tables the largest ones, as {@code schema.table}
 */
public record DatabaseSurvey(
        String version,
        String role,
        List<String> powers,
        long owned,
        long writable,
        List<Holder> databases,
        List<Holder> schemas,
        List<Holder> tables) {

    /** Names and operators are those of {@code pg_catalog}, which is all that the session's path has. */
    private static final String QUESTION = """
            SELECT 'version', current_setting('server_version'), '', ''
            UNION ALL SELECT 'role', current_user::text, '', ''
            UNION ALL SELECT 'power', p.word, '', '' FROM pg_roles r, LATERAL (VALUES
                ('is a superuser', r.rolsuper), ('bypasses row security (BYPASSRLS)', r.rolbypassrls),
                ('makes roles (CREATEROLE)', r.rolcreaterole), ('makes databases (CREATEDB)', r.rolcreatedb),
                ('replicates (REPLICATION)', r.rolreplication)) p(word, has)
                WHERE r.rolname = current_user AND p.has
            UNION ALL SELECT 'power', 'is a member of ' || g.rolname, '', '' FROM pg_roles g, pg_roles r
                WHERE r.rolname = current_user AND NOT r.rolsuper AND pg_has_role(r.oid, g.oid, 'member')
                AND g.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program',
                    'pg_write_all_data', 'pg_signal_backend')
            UNION ALL SELECT 'power', 'owns the database', '', '' FROM pg_database d, pg_roles r
                WHERE d.datname = current_database() AND d.datdba = r.oid AND r.rolname = current_user
            UNION ALL SELECT 'owned', count(*)::text, '', '' FROM pg_class c, pg_roles r
                WHERE c.relowner = r.oid AND r.rolname = current_user AND c.relkind IN ('r', 'p')
                AND c.oid >= 16384
            UNION ALL SELECT 'writable', count(*)::text, '', '' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
            UNION ALL SELECT 'database', d.datname, pg_database_size(d.oid)::text, '' FROM pg_database d
                WHERE d.datallowconn AND NOT d.datistemplate AND has_database_privilege(d.oid, 'CONNECT')
            UNION ALL SELECT 'schema', n.nspname, coalesce(sum(pg_total_relation_size(c.oid)), 0)::text, count(c.oid)::text
                FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p')
                WHERE n.nspname !~ '^(pg_|interlock_quarantine)' AND n.nspname <> 'information_schema' GROUP BY n.nspname
            UNION ALL (SELECT 'table', n.nspname || '.' || c.relname, pg_total_relation_size(c.oid)::text,
                greatest(c.reltuples, 0)::bigint::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|interlock_quarantine)' AND n.nspname <> 'information_schema'
                ORDER BY pg_total_relation_size(c.oid) DESC, 2 LIMIT 200)
            """;

    /**
     * What holds data.
     *
     * @param count the tables of a schema, or the rows of a table as the server estimates them; 0 for a database
     */
    public record Holder(String name, long bytes, long count) {}

    /**
     * Logs in and asks. The message of an exception holds no secret.
     *
     * @param credential as {@code role:password}
     * @param tls for an address that is not loopback
     */
    public static DatabaseSurvey of(URI address, Secret credential, SSLSocketFactory tls, SecureRandom random)
            throws IOException {
        ServerConnection.Role role = ServerConnection.Role.read(credential.use(text -> text));
        Map<String, String> settings = Map.of(
                "search_path", "pg_catalog",
                "default_transaction_read_only", "on",
                "statement_timeout", "30s",
                "lock_timeout", "5s");
        try (ServerConnection open = ServerConnection.open(new ServerAddress(address, tls), role, settings, random)) {
            ServerPump.Asked answer =
                    open.ask(List.of(Message.of('Q').text(QUESTION).build()));
            if (answer.hasFailed() || answer.rows().stream().anyMatch(row -> row.size() != 4)) {
                throw new ProtocolException("the server does not answer about itself");
            }
            return read(answer.rows());
        }
    }

    private static DatabaseSurvey read(List<List<String>> rows) throws ProtocolException {
        try {
            return new DatabaseSurvey(
                    one(rows, "version"),
                    one(rows, "role"),
                    of(rows, "power").stream().map(row -> row.get(1)).toList(),
                    Long.parseLong(one(rows, "owned")),
                    Long.parseLong(one(rows, "writable")),
                    holders(rows, "database"),
                    holders(rows, "schema"),
                    holders(rows, "table"));
        } catch (NumberFormatException _) {
            throw new ProtocolException("the server answers otherwise than asked");
        }
    }

    private static List<List<String>> of(List<List<String>> rows, String sort) {
        return rows.stream().filter(row -> row.getFirst().equals(sort)).toList();
    }

    private static String one(List<List<String>> rows, String sort) {
        return of(rows, sort).stream().map(row -> row.get(1)).findFirst().orElse("");
    }

    private static List<Holder> holders(List<List<String>> rows, String sort) {
        return of(rows, sort).stream()
                .map(row -> new Holder(
                        row.get(1), Long.parseLong(row.get(2)), row.get(3).isEmpty() ? 0 : Long.parseLong(row.get(3))))
                .toList();
    }
}
