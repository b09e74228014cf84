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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The index's open database, with its prepared statements. For one thread at a time. */
final class IndexFile implements Closeable {

    /** The version of the schema. An index of another version is rebuilt from the segments. */
    private static final int VERSION = 2;

    private static final List<String> TABLES = List.of("receipt", "open_intent", "named_lease", "outcome");

    private static final String SCHEMA = """
            CREATE TABLE IF NOT EXISTS receipt (
              leaf INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, agent TEXT, at TEXT NOT NULL,
              segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL);
            CREATE INDEX IF NOT EXISTS receipt_agent ON receipt (agent, leaf);
            CREATE INDEX IF NOT EXISTS receipt_kind ON receipt (kind, leaf);
            CREATE TABLE IF NOT EXISTS open_intent (id TEXT PRIMARY KEY, leaf INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS named_lease (
              lease TEXT NOT NULL, leaf INTEGER NOT NULL, PRIMARY KEY (lease, leaf)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS outcome (intent INTEGER PRIMARY KEY, leaf INTEGER NOT NULL);
            """;

    /** Counts the receipts, all of them up to the last leaf. */
    static final String SIZE = "SELECT COALESCE(MAX(leaf) + 1, 0) FROM receipt";

    private final Connection connection;

    /** Prepared once: a round under load has some hundred receipts, and comes twenty times a second. */
    private final PreparedStatement insert;

    private final PreparedStatement open;
    private final PreparedStatement close;
    private final PreparedStatement name;
    private final PreparedStatement end;
    private final PreparedStatement intent;

    /** The number of receipts when it was opened, and since; nobody else writes to it. */
    private long size;

    private IndexFile(Connection connection) throws SQLException {
        this.connection = connection;
        insert = connection.prepareStatement("INSERT OR IGNORE INTO receipt VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        open = connection.prepareStatement("INSERT OR IGNORE INTO open_intent VALUES (?, ?)");
        close = connection.prepareStatement("DELETE FROM open_intent WHERE id = ?");
        name = connection.prepareStatement("INSERT OR IGNORE INTO named_lease VALUES (?, ?)");
        end = connection.prepareStatement("INSERT OR IGNORE INTO outcome VALUES (?, ?)");
        intent = connection.prepareStatement("SELECT leaf, agent FROM receipt WHERE id = ?");
        size = query(SIZE, List.of(), row -> row.getLong(1)).getFirst();
    }

    static IndexFile open(Path file) throws SQLException {
        Connection connection = prepared(DriverManager.getConnection("jdbc:sqlite:" + file));
        try {
            return new IndexFile(connection);
        } catch (SQLException e) {
            close(connection, e);
            throw e;
        }
    }

    /** Prepares {@code connection} for use and returns it; closes it on failure. */
    static Connection prepared(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            // An index that lags after a power cut is as good as a missing one. Without a sync it stays off the disk's
            // queue.
            statement.execute("PRAGMA synchronous = NORMAL");
            renew(statement);
            for (String sql : SCHEMA.split(";\n", -1)) {
                statement.execute(sql.isBlank() ? "SELECT 1" : sql);
            }
            statement.execute("PRAGMA user_version = " + VERSION);
            connection.setAutoCommit(false);
            return connection;
        } catch (SQLException e) {
            close(connection, e);
            throw e;
        }
    }

    private static void renew(Statement statement) throws SQLException {
        int version;
        try (ResultSet found = statement.executeQuery("PRAGMA user_version")) {
            version = found.getInt(1);
        }
        if (version != VERSION) {
            for (String table : TABLES) {
                statement.execute("DROP TABLE IF EXISTS " + table);
            }
        }
    }

