package dev.interlock.policy;

import dev.interlock.action.Bytes;
import dev.interlock.store.Database;
import dev.interlock.store.Schema;
import java.util.List;
import java.util.Optional;

/** The seal in a table. */
public final class SqliteSealStore implements SealStore {

    public static final List<Schema> SCHEMAS = List.of(new Schema("policy", 1, """
            CREATE TABLE policy_seal (
                only_one INTEGER PRIMARY KEY CHECK (only_one = 1), sequence INTEGER NOT NULL, id TEXT NOT NULL,
                envelope BLOB NOT NULL) STRICT"""));

    private final Database database;

    public SqliteSealStore(Database database) {
        this.database = database;
    }

    @Override
    public Optional<StoredSeal> latest() {
        return database.read(sql -> sql.one(
                row -> new StoredSeal(row.getLong(1), row.getString(2), Bytes.of(row.getBytes(3))),
                "SELECT sequence, id, envelope FROM policy_seal"));
    }

    @Override
    public boolean keep(long sequence, String id, byte[] envelope) {
        return database.writeRow(SEAL, id, """
                        INSERT INTO policy_seal VALUES (1, ?, ?, ?)
                        ON CONFLICT (only_one) DO UPDATE
                        SET sequence = excluded.sequence, id = excluded.id, envelope = excluded.envelope
                        WHERE excluded.sequence > policy_seal.sequence""", sequence, id, envelope);
    }
}
