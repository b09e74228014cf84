package dev.interlock.vault;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;

/**
 * Reads the files of a vault, and rejects those that others than their owner may read. What root makes there is its
 * directory's owner's from the first moment, because a keys process reads meanwhile.
 */
final class VaultFiles {

    private VaultFiles() {}

    static void directory(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            PrivateFiles.directories(path);
            give(path);
        }
        requirePrivate(path, PrivateFiles.DIRECTORY);
    }

    static byte[] read(Path path) throws IOException {
        requirePrivate(path, PrivateFiles.FILE);
        return Files.readAllBytes(path);
    }

    static void replace(Path path, byte[] content) throws IOException {
        Path draft = path.resolveSibling(path.getFileName() + ".draft");
        PrivateFiles.replace(draft, content);
        give(draft);
        Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        PrivateFiles.sync(path.resolveSibling("."));
    }

    private static void give(Path path) throws IOException {
        UserPrincipal owner = Files.getOwner(path.resolveSibling("."));
        if (!Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).equals(owner)) {
            Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .setOwner(owner);
        }
    }

    static boolean remove(Path path) throws IOException {
        boolean existed = Files.deleteIfExists(path);
        PrivateFiles.sync(path.resolveSibling("."));
        return existed;
    }

    private static void requirePrivate(Path path, Set<PosixFilePermission> widest) throws IOException {
        Set<PosixFilePermission> actual = Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
        if (!widest.containsAll(actual)) {
            throw new IOException("`" + path + "` is open to others (`" + PosixFilePermissions.toString(actual)
                    + "`): replace the secrets behind it");
        }
    }
}
