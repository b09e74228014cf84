package dev.interlock.session;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
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
 * The directory of a record, held open while the record is made. Its path is not resolved again: even if the path comes
 * to lead elsewhere, files are written here. Length and digest in the manifest are computed while writing.
 */
final class SessionStore implements Closeable {

    private final SecureDirectoryStream<Path> directory;

    private SessionStore(SecureDirectoryStream<Path> directory) {
        this.directory = directory;
    }

    /** Opens the directory {@code path}. */
    @SuppressWarnings("StreamResourceLeak") // it stays open until close()
    static SessionStore at(Path path) throws IOException {
        DirectoryStream<Path> stream = Files.newDirectoryStream(path);
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return new SessionStore(secure);
        }
        stream.close();
        throw new IOException("files cannot be named within `" + path + "` alone here");
    }

    /** Creates a file. It is an error if the name exists or is a link. */
    DigestingFile file(String name) throws IOException {
        return new DigestingFile(
                name,
                directory.newByteChannel(
                        Path.of(name),
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                        PrivateFiles.AS_FILE));
    }

    void remove(String name) throws IOException {
        try {
            directory.deleteFile(Path.of(name));
        } catch (NoSuchFileException e) {
            // The file was never created.
        }
    }

    @Override
    public void close() throws IOException {
        directory.close();
    }

    /** An output file that counts and hashes the bytes written to it. */
    static final class DigestingFile extends OutputStream {

        private final String name;
        private final SeekableByteChannel channel;
        private final MessageDigest digest = Bytes.newSha256();
        private long bytes;

        private DigestingFile(String name, SeekableByteChannel channel) {
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
            while (rest.hasRemaining()) { // a nearly full disk accepts only a part
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

        /**
         * Returns {@code told} with the members that the manifest has for every file. May be called once, after
         * closing.
         */
        Json.Members counted(Json.Members told) {
            return told.with("name", name)
                    .with("bytes", bytes)
                    .with("sha256", HexFormat.of().formatHex(digest.digest()));
        }
    }
}
