package dev.interlock.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

@Command(
        name = "mcp",
        mixinStandardHelpOptions = true,
        description = "Servers of MCP that are programs.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  sudo interlock mcp serve files"})
final class McpCommand {

    private McpCommand() {}

    /** Returns the command with its subcommand. */
    static CommandLine line(Terminal terminal) {
        return new CommandLine(new McpCommand()).addSubcommand(new McpServeCommand(terminal));
    }
}
