package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.util.List;
import java.util.Optional;

/**
 * What is in a backup, by what it is a copy of: whatever is needed to bring it back, and to see that it is all there.
 */
public sealed interface Holding permits PostgresDump, SqliteCopy, FileTree, ExecCopy {

    /** {@code to}, with this. */
    Json.Members on(Json.Members to);

    Amount amount();

    /** Why it is worth nothing, if it holds nothing. */
    Optional<String> emptiness();

    /** False where nobody knew where its sequences stood: trying it does not compare them. */
    default boolean isSequencesKnown() {
        return true;
    }

    /** Which databases were on its source's server that no plan saved, as far as was known when it was taken. */
    default List<String> beside() {
        return List.of();
    }

    /** The type of a manifest with this. */
    default String type() {
        return switch (this) {
            case PostgresDump dump -> dump.form();
            case SqliteCopy _ -> SqliteCopy.TYPE;
            case FileTree _ -> FileTree.TYPE;
            case ExecCopy _ -> ExecCopy.TYPE;
        };
    }

    /**
     * That of a manifest.
     *
     * @throws MalformedException if it is not what {@link #on} writes
     */
    static Holding of(Json.Members json) {
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
