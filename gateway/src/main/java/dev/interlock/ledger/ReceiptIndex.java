package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where each receipt lies, for questions. Derived: it may be deleted, and is made again from the segments.
 *
 * <p>Threading: guarded by itself. Writers wait for readers, which no call does.
 */
final class ReceiptIndex implements Closeable {

    private static final String SCHEMA = """
            CREATE TABLE IF NOT EXISTS receipt (
              leaf INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, agent TEXT, at TEXT NOT NULL,
              segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL);
            CREATE INDEX IF NOT EXISTS receipt_agent ON receipt (agent, leaf);
            CREATE INDEX IF NOT EXISTS receipt_kind ON receipt (kind, leaf);
            CREATE TABLE IF NOT EXISTS open_intent (id TEXT PRIMARY KEY, leaf INTEGER NOT NULL) WITHOUT ROWID;
            """;

    private final Connection connection;

    /** Parsed once: a round under load has some hundred receipts, and comes twenty times a second. */
    private final PreparedStatement insert;

    private final PreparedStatement open;
    private final PreparedStatement close;

    private ReceiptIndex(Connection connection) throws SQLException {
        this.connection = connection;
        insert = connection.prepareStatement("INSERT OR IGNORE INTO receipt VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        open = connection.prepareStatement("INSERT OR IGNORE INTO open_intent VALUES (?, ?)");
        close = connection.prepareStatement("DELETE FROM open_intent WHERE id = ?");
    }

    static ReceiptIndex open(Path file) throws IOException {
        try {
            return over(prepared(DriverManager.getConnection("jdbc:sqlite:" + file)));
        } catch (SQLException e) {
            throw new IOException("the receipt index cannot be opened", e);
        }
    }

    private static ReceiptIndex over(Connection connection) throws SQLException {
        try {
            return new ReceiptIndex(connection);
        } catch (SQLException e) {
            close(connection, e);
            throw e;
        }
    }

    /** {@code connection}, ready to use; closed if it cannot be made so. */
    static Connection prepared(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            // Behind after a power cut is as good as missing, and not being synced keeps it off the disk's queue.
            statement.execute("PRAGMA synchronous = NORMAL");
            for (String sql : SCHEMA.split(";\n", -1)) {
                statement.execute(sql.isBlank() ? "SELECT 1" : sql);
            }
            connection.setAutoCommit(false);
            return connection;
        } catch (SQLException e) {
            close(connection, e);
            throw e;
        }
    }

    private static void close(Connection connection, SQLException cause) {
        try {
            connection.close();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    /** The number of receipts that it knows: all up to this leaf. */
    synchronized long size() throws IOException {
        return query("SELECT COALESCE(MAX(leaf) + 1, 0) FROM receipt", List.of(), row -> row.getLong(1))
                .getFirst();
    }

    /** Adds receipts, all or none. */
    synchronized void add(List<Committed> receipts) throws IOException {
        try {
            insert(receipts);
            connection.commit();
        } catch (SQLException e) {
            rollback();
            throw new IOException("the receipt index cannot be written", e);
        }
    }

    private void insert(List<Committed> receipts) throws SQLException {
        // Most calls are over before their intent comes here: those are never opened.
        Set<String> closed = receipts.stream()
                .flatMap(committed -> committed.receipt().intent().stream())
                .collect(Collectors.toSet());
        for (Committed committed : receipts) {
            row(insert, committed);
            Receipt receipt = committed.receipt();
            if (receipt.kind() == Receipt.Kind.INTENT && !closed.contains(receipt.id())) {
                open.setString(1, receipt.id());
                open.setLong(2, committed.leaf());
                open.executeUpdate();
            }
            if (receipt.intent().isPresent()) {
                close.setString(1, receipt.intent().get());
                close.executeUpdate();
            }
        }
    }

    private static void row(PreparedStatement insert, Committed committed) throws SQLException {
        Receipt receipt = committed.receipt();
        insert.setLong(1, committed.leaf());
        insert.setString(2, receipt.id());
        insert.setString(3, receipt.kind().word());
        insert.setString(4, receipt.agent().orElse(null));
        insert.setString(5, sortable(receipt.at()));
        insert.setLong(6, committed.place().segment());
        insert.setInt(7, committed.place().offset());
        insert.setInt(8, committed.place().length());
        insert.executeUpdate();
    }

    /** {@link Instant#toString} leaves out zeros and so does not sort; this has nanoseconds always. */
    private static String sortable(Instant at) {
        return padded(at.getEpochSecond(), 20) + "." + padded(at.getNano(), 9);
    }

    /** Not {@link String#format}, which takes longer than the insert. */
    private static String padded(long number, int width) {
        String digits = Long.toString(number);
        return "0".repeat(width - digits.length()) + digits;
    }

    private void rollback() {
        try {
            connection.rollback();
        } catch (SQLException e) {
            // The first failure is the one to tell of; this connection's next statement will fail and tell of itself.
        }
    }

    /** A receipt's leaf and place. */
    record Row(long leaf, Committed.Place place) {}

    synchronized Optional<Row> find(String id) throws IOException {
        return rows("SELECT leaf, segment, offset, length FROM receipt WHERE id = ?", List.of(id)).stream()
                .findFirst();
    }

    /** Newest first, from before the leaf {@code end}. */
    synchronized List<Row> search(ReceiptQuery query, long end) throws IOException {
        StringBuilder sql = new StringBuilder("SELECT leaf, segment, offset, length FROM receipt WHERE leaf < ?");
        List<Object> values = new ArrayList<>(List.of(end));
        query.agent()
                .ifPresentOrElse(
                        agent -> condition(sql, values, "agent = ?", agent),
                        () -> condition(sql, values, "agent IS NOT ?", Receipt.PROBE));
        query.kind().ifPresent(kind -> condition(sql, values, "kind = ?", kind.word()));
        query.from().ifPresent(at -> condition(sql, values, "at >= ?", sortable(at)));
        query.until().ifPresent(at -> condition(sql, values, "at < ?", sortable(at)));
        values.add(query.limit());
        return rows(sql.append(" ORDER BY leaf DESC LIMIT ?").toString(), values);
    }

    private static void condition(StringBuilder sql, List<Object> values, String condition, Object value) {
        sql.append(" AND ").append(condition);
        values.add(value);
    }

    /** Intents without an outcome, oldest first. */
    synchronized List<Row> openIntents() throws IOException {
        return rows(
                "SELECT r.leaf, segment, offset, length FROM open_intent o JOIN receipt r ON r.leaf = o.leaf"
                        + " ORDER BY r.leaf",
                List.of());
    }

    private List<Row> rows(String sql, List<Object> values) throws IOException {
        return query(
                sql,
                values,
                row -> new Row(row.getLong(1), new Committed.Place(row.getLong(2), row.getInt(3), row.getInt(4))));
    }

    @FunctionalInterface
    private interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    private <T> List<T> query(String sql, List<Object> values, RowReader<T> reader) throws IOException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.size(); i++) {
                statement.setObject(i + 1, values.get(i));
            }
            List<T> found = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(reader.read(rows));
                }
            }
            connection.commit();
            return found;
        } catch (SQLException e) {
            rollback();
            throw new IOException("the receipt index cannot be read", e);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IOException("the receipt index cannot be closed", e);
        }
    }
}
