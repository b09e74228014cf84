package dev.interlock.readiness;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * A list in one file that is replaced as a whole. People still see it after a restart. It proves nothing; the proofs
 * are in the ledger.
 *
 * <p>Threading: guarded by its owner.
 */
public final class JsonListFile {

    private final Path file;
    private final String name;

    /** @param name the name of the member that holds the list */
    public JsonListFile(Path file, String name) {
        this.file = file;
        this.name = name;
    }

    /** Returns the entries, or none if the file cannot be read. */
    public List<Json.Members> stored() {
        try {
            return Json.readObject(Files.readAllBytes(file)).objects(name);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | MalformedException e) {
            System.getLogger(JsonListFile.class.getName())
                    .log(System.Logger.Level.WARNING, "`" + file + "` cannot be read, so its content is not shown", e);
            return List.of();
        }
    }

    public void keep(List<Json.Members> all) throws IOException {
        Json.Array items = new Json.Array(all.stream().<Json>map(one -> one).toList());
        PrivateFiles.replace(file, Json.object().with(name, items).canonical());
    }
}
