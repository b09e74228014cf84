package dev.interlock.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Checks that only certain users could have written a file, or exchanged it for another. The directory it lies in
 * counts as much as the file. Directories above do not: whoever may rename those can bring only files of their own, or
 * of a user that was trusted before.
 */
public final class TrustedFiles {

    private static final int GROUP_OR_OTHERS_WRITE = 022;
    private static final int STICKY = 01000;

    private final Set<Integer> users;

    private TrustedFiles(Set<Integer> users) {
        this.users = users;
    }

    /**
     * Requires that only root and this process's own user could have written {@code file}, or put another in its place.
     *
     * @throws IllegalArgumentException if somebody else could; the message says what to do
     */
    public static void require(Path file) throws IOException {
        require(file, Set.of());
    }

    /** As {@link #require(Path)}, and trusts the users {@code besides} as well, by number. */
    public static void require(Path file, Set<Integer> besides) throws IOException {
        Set<Integer> trusted = new HashSet<>(besides);
        trusted.add(0);
        trusted.add((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        new TrustedFiles(trusted).check(file);
    }

    private void check(Path file) throws IOException {
        Path real = file.toRealPath();
        // A link counts as well: whoever may change it decides which file is read.
        for (Path path : List.of(file.toAbsolutePath(), real)) {
            requireOwner(path);
            requireDirectory(path.resolveSibling(""));
        }
        if ((mode(real) & GROUP_OR_OTHERS_WRITE) != 0) {
            throw new IllegalArgumentException(
                    "`" + file + "` can be written by others; remove that permission: chmod go-w " + file);
        }
    }

    private void requireOwner(Path path) throws IOException {
        int owner = (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (!users.contains(owner)) {
            throw new IllegalArgumentException("`" + path + "` belongs to user " + owner
                    + ", who could pin other keys; check it, then give it to root: chown root " + path);
        }
    }

    /** In a sticky directory, such as /tmp, others can make files of their own, but not exchange this one. */
    private void requireDirectory(Path directory) throws IOException {
        int owner = (Integer) Files.getAttribute(directory, "unix:uid");
        if (!users.contains(owner)) {
            throw new IllegalArgumentException("the directory `" + directory + "` belongs to user " + owner
                    + ", who could replace the file; give it to root: chown root " + directory);
        }
        int mode = mode(directory);
        if ((mode & GROUP_OR_OTHERS_WRITE) != 0 && (mode & STICKY) == 0) {
            throw new IllegalArgumentException("the directory `" + directory
                    + "` can be written by others, who could replace the file; remove that permission: chmod go-w "
                    + directory);
        }
    }

    private static int mode(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:mode");
    }
}
