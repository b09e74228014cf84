package dev.interlock.identity;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Open places in a table. */
public final class SqlitePlaceStore implements PlaceStore {

    public static final List<Schema> SCHEMAS = List.of(new Schema("identity_place", 1, """
            CREATE TABLE identity_place (
                id TEXT PRIMARY KEY, starter TEXT NOT NULL, agent TEXT, certificate TEXT NOT NULL, key TEXT NOT NULL,
                decoys TEXT NOT NULL, runner TEXT) STRICT"""));

    private final Database database;

    public SqlitePlaceStore(Database database) {
        this.database = database;
    }

    @Override
    public void add(StoredPlace place) {
        database.write(sql -> sql.update(
                "INSERT INTO identity_place (id, starter, agent, certificate, key, decoys, runner) VALUES (?, ?, ?, ?, ?, ?, ?)",
                place.id(),
                place.starter(),
                place.agent().orElse(null),
                place.certificate(),
                place.key().<String>use(text -> text),
                json(place.decoys()),
                place.runner().orElse(null)));
    }

    @Override
    public void put(String id, Map<String, List<Secret>> decoys) {
        database.write(sql -> sql.update("UPDATE identity_place SET decoys = ? WHERE id = ?", json(decoys), id));
    }

    private static String json(Map<String, List<Secret>> decoys) {
        Json.Members told = Json.object();
        for (Map.Entry<String, List<Secret>> one : decoys.entrySet()) {
            told = told.withTexts(
                    one.getKey(), one.getValue().stream().map(secret -> secret.<String>use(text -> text)));
        }
        return told.canonicalText();
    }

    @Override
    public void remove(String id) {
        database.write(sql -> sql.update("DELETE FROM identity_place WHERE id = ?", id));
    }

    @Override
    public List<StoredPlace> all() {
        return database.read(sql -> sql.all(
                SqlitePlaceStore::row,
                "SELECT id, starter, agent, certificate, key, decoys, runner FROM identity_place"));
    }

    private static StoredPlace row(ResultSet row) throws SQLException {
        Json.Members told = Json.readObject(row.getString(6).getBytes(StandardCharsets.UTF_8));
        Map<String, List<Secret>> decoys = new TreeMap<>();
        for (String name : told.members().keySet()) {
            decoys.put(name, told.texts(name).stream().map(Secret::new).toList());
        }
        return new StoredPlace(
                row.getString(1),
                row.getString(2),
                Optional.ofNullable(row.getString(3)),
                Optional.ofNullable(row.getString(7)),
                row.getString(4),
                new Secret(row.getString(5)),
                decoys);
    }
}
