package dev.interlock.ledger;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** Identifies disks and their free space. */
interface DiskSpaceProbe {

    /** The disks of this machine. */
    DiskSpaceProbe REAL = new DiskSpaceProbe() {
        @Override
        public Object of(Path path) throws IOException {
            return Files.getAttribute(there(path), "unix:dev");
        }

        @Override
        public long freeBytes(Path path) throws IOException {
            FileStore store = Files.getFileStore(there(path));
            // Some network file systems do not know their size, and report zero.
            return store.getTotalSpace() > 0 ? store.getUsableSpace() : Long.MAX_VALUE;
        }

        private static Path there(Path path) {
            Path at = path.toAbsolutePath();
            while (!Files.exists(at) && at.getParent() != null) {
                at = at.getParent();
            }
            return at;
        }
    };

    /** Equal for paths on one disk. For a missing path it is the disk on which it would be made. */
    Object of(Path path) throws IOException;

    /** Returns how many bytes this process can still write there. */
    long freeBytes(Path path) throws IOException;
}
