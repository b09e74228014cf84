package dev.interlock.vault;

import dev.interlock.action.Secret;
import java.io.IOException;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The traces of every secret in some stores, and of fetched secrets, made again when a store has changed, which opens
 * each secret for a moment. Threading: any thread; two that notice a change at once read the same.
 */
final class SecretMatcherCache {

    /** Prefix of the adopted store's entries that hold a credential's former location, which is no secret. */
    private static final String WHERE = "where-";

    private static final String DECOY = "decoy-";

    private record CachedTraces(List<FileTime> changed, List<SecretMatcher.SecretTrace> traces) {}

    private final List<StoreDirectory> slots;
    private final StoreDirectory adopted;
    private final StoreDirectory grants;
    private final List<FetchedSecretCache> fetched;
    private final SecretMatcher.TraceKey key;
    private volatile Optional<CachedTraces> latest = Optional.empty();
    private volatile SecretMatcher made;

    SecretMatcherCache(
            List<StoreDirectory> slots,
            StoreDirectory adopted,
            StoreDirectory grants,
            List<FetchedSecretCache> fetched,
            SecretMatcher.TraceKey key) {
        this.slots = List.copyOf(slots);
        this.adopted = adopted;
        this.grants = grants;
        this.fetched = List.copyOf(fetched);
        this.key = key;
        this.made = new SecretMatcher(key, List.of());
    }

    SecretMatcher traces() throws IOException {
        List<StoreDirectory> stores = new ArrayList<>(slots);
        stores.addAll(List.of(adopted, grants));
        List<FileTime> changed = StoreDirectory.changed(stores);
        CachedTraces reading =
                latest.filter(found -> found.changed().equals(changed)).orElse(null);
        if (reading == null) {
            reading = new CachedTraces(changed, read());
            latest = Optional.of(reading);
        }
        List<SecretMatcher.SecretTrace> all = new ArrayList<>(reading.traces());
        fetched.forEach(cache -> all.addAll(cache.traces()));
        SecretMatcher before = made;
        if (before.hasTraces(all)) {
            return before;
        }
        SecretMatcher traces = new SecretMatcher(key, all);
        made = traces;
        return traces;
    }

    private List<SecretMatcher.SecretTrace> read() throws IOException {
        List<SecretMatcher.SecretTrace> traces = new ArrayList<>();
        for (StoreDirectory store : slots) {
            read(store, traces);
        }
        read(adopted, traces);
        for (StoreDirectory.SlotEntry entry : grants.entries()) {
            Optional<SlotContent> kept = grants.get(entry.slot());
            if (kept.isPresent()) {
                for (Secret secret : GrantStore.secrets(entry.slot(), kept.get())) {
                    traces.addAll(key.of(GrantStore.grantOf(entry.slot()), false, secret));
                }
            }
        }
        return traces;
    }

    private void read(StoreDirectory store, List<SecretMatcher.SecretTrace> traces) throws IOException {
        for (StoreDirectory.SlotEntry entry : store.entries()) {
            boolean decoy = store == adopted && entry.slot().startsWith(DECOY);
            if (store == adopted && entry.slot().startsWith(WHERE)) {
                continue;
            }
            Optional<SlotContent> kept = store.get(entry.slot()); // empty if it was removed meanwhile
            if (kept.isPresent() && kept.get().origin() instanceof SlotContent.SecretOrigin.CopiedSecret(var secret)) {
                traces.addAll(key.of(entry.slot(), decoy, secret));
            }
        }
    }
}
