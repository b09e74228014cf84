package dev.interlock.confine;

import dev.interlock.session.Track;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Passes on what the agent writes, as it comes and whatever it is, and has it recorded: the caller first. If the caller
 * reads no more, neither does this, so that the agent is told as it would be without.
 */
final class Copying {

    private static final int PIECE = 1 << 16;

    private Copying() {}

    static Thread start(InputStream from, FileDescriptor to, Track record) {
        // Not closed: it is this process's own stream.
        OutputStream out = new FileOutputStream(to);
        return Thread.ofPlatform().daemon().name("copy-output").start(() -> copy(from, out, record));
    }

    private static void copy(InputStream from, OutputStream to, Track record) {
        byte[] piece = new byte[PIECE];
        try (from) {
            for (int read = from.read(piece); read >= 0; read = from.read(piece)) {
                to.write(piece, 0, read);
                record.write(piece, read);
            }
        } catch (IOException e) {
            // Either end is gone: there is nobody to tell, and the agent's next word is refused by its pipe.
        }
    }
}
