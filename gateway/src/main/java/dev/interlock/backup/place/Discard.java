package dev.interlock.backup.place;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;

/**
 * Removes what lies in a directory that others may write as well: each thing by its name in the very directory that was
 * opened. By paths, whoever exchanges a directory for a link meanwhile has what the link leads to removed.
 */
final class Discard {

    private Discard() {}

    /** Removes {@code tree} and all in it, if it is there; follows no link. */
    static void tree(Path tree) throws IOException {
        Path around = tree.toAbsolutePath().getParent();
        Path name = tree.getFileName();
        if (around == null || name == null) {
            throw new IllegalArgumentException("`" + tree + "` lies in nothing");
        }
        try (DirectoryStream<Path> opened = Files.newDirectoryStream(around)) {
            remove(secure(opened), name);
        } catch (NoSuchFileException e) {
            // Then it is not there either.
        }
    }

    private static SecureDirectoryStream<Path> secure(DirectoryStream<Path> opened) throws IOException {
        if (opened instanceof SecureDirectoryStream<Path> secure) {
            return secure;
        }
        throw new IOException("this file system opens nothing by its directory");
    }

    private static void remove(SecureDirectoryStream<Path> in, Path name) throws IOException {
        try {
            if (in.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .readAttributes()
                    .isDirectory()) {
                empty(in, name);
                in.deleteDirectory(name);
            } else {
                in.deleteFile(name);
            }
        } catch (NoSuchFileException e) {
            // Somebody was faster.
        }
    }

    private static void empty(SecureDirectoryStream<Path> in, Path name) throws IOException {
        try (SecureDirectoryStream<Path> inside = in.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
            for (Path each : inside) {
                remove(inside, each.getFileName());
            }
        } catch (NotDirectoryException e) {
            throw new IOException("`" + name + "` was exchanged while it was removed", e);
        }
    }
}
