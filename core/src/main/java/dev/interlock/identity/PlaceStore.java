package dev.interlock.identity;

import dev.interlock.action.Secret;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Stores open places, so that agents keep running when the gateway restarts. It stores the people who may enter, the
 * certificate that the gateway presents there, and the decoys inside. Every method throws
 * {@link dev.interlock.store.StoreUnavailableException} if the store fails.
 */
public interface PlaceStore {

    /**
     * A stored place: who had it opened, who works there if that is another, the process that it ends with, the
     * authority that its agent trusts, and the decoys by name.
     */
    record StoredPlace(
            String id,
            String starter,
            Optional<String> agent,
            Optional<String> runner,
            String certificate,
            Secret key,
            Map<String, List<Secret>> decoys) {
        public StoredPlace {
            decoys = Map.copyOf(decoys);
        }
    }

    void add(StoredPlace place);

    /** Stores the decoys of place {@code id}; does nothing if it was closed meanwhile. */
    void put(String id, Map<String, List<Secret>> decoys);

    void remove(String id);

    List<StoredPlace> all();
}
