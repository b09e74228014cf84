package dev.interlock.stdio;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A program that serves MCP on its standard streams, and is started once for each session. */
@FunctionalInterface
public interface ServerProgram {

    /** Starts it. */
    RunningProgram start() throws IOException, InterruptedException;

    /** A program that was started. */
    interface RunningProgram extends AutoCloseable {

        /** Returns the stream that it reads. */
        OutputStream input();

        /** Returns the stream that it writes. */
        InputStream output();

        /** Ends the program and all that it has started, and waits until they have ended. */
        @Override
        void close();
    }
}
