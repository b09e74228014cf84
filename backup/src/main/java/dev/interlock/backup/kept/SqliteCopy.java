package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;
import java.util.Optional;

/**
 * A copy of a file of SQLite, page by page.
 *
 * @param owner whose it was, and who may do what with it
 * @param contents what must be there again
 */
public record SqliteCopy(Ownership owner, Contents contents) implements Holding {

    static final String TYPE = "interlock-backup-sqlite@v1";

    /** The one file of it, compressed. */
    public static final String FILE = "database";

    @Override
    public Json.Members on(Json.Members to) {
        return owner.on(to).with("contents", contents.json());
    }

    static SqliteCopy of(Json.Members json) {
        return new SqliteCopy(Ownership.of(json), Contents.of(json.object("contents")));
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
