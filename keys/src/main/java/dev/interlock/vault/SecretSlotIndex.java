package dev.interlock.vault;

import dev.interlock.action.Secret;
import java.io.IOException;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the slot that holds a secret, by fingerprint, without opening any. It reads again when another process has
 * changed a store. Threading: any thread; two that notice a change at once read the same.
 */
final class SecretSlotIndex {

    private record CachedSlots(List<FileTime> changed, Map<String, String> slots) {}

    private final List<StoreDirectory> stores;
    private final SlotFingerprints fingerprints;
    private volatile CachedSlots latest;

    SecretSlotIndex(List<StoreDirectory> stores, SlotFingerprints fingerprints) throws IOException {
        this.stores = List.copyOf(stores);
        this.fingerprints = fingerprints;
        this.latest = read(StoreDirectory.changed(stores));
    }

    Optional<String> slotOf(Secret secret) throws IOException {
        List<FileTime> changed = StoreDirectory.changed(stores);
        CachedSlots reading = latest;
        if (!reading.changed().equals(changed)) {
            reading = read(changed);
            latest = reading;
        }
        return Optional.ofNullable(reading.slots().get(fingerprints.of(secret)));
    }

    private CachedSlots read(List<FileTime> changed) throws IOException {
        Map<String, String> slots = new HashMap<>();
        for (StoreDirectory store : stores) {
            for (StoreDirectory.SlotEntry entry : store.entries()) {
                entry.fingerprint().ifPresent(fingerprint -> slots.put(fingerprint, entry.slot()));
            }
        }
        return new CachedSlots(changed, slots);
    }
}
