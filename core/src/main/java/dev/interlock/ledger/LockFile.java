package dev.interlock.ledger;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Ensures that there is one writer: two would sign two histories. The operating system releases the lock when the
 * process dies.
 */
final class LockFile implements Closeable {

    private final FileChannel channel;

    private LockFile(FileChannel channel) {
        this.channel = channel;
    }

    static LockFile take(Path path) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        try {
            if (channel.tryLock() != null) {
                return new LockFile(channel);
            }
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw new LedgerUnavailableException("the ledger is open already", e);
        }
        channel.close();
        throw new LedgerUnavailableException("the ledger is open in another process");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
