package dev.interlock.confine;

import dev.interlock.session.StreamRecorder;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Copies the agent's output, unchanged and as it comes. The caller gets it first, then the recording. If the caller
 * stops reading, this stops as well, so that the agent notices it as it would without the copy.
 */
final class OutputCopier {

    private static final int PIECE = 1 << 16;

    private OutputCopier() {}

    static Thread start(InputStream from, FileDescriptor to, StreamRecorder record) {
        // Not closed, because it is this process's own stream.
        OutputStream out = new FileOutputStream(to);
        return Thread.ofPlatform().daemon().name("copy-output").start(() -> copy(from, out, record));
    }

    private static void copy(InputStream from, OutputStream to, StreamRecorder record) {
        byte[] piece = new byte[PIECE];
        try (from) {
            for (int read = from.read(piece); read >= 0; read = from.read(piece)) {
                to.write(piece, 0, read);
                record.write(piece, read);
            }
        } catch (IOException e) {
            // One of the ends is gone. Nobody is left to notify, and the agent's next write to its pipe fails.
        }
    }
}
