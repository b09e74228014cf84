package dev.interlock.backup.sqlite;

import dev.interlock.backup.content.Contents;
import dev.interlock.backup.content.Separation;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.DirectoryOwnership;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.SourceReader;
import dev.interlock.backup.source.SourceSnapshot;
import dev.interlock.evidence.Json;
import dev.interlock.linux.BubblewrapOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Counts SQLite files. SQLite itself copies to a private directory while others may write, and counts in the same
 * transaction; a tool backs that copy up. A restored copy is opened in a sandbox.
 */
public record SqliteReader(BackupSource.Sqlite source, ChildProcesses children, int user) implements SourceReader {

    private static final String SOURCE = "/source";
    private static final String COPY = "copy";

    @Override
    public String origin() {
        return "sqlite " + source.file();
    }

    @Override
    public SourceSnapshot open(Path own, Progress progress) throws IOException {
        Path file = source.file();
        requireFile(file);
        Path directory =
                DirectoryOwnership.checkedRealPath(file).resolveSibling(".").normalize();
        // SQLite finds a log and its index beside the file, and writes a lock into the index. So it runs as their
        // owner.
        int owner = RestoreSandbox.isRoot() ? number(file, "unix:uid") : RestoreSandbox.runner(user);
        SqliteSandbox sandbox = SqliteSandbox.make(
                children,
                own,
                owner,
                number(file, "unix:gid"),
                new BubblewrapOptions().writable(directory, Path.of(SOURCE)).list());
        Json.Members found =
                sandbox.run(List.of("copy", SOURCE + "/" + file.getFileName(), SqliteSandbox.inside(COPY)), progress);
        return new CopySnapshot(Contents.tables(found.object("contents")), sandbox.file(COPY));
    }

    private record CopySnapshot(Contents contents, Path copy)
            implements SourceSnapshot, SourceSnapshot.Material.Stream {

        @Override
        public Material material() {
            return this;
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            try (InputStream in = Files.newInputStream(copy, LinkOption.NOFOLLOW_LINKS)) {
                in.transferTo(out);
            }
        }

        @Override
        public Map<String, String> environment() {
            return Map.of("INTERLOCK_COPY", copy.toString());
        }

        @Override
        public void close() throws IOException {
            Files.deleteIfExists(copy);
        }
    }

    private static void requireFile(Path file) throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new BackupException("there is no file `" + file + "`");
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new BackupException("`" + file + "` is not a file: if it is a link, name its target");
        }
    }

    private static int number(Path file, String attribute) throws IOException {
        try {
            return (Integer) Files.getAttribute(file, attribute, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw new BackupException("`" + file + "` was removed", e);
        }
    }

    @Override
    public Separation separationFrom(Path store, Path own) throws IOException {
        return Separation.between(source.file(), store);
    }

    @Override
    public Contents restored(Path into, Path own, Progress progress) throws IOException {
        int runner = RestoreSandbox.runner(user);
        SqliteSandbox sandbox = SqliteSandbox.make(children, own, runner, runner, List.of());
        Path file = sandbox.file(COPY);
        Files.move(SourceReader.oneFile(into), file);
        if (RestoreSandbox.isRoot()) {
            RestoreSandbox.give(file, runner);
        }
        Json.Members found = sandbox.run(List.of("check", SqliteSandbox.inside(COPY)), progress);
        List<String> wrong = found.texts("wrong");
        // A hostile file may have taken the check over, so missing values count as faults.
        if (!wrong.isEmpty() || found.get("contents").isEmpty()) {
            throw new BackupException(
                    wrong.isEmpty() ? "its check did not report its content" : String.join("; ", wrong));
        }
        return Contents.tables(found.object("contents"));
    }
}
