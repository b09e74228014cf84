package dev.interlock.ledger;

import dev.interlock.evidence.GzipFile;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;

/** A file on a real disk, with the ways in which the ledger writes files. */
final class DiskFile implements SegmentFile {

    /** Maximum bytes of one write. The JDK copies each write out of the heap, and keeps a thread's largest buffer. */
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
        // The file already has its final size, so a later reader needs only its data.
        channel.force(false);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Replaces {@code path} in one step. Nothing is forced: the next start notices what a power cut removed. */
    static void replace(Path path, byte[] bytes) throws IOException {
        Files.createDirectories(path.getParent());
        Path temporary = temporary(path);
        Files.write(temporary, bytes);
        move(temporary, path);
    }

    /** Forces the contents before the name, which is durable after {@link #forceNames}. */
    static void replaceForced(Path path, byte[] bytes) throws IOException {
        replaceForced(path, out -> out.write(bytes));
    }

    private interface Contents {
        void writeTo(OutputStream out) throws IOException;
    }

    private static void replaceForced(Path path, Contents contents) throws IOException {
        Files.createDirectories(path.getParent());
        Path temporary = temporary(path);
        try (FileChannel file = FileChannel.open(
                temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
            contents.writeTo(Channels.newOutputStream(file));
            file.force(true);
        } catch (IOException e) {
            Files.deleteIfExists(temporary); // on a full disk it takes what is reserved for receipts
            throw e;
        }
        move(temporary, path);
    }

    /** Replaces {@code path}, in whichever form it is there, by its compressed form. */
    static void replaceCompressed(Path path, InputStream contents) throws IOException {
        replaceForced(GzipFile.of(path), out -> GzipFile.compress(contents, out));
        deletePlain(path);
    }

    /** Deletes {@code path}, whose compressed form has been written. A crash leaves one of them, or both. */
    static void deletePlain(Path path) throws IOException {
        if (Files.exists(path)) {
            PrivateFiles.sync(
                    Objects.requireNonNull(path.getParent())); // INVARIANT: the other form is durable, its name too
            Files.delete(path);
        }
    }

    static void forceNames(Path root, Collection<String> files) throws IOException {
        Set<Path> directories = new LinkedHashSet<>();
        for (String file : files) {
            for (Path at = root.resolve(file).getParent(); at != null && at.startsWith(root); at = at.getParent()) {
                directories.add(at);
            }
        }
        for (Path directory : directories) {
            PrivateFiles.sync(directory);
        }
    }

    private static Path temporary(Path path) {
        return path.resolveSibling("." + path.getFileName());
    }

    private static void move(Path temporary, Path path) throws IOException {
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
