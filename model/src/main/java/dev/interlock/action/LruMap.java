package dev.interlock.action;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A map that forgets the entry that was unused longest when it would hold more than its maximum.
 *
 * <p>Threading: none of its own, and reading changes it too. Callers hold a monitor.
 */
public final class LruMap<K, V> extends LinkedHashMap<K, V> {

    private static final long serialVersionUID = 1;

    private final int most;

    /** Creates an empty map of at most {@code most} entries. */
    public LruMap(int most) {
        super(16, 0.75f, true);
        this.most = most;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > most;
    }
}
