package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;
import java.util.Optional;

/**
 * A copy of a directory. Its listing is a separate file, because it is as long as the tree is large.
 *
 * @param entries the number of entries, including the directory itself
 * @param amount the amount of regular files
 */
public record FileTree(long entries, Amount.Files amount) implements BackupContent {

    static final String TYPE = "interlock-backup-directory@v1";

    /** The file with a line per entry, in the order in which a tree is read; compressed. */
    public static final String LISTING = "listing";

    /** The file with the concatenated content of all files, in that order; compressed. */
    public static final String CONTENT = "content";

    @Override
    public Json.Members on(Json.Members to) {
        return to.with("contents", amount.on(Json.object().with("entries", entries)));
    }

    static FileTree of(Json.Members json) {
        Json.Members contents = json.object("contents");
        return new FileTree(
                contents.whole("entries"), new Amount.Files(contents.whole("files"), contents.whole("content_bytes")));
    }

    @Override
    public Optional<String> emptiness() {
        return amount.files() == 0 ? Optional.of("it is empty: there is no file in it") : Optional.empty();
    }
}
