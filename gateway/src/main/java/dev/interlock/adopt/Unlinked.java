package dev.interlock.adopt;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.util.Iterator;
import java.util.Set;

/**
 * Reads files below a directory in which somebody else may rename and link meanwhile: name by name, each from the
 * directory that was opened before, so that no link is followed anywhere on the way.
 */
final class Unlinked {

    private Unlinked() {}

    /** What reads a file that was opened. */
    @FunctionalInterface
    interface Reader<T> {
        T read(InputStream in) throws IOException;
    }

    /**
     * What {@code reader} makes of {@code file}, which is named from {@code top}.
     *
     * @throws IOException also if there is a link on the way, or no plain file at its end
     */
    static <T> T read(Path top, Path file, Reader<T> reader) throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(top)) {
            if (stream instanceof SecureDirectoryStream<Path> secure) {
                return read(secure, file.iterator(), reader);
            }
            throw new IOException("links cannot be told from what they lead to here");
        }
    }

    private static <T> T read(SecureDirectoryStream<Path> directory, Iterator<Path> names, Reader<T> reader)
            throws IOException {
        Path name = names.next();
        if (names.hasNext()) {
            try (SecureDirectoryStream<Path> inner = directory.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                return read(inner, names, reader);
            }
        }
        boolean plain = directory
                .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes()
                .isRegularFile();
        if (!plain) {
            throw new IOException("it is no plain file any more"); // to open a pipe is to wait
        }
        try (SeekableByteChannel in =
                directory.newByteChannel(name, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            return reader.read(Channels.newInputStream(in));
        }
    }
}
