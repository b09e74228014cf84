package dev.interlock.identity;

import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.Sql;
import dev.interlock.store.StoreUnavailableException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Holds every kill in force. A new kill counts in memory first, even if the store fails; a lifted one is removed from
 * the store first.
 *
 * <p>The youngest kill of a target replaces the one before. A signature to lift the earlier one does not count for it:
 * its signer has not read why the target was stopped again.
 *
 * <p>Threading: {@link #of} takes no lock. {@link #add} takes none that is held while waiting for the store, so a kill
 * is visible at once.
 */
final class KillBook {

    static final Schema SCHEMA = new Schema("identity", 2, """
            CREATE TABLE identity_kill (
                id TEXT PRIMARY KEY,
                scope TEXT NOT NULL,
                name TEXT NOT NULL,
                reason TEXT NOT NULL,
                killed_by TEXT NOT NULL,
                since TEXT NOT NULL,
                lifted TEXT,
                lifted_by TEXT
            ) STRICT""");

    private static final System.Logger LOG = System.getLogger(KillBook.class.getName());

    private final Database database;
    private final Map<Kill.KillTarget, Kill> standing = new ConcurrentHashMap<>();

    /** Kills that the store does not hold yet. One that is replaced before it is written is never written. */
    private final Set<Kill> unwritten = ConcurrentHashMap.newKeySet();

    /** Held while a kill is added, and never while waiting for the store. */
    private final Object coming = new Object();

    KillBook(Database database) {
        this.database = database;
        database.read(sql -> sql.all(
                        KillBook::row,
                        "SELECT id, scope, name, reason, killed_by, since FROM identity_kill WHERE lifted IS NULL ORDER BY id"))
                .forEach(kill -> standing.put(kill.target(), kill));
    }

    Optional<Kill> of(Kill.KillTarget target) {
        return Optional.ofNullable(standing.get(target));
    }

    boolean isEmpty() {
        return standing.isEmpty();
    }

    /** Returns all kills, the oldest first. */
    List<Kill> all() {
        return standing.values().stream().sorted(Comparator.comparing(Kill::id)).toList();
    }

    /** Returns whether {@code kill}, or the one that replaced it before it was written, would survive a restart. */
    boolean isDurable(Kill kill) {
        return !unwritten.contains(kill);
    }

    /** Puts {@code kill} in force at once; {@link #settle} writes it. */
    void add(Kill kill) {
        synchronized (coming) {
            unwritten.add(kill); // before it is visible, so that nobody takes it for durable
            standing.put(kill.target(), kill);
        }
    }

    /** Writes every kill that the store does not hold yet. False if that fails. */
    synchronized boolean settle() {
        List<Kill> owed;
        List<Kill> stand;
        synchronized (coming) {
            owed = List.copyOf(unwritten);
            stand = owed.stream()
                    .filter(kill -> kill.equals(standing.get(kill.target())))
                    .toList();
        }
        if (owed.isEmpty()) {
            return true;
        }
        try {
            database.write(sql -> {
                int added = 0;
                for (Kill kill : stand) {
                    replace(sql, kill);
                    added += sql.update(
                            "INSERT INTO identity_kill (id, scope, name, reason, killed_by, since) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET lifted = NULL, lifted_by = NULL",
                            kill.id(),
                            kill.target().scope().word(),
                            kill.target().name(),
                            kill.reason(),
                            kill.by(),
                            kill.since().toString());
                }
                return added;
            });
            owed.forEach(unwritten::remove);
            return true;
        } catch (StoreUnavailableException e) {
            LOG.log(System.Logger.Level.WARNING, "a kill could not be stored: {0}", e.getMessage());
            return false;
        }
    }

    private static void replace(Sql sql, Kill by) throws SQLException {
        sql.update(
                "UPDATE identity_kill SET lifted = ?, lifted_by = ? WHERE scope = ? AND name = ? AND id <> ? AND lifted IS NULL",
                by.since().toString(),
                by.id(),
                by.target().scope().word(),
                by.target().name(),
                by.id());
    }

    /**
     * Lifts {@code kill}: first in the store, then in memory.
     *
     * @return false if it is not in force, another kill has replaced it, or pending kills cannot be written first
     * @throws StoreUnavailableException if the store fails; the kill stays in force
     */
    synchronized boolean lift(Kill kill, String by, Instant at) {
        if (!kill.equals(standing.get(kill.target())) || !settle()) {
            return false;
        }
        try {
            database.write(sql -> sql.update(
                    "UPDATE identity_kill SET lifted = ?, lifted_by = ? WHERE id = ?", at.toString(), by, kill.id()));
        } catch (StoreUnavailableException e) {
            unwritten.add(kill); // the kill stays in force, although the commit may have taken effect
            throw e;
        }
        return standing.remove(kill.target(), kill); // not a kill that has replaced it meanwhile
    }

    private static Kill row(ResultSet row) throws SQLException {
        return new Kill(
                row.getString(1),
                new Kill.KillTarget(Kill.KillScope.of(row.getString(2)), row.getString(3)),
                row.getString(4),
                row.getString(5),
                Instant.parse(row.getString(6)));
    }
}
