package dev.interlock.backup.run;

import dev.interlock.linux.PrivateFiles;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * An open directory. Others may replace its path or its entries at any time. All operations work on the directory that
 * was opened and follow no link. Nothing is opened that would block.
 */
public final class OpenDirectory implements Closeable {

    private static final Path ITSELF = Path.of(".");

    /**
     * Maximum depth. A path has 4096 bytes at most (PATH_MAX), but a process that descends step by step can create
     * deeper trees.
     */
    private static final int MAX_DEPTH = 2048;

    private final Path called;
    private final PathHandle grip;
    private final SecureDirectoryStream<Path> opened;

    private OpenDirectory(Path called, PathHandle grip, SecureDirectoryStream<Path> opened) {
        this.called = called;
        this.grip = grip;
        this.opened = opened;
    }

    /** Opens the directory at {@code path}, which may be a link. */
    public static OpenDirectory at(Path path) throws IOException {
        return open(path, PathHandle.on(path.resolve(ITSELF))); // this spelling triggers an automounter
    }

    /** Opens the directory {@code name} in {@code path}. A link is rejected. */
    public static OpenDirectory in(Path path, String name) throws IOException {
        Path called = path.resolve(name);
        boolean _ = Files.exists(called.resolve(ITSELF)); // triggers an automounter as well
        try (PathHandle around = PathHandle.on(path.resolve(ITSELF))) {
            return open(called, around.in(Path.of(name), called));
        }
    }

    /**
     * Opens what the grip holds, which cannot be replaced. A FIFO is not opened, because it would wait for a writer.
     */
    @SuppressWarnings("StreamResourceLeak") // closed together with the result
    private static OpenDirectory open(Path called, PathHandle grip) throws IOException {
        try {
            if (!grip.attributes().isDirectory()) {
                throw new NotDirectoryException(called.toString());
            }
            DirectoryStream<Path> stream = Files.newDirectoryStream(grip.path());
            if (stream instanceof SecureDirectoryStream<Path> secure) {
                return new OpenDirectory(called, grip, secure);
            }
            stream.close();
            throw new IOException("this file system cannot open a file relative to its directory");
        } catch (AccessDeniedException e) {
            grip.close();
            throw denied(called, e);
        } catch (IOException e) {
            grip.close();
            throw e;
        }
    }

    /** Returns the exception with the name that people know. */
    private static AccessDeniedException denied(Path called, AccessDeniedException why) {
        AccessDeniedException denied = new AccessDeniedException(called.toString());
        denied.initCause(why);
        return denied;
    }

    /** Opens the directory at the real {@code path} without following any link on the way. */
    static OpenDirectory openWithoutLinks(Path path) throws IOException {
        OpenDirectory at = at(Path.of("/"));
        for (Path name : path) {
            try (OpenDirectory above = at) {
                at = above.directory(name.toString());
            }
        }
        return at;
    }

