package dev.interlock;

import dev.interlock.admin.Listeners;
import dev.interlock.front.http.HttpFront;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** One directory and one socket for each running agent, below the run directory. */
final class Places implements Listeners {

    private final HttpFront front;
    private final Path directory;

    Places(HttpFront front, Path run) {
        this.front = front;
        this.directory = run.resolve("places");
    }

    @Override
    public Path open(String place) throws IOException {
        Path own = directory.resolve(place);
        Files.createDirectories(own);
        // To be passed through, not listed. The name is no secret (the kernel lists sockets): the lease is what counts,
        // and it is good nowhere else.
        for (Path shared : new Path[] {directory, own}) {
            Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwx--x--x"));
        }
        Path socket = own.resolve("gateway.sock");
        front.openPlace(place, socket);
        return socket;
    }

    @Override
    public void close(String place) {
        front.closePlace(place);
        try {
            Files.deleteIfExists(directory.resolve(place));
        } catch (IOException e) {
            // The listener is closed, which is what counts; an empty directory is left behind.
        }
    }
}
