package dev.interlock.backup.run;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * A private directory for one job, with a lock that the kernel releases however the process ends. The next job removes
 * directories whose locks nobody holds.
 */
public final class ScratchDirectory implements AutoCloseable {

    private static final String LOCK = ".lock";
    private static final String PREFIX = "job-";
    // This process's own, whose locks it must not open: closing any descriptor of a file releases the process's lock.
    private static final Set<String> OWN = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel lock;

    private ScratchDirectory(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Removes leftovers of killed jobs in {@code base}, and makes a directory there. */
    public static ScratchDirectory make(Path base, SecureRandom random) throws IOException {
        Files.createDirectories(base);
        var _ = clear(base); // leftovers that stay do no harm
        while (true) {
            byte[] name = new byte[6];
            random.nextBytes(name);
            Path path = base.resolve(PREFIX + HexFormat.of().formatHex(name));
            OWN.add(path.getFileName().toString());
            FileChannel lock = FileChannel.open(lockOf(path), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            lock.lock();
            if (Files.exists(lockOf(path))) { // otherwise a sweep removed it before it was locked
                return new ScratchDirectory(PrivateFiles.directory(path), lock);
            }
            lock.close();
            OWN.remove(path.getFileName().toString());
        }
    }

    /** Removes leftovers of killed jobs in {@code base}. Returns those that could not be removed, with the reasons. */
    public static Map<Path, String> clear(Path base) throws IOException {
        if (!Files.exists(base)) {
            return Map.of();
        }
        DirectoryOwnership.requireOwn(base);
        DirectoryOwnership.require(base.toRealPath());
        return sweep(base);
    }

    private static Path lockOf(Path path) {
        return path.resolveSibling(path.getFileName() + LOCK);
    }

    /** One that cannot be removed does not prevent the removal of others, nor any job. */
    private static Map<Path, String> sweep(Path base) throws IOException {
        List<Path> left;
        try (Stream<Path> all = Files.list(base)) {
            left = all.filter(path -> path.getFileName().toString().startsWith(PREFIX))
                    .filter(path -> !path.toString().endsWith(LOCK))
                    .filter(path -> !OWN.contains(path.getFileName().toString()))
                    .filter(ScratchDirectory::isLeft)
                    .toList();
        }
        Map<Path, String> stuck = new TreeMap<>();
        for (Path path : left) {
            try {
                RestoreSandbox.endIn(path);
                OwnerFiles.removeTree(path);
                Files.deleteIfExists(lockOf(path));
            } catch (IOException e) {
                stuck.put(path, String.valueOf(e.getMessage()));
            }
        }
        sweepLocks(base);
        return stuck;
    }

    /** Removes locks of jobs that were killed before they had a directory, or after it was gone. */
    private static void sweepLocks(Path base) throws IOException {
        List<Path> locks;
        try (Stream<Path> all = Files.list(base)) {
            locks = all.filter(path -> path.getFileName().toString().startsWith(PREFIX))
                    .filter(path -> path.toString().endsWith(LOCK))
                    .toList();
        }
        for (Path path : locks) {
            String name = path.getFileName().toString();
            Path directory = path.resolveSibling(name.substring(0, name.length() - LOCK.length()));
            if (OWN.contains(directory.getFileName().toString())) {
                continue;
            }
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE);
                    FileLock lock = channel.tryLock()) {
                if (lock != null && !Files.exists(directory)) {
                    Files.deleteIfExists(path); // while the lock is held, so that a waiting process notices the removal
                }
            } catch (IOException | OverlappingFileLockException e) {
                // A job has ended meanwhile, or another sweep of this process handles it; the lock protects nothing.
            }
        }
    }

    private static boolean isLeft(Path path) {
        try (FileChannel channel = FileChannel.open(lockOf(path), StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            return lock != null;
        } catch (NoSuchFileException e) {
            return true;
        } catch (OverlappingFileLockException | IOException e) {
            return false; // in doubt it is in use
        }
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        try (lock) {
            RestoreSandbox.endIn(path);
            OwnerFiles.removeTree(path);
            Files.deleteIfExists(lockOf(path));
        } finally {
            OWN.remove(path.getFileName().toString()); // the next sweep removes leftovers
        }
    }
}
