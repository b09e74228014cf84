package dev.interlock.backup.run;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system of a given size, for the duration of a test; any user may pass through. */
public record SmallDisk(Path path) implements AutoCloseable {

    /** The number of inodes; a server has a thousand files. */
    private static final int FILES = 10_000;

    /** Mounts it at {@code path}, where nothing is. */
    public static SmallDisk at(Path path, int mebibytes) throws Exception {
        Files.createDirectory(path);
        String options = "size=" + mebibytes + "m,nr_inodes=" + FILES + ",mode=711";
        boolean isMounted = run("mount", "-t", "tmpfs", "-o", options, "tmpfs", path.toString()) == 0;
        if (!isMounted) {
            Files.delete(path);
        }
        assumeTrue(isMounted, "nothing can be mounted here");
        return new SmallDisk(path);
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).start().waitFor();
    }

    @Override
    public void close() throws Exception {
        run("umount", path.toString());
        Files.delete(path);
    }
}
