package dev.interlock.cli;

import dev.interlock.confine.Removal;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/**
 * The vault's way to another directory, which may lie on another file system.
 *
 * @param from where it is; what lies there is the gateway's, and may be anything
 * @param to where it is to be, below a directory that only root can write in so far
 */
record VaultMove(Path from, Path to) {

    /** Moves it, unless it is there already or there is none. */
    void make() throws IOException {
        if (!Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS) || Files.exists(to, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            copy();
        }
    }

    /** It is whole in the new place, and on that disk, before it goes from the old one. */
    private void copy() throws IOException {
        Path draft = to.resolveSibling(to.getFileName() + ".new");
        Removal.of(draft);
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                copy(path, draft.resolve(from.relativize(path).toString()));
            }
        }
        Files.move(draft, to, StandardCopyOption.ATOMIC_MOVE);
        sync(to.resolveSibling(""));
        Removal.of(from);
    }

    private static void copy(Path path, Path target) throws IOException {
        boolean directory = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
        if (!directory && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("`" + path + "` is no file of a vault; take it away, and install again");
        }
        // Its mode and its times come along; who it is to belong to, whoever asked says.
        Files.copy(path, target, StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
        sync(target);
    }

    private static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
