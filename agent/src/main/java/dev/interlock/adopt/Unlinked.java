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
 * Opens files in directories in which somebody else may rename and link meanwhile: name by name, each from the
 * directory that was opened before, so that no link is followed anywhere on the way.
 */
final class Unlinked {

    private static final int WRITABLE_BY_OTHERS = 0022;

    private Unlinked() {}

    /** What reads a file that was opened. */
    @FunctionalInterface
    interface Reader<T> {
        T read(InputStream in) throws IOException;
    }

    /** What is done with the plain file {@code name} of a directory that was opened. */
    @FunctionalInterface
    interface Use<T> {
        T of(SecureDirectoryStream<Path> directory, Path name) throws IOException;
    }

    /**
     * What {@code reader} makes of {@code file}, which is named from {@code top}.
     *
     * @throws IOException also if there is a link on the way, or no plain file at its end
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
     * What {@code use} makes of {@code file}, a whole path, on which nobody but root may have laid a link.
     *
     * @throws IOException also if there is another link on the way, or no plain file at its end
     */
    static <T> T at(Path file, Use<T> use) throws IOException {
        Path top = top(file);
        Path rest = top.relativize(file);
        if (Files.isSymbolicLink(top)) { // as `/home` may be; where it leads, others may write
            Path led = top.toRealPath().resolve(rest);
            Path ledTop = top(led);
            return below(ledTop, ledTop.relativize(led), use);
        }
        return below(top, rest, use);
    }

    /** The first of its directories in which somebody else than root may rename, or its own. */
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

    private static <T> T below(Path top, Path file, Use<T> use) throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(top)) {
            if (stream instanceof SecureDirectoryStream<Path> secure) {
                return in(secure, file.iterator(), use);
            }
            throw new IOException("links cannot be told from what they lead to here");
        }
    }

    private static <T> T in(SecureDirectoryStream<Path> directory, Iterator<Path> names, Use<T> use)
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
            throw new IOException("it is no plain file any more"); // to open a pipe is to wait
        }
        return use.of(directory, name);
    }
}