    private static void close(Connection connection, SQLException cause) {
        try {
            connection.close();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    /**
     * Writes {@code receipts}, all or none. After an exception it must be closed.
     *
     * @throws SQLException also if it lacks earlier receipts, for example because somebody removed or restored the file
     *     under a running gateway. With these receipts it would look complete, and the next start would not rebuild it
     */
    void add(List<CommittedReceipt> receipts) throws SQLException {
        if (!receipts.isEmpty() && receipts.getFirst().leaf() > size) {
            throw new SQLException("it lacks receipts from " + size + " on until the gateway restarts");
        }
        insert(receipts);
        connection.commit();
        size = receipts.isEmpty() ? size : Math.max(size, receipts.getLast().leaf() + 1);
    }

    /** The parts of an intent that its outcome needs. */
    private record IntentSummary(long leaf, Optional<String> agent) {}

    private void insert(List<CommittedReceipt> receipts) throws SQLException {
        // Most calls are over before their intent arrives here; their intents are never stored as open.
        Set<String> closed = receipts.stream()
                .flatMap(committed -> committed.receipt().intent().stream())
                .collect(Collectors.toSet());
        Map<String, IntentSummary> intents = new HashMap<>();
        for (CommittedReceipt committed : receipts) {
            Receipt receipt = committed.receipt();
            Optional<IntentSummary> begun = begun(receipt, intents);
            row(insert, committed, receipt.agent().or(() -> begun.flatMap(IntentSummary::agent)));
            if (receipt.kind() == Receipt.Kind.INTENT) {
                intents.put(receipt.id(), new IntentSummary(committed.leaf(), receipt.agent()));
            }
            if (receipt.kind() == Receipt.Kind.INTENT && !closed.contains(receipt.id())) {
                open.setString(1, receipt.id());
                open.setLong(2, committed.leaf());
                open.addBatch();
            }
            // An earlier round may have stored it as open, also one that failed later and now comes again.
            if (receipt.intent().isPresent()
                    && begun.filter(intent -> intent.leaf() >= size).isEmpty()) {
                close.setString(1, receipt.intent().get());
                close.addBatch();
            }
            if (begun.isPresent()) {
                end.setLong(1, begun.get().leaf());
                end.setLong(2, committed.leaf());
                end.addBatch();
            }
            for (String lease : ReceiptQuery.leases(receipt)) {
                name.setString(1, lease);
                name.setLong(2, committed.leaf());
                name.addBatch();
            }
        }
        for (PreparedStatement filled : List.of(insert, open, close, end, name)) {
            filled.executeBatch();
        }
    }

    /** Returns the intent that {@code outcome} ends, if it is an outcome: from the same batch, or an earlier one. */
    private Optional<IntentSummary> begun(Receipt outcome, Map<String, IntentSummary> here) throws SQLException {
        if (outcome.intent().isEmpty()) {
            return Optional.empty();
        }
        IntentSummary begun = here.get(outcome.intent().get());
        return begun == null ? earlier(outcome.intent().get()) : Optional.of(begun);
    }

    private Optional<IntentSummary> earlier(String id) throws SQLException {
        intent.setString(1, id);
        try (ResultSet found = intent.executeQuery()) {
            return found.next()
                    ? Optional.of(new IntentSummary(found.getLong(1), Optional.ofNullable(found.getString(2))))
                    : Optional.empty();
        }
    }

    /** Writes one row. An outcome names no agent, so it gets that of its intent. */
    private static void row(PreparedStatement insert, CommittedReceipt committed, Optional<String> agent)
            throws SQLException {
        Receipt receipt = committed.receipt();
        insert.setLong(1, committed.leaf());
        insert.setString(2, receipt.id());
        insert.setString(3, receipt.kind().word());
        insert.setString(4, agent.orElse(null));
        insert.setString(5, sortable(receipt.at()));
        insert.setLong(6, committed.place().segment());
        insert.setInt(7, committed.place().offset());
        insert.setInt(8, committed.place().length());
        insert.addBatch();
    }

    /** Formats a time with nanoseconds always. {@link Instant#toString} omits zeros, and so does not sort. */
    static String sortable(Instant at) {
        return padded(at.getEpochSecond(), 20) + "." + padded(at.getNano(), 9);
    }

    /** Pads without {@link String#format}, which takes longer than the insert. */
    private static String padded(long number, int width) {
        String digits = Long.toString(number);
        return "0".repeat(width - digits.length()) + digits;
    }

    @FunctionalInterface
    interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Returns the rows of {@code sql}. After an exception it must be closed. */
    <T> List<T> query(String sql, List<Object> values, RowReader<T> reader) throws SQLException {
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
        }
    }

    /** Closes the connection, which drops anything uncommitted. */
    @Override
    public void close() throws IOException {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IOException("the receipt index cannot be closed", e);
        }
    }
}
