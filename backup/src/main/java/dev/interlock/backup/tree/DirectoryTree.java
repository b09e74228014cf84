package dev.interlock.backup.tree;

import dev.interlock.action.Bytes;
import dev.interlock.backup.kept.Ownership;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChangedException;
import dev.interlock.backup.run.DirectoryOwnership;
import dev.interlock.backup.run.PathHandle;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A directory and everything in it. Each directory comes right before its contents, which are sorted by name. No link
 * is followed, no other file system is entered, and nothing is left out: a file that cannot be saved is rejected by
 * name.
 *
 * <p>The reader may be root, and somebody's agent may write to the directory and replace a directory by a link during
 * the reading. This cannot be prevented here, but it cannot be hidden either. It changes the directory in which it
 * happens, and {@link #requireStillSince} rejects a copy if anything changed since the beginning. That check visits
 * each directory after its contents. So a reader that was shown another directory's contents sees the change that put
 * them there.
 */
final class DirectoryTree {

    private static final int BUFFER = 1 << 16;
    private static final String ATTRIBUTES = "unix:mode,uid,gid,ino,dev,nlink,size,ctime,lastModifiedTime";

    /** Maximum of names in a message. More would help nobody. */
    private static final int MAX_TOLD = 9;

    // The file type bits of a mode, inode(7).
    private static final int KIND = 0170000;
    private static final int DIRECTORY = 0040000;
    private static final int REGULAR = 0100000;
    private static final int LINK = 0120000;
    private static final Map<Integer, String> SPECIAL =
            Map.of(0140000, "a socket", 0010000, "a named pipe", 0020000, "a device", 0060000, "a device");

    private final Path root;
    private final Progress progress;
    private long passed;

    /** @param root absolute */
    DirectoryTree(Path root, Progress progress) {
        this.root = root;
        this.progress = progress;
    }

    /** Receives each entry, in order. */
    @FunctionalInterface
    interface Visitor {
        void at(TreeEntry entry) throws IOException;
    }

    @FunctionalInterface
    private interface EntryConsumer {
        void at(Path path, Map<String, Object> attributes) throws IOException;
    }

    /**
     * Reads the whole tree.
     *
     * @param content receives the content of the files, one after the other
     * @throws ChangedException if something changes during the reading
     * @throws BackupException if something cannot be saved
     */
    void read(OutputStream content, Visitor visitor) throws IOException {
        DirectoryOwnership.requireStraight(root);
        Map<Long, String> twins = new HashMap<>();
        long device = number(attributes(root), "dev");
        see(root, (path, attributes) -> {
            if (number(attributes, "dev") != device) {
                throw new BackupException(
                        "`" + shown(path) + "` is another file system: give it its own plan, " + "or unmount it");
            }
            visitor.at(entry(path, attributes, twins, content));
        });
    }

    private TreeEntry entry(Path path, Map<String, Object> attributes, Map<Long, String> twins, OutputStream content)
            throws IOException {
        String name = TreeName.of(root, path);
        Ownership owner = Ownership.in(attributes);
        int kind = (int) number(attributes, "mode") & KIND;
        return switch (kind) {
            case DIRECTORY -> new TreeEntry.Folder(name, owner, modified(attributes));
            case LINK -> new TreeEntry.Link(name, owner, TreeName.ofTarget(readLink(path)));
            case REGULAR -> file(path, name, owner, attributes, twins, content);
            default ->
                throw new BackupException("`" + shown(path) + "` is "
                        + SPECIAL.getOrDefault(kind, "neither a file nor a directory nor a link")
                        + ", which cannot be copied: move it elsewhere");
        };
    }

    private TreeEntry file(
            Path path,
            String name,
            Ownership owner,
            Map<String, Object> attributes,
            Map<Long, String> twins,
            OutputStream content)
            throws IOException {
        String first = number(attributes, "nlink") > 1 ? twins.putIfAbsent(number(attributes, "ino"), name) : null;
        return first != null
                ? new TreeEntry.HardLink(name, owner, first)
                : new TreeEntry.TreeFile(
                        name, owner, modified(attributes), number(attributes, "size"), copy(path, attributes, content));
    }

    private Path readLink(Path path) throws IOException {
        try {
            return Files.readSymbolicLink(path);
        } catch (NoSuchFileException | java.nio.file.NotLinkException e) {
            throw changed(path);
        }
    }

    /** Copies a file and returns the SHA-256 of its content. */
    private String copy(Path path, Map<String, Object> before, OutputStream content) throws IOException {
        MessageDigest digest = Bytes.newSha256();
        long size = number(before, "size");
        long bytes = 0;
        try (InputStream in = open(path, before)) {
            byte[] piece = new byte[BUFFER];
            for (int read = in.read(piece); read >= 0 && bytes <= size; read = in.read(piece)) {
                digest.update(piece, 0, read);
                content.write(piece, 0, read);
                bytes += read;
                passed += read;
                progress.at("copying", passed);
            }
        }
        if (bytes != size || !attributes(path).equals(before)) {
            throw changed(path);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * Opens the file that had the attributes {@code before}. Nothing else is opened, because a pipe would wait for a
     * writer.
     *
     * @throws ChangedException if something else is there by now
     */
    InputStream open(Path path, Map<String, Object> before) throws IOException {
        try (PathHandle grip = PathHandle.on(path)) {
            if (!Files.readAttributes(grip.path(), ATTRIBUTES).equals(before)) {
                throw changed(path);
            }
            return Files.newInputStream(grip.path());
        } catch (NoSuchFileException e) {
            throw changed(path);
        }
    }

    /**
     * Requires that nothing has changed, so that the copy represents one moment. The kernel records each file's last
     * change, and nobody can alter that record.
     *
     * @throws ChangedException if something has
     */
    void requireStillSince(ReadStart begun) throws IOException {
        Instant latest = begun.latest(); // later changes come after the reading
        List<String> changed = new ArrayList<>();
        again(root, latest, changed);
        // Somebody who may rename a directory above it could have shown us another directory meanwhile, and this one
        // again now.
        for (Path loose : DirectoryOwnership.replaceableAbove(root)) {
            if (Files.getAttribute(loose, "unix:ctime", LinkOption.NOFOLLOW_LINKS) instanceof FileTime at
                    && at.toInstant().isAfter(latest)) {
                changed.add(loose.toString());
            }
        }
        if (!changed.isEmpty()) {
            throw new ChangedException(changed);
        }
    }

    private void see(Path path, EntryConsumer seer) throws IOException {
        Map<String, Object> attributes = attributes(path);
        seer.at(path, attributes);
        if (isDirectory(attributes)) {
            for (Path child : children(path)) {
                see(child, seer);
            }
        }
    }

    private void again(Path path, Instant latest, List<String> changed) throws IOException {
        if (isDirectory(attributes(path))) {
            for (Path child : children(path)) {
                again(child, latest, changed);
            }
        }
        if (changed.size() < MAX_TOLD
                && attributes(path).get("ctime") instanceof FileTime at
                && at.toInstant().isAfter(latest)) {
            changed.add(shown(path));
        }
        progress.at("looking again", 0);
    }

    private List<Path> children(Path directory) throws IOException {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            all.forEach(children::add);
        } catch (NoSuchFileException | NotDirectoryException e) {
            throw changed(directory);
        }
        children.sort(Comparator.comparing(child -> TreeName.of(directory, child)));
        return children;
    }

    private static boolean isDirectory(Map<String, Object> attributes) {
        return (number(attributes, "mode") & KIND) == DIRECTORY;
    }

    Map<String, Object> attributes(Path path) throws IOException {
        try {
            return Files.readAttributes(path, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw changed(path);
        }
    }

    private ChangedException changed(Path path) {
        return new ChangedException(List.of(shown(path)));
    }

    private String shown(Path path) {
        return TreeName.shown(TreeName.of(root, path));
    }

    private static Instant modified(Map<String, Object> attributes) {
        return attributes.get("lastModifiedTime") instanceof FileTime at ? at.toInstant() : Instant.EPOCH;
    }

    private static long number(Map<String, Object> attributes, String name) {
        return attributes.get(name) instanceof Number number ? number.longValue() : -1;
    }
}
