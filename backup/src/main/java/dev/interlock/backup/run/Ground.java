package dev.interlock.backup.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Who can exchange what lies in a directory while a job of root's is at it: whoever may write to it, or to one above.
 * Names are all that we have, and each step asks for them anew.
 */
public final class Ground {

    private static final int GROUP_OR_OTHERS_WRITE = 022;
    private static final int STICKY = 01000;

    private Ground() {}

    /**
     * Requires that others could not put something else in place of what root makes in {@code directory}. Whoever is
     * not root risks only what is theirs.
     *
     * @param directory a real path
     * @throws BackupException if they could; it says who
     */
    public static void require(Path directory) throws IOException {
        if (Sandbox.isRoot()) {
            List<Path> loose = loose(directory);
            if (!loose.isEmpty()) {
                throw new BackupException(
                        "`" + loose.getFirst() + "` can be written by others than root, who could put"
                                + " something else in the way: name a place below directories of root's alone, and move it then");
            }
        }
    }

    /** Requires that {@code path} itself is this user's or root's, and not laid there by somebody else. */
    public static void requireOwn(Path path) throws IOException {
        int owner = (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        int self = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        if (owner != self && owner != 0) {
            throw new BackupException("`" + path + "` belongs to user " + owner + ", and is none of ours: look at it");
        }
    }

    /**
     * Requires of root that {@code path} leads through no link, unless root alone could turn it.
     *
     * @throws BackupException if it does
     */
    public static void requireStraight(Path path) throws IOException {
        Path _ = straight(path);
    }

    /** Where {@code path} leads, as of the moment in which {@link #requireStraight} was asked of it. */
    public static Path straight(Path path) throws IOException {
        Path real = path.toRealPath();
        Path named = path.toAbsolutePath();
        if (!real.equals(named)
                && !(looseAbove(real).isEmpty() && looseAbove(named).isEmpty())) {
            throw new BackupException("`" + path + "` leads through a link to `" + real
                    + "`, and others than root could turn it elsewhere: name what it leads to");
        }
        return real;
    }

    /** Whether {@code path} may be gone by if it is a link: root goes by one only where nobody else could turn it. */
    public static boolean isOwnLink(Path path) throws IOException {
        if (!Sandbox.isRoot()) {
            return true;
        }
        int owner = (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        return owner == 0
                && loose(path.toAbsolutePath().resolveSibling(".").toRealPath()).isEmpty();
    }

    /** The directories above {@code path} in which others than root could exchange it; none if this is not root. */
    public static List<Path> looseAbove(Path path) throws IOException {
        return Sandbox.isRoot() && path.getParent() != null ? loose(path.getParent()) : List.of();
    }

    /** The same with {@code directory} itself, a real path. */
    public static List<Path> looseAt(Path directory) throws IOException {
        return Sandbox.isRoot() ? loose(directory) : List.of();
    }

    /**
     * Of {@code directory} and those above it, the ones in which others than root could exchange what is not theirs.
     */
    private static List<Path> loose(Path directory) throws IOException {
        List<Path> loose = new ArrayList<>();
        for (Path at = directory; at != null; at = at.getParent()) {
            int owner = (Integer) Files.getAttribute(at, "unix:uid", LinkOption.NOFOLLOW_LINKS);
            int mode = (Integer) Files.getAttribute(at, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            boolean isOpen = !Files.isSymbolicLink(at) && (mode & GROUP_OR_OTHERS_WRITE) != 0 && (mode & STICKY) == 0;
            if (owner != 0 || isOpen) {
                loose.add(at);
            }
        }
        return loose;
    }
}
