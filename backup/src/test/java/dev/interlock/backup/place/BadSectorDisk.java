package dev.interlock.backup.place;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A disk with sectors that go bad: a file system in a file. */
final class BadSectorDisk implements AutoCloseable {

    final Path mounted;
    private Path image;

    /** @param directory the directory for its file */
    BadSectorDisk(Path directory) throws IOException, InterruptedException {
        image = directory.resolve("disk");
        mounted = Files.createDirectory(directory.resolve("mounted"));
        assumeTrue(
                run("truncate", "-s", "16M", image.toString())
                        && run("mkfs.ext4", "-q", "-F", "-O", "^has_journal", image.toString())
                        && mount(),
                "nothing can be mounted from a file here");
    }

    private boolean mount() throws IOException, InterruptedException {
        return run("mount", "-o", "loop", image.toString(), mounted.toString());
    }

    /**
     * Makes {@code path} unreadable. A copy of the disk rots: other namespaces of this machine may have the mount too,
     * and with it cached pages.
     */
    void rots(Path path) throws IOException, InterruptedException {
        Path copy = image.resolveSibling(image.getFileName() + "'");
        boolean rotten = run("sync", "-f", mounted.toString())
                && run("umount", mounted.toString())
                && run("cp", image.toString(), copy.toString())
                && run("debugfs", "-w", "-R", "clri /" + mounted.relativize(path), copy.toString());
        image = copy;
        if (!rotten || !mount()) {
            throw new IOException("it does not rot");
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        run("umount", mounted.toString());
    }
}
