package dev.interlock.store;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.sqlite.SQLiteConfig;

/** Opens connections to one SQLite file, all with the same settings. */
final class Connections {

    /**
     * The SQLite busy timeout. It is longer than any of our transactions, so only a foreign process on the file can
     * cause a wait.
     */
    private static final Duration MAX_BUSY = Duration.ofSeconds(5);

    private final Path file;

    Connections(Path file) {
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

    Connection open(boolean readOnly) throws SQLException {
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
}
