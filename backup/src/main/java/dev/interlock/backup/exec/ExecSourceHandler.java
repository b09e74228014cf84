package dev.interlock.backup.exec;

import dev.interlock.backup.kept.BackupFileReader;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.ExecCopy;
import dev.interlock.backup.kept.ExecReport;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.backup.run.UserProgram;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.ParallelDumps;
import dev.interlock.backup.source.RestoreDestination;
import dev.interlock.backup.source.RestoreResult;
import dev.interlock.backup.source.SourceHandler;
import dev.interlock.evidence.MalformedException;
import dev.interlock.linux.PrivateFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Backups by programs of the operator. One program writes the backup to its standard output and reports its content.
 * Another reads it from its standard input, restores it in a sandbox, and reports the restored content. If either
 * report is not understood, there is no backup.
 */
public final class ExecSourceHandler implements SourceHandler {

    private static final int BUFFER = 1 << 16;
    private static final String REPORT = "report";

    private final String plan;
    private final BackupSource.Exec source;
    private final BackupRepository repository;
    private final ChildProcesses children;
    private final int user;

    public ExecSourceHandler(
            String plan, BackupSource.Exec source, BackupRepository repository, ChildProcesses children, int user) {
        this.plan = plan;
        this.source = source;
        this.repository = repository;
        this.children = children;
        this.user = user;
    }

    @Override
    public String origin() {
        return "exec " + String.join(" ", source.take());
    }

    @Override
    public CopyResult copyInto(BackupRepository.PartialBackup part, Path own, Progress progress) throws IOException {
        Path work = PrivateFiles.directory(own.resolve("exec"));
        Path report = work.resolve(REPORT);
        Map<String, String> told = told(work.toString());
        told.put("INTERLOCK_REPORT", report.toString());
        progress.at("begun", 0);
        try (ParallelDumps dumping = new ParallelDumps(children, progress)) {
            UserProgram take = new UserProgram(source.take(), source.environment());
            dumping.begin(ExecCopy.FILE, () -> take.start(children, List.of(), told), part.file(ExecCopy.FILE));
            Map<String, BackupManifest.StoredFile> files = dumping.await();
            return new CopyResult(files, Separation.UNKNOWN, new ExecCopy(report(report)));
        }
    }

    /** Returns the environment that tells each program its task. */
    private Map<String, String> told(String scratch) {
        Map<String, String> told = new LinkedHashMap<>();
        told.put("INTERLOCK_PLAN", plan);
        told.put("INTERLOCK_SCRATCH", scratch);
        return told;
    }

    private static ExecReport report(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > ExecReport.MAX_BYTES) {
            throw new BackupException("`take` did not report what it copied, or its report is " + "too long");
        }
        try {
            return ExecReport.lines(Files.readString(file));
        } catch (MalformedException e) {
            throw new BackupException("the report of `take` cannot be parsed: " + e.getMessage(), e);
        }
    }

    /** Returns that the separation is unknown: only the programs know their source. */
    @Override
    public Separation separation(Path own) {
        return Separation.UNKNOWN;
    }

    @Override
    public RestoreTestResult testRestore(BackupManifest manifest, Path own, Progress progress) throws IOException {
        if (!(manifest.holding() instanceof ExecCopy copy)) {
            return RestoreTestResult.of(SourceHandler.ofAnotherKind(manifest));
        }
        Path program = Path.of(source.verify().getFirst());
        RestoreSandbox sandbox =
                RestoreSandbox.make(own, "exec", RestoreSandbox.runner(user), RestoreSandbox.showing(program));
        try {
            Map<String, String> environment = UserProgram.plain();
            environment.putAll(told(RestoreSandbox.INSIDE));
            environment.put("INTERLOCK_BACKUP", manifest.id());
            return RestoreTestResult.of(restored(
                    manifest, copy, () -> children.start(sandbox.command(source.verify()), environment), progress));
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException e) {
            return RestoreTestResult.of(SourceHandler.unrestorable(e));
        }
    }

    /** Lets a program restore the backup and returns the differences between the reports. */
    private List<String> restored(
            BackupManifest manifest, ExecCopy copy, ParallelDumps.ProgramStarter program, Progress progress)
            throws IOException {
        try (BackupFileReader stored = new BackupFileReader(repository, manifest, ExecCopy.FILE);
                ChildProcesses.ChildProcess child = program.start()) {
            CompletableFuture<String> said = said(child);
            progress.expect("restoring", manifest.file(ExecCopy.FILE).plainBytes());
            feed(stored, child, progress);
            child.requireSuccess();
            stored.requireWhole();
            return copy.report().differences(ExecReport.lines(said.join()));
        } catch (MalformedException e) {
            return List.of("the report of its restore cannot be parsed: " + e.getMessage());
        }
    }

    /** Reads a report. One that exceeds the maximum length is rejected. */
    private static CompletableFuture<String> said(ChildProcesses.ChildProcess child) {
        CompletableFuture<String> said = new CompletableFuture<>();
        child.reading("report", () -> {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            try (InputStream from = child.process().getInputStream()) {
                all.write(from.readNBytes(ExecReport.MAX_BYTES));
            } catch (IOException e) {
                all.reset(); // it was killed
            }
            said.complete(all.toString(StandardCharsets.UTF_8));
        });
        return said;
    }

    private static void feed(BackupFileReader from, ChildProcesses.ChildProcess to, Progress progress)
            throws IOException {
        long passed = 0;
        byte[] piece = new byte[BUFFER];
        for (int read = from.in().read(piece); read >= 0; read = from.in().read(piece)) {
            passed += read;
            try {
                to.process().getOutputStream().write(piece, 0, read);
            } catch (IOException e) {
                throw to.failure(e);
            }
            progress.at("restoring", passed);
        }
        try {
            to.process().getOutputStream().close();
        } catch (IOException e) {
            throw to.failure(e);
        }
    }

    /** Restores with the program. The program itself is responsible for not overwriting anything. */
    @Override
    public RestoreResult bringBack(RestoreDestination into, BackupManifest manifest, Path own, Progress progress)
            throws IOException {
        if (!(into instanceof RestoreDestination.NamedDestination called)
                || !(manifest.holding() instanceof ExecCopy copy)) {
            throw new BackupException(
                    "`" + plan + "` can only be restored by its own program, from that " + "program's backups");
        }
        if (source.recover().isEmpty()) {
            throw new BackupException("`" + plan + "` names no program that restores it: " + "`recover`");
        }
        Path work = PrivateFiles.directory(own.resolve("exec"));
        Map<String, String> told = told(work.toString());
        told.put("INTERLOCK_BACKUP", manifest.id());
        told.put("INTERLOCK_INTO", called.name());
        UserProgram recover = new UserProgram(source.recover(), source.environment());
        List<String> wrong = restored(manifest, copy, () -> recover.start(children, List.of(), told), progress);
        return RestoreResult.of(manifest, wrong, called.name());
    }
}
