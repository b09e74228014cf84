package dev.interlock.backup.sqlite;

import dev.interlock.action.Bytes;
import dev.interlock.backup.content.Contents;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;

/**
 * Reads an SQLite file in its own process and sandbox: a process that holds keys must not read a file that others
 * write. {@code copy FILE COPY} copies page by page and counts in the same transaction; {@code check FILE} checks the
 * integrity and counts. It prints JSON, one line for each step and one with the result.
 */
final class SqliteProgram {

    private static final int BUSY_MILLIS = 30_000;
    private static final int PIECE = 4_096; // Pages per step. Progress is reported after each step.
    /** Maximum of faults in a message. One broken index could yield a fault per row. */
    private static final int MAX_TOLD = 4;

    private static final int FLAGS = 62; // flags per number: as many as it has bits

    private final PrintStream out;

    private SqliteProgram(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) {
        SqliteProgram program = new SqliteProgram(System.out);
        try {
            switch (arguments[0]) {
                case "copy" -> program.copy(Path.of(arguments[1]), Path.of(arguments[2]));
                case "check" -> program.check(Path.of(arguments[1]));
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        } catch (SQLException | IOException | RuntimeException | OutOfMemoryError e) {
            System.err.println("SQLite: " + e.getMessage());
            System.exit(1);
        }
    }

    private void copy(Path file, Path copy) throws SQLException, IOException {
        try (Connection source = open(file)) {
            begin(source);
            long page = number(source, "PRAGMA page_size");
            requireRoom(number(source, "PRAGMA page_count") * page, copy);
            int failed = source.unwrap(SQLiteConnection.class)
                    .getDatabase()
                    .backup(
                            "main",
                            copy.toString(),
                            (left, all) -> tell("copying", (all - left) * page),
                            10, // milliseconds between attempts, while somebody writes
                            BUSY_MILLIS / 10,
                            PIECE);
            if (failed != 0) {
                throw new SQLException("the copy failed with " + failed);
            }
            print(Json.object().with("contents", contents(source).json()));
        }
    }

    /** A sparse file takes less space than its copy, and the length in the header may be wrong. */
    private static void requireRoom(long bytes, Path copy) throws SQLException {
        long room = copy.resolveSibling(".").toFile().getUsableSpace();
        if (bytes > room) {
            throw new SQLException("a copy of it takes " + bytes + " bytes of scratch, which has " + room);
        }
    }

    private static void begin(Connection source) throws SQLException {
        run(source, "BEGIN");
        number(source, "SELECT count(*) FROM sqlite_schema"); // the transaction begins with its first read
    }

    private void check(Path file) throws IOException {
        List<Json> wrong = new ArrayList<>();
        Json.Members found = Json.object();
        try (Connection source = open(file)) {
            begin(source);
            tell("examining", 0);
            for (String word : texts(source, "PRAGMA integrity_check(" + MAX_TOLD + ")")) {
                if (!word.equals("ok")) {
                    wrong.add(new Json.Text(word));
                }
            }
            found = found.with("contents", contents(source).json());
        } catch (SQLException e) {
            wrong.add(new Json.Text("SQLite cannot read it: " + e.getMessage()));
        }
        print(found.with("wrong", new Json.Array(wrong)));
    }

    /** Opens a file so that nothing in it can make SQLite do more than read: https://www.sqlite.org/security.html. */
    private static Connection open(Path file) throws SQLException {
        URI uri = file.toUri(); // a URI's path has no `?`, which would begin a setting
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        config.setBusyTimeout(BUSY_MILLIS);
        Connection connection = config.createConnection("jdbc:sqlite:file:" + uri.getRawPath());
        try {
            run(connection, "PRAGMA trusted_schema = OFF");
            run(connection, "PRAGMA cell_size_check = ON");
            run(connection, "PRAGMA mmap_size = 0");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private Contents contents(Connection source) throws SQLException, IOException {
        List<String> names = texts(
                source,
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow') AND name <> 'sqlite_schema' ORDER BY name");
        Map<String, Contents.Part> tables = new TreeMap<>();
        for (String name : names) {
            tell("counting " + name + " (" + (tables.size() + 1) + " of " + names.size() + ")", 0);
            tables.put(name, table(source, name));
        }
        return new Contents(Contents.Kind.TABLES, tables, Map.of("schema", schema(source)), Map.of());
    }

    /** Returns a digest of the schema and the settings in the header that programs use. */
    private static String schema(Connection source) throws SQLException {
        MessageDigest digest = Bytes.newSha256();
        for (String pragma : List.of("encoding", "user_version", "application_id", "page_size", "auto_vacuum")) {
            update(digest, pragma + " " + texts(source, "PRAGMA " + pragma));
        }
        String all = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name, tbl_name, sql";
        try (Statement statement = source.createStatement();
                ResultSet rows = statement.executeQuery(all)) {
            while (rows.next()) {
                for (int i = 1; i <= 4; i++) {
                    update(digest, String.valueOf(rows.getString(i)));
                }
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void update(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }

    /** Sums the hashes of a table's rows, in any order; a duplicated row differs from a missing one. */
    private static Contents.Part table(Connection source, String name) throws SQLException {
        List<String> columns = new ArrayList<>();
        try (Statement statement = source.createStatement();
                ResultSet rows = statement.executeQuery("PRAGMA main.table_info(" + quoted(name) + ")")) {
            while (rows.next()) {
                columns.add(quoted(rows.getString("name")));
            }
        }
        long rows = 0;
        long sum = 0;
        try (Statement statement = source.createStatement();
                ResultSet all = statement.executeQuery(values(columns, name))) {
            while (all.next()) {
                rows++;
                sum += hash(all, columns.size());
            }
        }
        return new Contents.Part(rows, Long.toUnsignedString(sum));
    }

    // Text is read as bytes, because it may be invalid; the flags that follow tell it from a blob of the same bytes.
    private static String values(List<String> columns, String table) {
        List<String> all = new ArrayList<>();
        for (String column : columns) {
            all.add("CASE typeof(" + column + ") WHEN 'text' THEN CAST(" + column + " AS BLOB) ELSE " + column
                    + " END");
        }
        for (int from = 0; from < columns.size(); from += FLAGS) {
            List<String> flags = new ArrayList<>();
            for (int i = from; i < Math.min(from + FLAGS, columns.size()); i++) {
                flags.add("((typeof(" + columns.get(i) + ") = 'text') << " + (i - from) + ")");
            }
            all.add(String.join(" + ", flags));
        }
        return "SELECT " + String.join(", ", all) + " FROM main." + quoted(table);
    }

    private static long hash(ResultSet row, int columns) throws SQLException {
        MessageDigest digest = Bytes.newSha256();
        int all = columns + (columns + FLAGS - 1) / FLAGS;
        ByteBuffer number = ByteBuffer.allocate(1 + Long.BYTES);
        for (int i = 1; i <= all; i++) {
            switch (row.getObject(i)) {
                case null -> digest.update((byte) 'n');
                case Double real ->
                    digest.update(number.clear().put((byte) 'r').putDouble(real).flip());
                case Number whole ->
                    digest.update(number.clear()
                            .put((byte) 'i')
                            .putLong(whole.longValue())
                            .flip());
                case byte[] bytes -> {
                    digest.update(
                            number.clear().put((byte) 'b').putLong(bytes.length).flip());
                    digest.update(bytes);
                }
                case Object other -> throw new SQLException("a value is a " + other.getClass());
            }
        }
        return ByteBuffer.wrap(digest.digest()).getLong();
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private static void run(Connection source, String sql) throws SQLException {
        try (Statement statement = source.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long number(Connection source, String sql) throws SQLException {
        return Long.parseLong(texts(source, sql).getFirst());
    }

    private static List<String> texts(Connection source, String sql) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (Statement statement = source.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                texts.add(String.valueOf(rows.getString(1)));
            }
        }
        return texts;
    }

    private void tell(String doing, long bytes) {
        print(Json.object().with("doing", doing).with("bytes", bytes));
    }

    private void print(Json.Members line) {
        out.println(line.canonicalText());
    }
}
