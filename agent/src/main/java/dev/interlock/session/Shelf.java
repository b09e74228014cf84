package dev.interlock.session;

import dev.interlock.evidence.Json;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Set;

/**
 * A record's directory, held open while the record is made. Its name is not asked again: whatever that comes to lead to
 * meanwhile, what is written goes here, and what is said of it was counted as it was written.
 */
final class Shelf implements Closeable {

    private final SecureDirectoryStream<Path> directory;

    private Shelf(SecureDirectoryStream<Path> directory) {
        this.directory = directory;
    }

    /** The directory {@code path}. */
    @SuppressWarnings("StreamResourceLeak") // it is open for as long as the shelf is, and closed with it
    static Shelf at(Path path) throws IOException {
        DirectoryStream<Path> stream = Files.newDirectoryStream(path);
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return new Shelf(secure);
        }
        stream.close();
        throw new IOException("files cannot be named within `" + path + "` alone here");
    }

    /** A new file; one that is there already, or a link, is an error. */
    Written file(String name) throws IOException {
        return new Written(
                name,
                directory.newByteChannel(
                        Path.of(name),
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                        OwnFiles.FILE));
    }

    void remove(String name) throws IOException {
        try {
            directory.deleteFile(Path.of(name));
        } catch (NoSuchFileException e) {
            // It was never made.
        }
    }

    @Override
    public void close() throws IOException {
        directory.close();
    }

    /** A file that is written, and counted by what has been. */
    static final class Written extends OutputStream {

        private final String name;
        private final SeekableByteChannel channel;
        private final MessageDigest digest = Session.Content.fresh();
        private long bytes;

        private Written(String name, SeekableByteChannel channel) {
            this.name = name;
            this.channel = channel;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] piece, int from, int length) throws IOException {
            ByteBuffer rest = ByteBuffer.wrap(piece, from, length);
            while (rest.hasRemaining()) { // a disk that fills up takes a part
                int at = rest.position();
                int taken = channel.write(rest);
                digest.update(piece, at, taken);
                bytes += taken;
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }

        /** {@code told}, with what the manifest says of every file; once, when it is closed. */
        Json.Members counted(Json.Members told) {
            return told.with("name", name)
                    .with("bytes", bytes)
                    .with("sha256", HexFormat.of().formatHex(digest.digest()));
        }
    }
}
