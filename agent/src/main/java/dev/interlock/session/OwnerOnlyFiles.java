package dev.interlock.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Creates the files and directories of a record, accessible to their owner alone from the first moment. */
final class OwnerOnlyFiles {

    private static final FileAttribute<Set<PosixFilePermission>> DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    static final FileAttribute<Set<PosixFilePermission>> FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private OwnerOnlyFiles() {}

    /** Creates a directory. It is an error if the path exists or is a link. */
    static Path directory(Path path) throws IOException {
        return Files.createDirectory(path, DIRECTORY);
    }

    /** Creates a directory and its missing parents. */
    static Path directories(Path path) throws IOException {
        return Files.createDirectories(path, DIRECTORY);
    }
}
