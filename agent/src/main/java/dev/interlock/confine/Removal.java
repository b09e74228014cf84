package dev.interlock.confine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Removing directories in which somebody else may have written, and may be writing still. */
public final class Removal {

    /** Of what could not be removed, enough to see why. */
    private static final int MOST_SAID = 2_000;

    private Removal() {}

    /**
     * Removes {@code tree} and everything below it, if it is there. By a program that goes from directory to directory
     * by their descriptors (openat, unlinkat), and so follows no link however late one is laid: by its path, a file is
     * looked for where a directory on the way leads meanwhile, and whoever made that a link would have root remove what
     * they like. What is mounted below is left.
     *
     * @throws IOException if something is left
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
