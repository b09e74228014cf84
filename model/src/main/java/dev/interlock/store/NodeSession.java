package dev.interlock.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * The session by which a {@link StoreNode} takes part in its store. Its locks last as long as the server hears from it.
 */
final class NodeSession implements AutoCloseable {

    /** The server ends a session from which it hears nothing, as when its gateway is frozen or cut off. */
    private static final String MAX_IDLE = "10s";

    /** The name of who moves a store. That of a gateway has no spaces. */
    static final String MOVER = "interlock store move";

    /** Maximum time for an answer. */
    private static final Duration MAX_ANSWER = Duration.ofSeconds(3);

    /** How long changes are kept. Who has not read one by then reads everything again. */
    private static final String KEPT = "1 hour";

    /** The first halves of the locks' numbers: to serve at all, to serve by a name, and to make the tables. */
    private static final int STORE_LOCK = 0x494C_4F43;

    private static final int NAME_LOCK = STORE_LOCK + 1;
    private static final int TABLES_LOCK = STORE_LOCK + 2;

    private static final List<String> TABLES = List.of(
            // The one row that every transaction locks that writes. In it are the tokens of those who may.
            "CREATE TABLE IF NOT EXISTS store_order (only_one BIGINT PRIMARY KEY CHECK (only_one = 1), number BIGINT NOT NULL, forgotten BIGINT NOT NULL, tokens JSONB NOT NULL)",
            "INSERT INTO store_order VALUES (1, 0, 0, '{}') ON CONFLICT DO NOTHING",
            "CREATE TABLE IF NOT EXISTS store_change (number BIGINT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now(), PRIMARY KEY (number, kind, key))",
            // Who has not ended in order. What people see of them is written here without waiting for the disk.
            "CREATE TABLE IF NOT EXISTS store_node (name TEXT PRIMARY KEY, version TEXT NOT NULL, since TIMESTAMPTZ NOT NULL, heard TIMESTAMPTZ NOT NULL, number BIGINT NOT NULL)",
            "ALTER TABLE store_node ADD COLUMN IF NOT EXISTS said TEXT NOT NULL DEFAULT ''",
            "CREATE TABLE IF NOT EXISTS store_primary (timeline BIGINT PRIMARY KEY, drawn TEXT NOT NULL)",
            // The database's encoding is UTF-8, so this depends on nothing else, as generated columns demand.
            // PostgreSQL reads no document with an escaped NUL, wherever it is. What is read here has none.
            """
            CREATE OR REPLACE FUNCTION store_json(document BYTEA, VARIADIC path TEXT[]) RETURNS TEXT
            IMMUTABLE LANGUAGE sql AS
            $$ SELECT replace(convert_from(document, 'UTF8'), '\\u0000', '\\u2400')::json #>> path $$""");

    /** The state of the store in one snapshot: what was committed since a number, and until {@code number}. */
    record Poll(boolean isMember, Instant at, long number, long forgotten, List<StoreChange> changes) {}

    /** When a gateway joined, at which number, and whether another one did not end in order before. */
    record Joined(Instant at, long number, boolean isUnsettled) {}

    private final Connection connection;

    private NodeSession(Connection connection) {
        this.connection = connection;
    }

