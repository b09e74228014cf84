package dev.interlock;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Whether only certain users could have written a file, or exchanged it for another. The directory it lies in counts as
 * much as the file; directories above do not: whoever may rename those can bring only files of their own, or of one
 * that was trusted before.
 *
 * @param users by number
 */
record Trust(Set<Integer> users) {

    private static final int GROUP_OR_OTHERS_WRITE = 022;
    private static final int STICKY = 01000;

    Trust {
        users = Set.copyOf(users);
    }

    /** @throws IllegalArgumentException if it is not so; the message says what to do */
    void require(Path file) throws IOException {
        Path real = file.toRealPath();
        // A link counts as well: whoever may change it decides which file is read.
        for (Path path : List.of(file.toAbsolutePath(), real)) {
            requireOwner(path);
            requireDirectory(path.resolveSibling(""));
        }
        if ((mode(real) & GROUP_OR_OTHERS_WRITE) != 0) {
            throw new IllegalArgumentException(
                    "`" + file + "` can be written by others; take that away: chmod go-w " + file);
        }
    }

    private void requireOwner(Path path) throws IOException {
        int owner = (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (!users.contains(owner)) {
            throw new IllegalArgumentException("`" + path + "` belongs to user " + owner
                    + ", who could pin other keys; make it root's once you have read it: chown root " + path);
        }
    }

    /** In a sticky directory, such as /tmp, others can make files of their own, but not exchange this one. */
    private void requireDirectory(Path directory) throws IOException {
        int owner = (Integer) Files.getAttribute(directory, "unix:uid");
        if (!users.contains(owner)) {
            throw new IllegalArgumentException("the directory `" + directory + "` belongs to user " + owner
                    + ", who could put another file in place; make it root's: chown root " + directory);
        }
        int mode = mode(directory);
        if ((mode & GROUP_OR_OTHERS_WRITE) != 0 && (mode & STICKY) == 0) {
            throw new IllegalArgumentException("the directory `" + directory
                    + "` can be written by others, who could put another file in place; take that away: chmod go-w "
                    + directory);
        }
    }

    private static int mode(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:mode");
    }
}
