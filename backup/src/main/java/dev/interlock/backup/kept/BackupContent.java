package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.util.List;
import java.util.Optional;

/** The content of a backup, by kind of source: all that is needed to restore it and to check that it is complete. */
public sealed interface BackupContent permits PostgresDump, SqliteCopy, FileTree, ExecCopy {

    /** Adds this content to {@code to}. */
    Json.Members on(Json.Members to);

    Amount amount();

    /** Returns a message if there is no content, because such a backup is worthless. */
    Optional<String> emptiness();

    /** Returns whether the positions of its sequences were known. If not, a test does not compare them. */
    default boolean isSequencesKnown() {
        return true;
    }

    /** Returns the databases on its source's server that no plan saved, as far as known when it was taken. */
    default List<String> beside() {
        return List.of();
    }

    /** Returns the type of a manifest with this content. */
    default String type() {
        return switch (this) {
            case PostgresDump dump -> dump.form();
            case SqliteCopy _ -> SqliteCopy.TYPE;
            case FileTree _ -> FileTree.TYPE;
            case ExecCopy _ -> ExecCopy.TYPE;
        };
    }

    /**
     * Reads the content of a manifest.
     *
     * @throws MalformedException if {@link #on} did not write it
     */
    static BackupContent of(Json.Members json) {
        String type = json.text("type");
        return switch (type) {
            case PostgresDump.TYPE, PostgresDump.TYPE_4, PostgresDump.TYPE_3, PostgresDump.TYPE_2 ->
                PostgresDump.of(json, type);
            case SqliteCopy.TYPE -> SqliteCopy.of(json);
            case FileTree.TYPE -> FileTree.of(json);
            case ExecCopy.TYPE -> ExecCopy.of(json);
            default -> throw new MalformedException("`" + type + "` is no type of a manifest");
        };
    }
}