    static NodeSession open(PostgresServer server) throws SQLException {
        Connection opened = server.open(" -c idle_session_timeout=" + MAX_IDLE);
        try {
            NodeSession session = new NodeSession(opened);
            if (!MAX_IDLE.equals(session.one("SHOW idle_session_timeout"))) {
                throw new SQLException(
                        "a pooler lies between and drops the session's settings: connect to the server itself");
            }
            opened.setNetworkTimeout(Runnable::run, (int) MAX_ANSWER.toMillis());
            session.update("LISTEN " + PostgresEngine.CHANNEL);
            return session;
        } catch (SQLException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    /** Lets {@code primary} judge where this session leads. */
    void take(ServedPrimary primary) throws SQLException {
        prepare();
        primary.take(connection);
    }

    /** Makes the tables of this package, unless they are there. */
    private void prepare() throws SQLException {
        inTransaction(() -> {
            one("SELECT pg_advisory_xact_lock(" + TABLES_LOCK + ", hashtext(current_schema()))");
            if (isTrue("SELECT to_regclass('store_primary') IS NULL")) {
                for (String statement : TABLES) {
                    update(statement);
                }
            }
            return true;
        });
    }

    /** Takes the right to serve beside others, or {@code alone}. False if one of these excludes it. */
    boolean lockStore(boolean alone) throws SQLException {
        return isTrue("SELECT pg_try_advisory_lock" + (alone ? "" : "_shared") + "(" + STORE_LOCK
                + ", hashtext(current_schema()))");
    }

    /** Takes the right to serve by {@code name}. False if somebody else has it. */
    boolean lockName(String name) throws SQLException {
        return isTrue("SELECT pg_try_advisory_lock(" + NAME_LOCK + ", hashtext(current_schema() || ' ' || ?))", name);
    }

    private boolean isTrue(String query, Object... values) throws SQLException {
        return one(query, values).equals("t");
    }

    /**
     * Ends the session {@code process}, which is an earlier one of this gateway, if it has {@code name} still: the
     * server has not noticed yet that it is gone.
     */
    void end(int process, String name) throws SQLException {
        one(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = " + NAME_LOCK
                        + " AND objid::bigint = hashtext(current_schema() || ' ' || ?)::bigint & 4294967295 AND pid = ?",
                name,
                process);
    }

    int process() throws SQLException {
        return connection.unwrap(PGConnection.class).getBackendPID();
    }

    /**
     * Lets nobody else write by {@code name}, or by any if {@code alone}, and nobody who has moved the store: what was
     * copied is older than what is written from now on. It waits for what such a gateway has begun.
     */
    Joined join(String name, String token, String version, boolean alone) throws SQLException {
        return inTransaction(() -> {
            long number = Long.parseLong(one(
                    "UPDATE store_order SET tokens = CASE WHEN ? THEN '{}' ELSE tokens - ?::text END || jsonb_build_object(?::text, ?::text) RETURNING number",
                    alone,
                    MOVER,
                    name,
                    token));
            boolean isUnsettled =
                    isTrue("SELECT count(*) > 0 FROM store_node WHERE name IN (?, ?) OR ?", name, MOVER, alone);
            update("DELETE FROM store_node WHERE name = ?", MOVER);
            update(
                    "INSERT INTO store_node VALUES (?, ?, now(), now(), ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version, since = excluded.since, heard = excluded.heard, number = excluded.number",
                    name,
                    version,
                    number);
            return new Joined(poll(name, token, number).at(), number, isUnsettled);
        });
    }

    /** Gives the right up, so that another one by {@code name} begins at once. */
    void leave(String name, String token, boolean alone) throws SQLException {
        inTransaction(() -> {
            if (update("UPDATE store_order SET tokens = tokens - ?::text WHERE tokens ->> ? = ?", name, name, token)
                    == 1) {
                update("DELETE FROM store_node WHERE name = ? OR ?", name, alone);
            }
            return true;
        });
        one("SELECT pg_advisory_unlock_all()"); // the server notices only later that a session has ended
    }

    /** Reads in one snapshot what was committed after {@code since}. */
    Poll poll(String name, String token, long since) throws SQLException {
        try (PreparedStatement query = prepared(
                        "SELECT coalesce(o.tokens ->> ? = ?, false), clock_timestamp(), o.number, o.forgotten, c.number, c.kind, c.key FROM store_order o LEFT JOIN store_change c ON c.number > ? ORDER BY c.number",
                        name,
                        token,
                        since);
                ResultSet row = query.executeQuery()) {
            List<StoreChange> changes = new ArrayList<>();
            Poll poll = null;
            while (row.next()) {
                if (poll == null) {
                    Instant at = row.getObject(2, OffsetDateTime.class).toInstant();
                    poll = new Poll(row.getBoolean(1), at, row.getLong(3), row.getLong(4), changes);
                }
                if (row.getString(6) != null) {
                    changes.add(new StoreChange(row.getLong(5), row.getString(6), row.getString(7)));
                }
            }
            if (poll == null) {
                throw new SQLException("somebody has emptied its table `store_order`");
            }
            return poll;
        }
    }

    /** Says for people that this gateway is here, has followed until {@code number}, and what it {@code said}. */
    void report(String name, long number, String said) throws SQLException {
        inTransaction(() -> {
            update("SET LOCAL synchronous_commit = off");
            return update(
                    "UPDATE store_node SET heard = now(), number = ?, said = ? WHERE name = ?", number, said, name);
        });
    }

    /** Forgets old changes, and remembers until which number. False if somebody writes at present. */
    boolean forget() throws SQLException {
        return inTransaction(() -> {
            if (one("SELECT number FROM store_order FOR UPDATE SKIP LOCKED").isEmpty()) {
                return false;
            }
            update(
                    "UPDATE store_order SET forgotten = greatest(forgotten, (SELECT max(number) FROM store_change WHERE at < now() - interval '"
                            + KEPT + "'))");
            update("DELETE FROM store_change WHERE number <= (SELECT forgotten FROM store_order)");
            return true;
        });
    }

    /** Waits until a gateway has changed something, but {@code most} at most. Returns whether one has. */
    boolean await(Duration most) throws SQLException {
        PGNotification[] told =
                connection.unwrap(PGConnection.class).getNotifications((int) Math.max(1, most.toMillis()));
        return told != null && told.length > 0;
    }

    /** Returns the names of those who serve, as far as they ended not in order. */
    String names() throws SQLException {
        return one("SELECT string_agg('`' || name || '`', ', ' ORDER BY name) FROM store_node");
    }

    @FunctionalInterface
    private interface Work<T> {
        T run() throws SQLException;
    }

    private <T> T inTransaction(Work<T> work) throws SQLException {
        connection.setAutoCommit(false);
        T result = work.run(); // a session in which this fails is closed
        connection.commit();
        connection.setAutoCommit(true);
        return result;
    }

    /** Returns the value of the only row that {@code query} finds; empty if there is none. */
    private String one(String query, Object... values) throws SQLException {
        try (PreparedStatement prepared = prepared(query, values);
                ResultSet row = prepared.executeQuery()) {
            return Optional.ofNullable(row.next() ? row.getString(1) : null).orElse("");
        }
    }

    private int update(String statement, Object... values) throws SQLException {
        try (PreparedStatement prepared = prepared(statement, values)) {
            return prepared.executeUpdate();
        }
    }

    private PreparedStatement prepared(String statement, @Nullable Object... values) throws SQLException {
        PreparedStatement prepared = connection.prepareStatement(statement);
        for (int i = 0; i < values.length; i++) {
            prepared.setObject(i + 1, values[i]);
        }
        return prepared;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
