package dev.interlock;

import dev.interlock.admin.DrillCommands;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * The last reports of drills, in one file; their receipts hold them all.
 *
 * <p>Threading: guarded by itself.
 */
final class DrillReports implements DrillCommands.Keeper {

    /** A year of them, if somebody runs a drill every fortnight. */
    static final int MAX_KEPT = 26;

    private final Path file;

    DrillReports(Path file) {
        this.file = file;
    }

    @Override
    public synchronized void keep(Json.Members report) throws IOException {
        List<Json.Members> all = new ArrayList<>(kept());
        all.addFirst(report);
        Json.Members reports = Json.object()
                .with(
                        "reports",
                        new Json.Array(all.stream()
                                .limit(MAX_KEPT)
                                .<Json>map(one -> one)
                                .toList()));
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(fresh, reports.canonical());
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** None, if the file cannot be read: it is for people to look at, and proves nothing. */
    @Override
    public synchronized List<Json.Members> kept() {
        try {
            return Json.readObject(Files.readAllBytes(file)).objects("reports");
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | MalformedException e) {
            System.getLogger(DrillReports.class.getName())
                    .log(System.Logger.Level.WARNING, "the reports of drills cannot be read", e);
            return List.of();
        }
    }
}
