package dev.interlock.cli;

import dev.interlock.daemon.StoreMove;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "store",
        description = "Move the gateway's state into PostgreSQL, and back.",
        footer = "  sudo -u interlock interlock store move")
final class StoreCommand extends TerminalCommand {

    @Command(
            name = "move",
            description =
                    "Move the state of a stopped gateway from its file into the database that `store` in gateway.yaml names, whole or not at all. Run it as the gateway's user.",
            footer = "  sudo -u interlock interlock store move")
    int move(
            @Option(names = "--back", description = "Move from the database into the file of this machine.")
                    boolean back,
            @Mixin Options own)
            throws Exception {
        StoreMove.MovedStore moved = StoreMove.run(own.config(), back);
        return terminal.answer(
                own,
                moved,
                "Moved " + moved.rows() + " rows of " + moved.tables() + " tables from " + moved.from() + " to "
                        + moved.to() + "."
                        + (back ? " Take `store` out of gateway.yaml before the gateway starts." : ""));
    }
}
