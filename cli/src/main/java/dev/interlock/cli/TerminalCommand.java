package dev.interlock.cli;

/** A command that speaks to the person or the program at a terminal. */
abstract class TerminalCommand {

    /** {@link InterlockCommand} sets it, before the command runs. */
    Terminal terminal = new Terminal(System.out, System.err);
}
