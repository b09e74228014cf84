package dev.interlock.system.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Measures the write and sync of one receipt's bytes: the time of the disk alone. */
final class DiskSyncBench implements AutoCloseable {

    private static final int RECEIPT = 1024;
    private static final int PREALLOCATED = 16 << 20;

    private final FileChannel channel;
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(RECEIPT);
    private long at;

    DiskSyncBench(Path file) throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        channel.write(ByteBuffer.allocate(PREALLOCATED), 0);
        channel.force(true);
    }

    /** Returns nanoseconds. */
    long once() throws IOException {
        long start = System.nanoTime();
        channel.write(bytes.clear(), at);
        channel.force(false);
        at = (at + RECEIPT) % PREALLOCATED;
        return System.nanoTime() - start;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
