package dev.interlock.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A database of PostgreSQL, which several gateways may write: the transactions of all follow each other, and the
 * database refuses those of a gateway that is no {@link StoreNode} of it any more.
 */
final class PostgresEngine implements Engine {

    /** What the sessions of gateways listen to. */
    static final String CHANNEL = "interlock_store";

    /** The values with which a commit that returned survives a power cut. */
    private static final Set<String> DURABLE = Set.of("on", "remote_apply");

    private static final Pattern JSON =
            Pattern.compile("json_extract\\(CAST\\((\\w+) AS TEXT\\), '\\$\\.(\\w+)(?:\\.(\\w+))?'\\)");

    /** Stands for a NUL, and looks like one. */
    private static final char NUL_SIGN = '\u2400';

    private final PostgresServer server;
    private final StoreNode node;

    PostgresEngine(PostgresServer server, StoreNode node) {
        this.server = server;
        this.node = node;
    }

    @Override
    public Connection open(boolean readOnly) throws SQLException {
        Connection connection = server.open("");
        try {
            node.requirePrimary(connection);
            if (!readOnly) {
                requireDurable(connection);
            }
            connection.setReadOnly(readOnly);
            connection.setTransactionIsolation(
                    readOnly ? Connection.TRANSACTION_REPEATABLE_READ : Connection.TRANSACTION_READ_COMMITTED);
            connection.setAutoCommit(false);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** Refuses a server that may forget what it has committed, and pins the setting for this connection. */
    private void requireDurable(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT set_config('synchronous_commit', current_setting('synchronous_commit'), false), current_setting('fsync'), current_setting('server_encoding')")) {
            row.next();
            if (!DURABLE.contains(row.getString(1)) || !"on".equals(row.getString(2))) {
                throw new StoreUnavailableException("the store `" + server
                        + "` may forget what it has committed: set `fsync` and `synchronous_commit` to `on` there (they are `"
                        + row.getString(2) + "` and `" + row.getString(1) + "`)");
            }
            if (!"UTF8".equals(row.getString(3))) {
                throw new StoreUnavailableException("the encoding of the store `" + server + "` is `" + row.getString(3)
                        + "`: create the database with `ENCODING 'UTF8'`");
            }
        }
    }

    @Override
    public void begin(Sql sql, Connection connection, boolean readOnly) {
        if (!readOnly) {
            node.order(sql);
        } // else the first statement begins it
    }

    @Override
    public void commit(Sql sql, Connection connection) throws SQLException {
        if (!sql.changes().isEmpty()) {
            tell(sql, connection);
        }
        if (sql.hasQueued()) {
            sql.later("COMMIT");
            sql.flush();
        } else {
            connection.commit();
        }
    }

    @Override
    public boolean pipelines() {
        return true;
    }

    private static void tell(Sql sql, Connection connection) throws SQLException {
        List<String> kinds = new ArrayList<>();
        List<String> keys = new ArrayList<>();
        sql.changes()
                .forEach((kind, changed) -> changed.forEach(key -> {
                    kinds.add(kind);
                    keys.add(key);
                }));
        sql.later(
                "WITH told AS (INSERT INTO store_change (number, kind, key) SELECT o.number, c.kind, c.key FROM store_order o, unnest(?::text[], ?::text[]) AS c (kind, key)) SELECT pg_notify('"
                        + CHANNEL + "', '')",
                connection.createArrayOf("text", kinds.toArray()),
                connection.createArrayOf("text", keys.toArray()));
    }

    @Override
    public long number(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("SELECT number FROM store_order");
                ResultSet row = query.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    @Override
    public long breaks() {
        return node.breaks();
    }

    @Override
    public String words(String statement) {
        String text = statement.contains("json_extract(") ? withPaths(statement) : statement;
        return text.startsWith("CREATE TABLE") || text.startsWith("ALTER TABLE") ? definition(text) : text;
    }

    private static String withPaths(String statement) {
        return JSON.matcher(statement)
                .replaceAll(found -> "store_json(" + found.group(1) + ", '" + found.group(2) + "'"
                        + (found.group(3) == null ? "" : ", '" + found.group(3) + "'") + ")");
    }

    /** SQLite compares texts by their bytes, whatever the language of a database is. */
    private static String definition(String statement) {
        return statement
                .replaceAll("\\bINTEGER\\b", "BIGINT")
                .replaceAll("\\bBLOB\\b", "BYTEA")
                .replaceAll("\\bTEXT\\b", "TEXT COLLATE \"C\"")
                .replaceAll("\\bVIRTUAL\\b", "STORED")
                .replaceAll("\\) STRICT(, WITHOUT ROWID)?\\s*$", ")");
    }

    /**
     * PostgreSQL refuses texts with a NUL, which SQLite stores. One in a reason would keep every kill that is written
     * with it out of the store.
     */
    @Override
    public @Nullable Object stored(@Nullable Object value) {
        return value instanceof String text ? text.replace('\0', NUL_SIGN) : value;
    }

    @Override
    public StoreUnavailableException failure(SQLException cause) {
        return StoreNode.NO_TURN.equals(cause.getSQLState()) ? node.overtaken() : server.failure(cause);
    }

    @Override
    public void close() {
        node.close();
    }

    @Override
    public String toString() {
        return server.toString();
    }
}
