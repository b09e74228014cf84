package dev.interlock.backup.source;

import java.nio.file.Path;

/** The destination of a restore. */
public sealed interface Destination {

    /**
     * An existing, empty PostgreSQL database.
     *
     * @param makeRoles whether to create missing roles that the dump may name, without a password
     */
    record Database(Source.Database database, boolean makeRoles) implements Destination {}

    /** A path at which nothing exists, or an empty directory if a directory is restored. */
    record At(Path path) implements Destination {}

    /** A name that the restoring program interprets. */
    record Called(String name) implements Destination {}
}
