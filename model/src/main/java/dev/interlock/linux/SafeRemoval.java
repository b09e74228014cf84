package dev.interlock.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Removes directories in which another user may have written, and may still be writing. */
public final class SafeRemoval {

    private static final int MOST_SAID = 2_000;

    private SafeRemoval() {}

    /**
     * Removes {@code tree} and everything below it, if it is there. It uses a program that moves by directory
     * descriptors (openat, unlinkat), and so follows no link, however late it was made. Removal by path would follow a
     * directory that was replaced by a link in the meantime. An attacker could thereby make root remove any file.
     * Mounts below are left; throws {@link IOException} if something is left.
     */
    public static void of(Path tree) throws IOException {
        Process removing = new ProcessBuilder(
                        "/bin/rm",
                        "-rf",
                        "--one-file-system",
                        "--",
                        tree.toAbsolutePath().toString())
                .redirectErrorStream(true)
                .start();
        try (InputStream said = removing.getInputStream()) {
            String why = new String(said.readNBytes(MOST_SAID), StandardCharsets.UTF_8).strip();
            said.transferTo(OutputStream.nullOutputStream());
            if (removing.waitFor() != 0) {
                throw new IOException("`" + tree + "` could not be removed: " + why);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while `" + tree + "` was being removed", e);
        }
    }
}
