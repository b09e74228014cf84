package dev.interlock.backup.run;

import dev.interlock.linux.FileAccess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds users who could replace files in a directory while a job of root works there: all who may write to it or to a
 * directory above, because each step resolves names anew.
 */
public final class DirectoryOwnership {

    private DirectoryOwnership() {}

    /** Requires that others could not replace what root makes in the real path {@code directory}. */
    public static void require(Path directory) throws IOException {
        if (RestoreSandbox.isRoot()) {
            List<Path> loose = loose(directory);
            if (!loose.isEmpty()) {
                throw new BackupException(
                        "`" + loose.getFirst()
                                + "` can be written by users other than root, who could replace the path: name a path below directories that only root can write, and move it then");
            }
        }
    }

    /** Requires that {@code path} itself belongs to this user or to root, and was not planted by somebody else. */
    public static void requireOwn(Path path) throws IOException {
        int owner = FileAccess.of(path).owner();
        if (owner != FileAccess.self() && owner != 0) {
            throw new BackupException(
                    "`" + path + "` belongs to user " + owner + ", and was not created by Interlock: check it");
        }
    }

    public static Path checkedRealPath(Path path) throws IOException {
        Path real = path.toRealPath();
        Path named = path.toAbsolutePath();
        if (!real.equals(named)
                && !(replaceableAbove(real).isEmpty() && replaceableAbove(named).isEmpty())) {
            throw new BackupException("`" + path + "` leads through a link to `" + real
                    + "`, and users other than root could redirect it: name its target");
        }
        return real;
    }

    /** Returns directories above {@code path} where others than root could replace it; none if we are not root. */
    public static List<Path> replaceableAbove(Path path) throws IOException {
        return RestoreSandbox.isRoot() && path.getParent() != null ? loose(path.getParent()) : List.of();
    }

    /** Returns {@code directory} and its parents, as far as others than root could replace files there. */
    private static List<Path> loose(Path directory) throws IOException {
        List<Path> loose = new ArrayList<>();
        for (Path at = directory; at != null; at = at.getParent()) {
            FileAccess access = FileAccess.of(at);
            if (access.owner() != 0 || (!Files.isSymbolicLink(at) && access.isReplaceableByOthers())) {
                loose.add(at);
            }
        }
        return loose;
    }
}
