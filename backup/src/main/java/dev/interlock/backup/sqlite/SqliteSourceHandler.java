package dev.interlock.backup.sqlite;

import dev.interlock.backup.kept.BackupFileReader;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.DatabaseContents;
import dev.interlock.backup.kept.Ownership;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.kept.SqliteCopy;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.DirectoryOwnership;
import dev.interlock.backup.run.OpenDirectory;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.FileRecovery;
import dev.interlock.backup.source.RestoreDestination;
import dev.interlock.backup.source.RestoreResult;
import dev.interlock.backup.source.SourceHandler;
import dev.interlock.evidence.Json;
import dev.interlock.linux.BubblewrapOptions;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * Saves SQLite files. SQLite itself copies them while others may write, and counts in the same transaction. The copy
 * stays in a scratch directory until it is encrypted.
 */
public final class SqliteSourceHandler implements SourceHandler {

    private static final int BUFFER = 1 << 16;

    /** The directory of the source inside the sandbox. */
    private static final String SOURCE = "/source";

    private static final String COPY = "copy";

    /** Suffixes of files beside a database that SQLite would take for parts of it. */
    private static final List<String> BESIDE = List.of("-wal", "-shm", "-journal");

    private final BackupSource.Sqlite source;
    private final BackupRepository repository;
    private final ChildProcesses children;
    private final int user;

    public SqliteSourceHandler(
            BackupSource.Sqlite source, BackupRepository repository, ChildProcesses children, int user) {
        this.source = source;
        this.repository = repository;
        this.children = children;
        this.user = user;
    }

    @Override
    public String origin() {
        return "sqlite " + source.file();
    }

    @Override
    public CopyResult copyInto(BackupRepository.PartialBackup part, Path own, Progress progress) throws IOException {
        Path file = source.file();
        Ownership owner = owner(file);
        Path directory =
                DirectoryOwnership.checkedRealPath(file).resolveSibling(".").normalize();
        String itself = OpenDirectory.identity(directory);
        // SQLite finds a log and its index beside the file, and writes a lock into the index. So it runs as their
        // owner.
        boolean asRoot = RestoreSandbox.isRoot();
        SqliteSandbox sandbox = SqliteSandbox.make(
                children,
                own,
                asRoot ? owner.user() : RestoreSandbox.runner(user),
                owner.group(),
                new BubblewrapOptions().writable(directory, Path.of(SOURCE)).list());
        progress.at("begun", 0);
        Json.Members found =
                sandbox.run(List.of("copy", SOURCE + "/" + file.getFileName(), SqliteSandbox.inside(COPY)), progress);
        if (!found.text("source").equals(itself) || !isSame(owner, owner(file))) {
            throw new BackupException("`" + file + "` was replaced while it was copied: find out who can write "
                    + "there and in its parent directories");
        }
        SqliteCopy copy = new SqliteCopy(owner, DatabaseContents.of(found.object("contents")));
        Path made = sandbox.file(COPY);
        try (BackupRepository.BackupFileWriter writing = part.file(SqliteCopy.FILE)) {
            progress.expect("encrypting", Files.size(made));
            GZIPOutputStream packed = new GZIPOutputStream(writing.out(), BUFFER);
            try (InputStream in = Files.newInputStream(made, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
                pass(in, packed, "encrypting", progress);
            }
            packed.finish();
            return new CopyResult(Map.of(SqliteCopy.FILE, writing.finish()), repository.separationFrom(file), copy);
        } finally {
            Files.delete(made);
        }
    }

    private static Ownership owner(Path file) throws IOException {
        try {
            Map<String, Object> attributes = Files.readAttributes(file, "unix:mode,uid,gid", LinkOption.NOFOLLOW_LINKS);
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new BackupException("`" + file + "` is not a file: if it is a link, name " + "its target");
            }
            return Ownership.in(attributes);
        } catch (NoSuchFileException e) {
            throw new BackupException("there is no file `" + file + "`", e);
        }
    }

