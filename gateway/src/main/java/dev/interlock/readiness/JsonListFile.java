package dev.interlock.readiness;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * What people are shown over a restart, in one file that is replaced whole. It proves nothing: what proves something is
 * in the ledger.
 *
 * <p>Threading: guarded by whoever has it.
 */
final class JsonListFile {

    private final Path file;
    private final String name;

    /** @param name of the member that holds them */
    JsonListFile(Path file, String name) {
        this.file = file;
        this.name = name;
    }

    /** None, if the file cannot be read. */
    List<Json.Members> all() {
        try {
            return Json.readObject(Files.readAllBytes(file)).objects(name);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | MalformedException e) {
            System.getLogger(JsonListFile.class.getName())
                    .log(System.Logger.Level.WARNING, "`" + file + 
                        "` cannot be read, so its content is not shown", e);
            return List.of();
        }
    }

    void replace(List<Json.Members> all) throws IOException {
        Json.Array items = new Json.Array(all.stream().<Json>map(one -> one).toList());
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(fresh, Json.object().with(name, items).canonical());
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
