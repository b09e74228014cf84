package dev.interlock.action;

import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/**
 * A cache with a maximum of entries, which takes no lock. The hash of a key names a few slots; an entry is in one of
 * them. If all are taken, a new entry replaces any of them at random.
 *
 * <p>So keys that come in turn, more of them than fit, still find as many entries as there is room for. Forgetting the
 * entry that was unused longest would forget each of them just before it comes again. Keys that were made to have the
 * same hash only replace each other.
 *
 * <p>Threading: any. Two threads may add the same key; one of both entries remains found.
 */
public final class SampledCache<K, V> {

    /** The slots of one hash. With fewer, entries would be replaced while many others are empty. */
    private static final int WAYS = 8;

    private record CacheEntry<K, V>(int hash, K key, V value) {}

    private final AtomicReferenceArray<CacheEntry<K, V>> slots;

    /** The hashes of keys that were offered last. */
    private final AtomicIntegerArray offered;

    private final int groups;

    /** Creates an empty cache of at most {@code most} entries. */
    public SampledCache(int most) {
        groups = Math.max(1, most / WAYS);
        slots = new AtomicReferenceArray<>(groups * WAYS);
        offered = new AtomicIntegerArray(groups * WAYS * 4);
    }

    public Optional<V> get(K key) {
        int hash = hash(key);
        int first = first(hash);
        for (int i = first; i < first + WAYS; i++) {
            CacheEntry<K, V> entry = slots.get(i);
            if (entry != null && entry.hash() == hash && entry.key().equals(key)) {
                return Optional.of(entry.value());
            }
        }
        return Optional.empty();
    }

    /** Adds {@code value} under {@code key}, in place of an earlier one. */
    public void put(K key, V value) {
        int hash = hash(key);
        CacheEntry<K, V> fresh = new CacheEntry<>(hash, key, value);
        int first = first(hash);
        for (int i = first; i < first + WAYS; i++) {
            CacheEntry<K, V> entry = slots.get(i);
            boolean isFree =
                    entry == null || (entry.hash() == hash && entry.key().equals(key));
            if (isFree && slots.compareAndSet(i, entry, fresh)) {
                return;
            }
        }
        slots.set(first + ThreadLocalRandom.current().nextInt(WAYS), fresh);
    }

    /** Adds a value if {@code key} was offered before, not long ago. Most keys come once, and would displace others. */
    public void offer(K key, Supplier<V> value) {
        int hash = hash(key);
        if (offered.getAndSet(Math.floorMod(hash, offered.length()), hash) == hash) {
            put(key, value.get());
        }
    }

    public int size() {
        int size = 0;
        for (int i = 0; i < slots.length(); i++) {
            size += slots.get(i) == null ? 0 : 1;
        }
        return size;
    }

    private int first(int hash) {
        return Math.floorMod(hash, groups) * WAYS;
    }

    /** Mixes the bits of the key's hash, of which often only some differ (the finalizer of MurmurHash3). */
    private static int hash(Object key) {
        int hash = key.hashCode();
        hash ^= hash >>> 16;
        hash *= 0x85ebca6b;
        hash ^= hash >>> 13;
        hash *= 0xc2b2ae35;
        return hash ^ (hash >>> 16);
    }
}
