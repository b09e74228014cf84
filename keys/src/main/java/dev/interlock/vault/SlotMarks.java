package dev.interlock.vault;

import dev.interlock.action.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which slot holds a secret, for whoever may read the vault's files and has something to compare: by fingerprint, in
 * this process. No slot is opened, no store's key is read, nothing is written, and nobody else hears of the secret.
 */
public final class SlotMarks {

    private final Fingerprints fingerprints;
    private final Map<String, String> slots;

    private SlotMarks(Fingerprints fingerprints, Map<String, String> slots) {
        this.fingerprints = fingerprints;
        this.slots = slots;
    }

    /**
     * Those of the vault under {@code root}; empty if there is none.
     *
     * @throws IOException if it cannot be read
     */
    public static Optional<SlotMarks> at(Path root) throws IOException {
        if (!Files.exists(root)) {
            return Optional.empty();
        }
        Map<String, String> slots = new HashMap<>();
        for (Store store : List.of(Store.ORDINARY, Store.PROTECTED)) {
            for (StoreDirectory.Entry entry : StoreDirectory.entries(root, store)) {
                entry.fingerprint().ifPresent(fingerprint -> slots.put(fingerprint, entry.slot()));
            }
        }
        return slots.isEmpty() ? Optional.empty() : Optional.of(new SlotMarks(Fingerprints.read(root), slots));
    }

    /** The slot that holds {@code secret}, if one does. What a command fetches has no fingerprint. */
    public Optional<String> holding(Secret secret) {
        return Optional.ofNullable(slots.get(fingerprints.of(secret)));
    }
}
