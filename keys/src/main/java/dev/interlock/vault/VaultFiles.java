package dev.interlock.vault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Reads and writes files that only their owner may read. Writes are atomic. */
final class VaultFiles {

    private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> DIRECTORY = PosixFilePermissions.fromString("rwx------");
    private static final FileAttribute<Set<PosixFilePermission>> AS_FILE = PosixFilePermissions.asFileAttribute(FILE);
    private static final FileAttribute<Set<PosixFilePermission>> AS_DIRECTORY =
            PosixFilePermissions.asFileAttribute(DIRECTORY);

    private VaultFiles() {}

    /** Makes the directory if there is none. */
    static void directory(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectories(path, AS_DIRECTORY);
        }
        requirePrivate(path, DIRECTORY);
    }

    /** Reads a file whole. */
    static byte[] read(Path path) throws IOException {
        requirePrivate(path, FILE);
        return Files.readAllBytes(path);
    }

    /** Replaces a file atomically and durably: after a crash it holds either the new bytes or the old ones. */
    static void write(Path path, byte[] bytes) throws IOException {
        Path whole = path.resolveSibling(path.getFileName() + ".new");
        Files.deleteIfExists(whole);
        create(whole, bytes);
        Files.move(whole, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync(path);
    }

    /**
     * Creates a file that must not exist. Of many callers, in any number of processes, one succeeds.
     *
     * @throws FileAlreadyExistsException if it existed
     */
    static void create(Path path, byte[] bytes) throws IOException {
        try (FileChannel channel =
                FileChannel.open(path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), AS_FILE)) {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        sync(path);
    }

    /** Removes a file, durably. */
    static boolean remove(Path path) throws IOException {
        boolean existed = Files.deleteIfExists(path);
        sync(path);
        return existed;
    }

    /** A directory entry is durable only once its directory is synced. */
    private static void sync(Path child) throws IOException {
        try (FileChannel directory = FileChannel.open(child.resolveSibling("."), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    private static void requirePrivate(Path path, Set<PosixFilePermission> widest) throws IOException {
        Set<PosixFilePermission> actual = Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
        if (!widest.containsAll(actual)) {
            throw new ExposedFileException(path, PosixFilePermissions.toString(actual));
        }
    }
}
