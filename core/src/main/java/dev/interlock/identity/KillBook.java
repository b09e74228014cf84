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
 * Every kill that stands. It stands in memory first, whatever the store says; it is lifted in the store first.
 *
 * <p>Of each target the youngest stands, and takes the place of the one before: whoever signed for that one to be
 * lifted has not read why it was stopped again.
 *
 * <p>Threading: {@link #of} takes no lock, and {@link #add} none that is held while the store is waited for, so that a
 * kill shows before its writer's turn has come.
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
    private final Map<Kill.Target, Kill> standing = new ConcurrentHashMap<>();

    /** Those that the store does not know yet; what was replaced before it did, it never hears of. */
    private final Set<Kill> unwritten = ConcurrentHashMap.newKeySet();

    /** Held while a kill comes to stand, and never while the store is waited for. */
    private final Object coming = new Object();

    KillBook(Database database) {
        this.database = database;
        database.read(sql -> sql.all(
                        KillBook::row,
                        "SELECT id, scope, name, reason, killed_by, since FROM identity_kill"
                                + " WHERE lifted IS NULL ORDER BY id"))
                .forEach(kill -> standing.put(kill.target(), kill));
    }

    Optional<Kill> of(Kill.Target target) {
        return Optional.ofNullable(standing.get(target));
    }

    boolean isEmpty() {
        return standing.isEmpty();
    }

    /** The oldest first. */
    List<Kill> all() {
        return standing.values().stream().sorted(Comparator.comparing(Kill::id)).toList();
    }

    /** Whether a restart would know of {@code kill}, or of what took its place before it was written. */
    boolean isDurable(Kill kill) {
        return !unwritten.contains(kill);
    }

    /** Lets {@code kill} stand, at once; {@link #settle} writes it. */
    void add(Kill kill) {
        synchronized (coming) {
            unwritten.add(kill); // before it shows, so that nobody takes it for durable
            standing.put(kill.target(), kill);
        }
    }

    /** Tells the store of every kill that it does not know yet. False if it cannot be written. */
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
                            "INSERT INTO identity_kill (id, scope, name, reason, killed_by, since)"
                                    + " VALUES (?, ?, ?, ?, ?, ?)"
                                    + " ON CONFLICT (id) DO UPDATE SET lifted = NULL, lifted_by = NULL",
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
                "UPDATE identity_kill SET lifted = ?, lifted_by = ?"
                        + " WHERE scope = ? AND name = ? AND id <> ? AND lifted IS NULL",
                by.since().toString(),
                by.id(),
                by.target().scope().word(),
                by.target().name(),
                by.id());
    }

    /**
     * Lifts {@code kill}, durably before it shows.
     *
     * @return false if it does not stand, or no longer because another took its place, or the store cannot be told that
     *     it does
     * @throws StoreUnavailableException if the store fails; it stands
     */
    synchronized boolean lift(Kill kill, String by, Instant at) {
        if (!kill.equals(standing.get(kill.target())) || !settle()) {
            return false;
        }
        try {
            database.write(sql -> sql.update(
                    "UPDATE identity_kill SET lifted = ?, lifted_by = ? WHERE id = ?", at.toString(), by, kill.id()));
        } catch (StoreUnavailableException e) {
            unwritten.add(kill); // the commit may have taken effect all the same, and it stands
            throw e;
        }
        return standing.remove(kill.target(), kill); // and not what has taken its place meanwhile
    }

    private static Kill row(ResultSet row) throws SQLException {
        return new Kill(
                row.getString(1),
                new Kill.Target(Kill.Scope.of(row.getString(2)), row.getString(3)),
                row.getString(4),
                row.getString(5),
                Instant.parse(row.getString(6)));
    }
}
