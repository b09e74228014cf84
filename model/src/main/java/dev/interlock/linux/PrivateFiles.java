package dev.interlock.linux;

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
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Creates files and directories that are accessible to their owner alone, from the first moment. */
public final class PrivateFiles {

    public static final Set<PosixFilePermission> FILE = Set.copyOf(PosixFilePermissions.fromString("rw-------"));
    /** The permissions of a file that everybody may read. */
    public static final Set<PosixFilePermission> READABLE = Set.copyOf(PosixFilePermissions.fromString("rw-r--r--"));

    public static final Set<PosixFilePermission> DIRECTORY = Set.copyOf(PosixFilePermissions.fromString("rwx------"));

    public static final FileAttribute<Set<PosixFilePermission>> AS_FILE = PosixFilePermissions.asFileAttribute(FILE);

    public static final FileAttribute<Set<PosixFilePermission>> AS_DIRECTORY =
            PosixFilePermissions.asFileAttribute(DIRECTORY);

    private PrivateFiles() {}

    /** Creates a directory. It is an error if the path exists or is a link. */
    public static Path directory(Path path) throws IOException {
        return Files.createDirectory(path, AS_DIRECTORY);
    }

    /** Creates a directory and its missing parents. */
    public static Path directories(Path path) throws IOException {
        return Files.createDirectories(path, AS_DIRECTORY);
    }

    /** Creates an empty directory in {@code parent}, with a name of its own that begins with {@code prefix}. */
    public static Path temporaryDirectory(Path parent, String prefix) throws IOException {
        return Files.createTempDirectory(parent, prefix, AS_DIRECTORY);
    }

    /** Creates an empty file. It is an error if the path exists or is a link. */
    public static Path file(Path path) throws IOException {
        return Files.createFile(path, AS_FILE);
    }

    /** Creates a file for writing. It is an error if the path exists or is a link. */
    public static FileChannel open(Path path) throws IOException {
        return FileChannel.open(path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), AS_FILE);
    }

    /**
     * Creates a file with {@code content}, and makes it durable together with its directory entry. Of many callers, in
     * any number of processes, one succeeds; throws {@link FileAlreadyExistsException} if it existed.
     */
    public static void write(Path path, byte[] content) throws IOException {
        try (FileChannel channel = open(path)) {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        sync(path.resolveSibling("."));
    }

    /** Writes as {@link #write}, but replaces an existing file. After a crash it holds the old or the new bytes. */
    public static void replace(Path path, byte[] content) throws IOException {
        replace(path, content, FILE);
    }

    /**
     * Replaces a file with {@code permissions} of its own. The writer may be root in another user's directory, where
     * that user could have planted a link at the draft's path: the draft is always a new file, and no link is followed.
     */
    public static void replace(Path path, byte[] content, Set<PosixFilePermission> permissions) throws IOException {
        Path fresh = path.resolveSibling(path.getFileName() + ".new");
        Files.deleteIfExists(fresh); // left by a crash, or planted; of a link, the link itself
        try {
            write(fresh, content);
            if (!permissions.equals(FILE)) {
                Files.getFileAttributeView(fresh, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                        .setPermissions(permissions);
            }
            Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            Files.deleteIfExists(fresh); // it would take space on a full disk
            throw e;
        }
        sync(path.resolveSibling("."));
    }

    /** Makes a file, or the entries of a directory, durable. */
    public static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
