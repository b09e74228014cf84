package dev.interlock.backup.tree;

import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.FileTree;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.ContainingMount;
import dev.interlock.backup.run.DirectoryOwnership;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.FileRecovery;
import dev.interlock.backup.source.RestoreDestination;
import dev.interlock.backup.source.RestoreResult;
import dev.interlock.backup.source.SourceHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/** Saves directories of this machine. A copy represents a single moment; otherwise there is no backup. */
public final class DirectorySourceHandler implements SourceHandler {

    private static final int BUFFER = 1 << 16;

    private final BackupSource.Directory source;
    private final BackupRepository repository;
    private final ChildProcesses children;

    /** @param repository the repository of its backups */
    public DirectorySourceHandler(BackupSource.Directory source, BackupRepository repository, ChildProcesses children) {
        this.source = source;
        this.repository = repository;
        this.children = children;
    }

    @Override
    public String origin() {
        return "directory " + source.path();
    }

    @Override
    public CopyResult copyInto(BackupRepository.PartialBackup part, Path own, Progress progress) throws IOException {
        requireMounted();
        Path root = root();
        progress.at("begun", 0);
        ReadStart begun = ReadStart.waited();
        try (BackupRepository.BackupFileWriter listing = part.file(FileTree.LISTING);
                BackupRepository.BackupFileWriter content = part.file(FileTree.CONTENT)) {
            DirectoryTree tree = new DirectoryTree(root, progress);
            ListingWriter listed = new ListingWriter(new GZIPOutputStream(listing.out(), BUFFER));
            GZIPOutputStream bytes = new GZIPOutputStream(content.out(), BUFFER);
            tree.read(bytes, listed);
            tree.requireStillSince(begun);
            requireMounted(); // it may have been unmounted meanwhile, then this is the directory below
            listed.lines.finish();
            bytes.finish();
            return new CopyResult(
                    Map.of(FileTree.LISTING, listing.finish(), FileTree.CONTENT, content.finish()),
                    repository.separationFrom(root),
                    listed.tree());
        }
    }

    /** Requires that the disk is mounted. The directory below the mount point is another one, and may not be empty. */
    private void requireMounted() throws IOException {
        if (!isMounted()) {
            throw new BackupException(
                    "nothing is mounted at `" + source.mountedAt().orElse(source.path()) + "`, where `" + source.path()
                            + "` should be, which is to be copied");
        }
    }

    private boolean isMounted() throws IOException {
        return source.mountedAt().isEmpty()
                || ContainingMount.isAt(source.mountedAt().get());
    }

    private Path root() throws IOException {
        Path named = source.path();
        if (!Files.isDirectory(named, LinkOption.NOFOLLOW_LINKS)) {
            throw new BackupException("`" + named + "` is not a directory"
                    + (Files.exists(named) ? ": if it is a link, name its target" : ""));
        }
        Path root = DirectoryOwnership.checkedRealPath(named);
        if (repository.directory().isPresent()
                && repository.directory().get().toRealPath().startsWith(root)) {
            throw new BackupException("the target is inside `" + named + "`, whose copies it should store");
        }
        return root;
    }

    /** Writes the listing of what was read. */
    private static final class ListingWriter implements DirectoryTree.Visitor {
        private final GZIPOutputStream lines;
        private long entries;
        private long files;
        private long bytes;

        ListingWriter(GZIPOutputStream lines) {
            this.lines = lines;
        }

        @Override
        public void at(TreeEntry entry) throws IOException {
            entries++;
            if (entry instanceof TreeEntry.TreeFile file) {
                files++;
                bytes += file.bytes();
            }
            write(lines, entry.json().canonicalText() + "\n");
        }

        private static void write(OutputStream to, String text) throws IOException {
            to.write(text.getBytes(StandardCharsets.UTF_8));
        }

        FileTree tree() {
            return new FileTree(entries, new Amount.Files(files, bytes));
        }
    }

    /**
     * Returns unknown for an unmounted source: the empty directory left behind is on another disk, and proves nothing.
     */
    @Override
    public Separation separation(Path own) throws IOException {
        if (!isMounted()) {
            return Separation.UNKNOWN;
        }
        if (Files.exists(source.path())) {
            try (DirectoryStream<Path> left = Files.newDirectoryStream(source.path())) {
                if (!left.iterator().hasNext()) {
                    return Separation.UNKNOWN;
                }
            }
        }
        return repository.separationFrom(source.path());
    }

    @Override
    public RestoreTestResult testRestore(BackupManifest manifest, Path own, Progress progress) throws IOException {
        if (!(manifest.holding() instanceof FileTree tree)) {
            return RestoreTestResult.of(SourceHandler.ofAnotherKind(manifest));
        }
        Path root = own.toRealPath().resolve("tree");
        try {
            TreeRestorer.restore(repository, manifest, tree, root, progress);
        } catch (BackupException e) {
            return RestoreTestResult.of(SourceHandler.unrestorable(e));
        }
        return RestoreTestResult.of(differences(manifest, root, progress));
    }

    private List<String> differences(BackupManifest manifest, Path root, Progress progress) throws IOException {
        try (TreeListing listing = new TreeListing(repository, manifest)) {
            return listing.differences(root, progress);
        }
    }

    @Override
    public RestoreResult bringBack(RestoreDestination into, BackupManifest manifest, Path own, Progress progress)
            throws IOException {
        if (!(into instanceof RestoreDestination.RestorePath at) || !(manifest.holding() instanceof FileTree tree)) {
            throw new BackupException("a directory is restored to a path, from a copy of one");
        }
        return new FileRecovery(children, progress).to(at.path(), manifest, new FileRecovery.RestoredItem() {
            @Override
            public void requireRoom(Path target) throws IOException {
                requireNothingIn(target);
            }

            @Override
            public List<String> restore(Path restored) throws IOException {
                TreeRestorer.restore(repository, manifest, tree, restored, progress);
                return differences(manifest, restored, progress);
            }

            // A rename replaces an empty directory only.
            @Override
            public void name(Path restored, Path target) throws IOException {
                Files.move(restored, target, StandardCopyOption.ATOMIC_MOVE);
            }
        });
    }

    private static void requireNothingIn(Path target) throws IOException {
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
            try (Stream<Path> all = Files.list(target)) {
                if (all.findAny().isEmpty()) {
                    return;
                }
            }
        }
        throw new BackupException(
                "`" + target + "` is not empty, and existing data is never " + "overwritten: name another");
    }
}
