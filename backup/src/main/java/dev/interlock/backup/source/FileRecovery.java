package dev.interlock.backup.source;

import dev.interlock.backup.kept.Manifest;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.Ground;
import dev.interlock.backup.run.PrivateFiles;
import dev.interlock.backup.run.Progress;
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

/** Brings a file or a directory back to a path where nothing is, by way of a private directory beside it. */
public final class FileRecovery {

    /** It is marked as ours by a lock in it, which the kernel lifts with whoever held it. */
    private static final String LOCK = "lock";

    private static final String RESTORED = "restored";

    private final Children children;
    private final Progress progress;

    /** @param children whose closing ends it */
    public FileRecovery(Children children, Progress progress) {
        this.children = children;
        this.progress = progress;
    }

    /** What comes back. */
    public interface Returning {

        /** Requires that nothing is in its way. */
        void requireRoom(Path target) throws IOException;

        /** Makes it at {@code restored}, where nothing is; how it differs from what it was. */
        List<String> restore(Path restored) throws IOException;

        /** Gives it its name, in the place of nothing: not even of what came up at the last moment. */
        void name(Path restored, Path target) throws IOException;
    }

    /**
     * Brings back what {@code manifest} is of.
     *
     * @param path absolute
     * @throws BackupException if it could not be done; then everything is as it was
     */
    public Recovered to(Path path, Manifest manifest, Returning returning) throws IOException {
        Path parent = requireParent(path);
        Path target = parent.resolve(path.getFileName());
        returning.requireRoom(target);
        Path work = parent.resolve("." + target.getFileName() + ".interlock-restoring");
        try (FileChannel _ = begin(work)) {
            Path restored = work.resolve(RESTORED);
            List<String> wrong = restoredOrRemoved(work, restored, returning);
            if (wrong.isEmpty()) {
                progress.at("naming", 0);
                // All of it is durable before it is called what it is.
                children.output(List.of("sync", "--file-system", work.toString()), Map.of("PATH", "/usr/bin:/bin"));
                name(restored, target, returning);
                PrivateFiles.sync(parent);
                PrivateFiles.removeTree(work);
            }
            return Recovered.of(manifest, wrong, restored.toString());
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

    private static List<String> restoredOrRemoved(Path work, Path restored, Returning returning) throws IOException {
        try {
            return returning.restore(restored);
        } catch (IOException | RuntimeException e) {
            try {
                PrivateFiles.removeTree(work);
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    private static void name(Path restored, Path target, Returning returning) throws IOException {
        try {
            returning.name(restored, target);
        } catch (FileSystemException e) {
            throw new BackupException(
                    "`" + target + "` cannot get its name, and nothing is ever overwritten: " + e.getReason(), e);
        }
    }
}
