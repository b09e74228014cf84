package dev.interlock.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Gatherers;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Statements inside one transaction. Values are always bound, never written into the text.
 *
 * <p>Every statement throws {@link StoreUnavailableException} if the store fails; then the transaction leaves no trace.
 */
public final class Sql {

    /** Converts the current row of {@code row} to a value. */
    @FunctionalInterface
    public interface RowMapper<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** What is read at once of many rows. */
    static final int ROWS_AT_ONCE = 500;

    /** Takes the current row of {@code row}. */
    @FunctionalInterface
    interface RowReader {
        void read(ResultSet row) throws SQLException;
    }

    /** What is done with a statement. */
    @FunctionalInterface
    interface StatementUse {
        void with(PreparedStatement statement) throws SQLException;
    }

    /** Takes what a statement found or changed. */
    @FunctionalInterface
    private interface ResultReader<T> {
        T read(PreparedStatement ran) throws SQLException;
    }

    /** A statement that waits for the next one. */
    private record Queued(String words, List<@Nullable Object> values, StatementUse result) {}

    private final Engine engine;
    private final Connection connection;
    private final List<Queued> queue = new ArrayList<>();
    private final List<Runnable> afterwards = new ArrayList<>();
    private final Map<String, Set<String>> changes = new LinkedHashMap<>();
    private Optional<StoreUnavailableException> failure = Optional.empty();

    Sql(Engine engine, Connection connection) {
        this.engine = engine;
        this.connection = connection;
    }

    /**
     * Runs {@code then} after this transaction has ended and released its lock. It runs whether or not the transaction
     * succeeded, because a commit that failed may have taken effect.
     */
    public void runAfterTransaction(Runnable then) {
        afterwards.add(then);
    }

    /**
     * Has the gateways that share this store read the row {@code key} of {@code kind} again, if this transaction
     * commits. Every write of a row of which a gateway keeps a copy in memory calls this.
     */
    public void changed(String kind, String key) {
        changes.computeIfAbsent(kind, _ -> new LinkedHashSet<>()).add(key);
    }

