package dev.interlock.cli;

import dev.interlock.confine.SafeRemoval;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/**
 * A move of the vault to another directory, which may be on another file system.
 *
 * @param from the old directory; its content belongs to the gateway, and may be anything
 * @param to the new directory, below one that only root can write in so far
 */
record VaultMove(Path from, Path to) {

    /** Moves it, unless it was moved already or there is none. */
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

    /** Copies and syncs everything before the old directory is removed. */
    private void copy() throws IOException {
        Path draft = to.resolveSibling(to.getFileName() + ".new");
        SafeRemoval.of(draft);
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                copy(path, draft.resolve(from.relativize(path).toString()));
            }
        }
        Files.move(draft, to, StandardCopyOption.ATOMIC_MOVE);
        PrivateFiles.sync(to.resolveSibling(""));
        SafeRemoval.of(from);
    }

    private static void copy(Path path, Path target) throws IOException {
        boolean directory = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
        if (!directory && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("`" + path + "` is not a vault file; remove it, and install " + "again");
        }
        // Copies mode and times; the caller sets the owner.
        Files.copy(path, target, StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
        PrivateFiles.sync(target);
    }
}
