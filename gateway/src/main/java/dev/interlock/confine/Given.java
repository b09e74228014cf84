package dev.interlock.confine;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * What is handed into a sandbox by file descriptor. It lies in a directory that only the caller can enter, until
 * {@code enter.sh} has opened it and removed it, before any privilege is dropped.
 */
final class Given {

    private Given() {}

    static Path write(Path scratch, Cell cell, byte[] arguments, byte[] filter) throws IOException {
        Path directory = Files.createTempDirectory(
                scratch,
                "interlock-enter-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.write(directory.resolve("arguments"), arguments);
        Files.write(directory.resolve("filter"), filter);
        byte[] lease = cell.lease().use(token -> token.getBytes(StandardCharsets.UTF_8));
        Files.write(directory.resolve("lease"), lease);
        Files.writeString(directory.resolve("start"), script("start.sh").replace("@NODE@", script("node.cjs")));
        Files.writeString(directory.resolve("passwd"), passwd(cell.uid()));
        Files.writeString(directory.resolve("group"), "root:x:0:\nagent:x:" + cell.uid() + ":\nnogroup:x:65534:\n");
        Files.writeString(directory.resolve("hosts"), "127.0.0.1 localhost agent\n::1 localhost\n");
        return directory;
    }

    private static String passwd(int uid) {
        return "root:x:0:0:root:/root:/usr/sbin/nologin\n"
                + "agent:x:" + uid + ":" + uid + ":agent:" + Walls.HOME + ":/bin/sh\n"
                + "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
    }

    /** The text of the script {@code name} of this room. */
    static String script(String name) throws IOException {
        try (InputStream in = Given.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new FileNotFoundException("the script `" + name + "` is not part of this program");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
