package dev.interlock.credentials;

import dev.interlock.evidence.Json;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import dev.interlock.store.Sql;
import dev.interlock.vault.FleetRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What the keys processes of a fleet pass to each other, in a table. Whoever reads it learns no secret. */
public final class SqliteFleetStore {

    public static final List<Schema> SCHEMAS = List.of(new Schema("credentials", 1, """
                    CREATE TABLE credentials_fleet (
                        name TEXT PRIMARY KEY, version INTEGER NOT NULL, sealed TEXT NOT NULL) STRICT"""));

    private final Database database;

    public SqliteFleetStore(Database database) {
        this.database = database;
    }

    /** Returns the version of every row, with what is sealed in those that are {@code wanted}. */
    List<FleetRow> rows(Set<String> wanted) {
        return database.read(sql -> {
            List<FleetRow> rows = new ArrayList<>();
            for (FleetRow row : sql.all(
                    // Whoever owns the database can write a number that no message can say.
                    row -> new FleetRow(row.getString(1), Math.clamp(row.getLong(2), 0, Json.MAX_WHOLE), ""),
                    "SELECT name, version FROM credentials_fleet")) {
                rows.add(wanted.contains(row.name()) ? whole(sql, row) : row);
            }
            return rows;
        });
    }

    private static FleetRow whole(Sql sql, FleetRow row) {
        return sql.one(
                        whole -> new FleetRow(row.name(), row.version(), whole.getString(1)),
                        "SELECT sealed FROM credentials_fleet WHERE name = ? AND version = ?",
                        row.name(),
                        row.version())
                .orElse(row);
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
