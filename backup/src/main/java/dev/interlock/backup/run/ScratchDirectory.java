package dev.interlock.backup.run;

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
 * A private directory for as long as one job takes. It is marked by a lock that the kernel lifts when the process dies,
 * however it dies: whoever makes the next one removes those whose lock nobody holds.
 */
public final class ScratchDirectory implements AutoCloseable {

    private static final String LOCK = ".lock";
    private static final String PREFIX = "job-";

    /**
     * The names of those of this process, whose locks it must not touch: the kernel lifts a process's lock of a file as
     * soon as the process closes that file, through whichever of its descriptors.
     */
    private static final Set<String> OWN = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel lock;

    private ScratchDirectory(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Removes what killed jobs have left in {@code base}, and makes one there. */
    public static ScratchDirectory make(Path base, SecureRandom random) throws IOException {
        Files.createDirectories(base);
        var _ = clear(base); // what stays there is in nobody's way
        while (true) {
            byte[] name = new byte[6];
            random.nextBytes(name);
            Path path = base.resolve(PREFIX + HexFormat.of().formatHex(name));
            OWN.add(path.getFileName().toString());
            FileChannel lock = FileChannel.open(lockOf(path), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            lock.lock();
            if (Files.exists(lockOf(path))) { // or a sweep has removed it before it was locked
                return new ScratchDirectory(PrivateFiles.directory(path), lock);
            }
            lock.close();
            OWN.remove(path.getFileName().toString());
        }
    }

    /** Removes what killed jobs have left in {@code base}; returns what could not be removed, and why. */
    public static Map<Path, String> clear(Path base) throws IOException {
        if (!Files.exists(base)) {
            return Map.of();
        }
        Ground.requireOwn(base);
        Ground.require(base.toRealPath());
        return sweep(base);
    }

    private static Path lockOf(Path path) {
        return path.resolveSibling(path.getFileName() + LOCK);
    }

    /** Removes what nobody is at work in; one that cannot be removed keeps no other, and no job. */
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
                Sandbox.endIn(path);
                PrivateFiles.removeTree(path);
                Files.deleteIfExists(lockOf(path));
            } catch (IOException e) {
                stuck.put(path, String.valueOf(e.getMessage()));
            }
        }
        sweepLocks(base);
        return stuck;
    }

    /** Of jobs that were killed before they had a directory, or when it was gone. */
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
                    Files.deleteIfExists(path); // while it is held: whoever waits for it sees that it is gone
                }
            } catch (IOException | OverlappingFileLockException e) {
                // Somebody has ended meanwhile, or another sweep of this process is at it; and it holds nothing.
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
            return false; // in doubt somebody is at work
        }
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        try (lock) {
            Sandbox.endIn(path);
            PrivateFiles.removeTree(path);
            Files.deleteIfExists(lockOf(path));
        } finally {
            OWN.remove(path.getFileName().toString()); // what could not be removed is swept away with the next
        }
    }
}
