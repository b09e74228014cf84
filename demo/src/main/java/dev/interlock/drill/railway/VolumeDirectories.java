package dev.interlock.drill.railway;

import dev.interlock.linux.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * The volumes as directories, and their backups inside them: {@code volumes/ID/bookings.db},
 * {@code volumes/ID/.backups/ID.db}.
 *
 * <p>Ids from a request become file names only after the world has found a row of that id; new ids are the simulator's.
 */
final class VolumeDirectories {

    private static final String DATA = "bookings.db";
    private static final String BACKUPS = ".backups";

    private final Path root;

    VolumeDirectories(Path state) {
        this.root = state.resolve("volumes");
    }

    void create(String volumeId, Optional<Path> database) {
        try {
            Files.createDirectories(root.resolve(volumeId).resolve(BACKUPS));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        database.ifPresent(file -> copy(file, data(volumeId)));
    }

    void backUp(String volumeId, String backupId) {
        if (Files.exists(data(volumeId))) {
            copy(data(volumeId), backup(volumeId, backupId));
        }
    }

    void restore(String volumeId, String backupId) {
        copy(backup(volumeId, backupId), data(volumeId));
    }

    void deleteBackup(String volumeId, String backupId) {
        deleteTree(backup(volumeId, backupId));
    }

    /** Removes the data, as code with the volume mounted can; hidden files survive a careless {@code rm}. */
    void wipe(String volumeId) {
        deleteTree(data(volumeId));
    }

    void delete(String volumeId) {
        deleteTree(root.resolve(volumeId));
    }

    private Path data(String volumeId) {
        return root.resolve(volumeId).resolve(DATA);
    }

    private Path backup(String volumeId, String backupId) {
        return root.resolve(volumeId).resolve(BACKUPS).resolve(backupId + ".db");
    }

    private static void copy(Path from, Path to) {
        try {
            Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void deleteTree(Path tree) {
        try {
            Trees.remove(tree);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
