package dev.interlock.limits;

import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import dev.interlock.store.Schema;
import dev.interlock.store.Sql;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The freezes in force. A freeze is stored before its resources can be destroyed, and lifted in the store first.
 *
 * <p>Threading: any; reading takes no lock.
 */
final class FreezeStore {

    static final Schema SCHEMA = new Schema("velocity", 2, """
            CREATE TABLE velocity_freeze (
                id TEXT PRIMARY KEY,
                intent TEXT NOT NULL,
                resources TEXT NOT NULL,
                agent TEXT NOT NULL,
                person TEXT NOT NULL,
                since TEXT NOT NULL,
                lifted TEXT,
                lifted_by TEXT
            ) STRICT""");

    private final Map<String, Freeze> standing = new ConcurrentHashMap<>();

    FreezeStore(Sql sql) throws SQLException {
        sql.all(
                        FreezeStore::row,
                        "SELECT id, intent, resources, agent, person, since FROM velocity_freeze WHERE lifted IS NULL")
                .forEach(freeze -> standing.put(freeze.id(), freeze));
    }

    boolean isEmpty() {
        return standing.isEmpty();
    }

    /** Returns all freezes, the oldest first. */
    List<Freeze> all() {
        return standing.values().stream()
                .sorted(Comparator.comparing(Freeze::id))
                .toList();
    }

    /** Puts {@code freeze} in force at once. Call {@link #forget} if the transaction of {@code sql} fails. */
    void add(Sql sql, Freeze freeze) throws SQLException {
        sql.update(
                "INSERT INTO velocity_freeze (id, intent, resources, agent, person, since) VALUES (?, ?, ?, ?, ?, ?)",
                freeze.id(),
                freeze.intent(),
                Json.object()
                        .withTexts("resources", freeze.resources().stream().map(Resource::toString))
                        .canonicalText(),
                freeze.agent(),
                freeze.person(),
                freeze.since().toString());
        standing.put(freeze.id(), freeze);
    }

    /** Records in the store that {@code freeze} is lifted. It stays in memory until {@link #forget}. */
    static void lift(Sql sql, Freeze freeze, String by, Instant at) throws SQLException {
        sql.update("UPDATE velocity_freeze SET lifted = ?, lifted_by = ? WHERE id = ?", at.toString(), by, freeze.id());
    }

    /** Returns whether the store has a freeze by {@code intent}, in force or lifted. */
    static boolean isKnown(Sql sql, String intent) throws SQLException {
        return sql.one(row -> row.getString(1), "SELECT id FROM velocity_freeze WHERE intent = ?", intent)
                .isPresent();
    }

    boolean forget(Freeze freeze) {
        return standing.remove(freeze.id(), freeze);
    }

    private static Freeze row(ResultSet row) throws SQLException {
        Json.Members content = Json.readObject(row.getString(3).getBytes(StandardCharsets.UTF_8));
        Set<Resource> resources = new TreeSet<>();
        content.texts("resources").forEach(text -> resources.add(Resource.parse(text)));
        return new Freeze(
                row.getString(1),
                row.getString(2),
                resources,
                row.getString(4),
                row.getString(5),
                Instant.parse(row.getString(6)));
    }
}
