package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.Tile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds for queries which full entry bundles may hold what they ask for. It is derived: it may be deleted, and is
 * rebuilt from the segments. Threading: guarded by itself. Writers wait for readers; no call waits for either.
 */
final class ReceiptIndex implements Closeable {

    private static final String UNREADABLE = "the receipt index cannot be read";
    private static final int SQLITE_CORRUPT = 11;
    private static final int SQLITE_NOTADB = 26;

    /** SQLite's codes for a file that is no database, or whose contents contradict each other. */
    private static final Set<Integer> GARBLED = Set.of(SQLITE_CORRUPT, SQLITE_NOTADB);

    private final Path path;

    /** The open index; null after a failure, and the next use opens it anew. */
    private @Nullable IndexFile file;

    /** True once it was found garbled and its files were deleted: another one would lack receipts unnoticed. */
    private boolean garbled;

    /** True if that was when it was opened, so that the ledger's recovery adds all receipts. */
    private boolean renewed;

    private ReceiptIndex(Path path) {
        this.path = path;
    }

    static ReceiptIndex open(Path path) throws IOException {
        ReceiptIndex index = new ReceiptIndex(path);
        try {
            index.openIntents();
        } catch (IOException e) {
            if (!index.garbled) {
                throw e;
            }
            index.garbled = false;
            index.renewed = true;
        }
        return index;
    }

    synchronized boolean isRenewed() {
        return renewed;
    }

    /** Returns the number of indexed receipts: all up to this leaf, and always whole bundles. */
    synchronized long size() throws IOException {
        try {
            return file().size();
        } catch (SQLException e) {
            throw failed(UNREADABLE, e);
        }
    }

    /** Adds receipts, all or none. They are whole bundles, which can be read by now. */
    synchronized void add(List<CommittedReceipt> receipts) throws IOException {
        try {
            file().add(receipts);
        } catch (SQLException e) {
            throw failed("the receipt index cannot be written", e);
        }
    }

    synchronized List<Long> bundles(String key) throws IOException {
        return query(
                "SELECT bundle FROM posting WHERE key = ? ORDER BY bundle DESC", List.of(key), row -> row.getLong(1));
    }

    /** Each has the agent, the lease, the kind and the time, but perhaps not in one receipt. Newest first. */
    synchronized List<Long> bundles(ReceiptQuery query, long end, int limit) throws IOException {
        List<String> keys = ReceiptKeys.of(query);
        int kinds = query.kind().map(ReceiptKeys::mask).orElse(ReceiptKeys.ANY);
        StringBuilder sql = new StringBuilder(
                "SELECT p.bundle FROM posting p JOIN bundle b ON b.number = p.bundle WHERE p.key = ? AND p.bundle < ? AND p.kinds & ?");
        List<Object> values = new ArrayList<>(List.of(keys.getFirst(), end, kinds));
        for (String also : keys.subList(1, keys.size())) {
            sql.append(" AND EXISTS (SELECT 1 FROM posting q WHERE q.key = ? AND q.bundle = p.bundle AND q.kinds & ?)");
            values.add(also);
            values.add(kinds);
        }
        query.from().ifPresent(at -> condition(sql, values, "b.last >= ?", at.getEpochSecond()));
        query.until().ifPresent(at -> condition(sql, values, "b.first <= ?", at.getEpochSecond()));
        values.add(limit);
        return query(sql.append(" ORDER BY p.bundle DESC LIMIT ?").toString(), values, row -> row.getLong(1));
    }

    /**
     * Adds up what the bundles before {@code end} count in the quarters {@code from} to {@code until}, without the
     * last.
     */
    synchronized void count(long from, long until, long end, Map<Long, Map<String, Long>> to) throws IOException {
        query(
                "SELECT quarter, what, SUM(count) FROM tally WHERE quarter >= ? AND quarter < ? AND bundle < ? GROUP BY quarter, what",
                List.of(from, until, end),
                row -> {
                    new CountedReceipt(row.getLong(1), row.getString(2), row.getLong(3)).addTo(to);
                    return to;
                });
    }

