package dev.interlock.backup;

import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A cache of entries that were read from a plan's target. A manifest never changes, so it need not be read each time.
 * Those that matter are read anyway, because they may rot.
 *
 * <p>Threading: an abandoned check may still use it.
 */
public final class ListingCache {

    private final Map<String, BackupListing.ListedBackup> entries = new ConcurrentHashMap<>();

    /** Forgets {@code id}, because a note beside it has changed. The next check reads it again. */
    public void forget(String id) {
        entries.remove(id);
    }

    /** Forgets all entries that are not among {@code ids}, and returns the youngest that remains. */
    Optional<String> youngestOf(Collection<String> ids) {
        entries.keySet().retainAll(ids);
        return entries.values().stream()
                .max(Comparator.comparing(BackupListing.ListedBackup::takenAt))
                .map(BackupListing.ListedBackup::id);
    }

    Optional<BackupListing.ListedBackup> of(String id) {
        return Optional.ofNullable(entries.get(id));
    }

    /** Stores {@code entry}. An entry in trouble is not stored, so it is read again until it is in order. */
    void keep(BackupListing.ListedBackup entry) {
        if (entry.problem().isEmpty()) {
            entries.put(entry.id(), entry);
        }
    }
}
