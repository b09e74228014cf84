package dev.interlock.backup.source;

import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.DirectoryOwnership;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.backup.run.Progress;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/** Restores a file or a directory to a path where nothing exists, by way of a private directory beside it. */
public final class FileRecovery {

    /** The lock that marks the private directory as ours. The kernel releases it when its holder ends. */
    private static final String LOCK = "lock";

    private static final String RESTORED = "restored";

    private final ChildProcesses children;
    private final Progress progress;

    /** @param children their closing ends it */
    public FileRecovery(ChildProcesses children, Progress progress) {
        this.children = children;
        this.progress = progress;
    }

    /** The data to restore. */
    public interface RestoredItem {

        /** Requires that nothing is in its way. */
        void requireRoom(Path target) throws IOException;

        /** Writes it to {@code restored}, where nothing exists. Returns the differences from the original. */
        List<String> restore(Path restored) throws IOException;

        /** Renames it to its final name without replacing anything, even something created at the last moment. */
        void name(Path restored, Path target) throws IOException;
    }

    /**
     * Restores the backup of {@code manifest}.
     *
     * @param path absolute
     * @throws BackupException if it could not be done; then everything is as it was
     */
    public RestoreResult to(Path path, BackupManifest manifest, RestoredItem returning) throws IOException {
        Path parent = requireParent(path);
        Path target = parent.resolve(path.getFileName());
        returning.requireRoom(target);
        Path work = parent.resolve("." + target.getFileName() + ".interlock-restoring");
        try (FileChannel _ = begin(work)) {
            Path restored = work.resolve(RESTORED);
            List<String> wrong = restoredOrRemoved(work, restored, returning);
            if (wrong.isEmpty()) {
                progress.at("naming", 0);
                // Everything is durable before it gets its final name.
                children.output(List.of("sync", "--file-system", work.toString()), Map.of("PATH", "/usr/bin:/bin"));
                name(restored, target, returning);
                PrivateFiles.sync(parent);
                OwnerFiles.removeTree(work);
            }
            return RestoreResult.of(manifest, wrong, restored.toString());
        }
    }

    private static Path requireParent(Path path) throws IOException {
        Path parent = path.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new BackupException("there is no directory that `" + path + "` could be in");
        }
        Path real = parent.toRealPath();
        DirectoryOwnership.require(real);
        return real;
    }

    /** Removes leftovers of an interrupted restore and takes the lock. */
    private static FileChannel begin(Path work) throws IOException {
        if (Files.exists(work, LinkOption.NOFOLLOW_LINKS)) {
            boolean ours = Files.isDirectory(work, LinkOption.NOFOLLOW_LINKS)
                    && Files.isRegularFile(work.resolve(LOCK), LinkOption.NOFOLLOW_LINKS);
            if (!ours) {
                throw new BackupException(
                        "there is a `" + work + "` that is not marked as created by Interlock: check it");
            }
            DirectoryOwnership.requireOwn(work);
            try (FileChannel _ = held(work)) {
                OwnerFiles.removeTree(work);
            }
        }
        PrivateFiles.directory(work);
        PrivateFiles.open(work.resolve(LOCK)).close();
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
            // This process holds the lock.
        }
        channel.close();
        throw new BackupException("another recovery is running in `" + work + "`");
    }

    private static List<String> restoredOrRemoved(Path work, Path restored, RestoredItem returning) throws IOException {
        try {
            return returning.restore(restored);
        } catch (IOException | RuntimeException e) {
            try {
                OwnerFiles.removeTree(work);
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    private static void name(Path restored, Path target, RestoredItem returning) throws IOException {
        try {
            returning.name(restored, target);
        } catch (FileSystemException e) {
            throw new BackupException(
                    "`" + target + "` cannot be renamed, and existing data is never " + "overwritten: " + e.getReason(),
                    e);
        }
    }
}
