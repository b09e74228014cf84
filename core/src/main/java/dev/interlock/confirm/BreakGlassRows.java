package dev.interlock.confirm;

import dev.interlock.store.Schema;
import dev.interlock.store.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The rows of break-glass uses, inside one transaction. */
final class BreakGlassRows {

    static final Schema SCHEMA = new Schema(
            "confirm_glass",
            1,
            """
            CREATE TABLE confirm_glass (
                hold TEXT PRIMARY KEY REFERENCES confirm_hold (id), statement TEXT NOT NULL, summary TEXT NOT NULL,
                person TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL, reminded INTEGER NOT NULL,
                reviewer TEXT NOT NULL DEFAULT '', reviewed_at INTEGER NOT NULL DEFAULT 0,
                finding TEXT NOT NULL DEFAULT '') STRICT\
            """,
            "CREATE INDEX confirm_glass_unreviewed ON confirm_glass (at) WHERE reviewed_at = 0");

    private static final String COLUMNS =
            "SELECT hold, statement, summary, person, reason, at, reviewer, reviewed_at, finding FROM confirm_glass ";

    private final Sql sql;

    BreakGlassRows(Sql sql) {
        this.sql = sql;
    }

    void insert(BreakGlassHolds.BreakGlassRecord broken) throws SQLException {
        sql.update(
                "INSERT INTO confirm_glass (hold, statement, summary, person, reason, at, reminded)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?)",
                broken.hold(),
                broken.statement(),
                broken.summary(),
                broken.person(),
                broken.reason(),
                broken.at().toEpochMilli(),
                broken.at().toEpochMilli());
    }

    List<BreakGlassHolds.BreakGlassRecord> latest(int most) throws SQLException {
        return sql.all(BreakGlassRows::row, COLUMNS + "ORDER BY at DESC, hold DESC LIMIT ?", most);
    }

    List<BreakGlassHolds.BreakGlassRecord> unreviewed() throws SQLException {
        return sql.all(BreakGlassRows::row, COLUMNS + "WHERE reviewed_at = 0 ORDER BY at, hold");
    }

    Optional<BreakGlassHolds.BreakGlassRecord> find(String hold) throws SQLException {
        return sql.one(BreakGlassRows::row, COLUMNS + "WHERE hold = ?", hold);
    }

    /** Returns the unreviewed uses without a reminder since {@code before}, and records a reminder for each. */
    List<BreakGlassHolds.BreakGlassRecord> remind(Instant before, Instant now) throws SQLException {
        List<BreakGlassHolds.BreakGlassRecord> due = sql.all(
                BreakGlassRows::row,
                COLUMNS + "WHERE reviewed_at = 0 AND reminded <= ? ORDER BY at, hold",
                before.toEpochMilli());
        sql.update(
                "UPDATE confirm_glass SET reminded = ? WHERE reviewed_at = 0 AND reminded <= ?",
                now.toEpochMilli(),
                before.toEpochMilli());
        return due;
    }

    /** Records a review; false if there was one before. */
    boolean review(String hold, String reviewer, String finding, Instant at) throws SQLException {
        return sql.update(
                        "UPDATE confirm_glass SET reviewer = ?, finding = ?, reviewed_at = ? WHERE hold = ?"
                                + " AND reviewed_at = 0",
                        reviewer,
                        finding,
                        at.toEpochMilli(),
                        hold)
                == 1;
    }

    private static BreakGlassHolds.BreakGlassRecord row(ResultSet row) throws SQLException {
        long reviewed = row.getLong(8);
        return new BreakGlassHolds.BreakGlassRecord(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                Instant.ofEpochMilli(row.getLong(6)),
                reviewed == 0
                        ? Optional.empty()
                        : Optional.of(new BreakGlassHolds.ReviewRecord(
                                row.getString(7), Instant.ofEpochMilli(reviewed), row.getString(9))));
    }
}
