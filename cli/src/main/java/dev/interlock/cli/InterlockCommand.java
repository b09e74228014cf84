package dev.interlock.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

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

    private InterlockCommand() {}

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

    private static final String COMPLETION = "completion";

    /** In the order of the help. */
    private static final List<String> COMMANDS = List.of(("setup init vault policy upstream mcp catalog seal up status"
                    + " console agent lease whoami plan remote elevate inventory backup recovery-kit adopt run protect unprotect"
                    + " session connect doctor hold grant key undo freeze alert kill clock receipts prove verify report demo version "
                    + COMPLETION)
            .split(" "));

    /** A switch, because a map of constructors would link forty of them at each start. */
    private static Object command(String name, Terminal terminal) {
        return switch (name) {
            case "setup" -> new SetupCommand();
            case "init" -> new InitCommand();
            case "vault" -> new VaultCommand();
            case "policy" -> new PolicyCommand();
            case "upstream" -> new UpstreamCommand();
            case "mcp" -> new McpCommand();
            case "catalog" -> new CatalogCommand();
            case "seal" -> new SealCommand();
            case "up" -> new UpCommand();
            case "status" -> new StatusCommand();
            case "console" -> new ConsoleCommand();
            case "agent" -> new AgentCommand();
            case "lease" -> new LeaseCommand();
            case "whoami" -> new WhoamiCommand();
            case "plan" -> new PlanCommand();
            case "remote" -> new RemoteCommand();
            case "elevate" -> new ElevateCommand();
            case "inventory" -> new InventoryCommand();
            case "backup" -> new BackupCommand();
            case "recovery-kit" -> new RecoveryKitCommand();
            case "adopt" -> new AdoptCommand();
            case "run" -> new RunCommand();
            case "protect" -> new ProtectCommand();
            case "unprotect" -> new UnprotectCommand();
            case "session" -> new SessionCommand(terminal);
            case "connect" -> new ConnectCommand();
            case "doctor" -> new DoctorCommand();
            case "hold" -> new HoldCommand();
            case "grant" -> new GrantCommand();
            case "key" -> new KeyCommand();
            case "undo" -> new UndoCommand();
            case "freeze" -> new FreezeCommand();
            case "alert" -> new AlertCommand();
            case "kill" -> new KillCommand();
            case "clock" -> new ClockCommand();
            case "receipts" -> new ReceiptsCommand();
            case "prove" -> new ProveCommand();
            case "verify" -> new VerifyCommand();
            case "report" -> new ReportCommand();
            case "demo" -> new DemoCommand();
            case "version" -> new VersionCommand();
            case COMPLETION -> new CompletionCommand();
            default -> throw new IllegalArgumentException(name);
        };
    }

    /** Building all takes a third of a second on a small machine. Help, completion and error messages need all. */
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
        complete(line, terminal);
        line.setCaseInsensitiveEnumValuesAllowed(true); // `--preset standard`
        return line;
    }

    /**
     * As picocli's own, which it expects before the arguments of a method: one that is added later comes after them.
     */
    static final class HelpOptions {

        @Option(
                names = {"-h", "--help"},
                usageHelp = true,
                description = "Show this help message and exit.")
        boolean isHelpWanted;

        @Option(
                names = {"-V", "--version"},
                versionHelp = true,
                description = "Print version information and exit.")
        boolean isVersionWanted;
    }

    /** Gives a command and those below it what all have: the terminal, `--help`, and a heading above its examples. */
    private static void complete(CommandLine line, Terminal terminal) {
        CommandSpec spec = line.getCommandSpec();
        if (spec.userObject() instanceof TerminalCommand command) {
            command.terminal = terminal;
        }
        if (!spec.mixinStandardHelpOptions() && !spec.helpCommand()) {
            spec.addMixin("help", CommandSpec.forAnnotatedObject(new HelpOptions()));
        }
        List<String> examples = List.of(spec.usageMessage().footer());
        if (!examples.isEmpty() && !examples.getFirst().isEmpty()) {
            spec.usageMessage()
                    .footer(Stream.concat(Stream.of("", "Examples:"), examples.stream())
                            .toArray(String[]::new));
        }
        line.getSubcommands().values().forEach(each -> complete(each, terminal));
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
