package dev.interlock.backup;

import dev.interlock.backup.exec.ExecSourceHandler;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.postgres.PostgresSourceHandler;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.backup.run.ScratchDirectory;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.SourceHandler;
import dev.interlock.backup.sqlite.SqliteSourceHandler;
import dev.interlock.backup.tree.DirectorySourceHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;

/**
 * A plan to carry out, with the resources for it.
 *
 * @param encryption encrypts its backups
 * @param scratch the directory for private directories; {@code user} must be able to reach it
 * @param user the user that runs programs which read data of others, if this process is root
 * @param children its closing ends the job
 */
public record PlanJob(
        BackupPlanConfig plan,
        Encryption encryption,
        Path scratch,
        Optional<Integer> user,
        ChildProcesses children,
        Clock clock,
        SecureRandom random) {

    /**
     * Returns the repository of its backups.
     *
     * @throws dev.interlock.backup.run.BackupException if its credentials cannot be used
     */
    BackupRepository repository() throws IOException {
        return plan.repository(encryption, children, clock);
    }

    /** Returns the code that copies its source. This is the only place that knows all kinds of sources. */
    SourceHandler saving(BackupRepository repository) {
        int runner = user.orElse(RestoreSandbox.DEFAULT_USER);
        return switch (plan.source()) {
            case BackupSource.Postgres postgres -> new PostgresSourceHandler(postgres, repository, children, runner);
            case BackupSource.Sqlite sqlite -> new SqliteSourceHandler(sqlite, repository, children, runner);
            case BackupSource.Directory directory -> new DirectorySourceHandler(directory, repository, children);
            case BackupSource.Exec exec -> new ExecSourceHandler(plan.name(), exec, repository, children, runner);
        };
    }

    /**
     * Removes leftovers of killed jobs from {@code scratch}. Returns those that could not be removed, with the reasons.
     */
    public static Map<Path, String> clear(Path scratch) throws IOException {
        return ScratchDirectory.clear(scratch);
    }

    /** Creates a private directory. */
    ScratchDirectory scratchDirectory() throws IOException {
        return ScratchDirectory.make(scratch, random);
    }
}
