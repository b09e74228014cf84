package dev.interlock.backup;

import dev.interlock.backup.exec.ExecSaving;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.postgres.PostgresSaving;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.Sandbox;
import dev.interlock.backup.run.ScratchDirectory;
import dev.interlock.backup.source.Saving;
import dev.interlock.backup.source.Source;
import dev.interlock.backup.sqlite.SqliteSaving;
import dev.interlock.backup.tree.DirectorySaving;
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
public record Job(
        Plan plan,
        Encryption encryption,
        Path scratch,
        Optional<Integer> user,
        Children children,
        Clock clock,
        SecureRandom random) {

    /**
     * Returns the repository of its backups.
     *
     * @throws dev.interlock.backup.run.BackupException if its credentials cannot be used
     */
    Shelf shelf() throws IOException {
        return plan.shelf(encryption, children, clock);
    }

    /** Returns the code that copies its source. This is the only place that knows all kinds of sources. */
    Saving saving(Shelf shelf) {
        int runner = user.orElse(Sandbox.DEFAULT_USER);
        return switch (plan.source()) {
            case Source.Postgres postgres -> new PostgresSaving(postgres, shelf, children, runner);
            case Source.Sqlite sqlite -> new SqliteSaving(sqlite, shelf, children, runner);
            case Source.Directory directory -> new DirectorySaving(directory, shelf, children);
            case Source.Exec exec -> new ExecSaving(plan.name(), exec, shelf, children, runner);
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
