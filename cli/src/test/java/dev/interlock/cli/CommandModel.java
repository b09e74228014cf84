package dev.interlock.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;

/** The command line as picocli models it, for tests in other packages. */
public final class CommandModel {

    private CommandModel() {}

    /** Returns the root command with all commands below it. */
    public static CommandLine all() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        return InterlockCommand.line(new Terminal(nowhere, nowhere));
    }
}
