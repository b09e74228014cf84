package dev.interlock.store;

import java.util.List;

/** Brings the tables of each package to the version that this program knows. */
final class Migrations {

    private final List<Schema> schemas;

    Migrations(List<Schema> schemas) {
        this.schemas = List.copyOf(schemas);
    }

    void apply(Sql sql) {
        sql.update("CREATE TABLE IF NOT EXISTS store_schema (room TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT");
        for (Schema schema : schemas) {
            applyOne(sql, schema);
        }
        refuseNewer(sql);
    }

    private static void applyOne(Sql sql, Schema schema) {
        int present = version(sql, schema.owner());
        if (schema.version() <= present) {
            return;
        }
        if (schema.version() != present + 1) {
            throw new StoreUnavailableException(
                    "package `" + schema.owner() + "` has no step to version " + (present + 1));
        }
        for (String statement : schema.statements()) {
            sql.update(statement);
        }
        sql.update("INSERT OR REPLACE INTO store_schema VALUES (?, ?)", schema.owner(), schema.version());
    }

    /** Refuses tables of a newer program, which may have given them a meaning that this program does not know. */
    private void refuseNewer(Sql sql) {
        for (Schema schema : schemas) {
            int known = schemas.stream()
                    .filter(other -> other.owner().equals(schema.owner()))
                    .mapToInt(Schema::version)
                    .max()
                    .orElse(0);
            if (version(sql, schema.owner()) > known) {
                throw new StoreUnavailableException(
                        "another version of interlock wrote the tables of `" + schema.owner() + "`");
            }
        }
    }

    private static int version(Sql sql, String room) {
        return sql.one(row -> row.getInt(1), "SELECT version FROM store_schema WHERE room = ?", room)
                .orElse(0);
    }
}
