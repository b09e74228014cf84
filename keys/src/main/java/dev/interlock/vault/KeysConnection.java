package dev.interlock.vault;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

public interface KeysConnection extends AutoCloseable {

    /** Opens a new connection: starts the process, or finds the running one. */
    @FunctionalInterface
    interface KeysConnectionOpener {
        KeysConnection open() throws IOException;
    }

    InputStream in();

    OutputStream out();

    /** Closes it at once, and wakes every thread that waits on either stream. */
    @Override
    void close();
}
