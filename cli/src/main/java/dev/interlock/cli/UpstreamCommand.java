package dev.interlock.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

@Command(
        name = "upstream",
        mixinStandardHelpOptions = true,
        description = "The upstreams of the policy.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  sudo interlock upstream add github --token-from file:token --unprotected acme/shop"
        })
final class UpstreamCommand {

    private UpstreamCommand() {}

    /** Returns the command with its subcommands. */
    static CommandLine line(Terminal terminal) {
        return new CommandLine(new UpstreamCommand())
                .addSubcommand(new UpstreamAddCommand(terminal))
                .addSubcommand(new UpstreamListCommand(terminal))
                .addSubcommand(new UpstreamRemoveCommand(terminal))
                .addSubcommand(new UpstreamRenewCommand(terminal));
    }
}
