package dev.interlock.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Files and directories of a record: for their owner alone from the first moment. */
final class OwnFiles {

    private static final FileAttribute<Set<PosixFilePermission>> DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    static final FileAttribute<Set<PosixFilePermission>> FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private OwnFiles() {}

    /** A new directory; one that is there already, or a link, is an error. */
    static Path directory(Path path) throws IOException {
        return Files.createDirectory(path, DIRECTORY);
    }

    /** A directory and those above it, where they are missing. */
    static Path directories(Path path) throws IOException {
        return Files.createDirectories(path, DIRECTORY);
    }
}
