package dev.interlock.backup.postgres;

import dev.interlock.action.Bytes;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.DirectoryOwnership;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * A fresh cluster by {@code initdb}, stored beside the jobs: copying it takes a tenth of the time. No dump is ever
 * restored into it. No sandbox of a restore can see it, because it is in a directory of this process's user alone. It
 * matches exactly the programs and locales that would make a new one now.
 */
final class ClusterTemplate {

    private static final String PREFIX = "cluster-";
    private static final String DATA = "data";
    private static final int NAME_BYTES = 10;

    private static final List<String> INITDB = List.of(
            "--pgdata=" + RestoreSandbox.INSIDE + "/" + DATA,
            "--username=" + ScratchCluster.SUPERUSER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C");

    private final ChildProcesses children;
    private final Path kept;

    private ClusterTemplate(ChildProcesses children, Path kept) {
        this.children = children;
        this.kept = kept;
    }

    /**
     * Returns the template for {@code programs}, and makes it if it is missing.
     *
     * @param own a private directory; the template is stored beside it
     */
    static ClusterTemplate of(ChildProcesses children, Path own, Path programs, int runner) throws IOException {
        Path base = own.resolveSibling(".").normalize();
        Path kept = base.resolve(PREFIX + name(children, programs, runner));
        if (!Files.isDirectory(kept, LinkOption.NOFOLLOW_LINKS)) {
            Path whole = made(children, own, programs, runner);
            removeOthers(base);
            try {
                Files.move(whole, kept, StandardCopyOption.ATOMIC_MOVE);
                PrivateFiles.sync(base);
            } catch (FileSystemException e) {
                if (!Files.isDirectory(kept, LinkOption.NOFOLLOW_LINKS)) {
                    throw e;
                }
                // Another job made the same template first.
            }
        }
        DirectoryOwnership.requireOwn(kept);
        return new ClusterTemplate(children, kept);
    }

    /** Returns a name that depends on everything that determines the output of {@code initdb}. */
    private static String name(ChildProcesses children, Path programs, int runner) throws IOException {
        MessageDigest digest = Bytes.newSha256();
        for (String program : List.of("initdb", "postgres")) {
            digest.update(Files.readAllBytes(programs.resolve(program)));
        }
        String rest =
                runner + "\n" + INITDB + "\n" + children.output(List.of("locale", "-a"), PostgresConnection.plain());
        return HexFormat.of().formatHex(digest.digest(rest.getBytes(StandardCharsets.UTF_8)), 0, NAME_BYTES);
    }

    /** Makes a new template durably. A template with its final name is complete, even after a power failure. */
    private static Path made(ChildProcesses children, Path own, Path programs, int runner) throws IOException {
        RestoreSandbox sandbox =
                RestoreSandbox.make(own, "initdb", runner, RestoreSandbox.showing(programs.resolveSibling("")));
        List<String> command =
                new ArrayList<>(List.of(programs.resolve("initdb").toString()));
        command.addAll(INITDB);
        children.output(sandbox.command(command), PostgresConnection.plain());
        Path whole = PrivateFiles.directory(own.resolve("template"));
        Files.move(sandbox.place().resolve(DATA), whole.resolve(DATA), StandardCopyOption.ATOMIC_MOVE);
        PrivateFiles.sync(whole);
        return whole;
    }

    /** Removes the templates of earlier programs. A job that is copying one of them tries again. */
    private static void removeOthers(Path base) throws IOException {
        List<Path> others;
        try (Stream<Path> all = Files.list(base)) {
            others = all.filter(path -> path.getFileName().toString().startsWith(PREFIX))
                    .toList();
        }
        for (Path other : others) {
            DirectoryOwnership.requireOwn(other);
            OwnerFiles.removeTree(other);
        }
    }

    /** Copies the template to {@code place}. */
    void lay(Path place) throws BackupException {
        children.output(
                List.of(
                        "cp",
                        "-a",
                        "--reflink=auto",
                        "--",
                        kept.resolve(DATA).toString(),
                        place.resolve(DATA).toString()),
                PostgresConnection.plain());
    }

    /** Removes the template because it may be damaged. The next job makes a new one. */
    void forget() throws IOException {
        OwnerFiles.removeTree(kept);
    }
}
