package dev.interlock.vault;

import dev.interlock.evidence.Json;

/**
 * A row of the store that keys processes write and read, or only its version, and then {@code sealed} is empty. The
 * gateway, which carries it, and the database can withhold it, and cannot read, swap or date back what is sealed.
 */
public record FleetRow(String name, long version, String sealed) {

    Json.Members json() {
        return Json.object().with("name", name).with("version", version).with("sealed", sealed);
    }

    static FleetRow read(Json.Members fields) {
        return new FleetRow(fields.text("name"), fields.whole("version"), fields.text("sealed"));
    }
}
