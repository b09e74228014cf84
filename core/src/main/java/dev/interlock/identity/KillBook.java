package dev.interlock.identity;

import dev.interlock.store.StoreUnavailableException;
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

    private static final System.Logger LOG = System.getLogger(KillBook.class.getName());

    private final LeaseStore store;
    private final Map<Kill.KillTarget, Kill> standing = new ConcurrentHashMap<>();

    /** Kills that the store does not hold yet. One that is replaced before it is written is never written. */
    private final Set<Kill> unwritten = ConcurrentHashMap.newKeySet();

    private final Object coming = new Object();

    KillBook(LeaseStore store) {
        this.store = store;
        store.kills().forEach(kill -> standing.put(kill.target(), kill));
    }

    Optional<Kill> of(Kill.KillTarget target) {
        return Optional.ofNullable(standing.get(target));
    }

    boolean isEmpty() {
        return standing.isEmpty();
    }

    List<Kill> all() {
        return standing.values().stream().sorted(Comparator.comparing(Kill::id)).toList();
    }

    /** Returns whether {@code kill}, or the one that replaced it before it was written, would survive a restart. */
    boolean isDurable(Kill kill) {
        return !unwritten.contains(kill);
    }

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
            store.addKills(stand);
            owed.forEach(unwritten::remove);
            return true;
        } catch (StoreUnavailableException e) {
            LOG.log(System.Logger.Level.WARNING, "a kill could not be stored: {0}", e.getMessage());
            return false;
        }
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
            store.liftKill(kill, by, at);
        } catch (StoreUnavailableException e) {
            unwritten.add(kill); // the kill stays in force, although the commit may have taken effect
            throw e;
        }
        return standing.remove(kill.target(), kill); // not a kill that has replaced it meanwhile
    }
}