    private static boolean isSame(Ownership one, Ownership other) {
        return one.user() == other.user() && one.group() == other.group();
    }

    private static void pass(InputStream in, OutputStream to, String doing, Progress progress) throws IOException {
        long passed = 0;
        byte[] piece = new byte[BUFFER];
        for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
            to.write(piece, 0, read);
            passed += read;
            progress.at(doing, passed);
        }
    }

    @Override
    public Separation separation(Path own) throws IOException {
        return repository.separationFrom(source.file());
    }

    @Override
    public RestoreTestResult testRestore(BackupManifest manifest, Path own, Progress progress) throws IOException {
        if (!(manifest.holding() instanceof SqliteCopy copy)) {
            return RestoreTestResult.of(SourceHandler.ofAnotherKind(manifest));
        }
        int runner = RestoreSandbox.runner(user);
        SqliteSandbox sandbox = SqliteSandbox.make(children, own, runner, runner, List.of());
        Path file = sandbox.file(COPY);
        try {
            restore(repository, manifest, file, progress);
        } catch (BackupException e) {
            return RestoreTestResult.of(SourceHandler.unrestorable(e));
        }
        if (RestoreSandbox.isRoot()) {
            RestoreSandbox.give(file, runner);
        }
        Json.Members found = sandbox.run(List.of("check", SqliteSandbox.inside(COPY)), progress);
        return RestoreTestResult.of(wrong(found, copy));
    }

    /**
     * Returns the faults that the check in the sandbox reported. A hostile file may have taken the check over, so
     * missing values count as faults.
     */
    static List<String> wrong(Json.Members found, SqliteCopy copy) {
        List<String> wrong = new ArrayList<>(found.texts("wrong"));
        if (found.get("contents").isPresent()) {
            wrong.addAll(copy.contents().differences(DatabaseContents.of(found.object("contents"))));
        } else if (wrong.isEmpty()) {
            wrong.add("its check did not report its content");
        }
        return wrong;
    }

    /** Writes the file of {@code manifest} to {@code file}, where nothing exists. */
    static void restore(BackupRepository repository, BackupManifest manifest, Path file, Progress progress)
            throws IOException {
        try (BackupFileReader stored = new BackupFileReader(repository, manifest, SqliteCopy.FILE);
                InputStream in = stored.unpacked();
                OutputStream to = Channels.newOutputStream(PrivateFiles.open(file))) {
            pass(in, to, "restoring", progress);
            stored.requireWhole();
        }
    }

    @Override
    public RestoreResult bringBack(RestoreDestination into, BackupManifest manifest, Path own, Progress progress)
            throws IOException {
        if (!(into instanceof RestoreDestination.RestorePath at) || !(manifest.holding() instanceof SqliteCopy copy)) {
            throw new BackupException("an SQLite file is restored to a path, from a copy of one");
        }
        return new FileRecovery(children, progress).to(at.path(), manifest, new FileRecovery.RestoredItem() {
            @Override
            public void requireRoom(Path target) throws IOException {
                requireNothing(target);
            }

            // The check runs in the sandbox. The same bytes are written here.
            @Override
            public List<String> restore(Path restored) throws IOException {
                List<String> wrong = testRestore(manifest, own, progress).wrong();
                SqliteSourceHandler.restore(repository, manifest, restored, progress);
                copy.owner().restore(restored);
                return wrong;
            }

            // Creating a link replaces nothing.
            @Override
            public void name(Path restored, Path target) throws IOException {
                requireNothing(target);
                Files.createLink(target, restored);
            }
        });
    }

    private static void requireNothing(Path target) throws BackupException {
        for (Path path : Stream.concat(
                        Stream.of(target),
                        BESIDE.stream().map(end -> target.resolveSibling(target.getFileName() + end)))
                .toList()) {
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                throw new BackupException(
                        "`" + path + "` exists, and existing data is never " + "overwritten: name another");
            }
        }
    }
}
