package dev.interlock.cli;

import dev.interlock.program.ExitCodes;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
        if (args.length == 0) {
            out.print(overview());
            return ExitCodes.USAGE;
        }
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
    private static final int WIDTH = 80;

    /** The commands by what people do, in the order of the help. */
    private static final Map<String, List<String>> GROUPS = groups(
            "Start", "setup demo init up doctor protect unprotect connect adopt version " + COMPLETION,
            "Every day", "status run undo session lease whoami plan elevate console",
            "Approve", "hold kill grant freeze key",
            "Policy", "policy seal upstream vault agent catalog mcp inventory",
            "Evidence", "receipts report export reconcile verify prove witness drill texts",
            "Operate", "alert backup recovery-kit store fleet remote clock");

    private static final List<String> COMMANDS =
            GROUPS.values().stream().flatMap(List::stream).toList();

    private static final Map<String, String> FIRST = new LinkedHashMap<>();

    static {
        FIRST.put("interlock status", "are agents held, and is there anything to look at?");
        FIRST.put("interlock hold list", "what waits for an answer");
        FIRST.put("interlock kill --all", "stop every agent at once");
        FIRST.put("interlock receipts", "what agents did");
        FIRST.put("interlock undo --help", "how to put back what a call overwrote");
    }

    private static Map<String, List<String>> groups(String... namesAndCommands) {
        Map<String, List<String>> groups = new LinkedHashMap<>();
        for (int i = 0; i < namesAndCommands.length; i += 2) {
            groups.put(namesAndCommands[i], List.of(namesAndCommands[i + 1].split(" ")));
        }
        return groups;
    }

    private static String overview() {
        StringBuilder text = new StringBuilder("The interlock between AI agents and everything they can break.\n\n");
        FIRST.forEach((line, meaning) -> text.append(String.format("  %-24s %s%n", line, meaning)));
        text.append('\n');
        GROUPS.forEach((group, commands) -> LineWrapping.of(
                        String.format("  %-11s %s", group, String.join(", ", commands)), WIDTH, 14)
                .forEach(line -> text.append(line).append('\n')));
        return text.append("\nBegin with `sudo interlock setup`. Each has --help; `interlock --help` describes all.\n")
                .toString();
    }

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
            case "store" -> new StoreCommand();
            case "fleet" -> new FleetCommand();
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
            case "texts" -> new TextsCommand();
            case "receipts" ->
                EvidenceCommand.withOptions(CommandSpec.forAnnotatedObject(new ReceiptsCommand()), "verify");
            case "prove" -> new ProveCommand();
            case "verify" -> EvidenceCommand.of(name, "PATH");
            case "report", "export", "reconcile" -> EvidenceCommand.of(name, "LEDGER");
            case "witness" -> EvidenceCommand.of(name, "init|serve|once DIR");
            case "demo" -> new DemoCommand();
            case "drill" -> new DrillCommand();
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

            @Override
            public String commandListHeading(Object... values) {
                return command.parent() == null ? "" : super.commandListHeading(values);
            }

            @Override
            public String commandList() {
                if (command.parent() != null) {
                    return super.commandList();
                }
                StringBuilder text = new StringBuilder();
                GROUPS.forEach((group, names) -> {
                    Map<String, Help> listed = new LinkedHashMap<>();
                    names.forEach(name ->
                            Optional.ofNullable(subcommands().get(name)).ifPresent(help -> listed.put(name, help)));
                    text.append('\n').append(group).append(":\n").append(commandList(listed));
                });
                return text.toString();
            }
        };
    }

    @Command(
            name = "mcp",
            subcommands = McpServeCommand.class,
            description = "Servers of MCP that are programs.",
            synopsisSubcommandLabel = "COMMAND",
            footer = "  sudo interlock mcp serve files")
    static final class McpCommand {}
}
