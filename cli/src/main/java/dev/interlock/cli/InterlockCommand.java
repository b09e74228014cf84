package dev.interlock.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;

/** The root command. */
@Command(
        name = "interlock",
        description = "The interlock between AI agents and everything they can break.",
        version = "interlock " + VersionCommand.VERSION,
        mixinStandardHelpOptions = true,
        subcommands = HelpCommand.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Begin with `sudo interlock setup`. `interlock demo` shows what it is for."})
public final class InterlockCommand {

    private static final String COMPLETION = "completion";

    private InterlockCommand() {}

    /** Runs {@code args} and returns the exit code. */
    public static int run(PrintStream out, PrintStream err, String... args) {
        Terminal terminal = new Terminal(out, err);
        Failures failures = new Failures(terminal);
        CommandLine line = line(terminal, args);
        line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
        return line.setHelpFactory(InterlockCommand::help)
                .setParameterExceptionHandler(failures)
                .setExecutionExceptionHandler(failures)
                .execute(args);
    }

    /** In the order of the help. */
    private static final List<String> COMMANDS = List.of(
            "setup",
            "init",
            "vault",
            "policy",
            "upstream",
            "mcp",
            "catalog",
            "seal",
            "up",
            "status",
            "console",
            "agent",
            "lease",
            "remote",
            "elevate",
            "inventory",
            "backup",
            "recovery-kit",
            "adopt",
            "run",
            "protect",
            "unprotect",
            "session",
            "connect",
            "doctor",
            "hold",
            "key",
            "undo",
            "freeze",
            "alert",
            "kill",
            "clock",
            "receipts",
            "prove",
            "verify",
            "demo",
            "version",
            COMPLETION);

    /** A switch, because a map of constructors would link forty of them at each start. */
    private static Object command(String name, Terminal terminal) {
        return switch (name) {
            case "setup" -> new SetupCommand(terminal);
            case "init" -> new InitCommand(terminal);
            case "vault" -> new VaultCommand(terminal);
            case "policy" -> PolicyCommand.line(terminal);
            case "upstream" -> UpstreamCommand.line(terminal);
            case "mcp" -> McpCommand.line(terminal);
            case "catalog" -> new CatalogCommand(terminal);
            case "seal" -> new SealCommand(terminal);
            case "up" -> new UpCommand();
            case "status" -> new StatusCommand(terminal);
            case "console" -> new ConsoleCommand(terminal);
            case "agent" -> new AgentCommand(terminal);
            case "lease" -> new LeaseCommand(terminal);
            case "remote" -> new RemoteCommand(terminal);
            case "elevate" -> new ElevateCommand(terminal);
            case "inventory" -> new InventoryCommand(terminal);
            case "backup" -> BackupCommand.line(terminal);
            case "recovery-kit" -> new RecoveryKitCommand(terminal);
            case "adopt" -> new AdoptCommand(terminal);
            case "run" -> new RunCommand(terminal);
            case "protect" -> new ProtectCommand(terminal);
            case "unprotect" -> new UnprotectCommand(terminal);
            case "session" -> new SessionCommand(terminal);
            case "connect" -> new ConnectCommand(terminal);
            case "doctor" -> new DoctorCommand(terminal);
            case "hold" -> new HoldCommand(terminal);
            case "key" -> new KeyCommand(terminal);
            case "undo" -> new UndoCommand(terminal);
            case "freeze" -> new FreezeCommand(terminal);
            case "alert" -> new AlertCommand(terminal);
            case "kill" -> new KillCommand(terminal);
            case "clock" -> new ClockCommand(terminal);
            case "receipts" -> new ReceiptsCommand(terminal);
            case "prove" -> new ProveCommand(terminal);
            case "verify" -> new VerifyCommand();
            case "demo" -> new DemoCommand(terminal);
            case "version" -> new VersionCommand(terminal);
            case COMPLETION -> new CompletionCommand(terminal);
            default -> throw new IllegalArgumentException(name);
        };
    }

    /**
     * Builds only the command that is used: building all takes a third of a second on a small machine. Help, completion
     * and error messages need all of them.
     */
    static CommandLine line(Terminal terminal, String... args) {
        String first = args.length == 0 ? "" : args[0];
        boolean alone = COMMANDS.contains(first) && !first.equals(COMPLETION);
        CommandLine line = new CommandLine(new InterlockCommand());
        for (String name : alone ? List.of(first) : COMMANDS) {
            Object command = command(name, terminal);
            if (alone && command instanceof RunCommand run) {
                run.begin();
            }
            line.addSubcommand(command);
        }
        return line;
    }

    /** Examples are pasted into shells, so they are never wrapped. */
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
