package dev.interlock.cli;

import java.io.PrintStream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The command line as a whole. */
@Command(
        name = "interlock",
        description = "The interlock between AI agents and everything they can break.",
        version = "interlock 0.1.0",
        mixinStandardHelpOptions = true,
        subcommands = HelpCommand.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Begin with `interlock demo`, then `interlock init`."})
public final class InterlockCommand {

    private InterlockCommand() {}

    /** Runs {@code args} and returns the exit code. */
    public static int run(PrintStream out, PrintStream err, String... args) {
        Terminal terminal = new Terminal(out, err);
        CommandLine line = new CommandLine(new InterlockCommand())
                .addSubcommand(new InitCommand(terminal))
                .addSubcommand(new InstallCommand(terminal))
                .addSubcommand(new VaultCommand(terminal))
                .addSubcommand(new PolicyCommand(terminal))
                .addSubcommand(new SealCommand(terminal))
                .addSubcommand(new UpCommand(terminal))
                .addSubcommand(new StatusCommand(terminal))
                .addSubcommand(new LeaseCommand(terminal))
                .addSubcommand(new ElevateCommand(terminal))
                .addSubcommand(new RunCommand(terminal))
                .addSubcommand(new HoldCommand(terminal))
                .addSubcommand(new KillCommand(terminal))
                .addSubcommand(new ReceiptsCommand(terminal))
                .addSubcommand(new ProveCommand(terminal))
                .addSubcommand(new VerifyCommand())
                .addSubcommand(new DemoCommand(terminal));
        return line.setExecutionExceptionHandler(new Failures(terminal)).execute(args);
    }
}