    private static void condition(StringBuilder sql, List<Object> values, String condition, Object value) {
        sql.append(" AND ").append(condition);
        values.add(value);
    }

    /** Returns the leaves of the intents without an outcome among the first {@link #size} receipts, oldest first. */
    synchronized List<Long> openIntents() throws IOException {
        try {
            return file().openIntents();
        } catch (SQLException e) {
            throw failed(UNREADABLE, e);
        }
    }

    private <T> List<T> query(String sql, List<Object> values, IndexFile.RowReader<T> reader) throws IOException {
        try {
            return file().query(sql, values, reader);
        } catch (SQLException e) {
            throw failed(UNREADABLE, e);
        }
    }

    private IndexFile file() throws SQLException {
        if (garbled) {
            throw new SQLException("its files were deleted");
        }
        IndexFile open = file;
        if (open == null) {
            open = IndexFile.open(path);
            file = open;
        }
        return open;
    }

    /**
     * On a full disk SQLite ends a transaction, but its driver goes on as if there were one: the connection is lost.
     */
    private IOException failed(String what, SQLException cause) {
        boolean isGarbled = garbled || GARBLED.contains(cause.getErrorCode() & 0xff);
        IOException failure = new IOException(
                isGarbled ? what + ": it was garbled, and a restart of the gateway makes it again" : what, cause);
        try {
            close();
            if (isGarbled) {
                garbled = true;
                for (String file : List.of("", "-wal", "-shm", "-journal")) {
                    Files.deleteIfExists(path.resolveSibling(path.getFileName() + file));
                }
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        return failure;
    }

    @Override
    public synchronized void close() throws IOException {
        IndexFile open = file;
        file = null;
        if (open != null) {
            open.close();
        }
    }

    /** The index's open database, for one thread. A key says in which full entry bundles something is found. */
    static final class IndexFile implements Closeable {

        /** The version of the schema. An index of another version is rebuilt from the segments. */
        private static final int VERSION = 5;

        /** All tables, also those of earlier versions. */
        private static final List<String> TABLES =
                List.of("receipt", "open_intent", "named_lease", "outcome", "posting", "bundle", "tally");

        private static final String SCHEMA = """
                CREATE TABLE IF NOT EXISTS posting (
                  key TEXT NOT NULL, bundle INTEGER NOT NULL, kinds INTEGER NOT NULL,
                  PRIMARY KEY (key, bundle)) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS bundle (
                  number INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL);
                CREATE TABLE IF NOT EXISTS tally (
                  quarter INTEGER NOT NULL, bundle INTEGER NOT NULL, what TEXT NOT NULL, count INTEGER NOT NULL,
                  PRIMARY KEY (quarter, bundle, what)) WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS open_intent (bundle INTEGER PRIMARY KEY, intents TEXT NOT NULL);
                """;

        /** Separates the parts of an open intent; {@link ReceiptKeys} has neither this nor a line end. */
        private static final String PART = "\t";

        private final Connection connection;

        /** Prepared once: a busy ledger fills some hundred bundles a second. */
        private final PreparedStatement post;

        private final PreparedStatement cover;
        private final PreparedStatement tally;
        private final PreparedStatement open;
        private final PreparedStatement close;

        /** The number of receipts when it was opened, and since; nobody else writes to it. Always whole bundles. */
        private long size;

        /** An intent without an outcome up to {@link #size}, with the keys under which its outcome is found too. */
        private record OpenIntent(long leaf, Set<String> keys) {}

        /** By id. The outcome of an intent names neither agent nor lease. */
        private final Map<String, OpenIntent> openIntents = new HashMap<>();

        /**
         * The ids of open intents by bundle, as on disk: a bundle is one row, because most are written many at a time.
         */
        private final Map<Long, Set<String>> openByBundle = new HashMap<>();

        private IndexFile(Connection connection) throws SQLException {
            this.connection = connection;
            post = connection.prepareStatement("INSERT OR REPLACE INTO posting VALUES (?, ?, ?)");
            cover = connection.prepareStatement("INSERT OR REPLACE INTO bundle VALUES (?, ?, ?)");
            tally = connection.prepareStatement("INSERT OR REPLACE INTO tally VALUES (?, ?, ?, ?)");
            open = connection.prepareStatement("INSERT OR REPLACE INTO open_intent VALUES (?, ?)");
            close = connection.prepareStatement("DELETE FROM open_intent WHERE bundle = ?");
            size = Tile.WIDTH
                    * query("SELECT COALESCE(MAX(number) + 1, 0) FROM bundle", List.of(), row -> row.getLong(1))
                            .getFirst();
            for (String row : query("SELECT intents FROM open_intent", List.of(), row -> row.getString(1))) {
                for (String line : row.split("\n", -1)) {
                    List<String> parts = List.of(line.split(PART, -1));
                    Set<String> keys = Set.copyOf(parts.subList(2, parts.size()));
                    begin(parts.get(1), new OpenIntent(Long.parseLong(parts.getFirst()), keys));
                }
            }
        }

        private void begin(String id, OpenIntent intent) {
            openIntents.put(id, intent);
            openByBundle
                    .computeIfAbsent(intent.leaf() / Tile.WIDTH, _ -> new TreeSet<>())
                    .add(id);
        }

        private void end(String id, OpenIntent intent) {
            openIntents.remove(id);
            long bundle = intent.leaf() / Tile.WIDTH;
            Set<String> ids = openByBundle.getOrDefault(bundle, Set.of());
            if (ids.size() > 1) {
                ids.remove(id);
            } else {
                openByBundle.remove(bundle);
            }
        }

        long size() {
            return size;
        }

        List<Long> openIntents() {
            return openIntents.values().stream().map(OpenIntent::leaf).sorted().toList();
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
                // An index that lags after a power cut is as good as a missing one. Without a sync it stays off the
                // disk's
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
                statement.execute("VACUUM");
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
         * Writes whole bundles, all or none. Fails also if it lacks earlier receipts, because somebody removed the
         * file: with these it would look complete. After an exception it must be closed.
         */
        void add(List<CommittedReceipt> receipts) throws SQLException {
            if (!receipts.isEmpty() && receipts.getFirst().leaf() > size) {
                throw new SQLException("it lacks receipts from " + size + " on until the gateway restarts");
            }
            Batch batch = new Batch();
            for (CommittedReceipt committed : receipts) {
                if (committed.leaf() >= size) {
                    batch.add(committed.leaf(), committed.entry());
                }
            }
            batch.write();
            connection.commit();
            batch.committed();
        }

        /** The rows for some bundles. What is known of open intents changes only once they are committed. */
        private final class Batch {
            private final Map<String, OpenIntent> begun = new LinkedHashMap<>();
            private final Map<String, OpenIntent> ended = new HashMap<>();
            private final List<Bundle> bundles = new ArrayList<>();

            private void add(long leaf, LogEntry receipt) {
                if (leaf % Tile.WIDTH == 0) {
                    bundles.add(new Bundle(leaf / Tile.WIDTH));
                }
                Bundle bundle = bundles.getLast();
                Set<String> keys = receipt.keys();
                if (receipt.kind() == Receipt.Kind.INTENT) {
                    begun.put(receipt.id(), new OpenIntent(leaf, keys));
                }
                Optional<OpenIntent> intent = receipt.intent().flatMap(this::end);
                intent.ifPresent(ends -> bundle.post(ReceiptKeys.outcomes(ends.leaf()), receipt.kind()));
                bundle.take(
                        receipt,
                        intent.map(ends -> ReceiptKeys.ofOutcome(keys, ends.keys()))
                                .orElse(keys));
            }

            /** Ends an intent; empty if it is over already, or if there is none. */
            private Optional<OpenIntent> end(String id) {
                OpenIntent here = begun.remove(id);
                if (here != null) {
                    return Optional.of(here);
                }
                Optional<OpenIntent> earlier =
                        ended.containsKey(id) ? Optional.empty() : Optional.ofNullable(openIntents.get(id));
                earlier.ifPresent(intent -> ended.put(id, intent));
                return earlier;
            }

            private void write() throws SQLException {
                for (Bundle bundle : bundles) {
                    bundle.write();
                }
                for (Map.Entry<Long, String> row : openRows().entrySet()) {
                    PreparedStatement statement = row.getValue().isEmpty() ? close : open;
                    statement.setLong(1, row.getKey());
                    if (!row.getValue().isEmpty()) {
                        statement.setString(2, row.getValue());
                    }
                    statement.addBatch();
                }
                for (PreparedStatement filled : List.of(post, cover, tally, open, close)) {
                    filled.executeBatch();
                }
            }

            /** Returns the changed rows of open intents; an empty one goes. */
            private Map<Long, String> openRows() {
                Map<Long, StringJoiner> rows = new TreeMap<>();
                for (OpenIntent intent : ended.values()) {
                    rows.put(intent.leaf() / Tile.WIDTH, new StringJoiner("\n"));
                }
                rows.forEach((bundle, row) -> openByBundle.getOrDefault(bundle, Set.of()).stream()
                        .filter(id -> !ended.containsKey(id))
                        .forEach(id -> row.add(line(id, Objects.requireNonNull(openIntents.get(id))))));
                begun.forEach(
                        (id, intent) -> rows.computeIfAbsent(intent.leaf() / Tile.WIDTH, _ -> new StringJoiner("\n"))
                                .add(line(id, intent)));
                Map<Long, String> texts = new TreeMap<>();
                rows.forEach((bundle, row) -> texts.put(bundle, row.toString()));
                return texts;
            }

            private static String line(String id, OpenIntent intent) {
                return intent.leaf() + PART + id + PART + String.join(PART, intent.keys());
            }

            private void committed() {
                size += (long) bundles.size() * Tile.WIDTH;
                ended.forEach(IndexFile.this::end);
                begun.forEach(IndexFile.this::begin);
            }
        }

        private final class Bundle {
            private final long number;
            private final Map<String, Integer> kinds = new TreeMap<>();
            private final Map<Long, Map<String, Long>> counts = new TreeMap<>();
            private long first = Long.MAX_VALUE;
            private long last = Long.MIN_VALUE;

            private Bundle(long number) {
                this.number = number;
            }

            private void take(LogEntry receipt, Set<String> keys) {
                keys.forEach(key -> post(key, receipt.kind()));
                post(ReceiptKeys.id(receipt.id()), receipt.kind());
                receipt.counted().forEach(counted -> counted.addTo(counts));
                first = Math.min(first, receipt.second());
                last = Math.max(last, receipt.second());
            }

            private void post(String key, Receipt.Kind kind) {
                kinds.merge(key, ReceiptKeys.mask(kind), (a, b) -> a | b);
            }

            private void write() throws SQLException {
                cover.setLong(1, number);
                cover.setLong(2, first);
                cover.setLong(3, last);
                cover.addBatch();
                for (Map.Entry<String, Integer> entry : kinds.entrySet()) {
                    post.setString(1, entry.getKey());
                    post.setLong(2, number);
                    post.setInt(3, entry.getValue());
                    post.addBatch();
                }
                for (Map.Entry<Long, Map<String, Long>> quarter : counts.entrySet()) {
                    for (Map.Entry<String, Long> entry : quarter.getValue().entrySet()) {
                        tally.setLong(1, quarter.getKey());
                        tally.setLong(2, number);
                        tally.setString(3, entry.getKey());
                        tally.setLong(4, entry.getValue());
                        tally.addBatch();
                    }
                }
            }
        }

        @FunctionalInterface
        interface RowReader<T> {
            T read(ResultSet row) throws SQLException;
        }

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
}
