package dev.interlock.confine;

import dev.interlock.linux.PrivateFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes the inputs that enter a sandbox by file descriptor. They lie in a directory that only the caller can enter.
 * {@code enter.sh} opens them and removes the directory before any privilege is dropped.
 */
final class FdInputs {

    private FdInputs() {}

    static Path write(Path scratch, SandboxSpec spec, byte[] arguments, byte[] filter) throws IOException {
        Path directory = PrivateFiles.temporaryDirectory(scratch, "interlock-enter-");
        write(directory, "arguments", arguments);
        write(directory, "filter", filter);
        write(directory, "lease", spec.lease().use(token -> token.getBytes(StandardCharsets.UTF_8)));
        write(directory, "start", text(script("start.sh").replace("@NODE@", script("node.cjs"))));
        write(directory, "passwd", text(passwd(spec.uid())));
        write(directory, "group", text("root:x:0:\nagent:x:" + spec.uid() + ":\nnogroup:x:65534:\n"));
        write(directory, "hosts", text("127.0.0.1 localhost agent\n::1 localhost\n"));
        return directory;
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void write(Path directory, String name, byte[] content) throws IOException {
        Files.write(PrivateFiles.file(directory.resolve(name)), content);
    }

    private static String passwd(int uid) {
        return "root:x:0:0:root:/root:/usr/sbin/nologin\nagent:x:" + uid + ":" + uid + ":agent:" + BubblewrapArgs.HOME
                + ":/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
    }

    static String script(String name) throws IOException {
        try (InputStream in = FdInputs.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new FileNotFoundException("the script `" + name + "` is not part of this program");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
