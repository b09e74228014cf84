package dev.interlock.cli;

import picocli.CommandLine.Command;

@Command(
        name = "upstream",
        subcommands = {
            UpstreamAddCommand.class,
            UpstreamListCommand.class,
            UpstreamQuarantineCommand.class,
            UpstreamRemoveCommand.class,
            UpstreamRenewCommand.class
        },
        description = "The upstreams of the policy.",
        synopsisSubcommandLabel = "COMMAND",
        footer = "  sudo interlock upstream add github --token-from file:token --unprotected acme/shop")
final class UpstreamCommand {}
