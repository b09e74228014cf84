package dev.interlock.backup;

import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What was read of a plan's backups and need not be read each time: a manifest never changes. Of those that matter it
 * is read all the same, because it may rot.
 *
 * <p>Threading: a look that nobody waits for any more may still have it.
 */
public final class Remembered {

    private final Map<String, Listing.Entry> entries = new ConcurrentHashMap<>();

    /** The next time {@code id} is read anew: something was noted beside it. */
    public void forget(String id) {
        entries.remove(id);
    }

    /** Forgets all that are not among {@code ids}, and which one is now the youngest. */
    Optional<String> youngestOf(Collection<String> ids) {
        entries.keySet().retainAll(ids);
        return entries.values().stream()
                .max(Comparator.comparing(Listing.Entry::takenAt))
                .map(Listing.Entry::id);
    }

    Optional<Listing.Entry> of(String id) {
        return Optional.ofNullable(entries.get(id));
    }

    /** Keeps {@code entry}; what is in trouble is looked at until it is not. */
    void keep(Listing.Entry entry) {
        if (entry.trouble().isEmpty()) {
            entries.put(entry.id(), entry);
        }
    }
}
