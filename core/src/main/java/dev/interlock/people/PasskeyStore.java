package dev.interlock.people;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Enrolment;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyStatement;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.Sql;
import dev.interlock.store.StoreUnavailableException;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Every passkey that ever existed. A change that grants rights is stored before it takes effect. A revocation takes
 * effect first, and its write is retried until it succeeds.
 *
 * <p>Threading: any; reads take no lock.
 */
final class PasskeyStore {

    /**
     * Maximum of waiting passkeys for one person by one maker. Beyond it a new one replaces an old one of the same
     * maker. The ones that others made for that person stay, and nobody is prevented from making one.
     */
    static final int MAX_WAITING = 4;

    private static final Schema KEYS = new Schema("people", 1, """
        CREATE TABLE people_passkey (
            name TEXT PRIMARY KEY,
            credential TEXT NOT NULL UNIQUE,
            person TEXT NOT NULL,
            statement TEXT NOT NULL,
            cose BLOB NOT NULL,
            transports TEXT NOT NULL,
            counter INTEGER NOT NULL,
            enrolment TEXT,
            vouched TEXT NOT NULL,
            ended_at TEXT,
            ended_by TEXT,
            ended_why TEXT
        ) STRICT\
        """);

    static final List<Schema> SCHEMAS = List.of(
            KEYS, new Schema("people", 2, "ALTER TABLE people_passkey ADD COLUMN maker TEXT NOT NULL DEFAULT ''"));

    private final Database database;
    private final Map<String, Passkey> keys = new ConcurrentHashMap<>();
    private final Map<String, Passkey.PasskeyEnd> untold = new HashMap<>(); // guarded by this; not stored yet

    PasskeyStore(Database database) {
        this.database = database;
        database.read(sql -> sql.all(PasskeyStore::row, """
            SELECT statement, cose, transports, counter, enrolment, vouched, ended_at, ended_by, ended_why, maker
            FROM people_passkey\
            """)).forEach(key -> keys.put(key.name(), key));
    }

    Optional<Passkey> byName(String name) {
        return Optional.ofNullable(keys.get(name));
    }

    Optional<Passkey> byCredential(String credential) {
        return keys.values().stream()
                .filter(key -> key.statement().credential().equals(credential))
                .findFirst();
    }

    /** Returns all passkeys of one person, oldest first. */
    List<Passkey> of(String person) {
        return all().stream()
                .filter(key -> key.statement().person().equals(person))
                .toList();
    }

    List<Passkey> all() {
        return keys.values().stream()
                .sorted(Comparator.comparing((Passkey key) -> key.statement().madeAt())
                        .thenComparing(Passkey::name))
                .toList();
    }

    /**
     * Returns the waiting passkey that must be dropped when {@code key} is added, if there are too many. Candidates
     * wait for the same person and have the same maker. The one with the fewest endorsements goes; among equals, the
     * oldest.
     */
    Optional<Passkey> givesWay(Passkey key) {
        List<Passkey> beside = of(key.statement().person()).stream()
                .filter(Passkey::isWaiting)
                .filter(other -> other.maker().equals(key.maker()))
                .toList();
        return key.isWaiting() && beside.size() >= MAX_WAITING
                ? beside.stream()
                        .min(Comparator.comparingInt(
                                other -> other.endorsements().size())) // the first of equals
                : Optional.empty();
    }

    /**
     * Stores a new passkey in place of {@code instead}. Returns false if the credential or public key is already known.
     * Also returns false if another passkey would have to be dropped by now.
     */
    synchronized boolean add(Passkey key, Optional<Passkey> instead) {
        if (keys.containsKey(key.name())
                || byCredential(key.statement().credential()).isPresent()
                || !givesWay(key).equals(instead)) {
            return false;
        }
        database.write(sql -> {
            if (instead.isPresent()) {
                delete(sql, instead.get());
            }
            return insert(sql, key);
        });
        instead.ifPresent(gone -> keys.remove(gone.name()));
        keys.put(key.name(), key);
        return true;
    }

    /** Stores the endorsements of {@code key}. Returns false if it was changed or revoked since {@code before}. */
    synchronized boolean storeEndorsements(Passkey before, Passkey key) {
        if (!before.equals(keys.get(before.name()))) {
            return false;
        }
        database.write(sql -> sql.update(
                "UPDATE people_passkey SET enrolment = ?, vouched = ? WHERE name = ?",
                key.enrolment()
                        .map(enrolment -> enrolment.json().canonicalText())
                        .orElse(null),
                texts(key.endorsements()),
                key.name()));
        keys.put(key.name(), key);
        return true;
    }

    /**
     * Advances the counter of {@code name} to {@code counter}. Returns false if the counter was already there: then the
     * passkey exists twice. An authenticator that does not count always reports 0 (WebAuthn Level 3 §6.1.1).
     */
    synchronized boolean count(String name, long counter) {
        Passkey key = keys.get(name);
        if (key == null || (counter <= key.counter() && (counter != 0 || key.counter() != 0))) {
            return false;
        }
        database.write(sql -> sql.update("UPDATE people_passkey SET counter = ? WHERE name = ?", counter, key.name()));
        keys.put(name, key.at(counter));
        return true;
    }

    /** Revokes {@code key} at once. Returns whether the revocation is stored and survives a restart. */
    synchronized boolean end(Passkey key, Passkey.PasskeyEnd end) {
        keys.computeIfPresent(key.name(), (_, known) -> known.ended(end));
        untold.put(key.name(), end);
        return settle();
    }

    /** Stores the revocations that could not be written before. Returns whether all are stored now. */
    synchronized boolean settle() {
        if (untold.isEmpty()) {
            return true;
        }
        try {
            database.write(sql -> {
                for (Map.Entry<String, Passkey.PasskeyEnd> entry : untold.entrySet()) {
                    Passkey.PasskeyEnd end = entry.getValue();
                    sql.update(
                            "UPDATE people_passkey SET ended_at = ?, ended_by = ?, ended_why = ? WHERE name = ?",
                            end.at().toString(),
                            end.by(),
                            end.reason(),
                            entry.getKey());
                }
                return true;
            });
            untold.clear();
            return true;
        } catch (StoreUnavailableException _) {
            return false;
        }
    }

    /** Deletes a waiting passkey. Nobody endorsed it, so it never belonged to anybody. */
    synchronized void drop(Passkey waiting) {
        database.write(sql -> delete(sql, waiting));
        keys.remove(waiting.name());
    }

    private static int delete(Sql sql, Passkey waiting) throws SQLException {
        return sql.update("DELETE FROM people_passkey WHERE name = ?", waiting.name());
    }

    private static int insert(Sql sql, Passkey key) throws SQLException {
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
