package dev.interlock.vault;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A way to a keys process. */
public interface KeysLine extends AutoCloseable {

    /** Makes a new one: starts the process, or finds the one that runs. */
    @FunctionalInterface
    interface Opener {
        KeysLine open() throws IOException;
    }

    InputStream in();

    OutputStream out();

    /** Ends it at once; whoever waits on either stream is woken. */
    @Override
    void close();
}
