package dev.interlock.confine;

import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A listening Unix socket of this process that is mounted in one sandbox. Only the sandbox's user can connect to it.
 */
record SandboxSocket(Path directory, ServerSocketChannel listener) implements AutoCloseable {

    static SandboxSocket create(Path scratch, int uid) throws IOException, SandboxException {
        Path directory = directory(scratch.toRealPath());
        SandboxSocket made = new SandboxSocket(directory, ServerSocketChannel.open(StandardProtocolFamily.UNIX));
        try {
            made.listener.bind(UnixDomainSocketAddress.of(made.path()));
            Files.setPosixFilePermissions(made.path(), PosixFilePermissions.fromString("rw-------"));
            if (Host.owner(made.path()) != uid) {
                Files.setAttribute(made.path(), "unix:uid", uid);
                Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
            }
            return made;
        } catch (SocketException e) {
            made.close();
            throw new SandboxException(
                    "No socket can be created in `" + directory + "`: " + e.getMessage() + ".",
                    "Use a temporary directory with a shorter name: JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=/tmp.");
        } catch (IOException | RuntimeException e) {
            made.close();
            throw e;
        }
    }

    /** A socket's path has at most 107 bytes, and {@code scratch} takes most of them. */
    private static Path directory(Path scratch) throws IOException {
        for (int number = 1; ; number++) {
            try {
                return PrivateFiles.directory(scratch.resolve("at" + number));
            } catch (FileAlreadyExistsException e) {
                // It belongs to another socket.
            }
        }
    }

    Path path() {
        return directory.resolve("s");
    }

    @Override
    public void close() throws IOException {
        listener.close();
        Files.deleteIfExists(path());
        Files.deleteIfExists(directory);
    }
}
