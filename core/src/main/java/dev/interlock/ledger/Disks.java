package dev.interlock.ledger;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** On which disk something lies, and what room there is. */
interface Disks {

    /** Those of this machine. */
    Disks REAL = new Disks() {
        @Override
        public Object of(Path path) throws IOException {
            return Files.getAttribute(there(path), "unix:dev");
        }

        @Override
        public long room(Path path) throws IOException {
            FileStore store = Files.getFileStore(there(path));
            // Some file systems that others serve do not know how large they are, and say nothing.
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

    /** What is equal for what lies on one disk; of what is not there yet, where it would be made. */
    Object of(Path path) throws IOException;

    /** How many bytes this process can still write there. */
    long room(Path path) throws IOException;
}
