package dev.interlock.backup.run;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;

/**
 * A directory that is open. Others may put what they like in the place of its path, or of what lies in it: what is done
 * here is done in that very directory, and through no link.
 */
public final class OpenDirectory implements Closeable {

    private static final Path ITSELF = Path.of(".");

    private final SecureDirectoryStream<Path> opened;

    private OpenDirectory(SecureDirectoryStream<Path> opened) {
        this.opened = opened;
    }

    /** That which {@code path} leads to now, perhaps by a link. */
    @SuppressWarnings("StreamResourceLeak") // is closed with what is made of it
    public static OpenDirectory at(Path path) throws IOException {
        DirectoryStream<Path> stream = Files.newDirectoryStream(path);
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return new OpenDirectory(secure);
        }
        stream.close();
        throw new IOException("this file system opens nothing by its directory");
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
        return new OpenDirectory(opened.newDirectoryStream(Path.of(name), LinkOption.NOFOLLOW_LINKS));
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

    /** Whether it, and nothing else, lies in {@code other} as {@code name}. */
    public boolean isIn(OpenDirectory other, String name) throws IOException {
        Object key = opened.getFileAttributeView(BasicFileAttributeView.class)
                .readAttributes()
                .fileKey();
        return key != null && key.equals(other.attributes(name).fileKey());
    }

    private BasicFileAttributes attributes(String name) throws IOException {
        return opened.getFileAttributeView(Path.of(name), BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes();
    }

    @Override
    public void close() throws IOException {
        opened.close();
    }
}
