package dev.interlock.vault;

import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What this node and its fleet agreed on last.
 *
 * @param version no lower version of the fleet's credentials is accepted
 * @param taken whether this node has those of that version
 * @param keys the digests of the vault's own keys; with others, the vault is another one, and has nothing of it
 * @param slots the digest of each slot's file, as it was then
 */
record FleetState(long version, boolean taken, String keys, Map<String, String> slots) {

    static FleetState read(Path file, String keys) throws IOException {
        if (!Files.exists(file)) {
            return new FleetState(0, false, keys, Map.of());
        }
        Json.Members read = Json.readObject(VaultFiles.read(file));
        Json.Members digests = read.object("slots");
        Map<String, String> slots = new TreeMap<>();
        digests.members().keySet().forEach(name -> slots.put(name, digests.text(name)));
        boolean isSame = read.text("keys").equals(keys);
        return new FleetState(
                read.whole("version"), read.flag("taken") && isSame, keys, isSame ? slots : Map.of());
    }

    void write(Path file) throws IOException {
        Json.Members digests = Json.object();
        for (var slot : slots.entrySet()) {
            digests = digests.with(slot.getKey(), slot.getValue());
        }
        PrivateFiles.replace(
                file,
                Json.object()
                        .with("version", version)
                        .with("taken", taken)
                        .with("keys", keys)
                        .with("slots", digests)
                        .canonical());
    }
}
