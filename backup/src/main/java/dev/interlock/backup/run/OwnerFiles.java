package dev.interlock.backup.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;

/** Creates and reads files and directories that only their owner may read. */
public final class OwnerFiles {

    private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
    static final FileAttribute<?> AS_FILE = PosixFilePermissions.asFileAttribute(FILE);
    static final Set<PosixFilePermission> OF_OWNER = PosixFilePermissions.fromString("rwx------");
    static final FileAttribute<?> AS_DIRECTORY = PosixFilePermissions.asFileAttribute(OF_OWNER);

    private OwnerFiles() {}

    /** Creates {@code path} and its missing parents. */
    public static Path directories(Path path) throws IOException {
        return Files.isDirectory(path) ? path : Files.createDirectories(path, AS_DIRECTORY);
    }

    /** Creates {@code path}, which must not exist. */
    public static Path directory(Path path) throws IOException {
        return Files.createDirectory(path, AS_DIRECTORY);
    }

    /** Creates a file for writing. */
    public static FileChannel create(Path path) throws IOException {
        return FileChannel.open(path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), AS_FILE);
    }

    /** Creates a file with {@code content}, and makes it durable together with its directory. */
    public static void write(Path path, byte[] content) throws IOException {
        try (FileChannel channel = create(path)) {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        sync(path.resolveSibling("."));
    }

    /**
     * Writes as {@link #write}, but replaces an existing file. An interruption leaves the old or the new file,
     * complete.
     */
    public static void replace(Path path, byte[] content) throws IOException {
        Path fresh = path.resolveSibling(path.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        write(fresh, content);
        Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync(path.resolveSibling("."));
    }

    /**
     * Reads a file that contains a secret.
     *
     * @throws BackupException if others than its owner could read it
     */
    public static byte[] readSecret(Path path) throws IOException {
        Set<PosixFilePermission> actual = Files.getPosixFilePermissions(path);
        if (!FILE.containsAll(actual)) {
            throw new BackupException("`" + path + "` holds a secret but can be read by others ("
                    + PosixFilePermissions.toString(actual) + "): chmod 600");
        }
        return Files.readAllBytes(path);
    }

    /** Makes the entries of a directory durable. */
    public static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * Removes {@code root} and everything in it, if it exists. It works by name in the very directory that was opened,
     * and never through a link. With paths, somebody with write access could replace a directory by a link meanwhile.
     * Then we would remove the link's destination.
     */
    public static void removeTree(Path root) throws IOException {
        Path tree = root.toAbsolutePath();
        try (OpenDirectory around =
                OpenDirectory.at(Objects.requireNonNull(tree.getParent(), "it lies in a directory"))) {
            around.removeTree(tree.getFileName());
        } catch (NoSuchFileException e) {
            // It does not exist then.
        }
    }
}
