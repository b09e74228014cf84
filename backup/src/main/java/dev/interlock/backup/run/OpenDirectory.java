package dev.interlock.backup.run;

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
 * A directory that is open. Others may put what they like in the place of its path, or of what lies in it: what is done
 * here is done in that very directory, through no link, and nothing is opened that whoever opens it would wait for.
 */
public final class OpenDirectory implements Closeable {

    private static final Path ITSELF = Path.of(".");

    /** A path has 4096 bytes at most (PATH_MAX); whoever goes from one directory into the next can lay them deeper. */
    private static final int MAX_DEPTH = 2048;

    private final Path called;
    private final Grip grip;
    private final SecureDirectoryStream<Path> opened;

    private OpenDirectory(Path called, Grip grip, SecureDirectoryStream<Path> opened) {
        this.called = called;
        this.grip = grip;
        this.opened = opened;
    }

    /** That which {@code path} leads to now, perhaps by a link. */
    public static OpenDirectory at(Path path) throws IOException {
        return open(path, Grip.on(path.resolve(ITSELF))); // so spelt, what is mounted on demand is mounted
    }

    /** That which lies in {@code path} as {@code name}; no link. */
    public static OpenDirectory in(Path path, String name) throws IOException {
        Path called = path.resolve(name);
        boolean _ = Files.exists(called.resolve(ITSELF)); // as above
        try (Grip around = Grip.on(path.resolve(ITSELF))) {
            return open(called, around.in(Path.of(name), called));
        }
    }

    /** What is held stays what it is: a FIFO, which would wait for whoever writes to it, is not opened. */
    @SuppressWarnings("StreamResourceLeak") // is closed with what is made of it
    private static OpenDirectory open(Path called, Grip grip) throws IOException {
        try {
            if (!grip.attributes().isDirectory()) {
                throw new NotDirectoryException(called.toString());
            }
            DirectoryStream<Path> stream = Files.newDirectoryStream(grip.path());
            if (stream instanceof SecureDirectoryStream<Path> secure) {
                return new OpenDirectory(called, grip, secure);
            }
            stream.close();
            throw new IOException("this file system opens nothing by its directory");
        } catch (AccessDeniedException e) {
            grip.close();
            throw denied(called, e);
        } catch (IOException e) {
            grip.close();
            throw e;
        }
    }

    /** By the name that people know. */
    private static AccessDeniedException denied(Path called, AccessDeniedException why) {
        AccessDeniedException denied = new AccessDeniedException(called.toString());
        denied.initCause(why);
        return denied;
    }

    /** That at {@code path}, a real one, on the way to which no link is followed. */
    static OpenDirectory straight(Path path) throws IOException {
        OpenDirectory at = at(Path.of("/"));
        for (Path name : path) {
            try (OpenDirectory above = at) {
                at = above.directory(name.toString());
            }
        }
        return at;
    }

    /**
     * What tells the one at {@code path}, a real one, from any other, whatever its path. Root's is on no link's way.
     */
    public static String identity(Path path) throws IOException {
        if (!Sandbox.isRoot()) { // who need not be allowed to list what lies above, and risks only what is theirs
            return identity(Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
        }
        try (OpenDirectory opened = straight(path)) {
            return identity(opened.opened
                    .getFileAttributeView(BasicFileAttributeView.class)
                    .readAttributes());
        }
    }

    private static String identity(BasicFileAttributes attributes) {
        return String.valueOf(attributes.fileKey());
    }

    /** That which lies in it as {@code name}; no link. */
    public OpenDirectory directory(String name) throws IOException {
        return open(called.resolve(name), held(Path.of(name)));
    }

    private Grip held(Path name) throws IOException {
        return grip.in(name, called.resolve(name));
    }

    /** A new one of its owner's alone. */
    public OpenDirectory make(String name) throws IOException {
        try {
            Files.createDirectory(grip.path().resolve(name), PrivateFiles.AS_DIRECTORY);
        } catch (FileAlreadyExistsException e) {
            throw new BackupException("`" + called.resolve(name) + "` is there already", e);
        } catch (FileSystemException e) {
            throw new BackupException("`" + called.resolve(name) + "` cannot be made: " + e.getReason(), e);
        }
        return directory(name);
    }

    /**
     * What is in the file {@code name}.
     *
     * @throws BackupException if that is no file
     */
    public InputStream read(String name) throws IOException {
        try (Grip file = file(name)) {
            return Files.newInputStream(file.path());
        } catch (AccessDeniedException e) {
            throw denied(called.resolve(name), e);
        }
    }

    /**
     * The file {@code name}, to be written to.
     *
     * @throws BackupException if that is no file
     */
    public FileChannel write(String name) throws IOException {
        try (Grip file = file(name)) {
            return FileChannel.open(file.path(), StandardOpenOption.WRITE);
        } catch (AccessDeniedException e) {
            throw denied(called.resolve(name), e);
        }
    }

    private Grip file(String name) throws IOException {
        Grip held = held(Path.of(name));
        try {
            if (!held.attributes().isRegularFile()) {
                throw new BackupException(
                        "`" + called.resolve(name) + "` is no file: remove it, and look who can write there");
            }
            return held;
        } catch (IOException e) {
            held.close();
            throw e;
        }
    }

    /** A new file of its owner's alone, to be written. */
    public FileChannel create(String name) throws IOException {
        return open(
                Path.of(name),
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PrivateFiles.AS_FILE);
    }

    private FileChannel open(Path path, Set<OpenOption> how, FileAttribute<?>... attributes) throws IOException {
        return (FileChannel) opened.newByteChannel(path, how, attributes); // as those of this platform are
    }

    /** A file with {@code content}, durable, in the place of what was there under that name. */
    public void replace(String name, byte[] content) throws IOException {
        String fresh = name + ".new";
        try {
            opened.deleteFile(Path.of(fresh));
        } catch (NoSuchFileException e) {
            // Nobody was killed here.
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

    /** Gives what is called {@code from} another name in it, at once. */
    public void move(String from, String to) throws IOException {
        opened.move(Path.of(from), opened, Path.of(to));
    }

    /** Makes the names in it durable. */
    public void sync() throws IOException {
        try (FileChannel channel = open(ITSELF, Set.of(StandardOpenOption.READ))) {
            channel.force(true);
        }
    }

    /** What lies in it; once. */
    public List<String> names() throws IOException {
        List<String> names = new ArrayList<>();
        try {
            opened.forEach(each -> names.add(each.getFileName().toString()));
        } catch (DirectoryIteratorException e) {
            throw Objects.requireNonNull(e.getCause());
        }
        return names;
    }

    /** Whether it, and nothing else, lies in {@code other} as {@code name}. */
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

    /** Removes what is called {@code name}, and all in it, if it is there. */
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
            // Somebody was faster.
        }
    }

    private void empty(int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new IOException("what is to be removed lies deeper than any path leads");
        }
        try {
            for (Path each : opened) {
                remove(each.getFileName(), depth);
            }
        } catch (DirectoryIteratorException e) {
            throw Objects.requireNonNull(e.getCause());
        }
    }

    /** It may have been closed to its owner, by what was restored or has run. */
    private OpenDirectory unlocked(Path name) throws IOException {
        Grip held = held(name);
        try {
            if (held.attributes().isDirectory()
                    && !Files.getPosixFilePermissions(held.path()).containsAll(PrivateFiles.OF_OWNER)) {
                Files.setPosixFilePermissions(held.path(), PrivateFiles.OF_OWNER);
            }
        } catch (IOException e) {
            // Then it opens as it is, or says why not.
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
