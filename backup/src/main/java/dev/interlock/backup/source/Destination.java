package dev.interlock.backup.source;

import java.nio.file.Path;

/** Where a backup is brought back to. */
public sealed interface Destination {

    /**
     * A database of PostgreSQL that is there and empty.
     *
     * @param makeRoles whether those whom the dump may name are made where they are missing, without a password
     */
    record Database(Source.Database database, boolean makeRoles) implements Destination {}

    /** A path where nothing is, or an empty directory if a directory comes back. */
    record At(Path path) implements Destination {}

    /** Whatever the program that brings it back understands by it. */
    record Called(String name) implements Destination {}
}
