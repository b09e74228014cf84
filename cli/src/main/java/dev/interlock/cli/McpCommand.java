package dev.interlock.cli;

import picocli.CommandLine.Command;

@Command(
        name = "mcp",
        subcommands = McpServeCommand.class,
        description = "Servers of MCP that are programs.",
        synopsisSubcommandLabel = "COMMAND",
        footer = "  sudo interlock mcp serve files")
final class McpCommand {}
