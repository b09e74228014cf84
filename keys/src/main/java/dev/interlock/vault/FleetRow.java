package dev.interlock.vault;

/**
 * A row of the store that the keys process writes and reads. The gateway, which carries it, and the database can
 * withhold what is {@code sealed}, and cannot read, swap or date it back.
 */
public record FleetRow(String name, long version, String sealed) {}
