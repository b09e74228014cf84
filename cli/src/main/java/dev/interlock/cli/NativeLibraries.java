package dev.interlock.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/**
 * Unpacks the native libraries of Cedar and SQLite. Otherwise each start would unpack 12 MB from the jars into
 * {@code /tmp}. Beside the jars they are only mapped.
 */
final class NativeLibraries {

    private static final Map<String, String> MACHINES = Map.of("amd64", "x86_64", "aarch64", "aarch64");

    private NativeLibraries() {}

    /** Unpacks the libraries for this machine into {@code directory}; none if there are none. */
    static void unpack(Path directory) throws IOException {
        String machine = MACHINES.get(System.getProperty("os.arch", ""));
        if (machine == null) {
            return;
        }
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        unpack("/jne/linux/" + machine + "/libcedar_java_ffi.so", directory);
        unpack("/org/sqlite/native/Linux/" + machine + "/libsqlitejdbc.so", directory);
    }

    private static void unpack(String resource, Path directory) throws IOException {
        try (InputStream in = NativeLibraries.class.getResourceAsStream(resource)) {
            if (in == null) {
                return;
            }
            Path file = directory.resolve(resource.substring(resource.lastIndexOf('/') + 1));
            Path draft = directory.resolve(file.getFileName() + ".new");
            Files.copy(in, draft, StandardCopyOption.REPLACE_EXISTING);
            Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-r--r--"));
            // A running gateway keeps the file that it has mapped.
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
