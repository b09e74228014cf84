package dev.interlock.stdio;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A program that serves MCP on its standard streams, and is started once for each session. */
@FunctionalInterface
public interface ServerProgram {

    RunningProgram start() throws IOException, InterruptedException;

    interface RunningProgram extends AutoCloseable {

        OutputStream input();

        InputStream output();

        /** Ends the program and all that it has started, and waits until they have ended. */
        @Override
        void close();
    }
}