    /**
     * Returns an identity that distinguishes the directory at the real {@code path} from any other, also from another
     * at the same path. If this process is root, no link in the path is followed.
     */
    public static String identity(Path path) throws IOException {
        if (!RestoreSandbox.isRoot()) { // other users may be unable to list the parents, and risk only their own files
            return identity(Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
        }
        try (OpenDirectory opened = openWithoutLinks(path)) {
            return identity(opened.opened
                    .getFileAttributeView(BasicFileAttributeView.class)
                    .readAttributes());
        }
    }

    private static String identity(BasicFileAttributes attributes) {
        return String.valueOf(attributes.fileKey());
    }

    /** Opens the directory {@code name} in it. A link is rejected. */
    public OpenDirectory directory(String name) throws IOException {
        return open(called.resolve(name), held(Path.of(name)));
    }

    private PathHandle held(Path name) throws IOException {
        return grip.in(name, called.resolve(name));
    }

    /** Creates a directory that only its owner may use. */
    public OpenDirectory make(String name) throws IOException {
        try {
            PrivateFiles.directory(grip.path().resolve(name));
        } catch (FileAlreadyExistsException e) {
            throw new BackupException("`" + called.resolve(name) + "` is there already", e);
        } catch (FileSystemException e) {
            throw new BackupException("`" + called.resolve(name) + "` cannot be made: " + e.getReason(), e);
        }
        return directory(name);
    }

    /**
     * Reads the file {@code name}.
     *
     * @throws BackupException if it is not a file
     */
    public InputStream read(String name) throws IOException {
        try (PathHandle file = file(name)) {
            return Files.newInputStream(file.path());
        } catch (AccessDeniedException e) {
            throw denied(called.resolve(name), e);
        }
    }

    /**
     * Opens the file {@code name} for writing.
     *
     * @throws BackupException if it is not a file
     */
    public FileChannel write(String name) throws IOException {
        try (PathHandle file = file(name)) {
            return FileChannel.open(file.path(), StandardOpenOption.WRITE);
        } catch (AccessDeniedException e) {
            throw denied(called.resolve(name), e);
        }
    }

    private PathHandle file(String name) throws IOException {
        PathHandle held = held(Path.of(name));
        try {
            if (!held.attributes().isRegularFile()) {
                throw new BackupException("`" + called.resolve(name) + "` is not a file: remove it, and find out "
                        + "who can write there");
            }
            return held;
        } catch (IOException e) {
            held.close();
            throw e;
        }
    }

    /** Creates a file that only its owner may use, for writing. */
    public FileChannel create(String name) throws IOException {
        return open(
                Path.of(name),
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PrivateFiles.AS_FILE);
    }

    private FileChannel open(Path path, Set<OpenOption> how, FileAttribute<?>... attributes) throws IOException {
        return (FileChannel) opened.newByteChannel(path, how, attributes); // always, on this platform
    }

    /** Writes {@code content} durably to the file {@code name}, and replaces an earlier one. */
    public void replace(String name, byte[] content) throws IOException {
        String fresh = name + ".new";
        try {
            opened.deleteFile(Path.of(fresh));
        } catch (NoSuchFileException e) {
            // No leftover of a killed process is here.
        }
        try (FileChannel channel = create(fresh)) {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
        move(fresh, name);
        sync();
    }

    /** Renames {@code from} within the directory, atomically. */
    public void move(String from, String to) throws IOException {
        opened.move(Path.of(from), opened, Path.of(to));
    }

    /** Makes the names in it durable. */
    public void sync() throws IOException {
        try (FileChannel channel = open(ITSELF, Set.of(StandardOpenOption.READ))) {
            channel.force(true);
        }
    }

    /** Returns the names in it. May be called once. */
    public List<String> names() throws IOException {
        List<String> names = new ArrayList<>();
        try {
            opened.forEach(each -> names.add(each.getFileName().toString()));
        } catch (DirectoryIteratorException e) {
            throw Objects.requireNonNull(e.getCause());
        }
        return names;
    }

    /** Returns whether the entry {@code name} in {@code other} is this directory. */
    public boolean isIn(OpenDirectory other, String name) throws IOException {
        Object key = opened.getFileAttributeView(BasicFileAttributeView.class)
                .readAttributes()
                .fileKey();
        return key != null && key.equals(other.attributes(Path.of(name)).fileKey());
    }

    private BasicFileAttributes attributes(Path name) throws IOException {
        return opened.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes();
    }

    /** Removes {@code name} and everything in it, if it exists. */
    public void removeTree(Path name) throws IOException {
        remove(name, 0);
    }

    private void remove(Path name, int depth) throws IOException {
        try {
            if (!attributes(name).isDirectory()) {
                opened.deleteFile(name);
                return;
            }
            try (OpenDirectory inside = unlocked(name)) {
                inside.empty(depth + 1);
            }
            opened.deleteDirectory(name);
        } catch (NoSuchFileException e) {
            // Another process removed it first.
        }
    }

    private void empty(int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new IOException("the directory tree to remove is deeper than any path can be");
        }
        try {
            for (Path each : opened) {
                remove(each.getFileName(), depth);
            }
        } catch (DirectoryIteratorException e) {
            throw Objects.requireNonNull(e.getCause());
        }
    }

    /** Opens a directory to which restored data or a program may have denied its owner access. */
    private OpenDirectory unlocked(Path name) throws IOException {
        PathHandle held = held(name);
        try {
            if (held.attributes().isDirectory()
                    && !Files.getPosixFilePermissions(held.path()).containsAll(PrivateFiles.DIRECTORY)) {
                Files.setPosixFilePermissions(held.path(), PrivateFiles.DIRECTORY);
            }
        } catch (IOException e) {
            // Opening it then succeeds anyway, or reports the reason.
        }
        return open(called.resolve(name), held);
    }

    @Override
    public void close() throws IOException {
        try (grip) {
            opened.close();
        }
    }
}
