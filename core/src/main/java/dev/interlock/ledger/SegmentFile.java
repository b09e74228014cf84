package dev.interlock.ledger;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** The disk as the commit path sees it; the seam at which tests let it fail. */
interface SegmentFile extends Closeable {

    void write(byte[] bytes, long position) throws IOException;

    /** Returns once everything written is durable. */
    void force() throws IOException;

    /** Where segment files come from. */
    @FunctionalInterface
    interface Opener {
        SegmentFile open(Path path) throws IOException;
    }
}
