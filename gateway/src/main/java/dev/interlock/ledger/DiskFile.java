package dev.interlock.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A file on a real disk, and the few ways in which the ledger writes files. */
final class DiskFile implements SegmentFile {

    /** The JDK copies what it writes out of the heap, and keeps the room for the largest of a thread. */
    private static final int CHUNK = 256 * 1024;

    private final FileChannel channel;

    private DiskFile(FileChannel channel) {
        this.channel = channel;
    }

    static DiskFile open(Path path) throws IOException {
        return new DiskFile(FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE));
    }

    @Override
    public void write(byte[] bytes, long position) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        long at = position;
        while (at < position + bytes.length) {
            buffer.limit(Math.min(bytes.length, buffer.position() + CHUNK));
            at += channel.write(buffer, at);
        }
    }

    @Override
    public void force() throws IOException {
        // The file has its size already, so its data is all that a later reader needs.
        channel.force(false);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Makes the names in {@code directory} durable. */
    static void forceDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Replaces {@code path} in one step, so that no reader sees half of it. Nothing is forced: it is derived. */
    static void replace(Path path, byte[] bytes) throws IOException {
        Files.createDirectories(path.getParent());
        Path temporary = path.resolveSibling("." + path.getFileName());
        Files.write(temporary, bytes);
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
