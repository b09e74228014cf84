package dev.interlock.snapshot;

import dev.interlock.action.Bytes;
import dev.interlock.linux.PrivateFiles;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/** The contents that a snapshot added, one after the other. It is begun with the first of them. */
final class SnapshotPack implements AutoCloseable {

    static final String SUFFIX = ".pack";

    private final Path file;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18);
    private long length;
    private FileChannel[] channel = {};

    SnapshotPack(Path file) {
        this.file = file;
    }

    /** Adds the content of the plain file {@code from}, unless {@code known} has it. Returns {@code entry} with it. */
    SnapshotEntry add(SnapshotEntry entry, Path from, Map<String, SnapshotEntry> known) throws IOException {
        MessageDigest digest = Bytes.newSha256();
        long begin = length;
        long size = 0;
        try (SeekableByteChannel in =
                Files.newByteChannel(from, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            boolean more = true;
            while (more) {
                buffer.clear();
                while (more && buffer.hasRemaining()) {
                    more = in.read(buffer) >= 0;
                }
                buffer.flip();
                size += buffer.remaining();
                digest.update(buffer.duplicate());
                if (!more && size <= buffer.capacity()) {
                    return addWhole(entry, HexFormat.of().formatHex(digest.digest()), known);
                }
                write();
            }
        } catch (IOException e) {
            cutTo(begin);
            throw e;
        }
        String content = HexFormat.of().formatHex(digest.digest());
        SnapshotEntry same = known.get(content);
        if (same != null) {
            cutTo(begin);
            return entry.withContent(size, content, same.pack(), same.offset());
        }
        return entry.withContent(size, content, name(), begin);
    }

    private SnapshotEntry addWhole(SnapshotEntry entry, String content, Map<String, SnapshotEntry> known)
            throws IOException {
        long size = buffer.remaining();
        SnapshotEntry same = known.get(content);
        if (same != null) {
            return entry.withContent(size, content, same.pack(), same.offset());
        }
        long begin = length;
        write();
        return entry.withContent(size, content, name(), begin);
    }

    private void write() throws IOException {
        if (channel.length == 0) {
            channel = new FileChannel[] {PrivateFiles.open(file)};
        }
        while (buffer.hasRemaining()) {
            length += channel[0].write(buffer);
        }
    }

    private void cutTo(long begin) throws IOException {
        if (channel.length > 0) {
            channel[0].truncate(begin);
            length = begin;
        }
    }

    private String name() {
        return String.valueOf(file.getFileName());
    }

    /** Writes the content of {@code entry}, whose pack is in {@code directory}, to {@code out}. */
    static void copy(Path directory, SnapshotEntry entry, OutputStream out) throws IOException {
        if (entry.stamp().size() == 0) {
            return;
        }
        MessageDigest digest = Bytes.newSha256();
        try (FileChannel pack = FileChannel.open(
                directory.resolve(entry.pack()), Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            ByteBuffer part =
                    ByteBuffer.allocate((int) Math.min(1 << 16, entry.stamp().size()));
            long end = entry.offset() + entry.stamp().size();
            for (long at = entry.offset(); at < end; ) {
                part.clear().limit((int) Math.min(part.capacity(), end - at));
                int read = pack.read(part, at);
                if (read < 0) {
                    throw new EOFException("the kept copy is cut off");
                }
                at += read;
                digest.update(part.array(), 0, read);
                out.write(part.array(), 0, read);
            }
        }
        if (!HexFormat.of().formatHex(digest.digest()).equals(entry.content())) {
            throw new IOException("the kept copy is damaged");
        }
    }

    @Override
    public void close() throws IOException {
        if (channel.length > 0) {
            channel[0].close();
        }
    }
}
