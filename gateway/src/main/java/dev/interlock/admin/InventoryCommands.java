package dev.interlock.admin;

import dev.interlock.evidence.Json;
import java.util.Optional;

/** What people ask the inventory. */
public interface InventoryCommands {

    /** What one call each could cost. */
    Json.Members check();

    /** Which services of {@code upstream} use {@code resource}, as far as that is known. */
    Json.Members around(String upstream, String resource);

    /** The tokens that providers honour; of {@code upstream}, or of all. */
    Json.Members tokens(Optional<String> upstream);
}
