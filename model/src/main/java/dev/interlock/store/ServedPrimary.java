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
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The primary that this gateway last served from: the identifier of its cluster, its timeline, which PostgreSQL counts
 * up with each promotion of a replica, and what the first gateway that served from it on this timeline drew: two
 * replicas may be promoted from one timeline. It is in a file of this machine, because a database cannot say that
 * another one replaced it. So nobody returns to a primary that comes back after its failover.
 */
final class ServedPrimary {

    static final String TABLE =
            "CREATE TABLE IF NOT EXISTS store_primary (timeline BIGINT PRIMARY KEY, drawn TEXT NOT NULL)";

    /** The control file has the new timeline only some time after a promotion. */
    private static final String NOW =
            "SELECT system_identifier || ' ' || ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint FROM pg_control_system()";

    private static final Pattern FILE = Pattern.compile("[0-9]+ [0-9]{1,10}(?: \\S+)?");

    private final Optional<Path> file;
    private volatile String last = "";

    /** {@code file} is empty for who serves nothing. */
    ServedPrimary(Optional<Path> file) {
        this.file = file;
    }

    private static String one(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            return row.next() ? row.getString(1) : "";
        }
    }

    /** Returns all three; the last is empty before somebody has served from it. */
    private static String now(Connection connection) throws SQLException {
        String now = one(connection, NOW);
        return now + " " + one(connection, "SELECT drawn FROM store_primary WHERE timeline = " + now.split(" ", 2)[1]);
    }

    /** Returns what the file says, if there is one: people may remove it while this gateway runs. */
    private Optional<String[]> known() throws SQLException {
        try {
            if (file.isEmpty() || !Files.exists(file.get())) {
                return Optional.empty();
            }
            String known = Files.readString(file.get()).strip();
            if (!FILE.matcher(known).matches()) {
                throw new IOException("it names no primary; remove it if this is the right one");
            }
            return Optional.of(known.split(" ", 3));
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private SQLException unusable(IOException cause) {
        return new SQLException("`" + file.orElseThrow() + "` cannot be used: " + cause.getMessage(), cause);
    }

    /** Requires that {@code session} has reached the last one, as far as its timeline says, or a later one. */
    void requireSuccessor(Connection session) throws SQLException {
        String[] now = one(session, NOW).split(" ", 2);
        Optional<String[]> known = known();
        if (known.isPresent() && !known.get()[0].equals(now[0])) {
            throw new SQLException(
                    "it is another cluster than this gateway has served from; if people moved the store there, and nobody serves from the other"
                            + unless());
        }
        if (known.isPresent() && Long.parseLong(known.get()[1]) > Long.parseLong(now[1])) {
            throw new SQLException("it is an old primary: this gateway has served from timeline " + known.get()[1]
                    + ", and this one is on " + now[1]
                    + ". Stop it, and lead to the new one; if people went back on purpose" + unless());
        }
    }

    private String unless() {
        return ", remove `" + file.orElseThrow() + "`";
    }

    /** Takes the one that {@code session} has reached, if it is the last one or was promoted after it. */
    void take(Connection session) throws SQLException {
        if (file.isPresent()) {
            String[] now = now(session).split(" ", 3);
            Optional<String[]> known =
                    known().filter(before -> before.length == 3 && before[1].equals(now[1]));
            if (known.isPresent() && !known.get()[2].equals(now[2])) {
                throw new SQLException("it is not the primary of timeline " + now[1]
                        + " that this gateway has served from: two replicas were promoted. Stop one; if this is the right one"
                        + unless());
            }
            if (now[2].isEmpty()) {
                one(
                        session,
                        "INSERT INTO store_primary VALUES (" + now[1]
                                + ", gen_random_uuid()) ON CONFLICT DO NOTHING RETURNING ''");
            }
        }
        last = now(session);
        try {
            if (file.isPresent() && !known().map(before -> String.join(" ", before)).equals(Optional.of(last))) {
                PrivateFiles.replace(file.get(), (last + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** Requires that {@code connection} has reached the same one as the last session: an address may lead to two. */
    void requireSame(Connection connection) throws SQLException {
        if (!now(connection).equals(last)) {
            throw new SQLException("its address leads to two primaries: stop the old one");
        }
    }
}
