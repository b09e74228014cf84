package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Resource;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.tool.BackupTool;
import dev.interlock.backup.tool.ExecTool;
import dev.interlock.backup.tool.ResticTool;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Proves backups by real tools: restic, in a repository on another device where there is one, and shell scripts. */
public final class ProofFixture implements AutoCloseable {

    private static final Path RESTIC = Path.of("/usr/bin/restic");

    private final Path directory;
    private final Path repository;
    private final Path password;
    private final ChildProcesses children = new ChildProcesses();

    /** Works in {@code directory}; skips the test if no sandbox is installed. */
    public ProofFixture(Path directory) throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "no bubblewrap is installed");
        this.directory = directory;
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path shared = Path.of("/dev/shm");
        this.repository = Files.isWritable(shared)
                ? Files.createTempDirectory(shared, "proof-")
                : Files.createDirectory(directory.resolve("repository"));
        this.password = directory.resolve("restic.password");
        PrivateFiles.write(password, "correct horse".getBytes(StandardCharsets.UTF_8));
    }

    /** Returns restic with a new repository; skips the test if it is not installed. */
    public BackupTool restic() throws IOException {
        return restic(repository);
    }

    BackupTool restic(Path at) throws IOException {
        assumeTrue(Files.isExecutable(RESTIC), "no restic is installed");
        if (!Files.exists(at.resolve("config"))) {
            children.output(
                    List.of(RESTIC.toString(), "init", "--no-cache"),
                    Map.of("RESTIC_REPOSITORY", at.toString(), "RESTIC_PASSWORD_FILE", password.toString()));
        }
        return ResticTool.of(RESTIC, at.toString(), password, Map.of());
    }

    Path repository() {
        return repository;
    }

    /**
     * Returns a tool of shell scripts that keeps each backup in a directory of its own.
     *
     * @param take copies into {@code $to}, the new backup
     * @param restore copies from {@code $from} to {@code $INTERLOCK_INTO}; empty if it copies all
     */
    public BackupTool scripts(String take, String restore) throws IOException {
        Path store = Files.createDirectories(directory.resolve("store"));
        String begin = "#!/bin/sh\nset -eu\nstore=" + store + "\n";
        Path taking = script("take", begin + "to=$store/$(ls $store | wc -l)\nmkdir $to\n" + take);
        Path listing = script("list", begin + """
                cd $store
                for each in *; do
                    [ -d "$each" ] || continue
                    echo "{\\"backup\\":\\"$each\\",\\"taken_at\\":\\"$(date -u -r $each +%Y-%m-%dT%H:%M:%SZ)\\"}"
                done
                """);
        String copies = restore.isEmpty() ? "cp -a $from/. $INTERLOCK_INTO/" : restore;
        Path restoring = script("restore", begin + "from=$store/$INTERLOCK_BACKUP\n" + copies);
        return new ExecTool(
                take.isEmpty() ? List.of() : List.of(taking.toString()),
                List.of(listing.toString()),
                "lines",
                List.of(restoring.toString()),
                Map.of());
    }

    private Path script(String name, String text) throws IOException {
        Path file = Files.writeString(directory.resolve(name), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    public BackupPlanConfig plan(BackupSource source, BackupTool tool) {
        return new BackupPlanConfig(
                "files",
                Resource.parse("railway:volume/v1"),
                source,
                tool,
                new BackupPlanConfig.Checklist(List.of(), List.of()));
    }

    public BackupProof proof(BackupPlanConfig plan) {
        BackupConfig config =
                new BackupConfig(directory.resolve("attest"), scratch(), Optional.empty(), Map.of(plan.name(), plan));
        return new BackupProof(plan, config, children, Clock.systemUTC(), new SecureRandom());
    }

    Path scratch() {
        return directory.resolve("scratch");
    }

    /** Takes a backup and proves it. */
    public BackupAttestation run(BackupSource source, BackupTool tool) throws IOException {
        BackupAttestation found = proof(plan(source, tool)).run((_, _) -> {});
        assertThat(scratch()).as("leftovers").isEmptyDirectory();
        return found;
    }

    ChildProcesses children() {
        return children;
    }

    @Override
    public void close() throws IOException {
        children.close();
        OwnerFiles.removeTree(repository);
    }
}
