package dev.interlock.backup.run;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/** Reads files that only their owner may read, and removes directories of the owner's. */
public final class OwnerFiles {

    private OwnerFiles() {}

    /** Reads a file with a secret, and throws {@link BackupException} if others than its owner could read it. */
    public static byte[] readSecret(Path path) throws IOException {
        Set<PosixFilePermission> actual = Files.getPosixFilePermissions(path);
        if (!PrivateFiles.FILE.containsAll(actual)) {
            throw new BackupException("`" + path + "` holds a secret but can be read by others ("
                    + PosixFilePermissions.toString(actual) + "): chmod 600");
        }
        return Files.readAllBytes(path);
    }

    /** Removes a directory with all in it, also if its directories deny that to their owner. It follows no link. */
    public static void removeTree(Path root) throws IOException {
        if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        String path = root.toAbsolutePath().toString();
        if (run(List.of("rm", "-rf", "--", path)) != 0) {
            int _ = run(List.of("chmod", "-R", "u+rwX", "--", path));
            if (run(List.of("rm", "-rf", "--", path)) != 0) {
                throw new IOException("`" + path + "` cannot be removed");
            }
        }
    }

    private static int run(List<String> command) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .onExit()
                .join() // also while this thread is being interrupted: nothing of the data may stay
                .exitValue();
    }
}
