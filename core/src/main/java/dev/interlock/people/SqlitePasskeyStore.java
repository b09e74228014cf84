package dev.interlock.people;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Enrolment;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyStatement;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.Sql;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Passkeys in a table. */
public final class SqlitePasskeyStore implements PasskeyStore {

    public static final List<Schema> SCHEMAS = List.of(new Schema("people", 1, """
            CREATE TABLE people_passkey (
                name TEXT PRIMARY KEY, credential TEXT NOT NULL UNIQUE, person TEXT NOT NULL, statement TEXT NOT NULL,
                cose BLOB NOT NULL, transports TEXT NOT NULL, counter INTEGER NOT NULL, maker TEXT NOT NULL,
                enrolment TEXT, vouched TEXT NOT NULL, ended_at TEXT, ended_by TEXT, ended_why TEXT) STRICT"""));

    private static final String COLUMNS =
            "SELECT statement, cose, transports, counter, enrolment, vouched, ended_at, ended_by, ended_why, maker FROM people_passkey";

    private final Database database;

    public SqlitePasskeyStore(Database database) {
        this.database = database;
    }

    @Override
    public List<Passkey> all() {
        return database.read(sql -> sql.all(SqlitePasskeyStore::row, COLUMNS));
    }

    @Override
    public List<Passkey> named(Set<String> names) {
        return database.read(sql -> sql.among(SqlitePasskeyStore::row, COLUMNS + " WHERE name", names));
    }

    @Override
    public void add(Passkey key, Optional<Passkey> instead) {
        database.write(sql -> {
            if (instead.isPresent()) {
                delete(sql, instead.get());
            }
            return insert(sql, key);
        });
    }

    @Override
    public boolean storeEndorsements(Passkey before, Passkey key) {
        return database.writeRow(
                PASSKEY,
                key.name(),
                "UPDATE people_passkey SET enrolment = ?, vouched = ? WHERE name = ? AND enrolment IS NULL AND ended_at IS NULL AND vouched = ?",
                key.enrolment()
                        .map(enrolment -> enrolment.json().canonicalText())
                        .orElse(null),
                texts(key.endorsements()),
                key.name(),
                texts(before.endorsements()));
    }

    @Override
    public boolean count(String name, long counter) {
        return database.writeRow(
                PASSKEY,
                name,
                "UPDATE people_passkey SET counter = ? WHERE name = ? AND (counter < ? OR (counter = 0 AND ? = 0))",
                counter,
                name,
                counter,
                counter);
    }

    @Override
    public void end(Map<String, Passkey.PasskeyEnd> ends) {
        database.write(sql -> {
            for (Map.Entry<String, Passkey.PasskeyEnd> entry : ends.entrySet()) {
                Passkey.PasskeyEnd end = entry.getValue();
                sql.changed(PASSKEY, entry.getKey());
                sql.update(
                        "UPDATE people_passkey SET ended_at = ?, ended_by = ?, ended_why = ? WHERE name = ? AND ended_at IS NULL",
                        end.at().toString(),
                        end.by(),
                        end.reason(),
                        entry.getKey());
            }
            return true;
        });
    }

    @Override
    public void drop(Passkey waiting) {
        database.write(sql -> delete(sql, waiting));
    }

    private static int delete(Sql sql, Passkey waiting) {
        sql.changed(PASSKEY, waiting.name());
        return sql.update(
                "DELETE FROM people_passkey WHERE name = ? AND enrolment IS NULL AND ended_at IS NULL", waiting.name());
    }

    private static int insert(Sql sql, Passkey key) {
        sql.changed(PASSKEY, key.name());
        return sql.update(
                """
                INSERT INTO people_passkey
                    (name, credential, person, statement, cose, transports, counter, enrolment, vouched, maker)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)\
                """,
                key.name(),
                key.statement().credential(),
                key.statement().person(),
                key.statement().json().canonicalText(),
                key.cose().toArray(),
                texts(key.transports()),
                key.counter(),
                key.enrolment()
                        .map(enrolment -> enrolment.json().canonicalText())
                        .orElse(null),
                texts(key.endorsements()),
                key.maker());
    }

    private static Passkey row(ResultSet row) throws SQLException {
        String enrolment = row.getString(5);
        String endedAt = row.getString(7);
        return new Passkey(
                KeyStatement.of(Json.readObject(row.getString(1).getBytes(StandardCharsets.UTF_8))),
                row.getString(10),
                Bytes.of(row.getBytes(2)),
                texts(row.getString(3)),
                row.getLong(4),
                Optional.ofNullable(enrolment).map(Enrolment::parse),
                texts(row.getString(6)),
                endedAt == null
                        ? Optional.empty()
                        : Optional.of(
                                new Passkey.PasskeyEnd(Instant.parse(endedAt), row.getString(8), row.getString(9))));
    }

    private static String texts(List<String> values) {
        return Json.object().withTexts("of", values).canonicalText();
    }

    private static List<String> texts(String json) {
        return Json.readObject(json.getBytes(StandardCharsets.UTF_8)).texts("of");
    }
}
