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
 * A plan that is to be carried out, and what that takes.
 *
 * @param encryption with what its backups are encrypted
 * @param scratch where a private directory may be made; {@code user} must be able to get there
 * @param user as whom programs run that read what others have written, if this process is root
 * @param children whose closing ends the work
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
     * Where its backups lie.
     *
     * @throws dev.interlock.backup.run.BackupException if its credentials cannot be used
     */
    Shelf shelf() throws IOException {
        return plan.shelf(encryption, children, clock);
    }

    /** How its source is copied: the one place that knows all kinds. */
    Saving saving(Shelf shelf) {
        int runner = user.orElse(Sandbox.DEFAULT_USER);
        return switch (plan.source()) {
            case Source.Postgres postgres -> new PostgresSaving(postgres, shelf, children, runner);
            case Source.Sqlite sqlite -> new SqliteSaving(sqlite, shelf, children, runner);
            case Source.Directory directory -> new DirectorySaving(directory, shelf, children);
            case Source.Exec exec -> new ExecSaving(plan.name(), exec, shelf, children, runner);
        };
    }

    /** Removes what jobs that were killed have left in {@code scratch}; returns what could not be removed, and why. */
    public static Map<Path, String> clear(Path scratch) throws IOException {
        return ScratchDirectory.clear(scratch);
    }

    /** A private directory. */
    ScratchDirectory scratchDirectory() throws IOException {
        return ScratchDirectory.make(scratch, random);
    }
}
