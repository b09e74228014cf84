package dev.interlock.store;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Moves stores from one database to another. A row of {@code store_schema} marks the one that nobody may serve from:
 * the source from then on, and the target until it is whole.
 */
public final class StoreCopy {

    private static final String MARK = "moved";
    private static final Pattern TABLE = Pattern.compile("CREATE TABLE (\\w+)");

    private final List<String> tables;

    /** Copies the tables of {@code schemas}, with which both databases were opened. */
    public StoreCopy(List<Schema> schemas) {
        this.tables = schemas.stream()
                .flatMap(schema -> schema.statements().stream())
                .map(TABLE::matcher)
                .filter(Matcher::lookingAt)
                .map(found -> found.group(1))
                .toList();
    }

    /**
     * Marks {@code database} as one that nobody may serve from.
     *
     * @param move the number of the move, by which {@link #interrupted} finds it again
     */
    public static void retire(Database database, long move) {
        database.write(sql -> sql.update(
                "INSERT INTO store_schema (room, version) VALUES (?, ?) ON CONFLICT (room) DO UPDATE SET version = excluded.version",
                MARK,
                move));
    }

    /** Takes the mark away: what was copied is whole. */
    public static void revive(Database database) {
        database.write(sql -> sql.update("DELETE FROM store_schema WHERE room = ?", MARK));
    }

    public static boolean isRetired(Database database) {
        return mark(database).isPresent();
    }

    /** Returns the number of a move between these that had copied all when it was interrupted: nobody serves since. */
    public static Optional<Long> interrupted(Database from, Database to) {
        return mark(from).filter(move -> mark(to).equals(Optional.of(move)));
    }

    private static Optional<Long> mark(Database database) {
        return database.read(
                sql -> sql.one(row -> row.getLong(1), "SELECT version FROM store_schema WHERE room = ?", MARK));
    }

    /** Marks {@code to} before anything is copied there; throws if it has a store that was not moved away. */
    public void begin(Database to, long move) {
        if (!isRetired(to)) {
            boolean isEmpty = to.read(sql -> tables.stream().allMatch(table -> count(sql, table) == 0));
            if (!isEmpty) {
                throw new StoreUnavailableException("there is a store in `" + to + "` already, which is in use");
            }
        }
        retire(to, move);
    }

    /**
     * Replaces the rows of {@code to} by those of {@code from}, in one transaction. Returns how many each table has.
     */
    public Map<String, Long> copy(Database from, Database to) {
        return from.read(source -> to.write(target -> {
            List<String> last = new ArrayList<>(tables);
            Collections.reverse(last); // those that refer to others
            last.forEach(table -> target.update("DELETE FROM " + table));
            Map<String, Long> rows = new LinkedHashMap<>();
            for (String table : tables) {
                copy(source, target, table);
                long found = count(source, table);
                if (count(target, table) != found) {
                    throw new StoreUnavailableException("not every row of `" + table + "` was copied to `" + to + "`");
                }
                rows.put(table, found);
            }
            return rows;
        }));
    }

    private static long count(Sql sql, String table) {
        return sql.one(row -> row.getLong(1), "SELECT count(*) FROM " + table).orElseThrow();
    }

    private static void copy(Sql source, Sql target, String table) {
        List<String> columns = source.columns(table);
        String names = String.join(", ", columns);
        String insert = "INSERT INTO " + table + " (" + names + ") VALUES (?" + ", ?".repeat(columns.size() - 1) + ")";
        target.run(insert, statement -> {
            Batch batch = new Batch(target, statement, columns.size());
            source.each(batch::add, "SELECT " + names + " FROM " + table);
            statement.executeBatch();
        });
    }

    /** Rows that are sent together. */
    private static final class Batch {

        private final Sql target;
        private final PreparedStatement statement;
        private final int columns;
        private int rows;

        Batch(Sql target, PreparedStatement statement, int columns) {
            this.target = target;
            this.statement = statement;
            this.columns = columns;
        }

        void add(ResultSet row) throws SQLException {
            for (int i = 1; i <= columns; i++) {
                statement.setObject(i, target.stored(row.getObject(i)));
            }
            statement.addBatch();
            rows++;
            if (rows % Sql.ROWS_AT_ONCE == 0) {
                statement.executeBatch();
            }
        }
    }
}
