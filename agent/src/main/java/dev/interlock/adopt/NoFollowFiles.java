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
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Opens files in directories in which somebody else may rename and link meanwhile: name by name, each relative to the
 * directory that was opened before, so that no link on the path is followed.
 */
final class NoFollowFiles {

    private static final int WRITABLE_BY_OTHERS = 0022;

    private NoFollowFiles() {}

    @FunctionalInterface
    interface Reader<T> {
        T read(InputStream in) throws IOException;
    }

    @FunctionalInterface
    interface FileUse<T> {
        T of(SecureDirectoryStream<Path> directory, Path name) throws IOException;
    }

    /**
     * @throws IOException also if there is a link on the path of {@code file} below {@code top}, or no plain file at
     *     its end
     */
    static <T> T read(Path top, Path file, Reader<T> reader) throws IOException {
        return below(top, file, (directory, name) -> {
            try (SeekableByteChannel in =
                    directory.newByteChannel(name, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
                return reader.read(Channels.newInputStream(in));
            }
        });
    }

    /**
     * Only links that nobody but root could have created are followed.
     *
     * @throws IOException also if there is another link on the path, or no plain file at its end
     */
    static <T> T useFile(Path file, FileUse<T> use) throws IOException {
        Path top = top(file);
        Path rest = top.relativize(file);
        if (Files.isSymbolicLink(top)) { // `/home` may be a link, and others may write where it leads
            Path led = top.toRealPath().resolve(rest);
            Path ledTop = top(led);
            return below(ledTop, ledTop.relativize(led), use);
        }
        return below(top, rest, use);
    }

    /** The first of its directories in which somebody other than root may rename, or its own directory. */
    private static Path top(Path file) throws IOException {
        Path top = file.getRoot();
        for (Path name : Objects.requireNonNullElse(file.getParent(), top)) {
            if (!isRootsAlone(top)) {
                break;
            }
            top = top.resolve(name);
        }
        return top;
    }

    private static boolean isRootsAlone(Path directory) throws IOException {
        Map<String, Object> is =
                Files.readAttributes(directory, "unix:uid,mode,isDirectory", LinkOption.NOFOLLOW_LINKS);
        return Objects.equals(is.get("isDirectory"), true)
                && Objects.equals(is.get("uid"), 0)
                && is.get("mode") instanceof Integer mode
                && (mode & WRITABLE_BY_OTHERS) == 0;
    }

    private static <T> T below(Path top, Path file, FileUse<T> use) throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(top)) {
            if (stream instanceof SecureDirectoryStream<Path> secure) {
                return in(secure, file.iterator(), use);
            }
            throw new IOException("this platform cannot distinguish links from their targets");
        }
    }

    private static <T> T in(SecureDirectoryStream<Path> directory, Iterator<Path> names, FileUse<T> use)
            throws IOException {
        Path name = names.next();
        if (names.hasNext()) {
            try (SecureDirectoryStream<Path> inner = directory.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                return in(inner, names, use);
            }
        }
        boolean plain = directory
                .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes()
                .isRegularFile();
        if (!plain) {
            throw new IOException("it is no longer a regular file"); // opening a pipe would block
        }
        return use.of(directory, name);
    }
}
