package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;
import java.util.Optional;

/**
 * A copy of an SQLite file, page by page.
 *
 * @param owner its owner and permissions
 * @param contents the content that must be there after a restore
 */
public record SqliteCopy(Ownership owner, DatabaseContents contents) implements BackupContent {

    static final String TYPE = "interlock-backup-sqlite@v1";

    /** The name of its only file; compressed. */
    public static final String FILE = "database";

    @Override
    public Json.Members on(Json.Members to) {
        return owner.on(to).with("contents", contents.json());
    }

    static SqliteCopy of(Json.Members json) {
        return new SqliteCopy(Ownership.of(json), DatabaseContents.of(json.object("contents")));
    }

    @Override
    public Amount amount() {
        return contents.amount();
    }

    @Override
    public Optional<String> emptiness() {
        return contents.emptiness();
    }
}
