package dev.interlock.vault;

import dev.interlock.action.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds the slot that holds a given secret, for a process that may read the vault's files, by fingerprints. It opens no
 * slot, reads no store's key and writes nothing, and the secret goes nowhere else.
 */
public final class SlotFingerprintReader {

    private final SlotFingerprints fingerprints;
    private final Map<String, String> slots;
    private final Set<String> decoys;

    private SlotFingerprintReader(SlotFingerprints fingerprints, Map<String, String> slots, Set<String> decoys) {
        this.fingerprints = fingerprints;
        this.slots = slots;
        this.decoys = decoys;
    }

    /** Reads the marks of the vault under {@code root}; empty if there is none. */
    public static Optional<SlotFingerprintReader> at(Path root) throws IOException {
        if (!Files.exists(root)) {
            return Optional.empty();
        }
        Map<String, String> slots = new HashMap<>();
        for (Store store : List.of(Store.ORDINARY, Store.PROTECTED)) {
            for (StoreDirectory.SlotEntry entry : StoreDirectory.entries(root, store)) {
                entry.fingerprint().ifPresent(fingerprint -> slots.put(fingerprint, entry.slot()));
            }
        }
        Set<String> decoys = StoreDirectory.entries(root, Store.ADOPTED).stream()
                .filter(entry -> entry.slot().startsWith(Vault.DECOY))
                .flatMap(entry -> entry.fingerprint().stream())
                .collect(Collectors.toSet());
        return slots.isEmpty() && decoys.isEmpty()
                ? Optional.empty()
                : Optional.of(new SlotFingerprintReader(SlotFingerprints.read(root), slots, decoys));
    }

    public boolean isDecoy(Secret secret) {
        return decoys.contains(fingerprints.of(secret));
    }

    /** Returns the slot that holds {@code secret}, if any. Slots with a command have no fingerprint. */
    public Optional<String> holding(Secret secret) {
        return Optional.ofNullable(slots.get(fingerprints.of(secret)));
    }
}
