package dev.interlock.store;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/**
 * The primary that this gateway last served from: the identifier of its cluster, and its timeline, which PostgreSQL
 * counts up with each promotion of a replica. It is in a file of this machine, because a database cannot say that
 * another one replaced it. So nobody returns to a primary that comes back after its failover.
 */
final class ServedPrimary {

    /** The control file has the new timeline only some time after a promotion. */
    private static final String NOW =
            "SELECT system_identifier, ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint FROM pg_control_system()";

    private record Primary(String system, long timeline) {

        static Primary of(Connection connection) throws SQLException {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(NOW)) {
                row.next();
                return new Primary(row.getString(1), row.getLong(2));
            }
        }

        static Primary read(Path file) throws IOException {
            String[] parts = Files.readString(file).strip().split(" ", 2);
            return new Primary(parts[0], Long.parseLong(parts[1]));
        }
    }

    private final Optional<Path> file;
    private volatile Optional<Primary> last = Optional.empty();

    /** {@code file} is empty for who serves nothing. */
    ServedPrimary(Optional<Path> file) {
        this.file = file;
    }

    /** Takes the one that {@code session} has reached, if it is the last one or was promoted after it. */
    void take(Connection session) throws SQLException {
        Primary now = Primary.of(session);
        try {
            if (file.isPresent() && Files.exists(file.get())) {
                Primary known = Primary.read(file.get());
                if (!known.system().equals(now.system())) {
                    throw new SQLException(
                            "it is another cluster than this gateway has served from; if people moved the store there, and nobody serves from the other, remove `"
                                    + file.get() + "`");
                }
                if (known.timeline() > now.timeline()) {
                    throw new SQLException("it is an old primary: this gateway has served from timeline "
                            + known.timeline() + ", and this one is on " + now.timeline()
                            + ". Stop it, and lead to the new one; if people went back on purpose, remove `"
                            + file.get() + "`");
                }
            }
            if (file.isPresent() && !last.equals(Optional.of(now))) {
                PrivateFiles.replace(file.get(), (now.system() + " " + now.timeline() + "\n").getBytes());
            }
        } catch (IOException | IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            throw new SQLException("`" + file.orElseThrow() + "` cannot be used: " + e.getMessage(), e);
        }
        last = Optional.of(now);
    }

    /** Requires that {@code connection} has reached the same one as the last session: an address may lead to two. */
    void requireSame(Connection connection) throws SQLException {
        if (!last.equals(Optional.of(Primary.of(connection)))) {
            throw new SQLException("its address leads to two primaries: stop the old one");
        }
    }
}
