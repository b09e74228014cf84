package dev.interlock.store;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Optional;

/**
 * The primary that this gateway last served from: the identifier of its cluster, its timeline, which PostgreSQL counts
 * up with each promotion of a replica, and what the first gateway there drew for the timeline, because two replicas may
 * be promoted from one. It is in a file of this machine, because a database cannot say that another one replaced it. So
 * nobody returns to a primary that comes back after its failover.
 */
final class ServedPrimary {

    /** The control file has the new timeline only some time after a promotion. */
    private static final String TIMELINE =
            "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint";

    private static final String NOW = "SELECT system_identifier || ' ' || " + TIMELINE
            + " || coalesce(' ' || (SELECT drawn FROM store_primary WHERE timeline = " + TIMELINE
            + "), '') FROM pg_control_system()";

    private final Optional<Path> file;
    private volatile String last = "";

    /** {@code file} is empty for who serves nothing. */
    ServedPrimary(Optional<Path> file) {
        this.file = file;
    }

    private static String now(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(NOW)) {
            row.next();
            return row.getString(1);
        }
    }

    /** Takes the one that {@code session} has reached, if it is the last one or was promoted after it. */
    void take(Connection session) throws SQLException {
        String now = now(session);
        try {
            boolean isKnown = file.isPresent() && Files.exists(file.get()); // people may remove it meanwhile
            String known = isKnown ? Files.readString(file.get()).strip() : now;
            if (!known.matches("[0-9]+ [0-9]{1,10}( \\S+)?")) {
                throw new IOException("it names no primary; remove it if this is the right one");
            }
            requireSuccessor(known.split(" ", 3), now.split(" ", 3));
            try (Statement statement = session.createStatement()) { // also before a move, or another would meanwhile
                statement.execute("INSERT INTO store_primary VALUES (" + TIMELINE
                        + ", gen_random_uuid()) ON CONFLICT DO NOTHING");
            }
            now = now(session);
            if (file.isPresent() && !(isKnown && known.equals(now))) {
                PrivateFiles.replace(file.get(), (now + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new SQLException("`" + file.orElseThrow() + "` cannot be used: " + e.getMessage(), e);
        }
        last = now;
    }

    private void requireSuccessor(String[] known, String[] now) throws SQLException {
        String unless = ", remove `" + file.orElse(Path.of("")) + "`";
        if (!known[0].equals(now[0])) {
            throw new SQLException(
                    "it is another cluster than this gateway has served from; if people moved the store there, and nobody serves from the other"
                            + unless);
        }
        if (Long.parseLong(known[1]) > Long.parseLong(now[1])) {
            throw new SQLException("it is an old primary: this gateway has served from timeline " + known[1]
                    + ", and this one is on " + now[1]
                    + ". Stop it, and lead to the new one; if people went back on purpose" + unless);
        }
        boolean isSame = known[1].equals(now[1]) && known.length == 3; // an older version drew nothing
        if (isSame && !Arrays.equals(known, now)) {
            throw new SQLException(
                    "it is not the primary that this gateway has served from on this timeline: two replicas were promoted (stop one), or a backup was restored; if this is the right one"
                            + unless);
        }
    }

    /** Requires that {@code connection} has reached the same one as the last session: an address may lead to two. */
    void requireSame(Connection connection) throws SQLException {
        if (!now(connection).equals(last)) {
            throw new SQLException("its address leads to two primaries: stop the old one");
        }
    }
}
