package dev.interlock.session;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Files and directories of a record: for their owner alone from the first moment. */
final class OwnFiles {

    private static final FileAttribute<Set<PosixFilePermission>> DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private static final FileAttribute<Set<PosixFilePermission>> FILE =
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

    /** A new file; one that is there already, or a link, is an error. */
    static OutputStream file(Path path) throws IOException {
        return Channels.newOutputStream(Files.newByteChannel(
                path,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                FILE));
    }
}
