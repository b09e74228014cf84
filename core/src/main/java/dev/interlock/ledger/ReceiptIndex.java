package dev.interlock.ledger;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds for queries which full entry bundles may hold what they ask for. It is derived: it may be deleted, and is
 * rebuilt from the segments.
 *
 * <p>Threading: guarded by itself. Writers wait for readers; no call waits for either.
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
}
