package dev.interlock.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
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
        footer = {"", "Begin with `interlock demo`, then `sudo interlock setup`."})
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
    private static final Map<String, Function<Terminal, Object>> COMMANDS = commands();

    private static Map<String, Function<Terminal, Object>> commands() {
        Map<String, Function<Terminal, Object>> all = new LinkedHashMap<>();
        all.put("setup", SetupCommand::new);
        all.put("init", InitCommand::new);
        all.put("install", InstallCommand::new);
        all.put("vault", VaultCommand::new);
        all.put("policy", PolicyCommand::line);
        all.put("upstream", UpstreamCommand::line);
        all.put("mcp", McpCommand::line);
        all.put("catalog", CatalogCommand::new);
        all.put("seal", SealCommand::new);
        all.put("up", _ -> new UpCommand());
        all.put("status", StatusCommand::new);
        all.put("console", ConsoleCommand::new);
        all.put("agent", AgentCommand::new);
        all.put("lease", LeaseCommand::new);
        all.put("elevate", ElevateCommand::new);
        all.put("inventory", InventoryCommand::new);
        all.put("backup", BackupCommand::line);
        all.put("recover", RecoverCommand::new);
        all.put("recovery-kit", RecoveryKitCommand::new);
        all.put("adopt", AdoptCommand::new);
        all.put("run", RunCommand::new);
        all.put("protect", ProtectCommand::new);
        all.put("unprotect", UnprotectCommand::new);
        all.put("session", SessionCommand::new);
        all.put("connect", ConnectCommand::new);
        all.put("doctor", DoctorCommand::new);
        all.put("hold", HoldCommand::new);
        all.put("break-glass", BreakGlassCommand::new);
        all.put("key", KeyCommand::new);
        all.put("undo", UndoCommand::new);
        all.put("freeze", FreezeCommand::new);
        all.put("alert", AlertCommand::new);
        all.put("kill", KillCommand::new);
        all.put("clock", ClockCommand::new);
        all.put("receipts", ReceiptsCommand::new);
        all.put("prove", ProveCommand::new);
        all.put("verify", _ -> new VerifyCommand());
        all.put("demo", DemoCommand::new);
        all.put("version", VersionCommand::new);
        all.put(COMPLETION, CompletionCommand::new);
        return all;
    }

    /**
     * Builds only the command that is used: building all takes a third of a second on a small machine. Help, completion
     * and error messages need all of them.
     */
    static CommandLine line(Terminal terminal, String... args) {
        String first = args.length == 0 ? "" : args[0];
        boolean alone = COMMANDS.containsKey(first) && !first.equals(COMPLETION);
        List<Object> commands = COMMANDS.entrySet().stream()
                .filter(command -> !alone || command.getKey().equals(first))
                .map(command -> command.getValue().apply(terminal))
                .toList();
        if (alone && commands.getFirst() instanceof RunCommand run) {
            run.begin();
        }
        CommandLine line = new CommandLine(new InterlockCommand());
        commands.forEach(line::addSubcommand);
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
