package dev.interlock.credentials;

import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.vault.FleetRow;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the keys processes of a fleet pass to each other, in a table. Whoever reads it learns no secret. */
public final class SqliteFleetStore {

    /** The steps of its table. */
    public static final List<Schema> SCHEMAS = List.of(
            new Schema(
                    "credentials",
                    1,
                    """
                    CREATE TABLE credentials_fleet (
                        name TEXT PRIMARY KEY, version INTEGER NOT NULL, sealed TEXT NOT NULL) STRICT"""));

    private final Database database;

    public SqliteFleetStore(Database database) {
        this.database = database;
    }

    Map<String, Long> versions() {
        return database
                .read(sql -> sql.all(
                        row -> Map.entry(row.getString(1), row.getLong(2)),
                        "SELECT name, version FROM credentials_fleet"))
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    Optional<FleetRow> find(String name) {
        return database.read(sql -> sql.one(
                row -> new FleetRow(row.getString(1), row.getLong(2), row.getString(3)),
                "SELECT name, version, sealed FROM credentials_fleet WHERE name = ?",
                name));
    }

    /** Writes {@code row}, unless the store has that version or a younger one: of several nodes, one is first. */
    void write(FleetRow row) {
        database.write(sql -> sql.update(
                "INSERT INTO credentials_fleet (name, version, sealed) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version, sealed = excluded.sealed WHERE credentials_fleet.version < excluded.version",
                row.name(),
                row.version(),
                row.sealed()));
    }
}
