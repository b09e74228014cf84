package dev.interlock.ledger;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** The disk as the commit path sees it; tests let it fail here. */
interface SegmentFile extends Closeable {

    void write(byte[] bytes, long position) throws IOException;

    /** Returns once everything written is durable. */
    void force() throws IOException;

    @FunctionalInterface
    interface SegmentFileOpener {
        SegmentFile open(Path path) throws IOException;
    }
}
