package dev.interlock.backup;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Brings a file or a directory back to a path where nothing is, by way of a private directory beside it. */
final class FileRecovery {

    /** It is marked as ours by a lock in it, which the kernel lifts with whoever held it. */
    private static final String LOCK = "lock";

    private static final String RESTORED = "restored";

    /** What SQLite would take for a part of a file that gets its name beside them. */
    private static final List<String> BESIDE_SQLITE = List.of("-wal", "-shm", "-journal");

    private final Shelf shelf;
    private final Saving saving;
    private final Children children;

    /** @param saving how a backup of the plan is tried */
    FileRecovery(Shelf shelf, Saving saving, Children children) {
        this.shelf = shelf;
        this.saving = saving;
        this.children = children;
    }

    /**
     * Brings back what {@code manifest} is of.
     *
     * @param path absolute
     * @param own a private directory
     */
    Recovery.Recovered to(Path path, Manifest manifest, Path own, Progress progress) throws IOException {
        Path parent = requireParent(path);
        Path target = parent.resolve(path.getFileName());
        switch (manifest.holding()) {
            case SqliteCopy _ -> requireNothing(target);
            case FileTree _ -> requireNothingIn(target);
            case PostgresDump _, ExecCopy _ ->
                throw new BackupException("a dump is brought back into a database, not to a path");
        }
        Path work = parent.resolve("." + target.getFileName() + ".interlock-restoring");
        try (FileChannel _ = begin(work)) {
            Path restored = work.resolve(RESTORED);
            List<String> wrong = restoredOrRemoved(manifest, work, own, progress);
            if (wrong.isEmpty()) {
                progress.at("naming", 0);
                children.output(List.of("sync", "--file-system", work.toString()), Postgres.plain());
                name(manifest, restored, target);
                PrivateFiles.sync(parent);
                PrivateFiles.removeTree(work);
            }
            return new Recovery.Recovered(
                    manifest.id(),
                    manifest.holding().amount(),
                    wrong,
                    wrong.isEmpty() ? Optional.empty() : Optional.of(restored.toString()));
        }
    }

    private static Path requireParent(Path path) throws IOException {
        Path parent = path.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new BackupException("there is no directory that `" + path + "` could be in");
        }
        Path real = parent.toRealPath();
        Ground.require(real);
        return real;
    }

    private static void requireNothing(Path target) throws BackupException {
        for (Path path : Stream.concat(
                        Stream.of(target),
                        BESIDE_SQLITE.stream().map(end -> target.resolveSibling(target.getFileName() + end)))
                .toList()) {
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                throw new BackupException("`" + path + "` is there, and nothing is ever overwritten: name another");
            }
        }
    }

    private static void requireNothingIn(Path target) throws IOException {
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
            try (Stream<Path> all = Files.list(target)) {
                if (all.findAny().isEmpty()) {
                    return;
                }
            }
        }
        throw new BackupException("`" + target + "` is not empty, and nothing is ever overwritten: name another");
    }

    /** Removes what one has left that was ended. */
    private static FileChannel begin(Path work) throws IOException {
        if (Files.exists(work, LinkOption.NOFOLLOW_LINKS)) {
            boolean ours = Files.isDirectory(work, LinkOption.NOFOLLOW_LINKS)
                    && Files.isRegularFile(work.resolve(LOCK), LinkOption.NOFOLLOW_LINKS);
            if (!ours) {
                throw new BackupException("there is a `" + work + "` that is not marked as one of ours: look at it");
            }
            Ground.requireOwn(work);
            try (FileChannel _ = held(work)) {
                PrivateFiles.removeTree(work);
            }
        }
        PrivateFiles.directory(work);
        PrivateFiles.create(work.resolve(LOCK)).close();
        return held(work);
    }

    private static FileChannel held(Path work) throws IOException {
        FileChannel channel = FileChannel.open(work.resolve(LOCK), StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            // It is this process that is at it.
        }
        channel.close();
        throw new BackupException("another recovery is at work in `" + work + "`");
    }

    private List<String> restoredOrRemoved(Manifest manifest, Path work, Path own, Progress progress)
            throws IOException {
        try {
            return restore(manifest, work.resolve(RESTORED), own, progress);
        } catch (IOException | RuntimeException e) {
            try {
                PrivateFiles.removeTree(work);
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    private List<String> restore(Manifest manifest, Path restored, Path own, Progress progress) throws IOException {
        switch (manifest.holding()) {
            case FileTree tree -> {
                TreeRestoring.restore(shelf, manifest, tree, restored, progress);
                try (TreeListing listing = new TreeListing(shelf, manifest)) {
                    return listing.differences(restored, progress);
                }
            }
            case SqliteCopy copy -> {
                // Tried where it can do no harm; what is written here is the same, byte for byte.
                List<String> wrong = saving.tried(manifest, own, progress);
                SqliteSaving.restore(shelf, manifest, restored, progress);
                copy.owner().restore(restored);
                return wrong;
            }
            case PostgresDump _, ExecCopy _ -> throw new IllegalStateException("a dump is no file");
        }
    }

    /** All of it is durable. Neither replaces anything: a link cannot, and a directory only an empty one. */
    private static void name(Manifest manifest, Path restored, Path target) throws IOException {
        try {
            if (manifest.holding() instanceof FileTree) {
                Files.move(restored, target, StandardCopyOption.ATOMIC_MOVE);
            } else {
                requireNothing(target);
                Files.createLink(target, restored);
            }
        } catch (FileSystemException e) {
            throw new BackupException(
                    "`" + target + "` cannot get its name, and nothing is ever overwritten: " + e.getReason(), e);
        }
    }
}
