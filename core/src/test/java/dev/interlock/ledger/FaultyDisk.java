package dev.interlock.ledger;

import dev.interlock.action.Bytes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A disk that keeps writes in memory until they are forced, as real ones do, and fails on demand. */
final class FaultyDisk implements SegmentFile.SegmentFileOpener {

    /** The fault of the next write or sync. */
    enum Fault {
        NONE,
        WRITE_FAILED,
        WRITE_FAILED_BUT_TOOK_EFFECT,
        WRITE_FAILED_HALF_WAY,
        SYNC_FAILED,
        SYNC_FAILED_BUT_TOOK_EFFECT,
        SYNC_FAILED_HALF_WAY,
        CREATE_FAILED,
        CREATE_FAILED_BUT_TOOK_EFFECT;

        boolean tookEffect() {
            return this == WRITE_FAILED_BUT_TOOK_EFFECT || this == SYNC_FAILED_BUT_TOOK_EFFECT;
        }
    }

    volatile Fault fault = Fault.NONE;
    final AtomicInteger syncs = new AtomicInteger();

    private record Write(Bytes bytes, long position) {}

    @Override
    public SegmentFile open(Path path) throws IOException {
        Fault now = fault;
        if (now == Fault.CREATE_FAILED) {
            throw full();
        }
        SegmentFile file = DiskFile.open(path);
        if (now == Fault.CREATE_FAILED_BUT_TOOK_EFFECT) {
            file.close();
            throw full();
        }
        return new BufferedFile(file);
    }

    private static IOException full() {
        return new IOException("No space left on device");
    }

    private final class BufferedFile implements SegmentFile {
        private final SegmentFile disk;
        private final List<Write> pending = new ArrayList<>();

        private BufferedFile(SegmentFile disk) {
            this.disk = disk;
        }

        @Override
        public void write(byte[] bytes, long position) throws IOException {
            switch (fault) {
                case WRITE_FAILED -> throw full();
                case WRITE_FAILED_BUT_TOOK_EFFECT -> {
                    disk.write(bytes, position);
                    throw full();
                }
                case WRITE_FAILED_HALF_WAY -> {
                    disk.write(Arrays.copyOf(bytes, bytes.length / 2), position);
                    throw full();
                }
                case NONE,
                        SYNC_FAILED,
                        SYNC_FAILED_BUT_TOOK_EFFECT,
                        SYNC_FAILED_HALF_WAY,
                        CREATE_FAILED,
                        CREATE_FAILED_BUT_TOOK_EFFECT -> pending.add(new Write(Bytes.of(bytes), position));
            }
        }

        @Override
        public void force() throws IOException {
            syncs.incrementAndGet();
            switch (fault) {
                case SYNC_FAILED -> throw new IOException("Input/output error");
                case SYNC_FAILED_BUT_TOOK_EFFECT -> {
                    apply(1);
                    throw new IOException("Input/output error");
                }
                case SYNC_FAILED_HALF_WAY -> {
                    apply(2);
                    throw new IOException("Input/output error");
                }
                case NONE,
                        WRITE_FAILED,
                        WRITE_FAILED_BUT_TOOK_EFFECT,
                        WRITE_FAILED_HALF_WAY,
                        CREATE_FAILED,
                        CREATE_FAILED_BUT_TOOK_EFFECT -> apply(1);
            }
        }

        private void apply(int divisor) throws IOException {
            for (Write write : pending) {
                disk.write(Arrays.copyOf(write.bytes().toArray(), write.bytes().length() / divisor), write.position());
            }
            disk.force();
            pending.clear();
        }

        @Override
        public void close() throws IOException {
            disk.close();
        }
    }
}