    /**
     * Returns a number that says what this transaction sees: it is less than that of any transaction that writes and
     * that this one does not see. In one that writes it is its own.
     */
    public long number() {
        try {
            flush();
            return engine.number(connection);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    Map<String, Set<String>> changes() {
        return changes;
    }

    void runAfterCommit() {
        afterwards.forEach(Runnable::run);
    }

    /**
     * Runs {@code query} not before the next statement or the end of the transaction, if the engine can send both
     * together: a database that is elsewhere takes one trip for them. What this returns is there then.
     */
    public <T> Supplier<List<T>> later(RowMapper<T> reader, String query, @Nullable Object... values) {
        return queued(query, values, ran -> {
            try (ResultSet rows = ran.getResultSet()) {
                List<T> found = new ArrayList<>();
                while (rows.next()) {
                    found.add(reader.read(rows));
                }
                return List.copyOf(found);
            }
        });
    }

    /** Does the same with a statement that changes rows, and returns how many. */
    public Supplier<Integer> later(String statement, @Nullable Object... values) {
        return queued(statement, values, PreparedStatement::getUpdateCount);
    }

    private <T> Supplier<T> queued(String statement, @Nullable Object[] values, ResultReader<T> reader) {
        AtomicReference<Optional<T>> result = new AtomicReference<>(Optional.empty());
        queue.add(new Queued(
                engine.words(statement), Arrays.asList(values), ran -> result.set(Optional.of(reader.read(ran)))));
        if (!engine.pipelines()) {
            send();
        }
        return () -> result.get().orElseThrow();
    }

    private StoreUnavailableException failed(SQLException cause) {
        StoreUnavailableException now = engine.failure(cause);
        failure = Optional.of(now);
        return now;
    }

    /**
     * Throws what a statement threw, if somebody has caught it: a server rolls such a commit back, and says nothing.
     */
    void requireSound() {
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    boolean hasQueued() {
        return !queue.isEmpty();
    }

    /** Runs what {@link #later} has put off. If one statement fails, those after it do not run. */
    public void send() {
        try {
            flush();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    void flush() throws SQLException {
        if (queue.isEmpty()) {
            return;
        }
        StringJoiner words = new StringJoiner("; ");
        List<@Nullable Object> values = new ArrayList<>();
        for (Queued one : queue) {
            words.add(one.words());
            values.addAll(one.values());
        }
        List<Queued> all = List.copyOf(queue);
        queue.clear();
        try (PreparedStatement prepared = prepared(words.toString(), values.toArray())) {
            prepared.execute();
            for (Queued one : all) {
                one.result().with(prepared);
                prepared.getMoreResults();
            }
        }
    }

    /** Runs a statement that changes rows, and returns how many it changed. */
    public int update(String statement, @Nullable Object... values) {
        Supplier<Integer> changed = later(statement, values);
        send();
        return changed.get();
    }

    /** Returns every row that {@code query} finds, in its order. */
    public <T> List<T> all(RowMapper<T> reader, String query, @Nullable Object... values) {
        Supplier<List<T>> found = later(reader, query, values);
        send();
        return found.get();
    }

    /**
     * Returns the only row that {@code query} finds, if any. Two rows are an error, because the query should have
     * excluded one.
     */
    public <T> Optional<T> one(RowMapper<T> reader, String query, @Nullable Object... values) {
        List<T> found = all(reader, query, values);
        if (found.size() > 1) {
            throw new StoreUnavailableException("a query for one row found " + found.size());
        }
        return found.stream().findFirst();
    }

    /** Returns the rows of {@code query}, which ends with a column, that have one of {@code keys} there. */
    public <T> List<T> among(RowMapper<T> reader, String query, Collection<String> keys) {
        return parts(keys)
                .flatMap(part -> all(reader, query + placeholders(part), part.toArray()).stream())
                .toList();
    }

    /**
     * Runs {@code statement}, which ends with a column, on the rows with one of {@code keys} there; returns how many.
     */
    public int updateAmong(String statement, Collection<String> keys, Object... values) {
        return parts(keys)
                .mapToInt(part -> update(
                        statement + placeholders(part),
                        Stream.concat(Stream.of(values), part.stream()).toArray()))
                .sum();
    }

    /** In an order, so that two gateways that change the same rows do not wait for each other. */
    private static Stream<List<String>> parts(Collection<String> keys) {
        return keys.stream().sorted().gather(Gatherers.windowFixed(ROWS_AT_ONCE));
    }

    private static String placeholders(List<String> keys) {
        return " IN (" + String.join(", ", Collections.nCopies(keys.size(), "?")) + ")";
    }

    /** Gives every row that {@code query} finds to {@code reader}, and keeps none of them in memory. */
    void each(RowReader reader, String query) {
        try (PreparedStatement prepared = prepare(query)) {
            prepared.setFetchSize(ROWS_AT_ONCE);
            try (ResultSet rows = prepared.executeQuery()) {
                while (rows.next()) {
                    reader.read(rows);
                }
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** Returns the columns of {@code table} that are stored, and not computed from others. */
    List<String> columns(String table) {
        try (ResultSet columns = connection.getMetaData().getColumns(null, connection.getSchema(), table, null)) {
            List<String> names = new ArrayList<>();
            while (columns.next()) {
                if (!"YES".equals(columns.getString("IS_GENERATEDCOLUMN"))) {
                    names.add(columns.getString("COLUMN_NAME"));
                }
            }
            return names;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** Returns {@code value} as this database can store it. */
    @Nullable Object stored(@Nullable Object value) {
        return engine.stored(value);
    }

    /** Has {@code use} run {@code statement} as often as it likes. */
    void run(String statement, StatementUse use) {
        try (PreparedStatement prepared = prepare(statement)) {
            use.with(prepared);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private PreparedStatement prepare(String statement, @Nullable Object... values) throws SQLException {
        flush();
        return prepared(engine.words(statement), values);
    }

    private PreparedStatement prepared(String words, @Nullable Object... values) throws SQLException {
        PreparedStatement prepared = connection.prepareStatement(words);
        try {
            for (int i = 0; i < values.length; i++) {
                prepared.setObject(i + 1, engine.stored(values[i]));
            }
            return prepared;
        } catch (SQLException e) {
            prepared.close();
            throw e;
        }
    }
}
