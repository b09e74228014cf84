package dev.interlock.backup.tree;

import dev.interlock.action.Bytes;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.BackupFileReader;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.FileTree;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Progress;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Restores a saved directory to a path where nothing exists. Each entry must be in a directory that this object has
 * just made, and must not exist yet. So no listing can make it write elsewhere or through a link.
 */
final class TreeRestorer {

    private static final int BUFFER = 1 << 16;

    private final Path root;
    private final InputStream content;
    private final Progress progress;
    private final Deque<TreeEntry.Folder> open = new ArrayDeque<>();
    private long entries;
    private long files;
    private long bytes;

    private TreeRestorer(Path root, InputStream content, Progress progress) {
        this.root = root;
        this.content = content;
        this.progress = progress;
    }

    /**
     * Restores the backup of {@code manifest} at {@code root}, a real path in a private directory.
     *
     * @throws BackupException if it has a fault
     */
    static void restore(
            BackupRepository repository, BackupManifest manifest, FileTree tree, Path root, Progress progress)
            throws IOException {
        try (TreeListing listing = new TreeListing(repository, manifest);
                BackupFileReader content = new BackupFileReader(repository, manifest, FileTree.CONTENT);
                InputStream unpacked = content.unpacked()) {
            progress.expect("restoring", tree.amount().contentBytes());
            progress.expect("comparing", tree.amount().contentBytes());
            TreeRestorer restoring = new TreeRestorer(root, unpacked, progress);
            restoring.all(listing);
            if (unpacked.read() >= 0) {
                throw new BackupException("it contains more than its listing says");
            }
            content.requireWhole();
            restoring.requireAmount(tree);
        }
    }

    private void all(TreeListing listing) throws IOException {
        for (Optional<TreeEntry> next = listing.next(); next.isPresent(); next = listing.next()) {
            TreeEntry entry = next.get();
            Path path = TreeName.in(root, entry.name());
            goTo(entry);
            try {
                make(entry, path);
            } catch (FileAlreadyExistsException e) {
                throw new BackupException("`" + TreeName.shown(entry.name()) + "` is listed twice", e);
            }
            entries++;
        }
        while (!open.isEmpty()) {
            finish(open.pop());
        }
    }

    /** Leaves the directories that do not contain {@code entry}. It must be in the one that remains. */
    private void goTo(TreeEntry entry) throws IOException {
        boolean isRoot = entry.name().equals(TreeName.ROOT);
        String parent = TreeName.parent(entry.name());
        while (!open.isEmpty() && !isRoot && !open.peek().name().equals(parent)) {
            finish(open.pop());
        }
        if (open.isEmpty() != isRoot) {
            throw new BackupException("`" + TreeName.shown(entry.name()) + "` is listed in no directory");
        }
    }

    private void make(TreeEntry entry, Path path) throws IOException {
        switch (entry) {
            case TreeEntry.Folder folder -> {
                PrivateFiles.directory(path);
                open.push(folder); // its permissions are set when everything is in it
            }
            case TreeEntry.TreeFile file -> {
                write(file, path);
                Files.setLastModifiedTime(path, FileTime.from(file.modified()));
                file.owner().restore(path);
                files++;
            }
            case TreeEntry.Link link -> {
                Files.createSymbolicLink(path, TreeName.target(link.target()));
                link.owner().restoreLink(path);
            }
            case TreeEntry.HardLink twin -> {
                Path first = TreeName.in(root, twin.of());
                // No link may be on the way, so the path must be its own real path.
                if (!Files.isRegularFile(first) || !first.toRealPath().equals(first)) {
                    throw new BackupException(
                            "`" + TreeName.shown(twin.name()) + "` is a link to a file that is not listed");
                }
                Files.createLink(path, first);
            }
        }
    }

    private void write(TreeEntry.TreeFile file, Path path) throws IOException {
        MessageDigest digest = Bytes.newSha256();
        try (FileChannel to = PrivateFiles.open(path)) {
            byte[] piece = new byte[BUFFER];
            for (long left = file.bytes(); left > 0; ) {
                int read = content.read(piece, 0, (int) Math.min(left, piece.length));
                if (read < 0) {
                    throw new BackupException("it contains less than its listing says: it is " + "truncated");
                }
                digest.update(piece, 0, read);
                for (ByteBuffer rest = ByteBuffer.wrap(piece, 0, read); rest.hasRemaining(); ) {
                    to.write(rest);
                }
                left -= read;
                bytes += read;
                progress.at("restoring", bytes);
            }
        }
        if (!HexFormat.of().formatHex(digest.digest()).equals(file.sha256())) {
            throw new BackupException("the content of `" + TreeName.shown(file.name()) + "` has changed");
        }
    }

    private void finish(TreeEntry.Folder folder) throws IOException {
        Path path = TreeName.in(root, folder.name());
        Files.setLastModifiedTime(path, FileTime.from(folder.modified()));
        folder.owner().restore(path);
    }

    private void requireAmount(FileTree tree) throws BackupException {
        if (!tree.equals(new FileTree(entries, new Amount.Files(files, bytes)))) {
            throw new BackupException("its listing and its manifest give different amounts");
        }
    }
}
