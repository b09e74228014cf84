package dev.interlock.backup.run;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;

/** Reads files that only their owner may read, and removes directories of the owner's. */
public final class OwnerFiles {

    private OwnerFiles() {}

    /**
     * Reads a file that contains a secret.
     *
     * @throws BackupException if others than its owner could read it
     */
    public static byte[] readSecret(Path path) throws IOException {
        Set<PosixFilePermission> actual = Files.getPosixFilePermissions(path);
        if (!PrivateFiles.FILE.containsAll(actual)) {
            throw new BackupException("`" + path + "` holds a secret but can be read by others ("
                    + PosixFilePermissions.toString(actual) + "): chmod 600");
        }
        return Files.readAllBytes(path);
    }

    /**
     * Removes {@code root} and everything in it, if it exists. It works by name in the very directory that was opened,
     * and never through a link. With paths, somebody with write access could replace a directory by a link meanwhile.
     * Then we would remove the link's destination.
     */
    public static void removeTree(Path root) throws IOException {
        Path tree = root.toAbsolutePath();
        try (OpenDirectory around =
                OpenDirectory.at(Objects.requireNonNull(tree.getParent(), "it lies in a directory"))) {
            around.removeTree(tree.getFileName());
        } catch (NoSuchFileException e) {
            // It does not exist then.
        }
    }
}
