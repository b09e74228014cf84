package dev.interlock.store;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/** One SQLite file. All connections to it have the same settings. */
final class SqliteEngine implements Engine {

    /**
     * The SQLite busy timeout. It is longer than any of our transactions, so only a foreign process on the file can
     * cause a wait.
     */
    private static final Duration MAX_BUSY = Duration.ofSeconds(5);

    private final Path file;
    private final AtomicLong numbers = new AtomicLong();

    SqliteEngine(Path file) {
        this.file = file;
    }

    /** Creates the file if it is missing. SQLite gives its write-ahead log the permissions of the file itself. */
    void prepareFile() throws IOException {
        try {
            PrivateFiles.file(file);
        } catch (FileAlreadyExistsException _) {
            Files.setPosixFilePermissions(file, PrivateFiles.FILE);
        }
    }

    @Override
    public Connection open(boolean readOnly) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        // FULL: in WAL mode any weaker setting may lose the last commits when the power fails.
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.enforceForeignKeys(true);
        config.setBusyTimeout((int) MAX_BUSY.toMillis());
        config.setReadOnly(readOnly);
        if (!readOnly) { // what is deleted by age must not stay in free pages
            config.setPragma(SQLiteConfig.Pragma.SECURE_DELETE, "true");
        }
        return config.createConnection("jdbc:sqlite:" + file.toAbsolutePath());
    }

    @Override
    public void begin(Sql sql, Connection connection, boolean readOnly) throws SQLException {
        run(connection, readOnly ? "BEGIN DEFERRED" : "BEGIN IMMEDIATE");
    }

    @Override
    public void commit(Sql sql, Connection connection) throws SQLException {
        run(connection, "COMMIT");
    }

    /** Secure deletion alone leaves copies of rows that moved between pages, and old pages in the log. */
    @Override
    public void compact() throws SQLException {
        try (Connection connection = open(false)) {
            run(connection, "VACUUM");
            try (PreparedStatement checkpoint = connection.prepareStatement("PRAGMA wal_checkpoint(TRUNCATE)")) {
                checkpoint.execute();
            }
        }
    }

    @Override
    public boolean pipelines() {
        return false;
    }

    /** One process has the file: an own number for each question is in the order of its transactions. */
    @Override
    public long number(Connection connection) {
        return numbers.incrementAndGet();
    }

    private static void run(Connection connection, String statement) throws SQLException {
        try (PreparedStatement prepared = connection.prepareStatement(statement)) {
            prepared.executeUpdate();
        }
    }

    @Override
    public long breaks() {
        return 0;
    }

    @Override
    public String words(String statement) {
        return statement;
    }

    @Override
    public @Nullable Object stored(@Nullable Object value) {
        return value;
    }

    @Override
    public StoreUnavailableException failure(SQLException cause) {
        return StoreFailure.of(file, cause);
    }

    @Override
    public void close() {
        // it holds only connections
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
