package dev.interlock.limits;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The freezes in force, in memory. A freeze is stored before its resources can be destroyed, and lifted in the store
 * first.
 *
 * <p>Threading: any; reading takes no lock.
 */
final class FreezeBook {

    private final Map<String, Freeze> standing = new ConcurrentHashMap<>();

    FreezeBook(List<Freeze> stored) {
        stored.forEach(this::add);
    }

    boolean isEmpty() {
        return standing.isEmpty();
    }

    List<Freeze> all() {
        return standing.values().stream()
                .sorted(Comparator.comparing(Freeze::id))
                .toList();
    }

    void add(Freeze freeze) {
        standing.put(freeze.id(), freeze);
    }

    boolean forget(Freeze freeze) {
        return standing.remove(freeze.id(), freeze);
    }
}
