package dev.interlock.backup.source;

import java.nio.file.Path;

/** The destination of a restore. */
public sealed interface RestoreDestination {

    /**
     * An existing, empty PostgreSQL database.
     *
     * @param makeRoles whether to create missing roles that the dump may name, without a password
     */
    record Database(BackupSource.Database database, boolean makeRoles) implements RestoreDestination {}

    /** A path at which nothing exists, or an empty directory if a directory is restored. */
    record RestorePath(Path path) implements RestoreDestination {}

    /** A name that the restoring program interprets. */
    record NamedDestination(String name) implements RestoreDestination {}
}
