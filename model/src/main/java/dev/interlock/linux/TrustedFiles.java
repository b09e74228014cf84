package dev.interlock.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Checks that only certain users could have written a file, or replaced it. The directory of the file counts as much as
 * the file. Directories above do not: a user who may rename those can bring only files of their own, or of a user that
 * was trusted before.
 */
public final class TrustedFiles {

    private TrustedFiles() {}

    /**
     * Requires that only root and this process's own user could have written or replaced {@code file}. Throws
     * {@link IllegalArgumentException} if somebody else could; the message says what to do.
     */
    public static void require(Path file) throws IOException {
        require(file, Set.of());
    }

    /** Requires the same as {@link #require(Path)}, and trusts the users {@code besides} as well, by number. */
    public static void require(Path file, Set<Integer> besides) throws IOException {
        Set<Integer> users = new HashSet<>(besides);
        users.addAll(List.of(0, FileAccess.self()));
        Path real = file.toRealPath();
        // A link counts as well: a user who may change it decides which file is read.
        for (Path path : List.of(file.toAbsolutePath(), real)) {
            requireOwner(path, users);
            requireDirectory(path.resolveSibling(""), users);
        }
        if (FileAccess.of(real).isWritableByOthers()) {
            throw new IllegalArgumentException(
                    "`" + file + "` can be written by others; remove that permission: chmod go-w " + file);
        }
    }

    private static void requireOwner(Path path, Set<Integer> users) throws IOException {
        int owner = FileAccess.of(path).owner();
        if (!users.contains(owner)) {
            throw new IllegalArgumentException("`" + path + "` belongs to user " + owner
                    + ", who could pin other keys; check it, then give it to root: chown root " + path);
        }
    }

    private static void requireDirectory(Path directory, Set<Integer> users) throws IOException {
        FileAccess access = FileAccess.ofDestination(directory);
        if (!users.contains(access.owner())) {
            throw new IllegalArgumentException("the directory `" + directory + "` belongs to user " + access.owner()
                    + ", who could replace the file; give it to root: chown root " + directory);
        }
        if (access.isReplaceableByOthers()) {
            throw new IllegalArgumentException("the directory `" + directory
                    + "` can be written by others, who could replace the file; remove that permission: chmod go-w "
                    + directory);
        }
    }
}
