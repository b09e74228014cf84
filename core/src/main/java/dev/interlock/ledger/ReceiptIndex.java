package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the place of each receipt for queries. It is derived: it may be deleted, and is rebuilt from the segments.
 *
 * <p>Threading: guarded by itself. Writers wait for readers; no call waits for either.
 */
final class ReceiptIndex implements Closeable {

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

    /** Opens the index. A garbled one is deleted and begun again: {@link #size} is then 0. */
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

    /** Returns whether it was garbled, so that it lacks receipts until the ledger's recovery adds them. */
    synchronized boolean isRenewed() {
        return renewed;
    }

    /** Returns the number of indexed receipts: all up to this leaf. */
    synchronized long size() throws IOException {
        return query(IndexFile.SIZE, List.of(), row -> row.getLong(1)).getFirst();
    }

    /** Adds receipts, all or none. */
    synchronized void add(List<CommittedReceipt> receipts) throws IOException {
        try {
            file().add(receipts);
        } catch (SQLException e) {
            throw failed("the receipt index cannot be written", e);
        }
    }

    /** A receipt's leaf and place. */
    record IndexRow(long leaf, CommittedReceipt.FramePosition place) {}

    synchronized Optional<IndexRow> find(String id) throws IOException {
        return rows("SELECT leaf, segment, offset, length FROM receipt WHERE id = ?", List.of(id)).stream()
                .findFirst();
    }

    /** Returns the outcome of the intent {@code id}. */
    synchronized Optional<IndexRow> outcome(String id) throws IOException {
        return rows(
                        "SELECT r.leaf, r.segment, r.offset, r.length FROM receipt i JOIN outcome o ON o.intent = i.leaf"
                                + " JOIN receipt r ON r.leaf = o.leaf WHERE i.id = ?",
                        List.of(id))
                .stream()
                .findFirst();
    }

    /** Returns matching receipts before the leaf {@code end}, newest first. */
    synchronized List<IndexRow> search(ReceiptQuery query, long end) throws IOException {
        StringBuilder sql = new StringBuilder("SELECT leaf, segment, offset, length FROM receipt WHERE leaf < ?");
        List<Object> values = new ArrayList<>(List.of(end));
        query.agent()
                .ifPresentOrElse(
                        agent -> condition(sql, values, "agent = ?", agent),
                        () -> condition(sql, values, "agent IS NOT ?", Receipt.PROBE));
        query.kind().ifPresent(kind -> condition(sql, values, "kind = ?", kind.word()));
        query.lease().ifPresent(lease -> {
            condition(sql, values, "leaf IN (SELECT leaf FROM named_lease WHERE lease = ?", lease);
            sql.append(" UNION ALL SELECT outcome.leaf FROM named_lease JOIN outcome ON intent = named_lease.leaf"
                    + " WHERE lease = ?)");
            values.add(lease);
        });
        query.from().ifPresent(at -> condition(sql, values, "at >= ?", IndexFile.sortable(at)));
        query.until().ifPresent(at -> condition(sql, values, "at < ?", IndexFile.sortable(at)));
        values.add(query.limit());
        return rows(sql.append(" ORDER BY leaf DESC LIMIT ?").toString(), values);
    }

    /** Returns whether the receipt {@code id} names {@code lease}. */
    synchronized boolean names(String id, String lease) throws IOException {
        return !query(
                        "SELECT 1 FROM receipt JOIN named_lease USING (leaf) WHERE id = ? AND lease = ?",
                        List.of(id, lease),
                        row -> true)
                .isEmpty();
    }

    /** Returns whether the receipt {@code id} is one of {@code agent}. */
    synchronized boolean isOf(String id, String agent) throws IOException {
        return !query("SELECT 1 FROM receipt WHERE id = ? AND agent = ?", List.of(id, agent), row -> true)
                .isEmpty();
    }

    private static void condition(StringBuilder sql, List<Object> values, String condition, Object value) {
        sql.append(" AND ").append(condition);
        values.add(value);
    }

    /** Returns intents without an outcome, oldest first. */
    synchronized List<IndexRow> openIntents() throws IOException {
        return rows(
                "SELECT r.leaf, segment, offset, length FROM open_intent o JOIN receipt r ON r.leaf = o.leaf"
                        + " ORDER BY r.leaf",
                List.of());
    }

    private List<IndexRow> rows(String sql, List<Object> values) throws IOException {
        return query(
                sql,
                values,
                row -> new IndexRow(
                        row.getLong(1),
                        new CommittedReceipt.FramePosition(row.getLong(2), row.getInt(3), row.getInt(4))));
    }

    private <T> List<T> query(String sql, List<Object> values, IndexFile.RowReader<T> reader) throws IOException {
        try {
            return file().query(sql, values, reader);
        } catch (SQLException e) {
            throw failed("the receipt index cannot be read", e);
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
     * Closes the index and returns the failure. On a full disk SQLite ends a transaction by itself, but its driver
     * continues as if there were one. Nothing could ever be written on that connection again.
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
