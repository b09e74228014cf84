package dev.interlock.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;

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
        Failures failures = new Failures(terminal);
        Optional<UpCommand> up = UpCommand.plain(terminal, args);
        return up.isPresent() ? run(up.get(), failures) : run(out, err, terminal, failures, args);
    }

    private static int run(UpCommand up, Failures failures) {
        try {
            return up.call();
        } catch (Exception e) {
            return failures.exit(e);
        }
    }

    private static int run(PrintStream out, PrintStream err, Terminal terminal, Failures failures, String... args) {
        CommandLine line = line(terminal, args);
        line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
        return line.setHelpFactory(InterlockCommand::help)
                .setParameterExceptionHandler(failures)
                .setExecutionExceptionHandler(failures)
                .execute(args);
    }

    /**
     * The daemon does not wait until every other command is taken apart: that is a third of a second on a small
     * machine.
     */
    private static CommandLine line(Terminal terminal, String... args) {
        CommandLine line = new CommandLine(new InterlockCommand());
        return args.length > 0 && args[0].equals("up")
                ? line.addSubcommand(new UpCommand(terminal))
                : withAll(line, terminal);
    }

    private static CommandLine withAll(CommandLine line, Terminal terminal) {
        return line.addSubcommand(new InitCommand(terminal))
                .addSubcommand(new InstallCommand(terminal))
                .addSubcommand(new VaultCommand(terminal))
                .addSubcommand(PolicyCommand.line(terminal))
                .addSubcommand(new CatalogCommand(terminal))
                .addSubcommand(new SealCommand(terminal))
                .addSubcommand(new UpCommand(terminal))
                .addSubcommand(new StatusCommand(terminal))
                .addSubcommand(new LeaseCommand(terminal))
                .addSubcommand(new ElevateCommand(terminal))
                .addSubcommand(new InventoryCommand(terminal))
                .addSubcommand(new AdoptCommand(terminal))
                .addSubcommand(new RunCommand(terminal))
                .addSubcommand(new DoctorCommand(terminal))
                .addSubcommand(new HoldCommand(terminal))
                .addSubcommand(new FreezeCommand(terminal))
                .addSubcommand(new KillCommand(terminal))
                .addSubcommand(new ReceiptsCommand(terminal))
                .addSubcommand(new ProveCommand(terminal))
                .addSubcommand(new VerifyCommand())
                .addSubcommand(new DemoCommand(terminal))
                .addSubcommand(new CompletionCommand(terminal));
    }

    /** Examples are pasted into shells: they are never wrapped. */
    private static Help help(CommandSpec command, Help.ColorScheme colours) {
        return new Help(command, colours) {
            @Override
            public String footer(Object... values) {
                String lines = String.join("\n", command.usageMessage().footer());
                return lines.isEmpty() ? "" : lines + "\n";
            }
        };
    }
}
