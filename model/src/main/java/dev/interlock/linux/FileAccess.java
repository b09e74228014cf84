package dev.interlock.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * The owner of a file, and who else may write to it.
 *
 * @param mode the permissions and the type, as in stat(2)
 */
public record FileAccess(int owner, int mode) {

    private static final int GROUP_OR_OTHERS_WRITE = 022;
    private static final int STICKY = 01000;

    /** Returns the access to {@code path} itself, even if it is a link. */
    public static FileAccess of(Path path) throws IOException {
        return read(path, LinkOption.NOFOLLOW_LINKS);
    }

    /** Returns the access to {@code path}, or to its destination if it is a link. */
    public static FileAccess ofDestination(Path path) throws IOException {
        return read(path);
    }

    private static FileAccess read(Path path, LinkOption... options) throws IOException {
        return new FileAccess((Integer) Files.getAttribute(path, "unix:uid", options), (Integer)
                Files.getAttribute(path, "unix:mode", options));
    }

    /** Returns the user that this process runs as. */
    public static int self() throws IOException {
        return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    /** Returns whether the group or others may write to it. */
    public boolean isWritableByOthers() {
        return (mode & GROUP_OR_OTHERS_WRITE) != 0;
    }

    /**
     * Returns whether the group or others may replace files of this directory. In a sticky directory, such as /tmp,
     * they can create files of their own, but not replace others.
     */
    public boolean isReplaceableByOthers() {
        return isWritableByOthers() && (mode & STICKY) == 0;
    }
}
