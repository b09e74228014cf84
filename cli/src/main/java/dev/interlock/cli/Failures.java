package dev.interlock.cli;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.Suggestions;
import dev.interlock.program.ExitCodes;
import dev.interlock.program.ProgramFailure;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Converts exceptions to exit codes and messages. No other code does. */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {

    private final Terminal terminal;
    private final boolean traced;

    Failures(Terminal terminal) {
        this(terminal, ProgramFailure.isTraced());
    }

    Failures(Terminal terminal, boolean traced) {
        this.terminal = terminal;
        this.traced = traced;
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine commandLine, ParseResult result) {
        return exit(e);
    }

    /** Prints one line: the whole help would hide it. */
    @Override
    public int handleParseException(ParameterException e, String[] args) {
        if (traced) {
            terminal.trace(e);
        }
        String message = unknownCommand(e)
                .or(() -> unknownOption(e))
                .orElseGet(
                        () -> String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        // Corrects picocli's messages.
        message = message.replace("option option ", "option ")
                .replaceFirst("^Error: ", "")
                .replaceFirst("is not an? (int|long)$", "is not a whole number");
        return say(
                message + "; see `" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help`",
                ExitCodes.USAGE);
    }

    private Optional<String> unknownCommand(ParameterException e) {
        Set<String> commands = e.getCommandLine().getSubcommands().keySet();
        if (!(e instanceof UnmatchedArgumentException unmatched) || unmatched.isUnknownOption() || commands.isEmpty()) {
            return Optional.empty();
        }
        String name = unmatched.getUnmatched().getFirst();
        List<String> elsewhere = new ArrayList<>();
        if (Suggestions.misspelled(name, commands).isEmpty()) {
            named(name, InterlockCommand.line(terminal), elsewhere);
        }
        return Optional.of("there is no command `" + name + "`; "
                + (elsewhere.isEmpty()
                        ? "the nearest are " + String.join(", ", Suggestions.to(name, commands))
                        : "there is `" + String.join("`, `", elsewhere) + "`"));
    }

    /** Collects the commands that are called so below others: `mcp add` is `upstream add`. */
    private static void named(String name, CommandLine below, List<String> found) {
        below.getSubcommands().forEach((own, command) -> {
            if (own.equals(name)) {
                found.add(command.getCommandSpec().qualifiedName());
            }
            named(name, command, found);
        });
    }

    private static Optional<String> unknownOption(ParameterException e) {
        if (!(e instanceof UnmatchedArgumentException unmatched) || !unmatched.isUnknownOption()) {
            return Optional.empty();
        }
        String given = unmatched.getUnmatched().getFirst().split("=", 2)[0];
        return Optional.of("there is no option `" + given + "`"
                + Suggestions.misspelled(
                                given,
                                e.getCommandLine().getCommandSpec().optionsMap().keySet())
                        .map(near -> "; the nearest is `" + near + "`")
                        .orElse(""));
    }

    int exit(Exception e) {
        if (traced) {
            terminal.trace(e);
        }
        String message = String.valueOf(e.getMessage());
        return switch (e) {
            case AdminRefusedException refused -> {
                terminal.problem(message + " " + refused.next());
                yield refused.isWrongArgument()
                        ? ExitCodes.USAGE
                        : refused.kind().equals("not_entitled") ? ExitCodes.NOT_ENTITLED : ExitCodes.NO;
            }
            // The JDK's exception for EACCES; a client has no address of its own that could be in use.
            case BindException _ ->
                say(
                        "this user may not use the daemon's socket (" + message + "): use sudo; or add `"
                                + System.getProperty("user.name")
                                + "` to `admins:` in /etc/interlock/gateway.yaml, and restart the gateway",
                        ExitCodes.NOT_ENTITLED);
            case SocketException _ ->
                say(
                        "no daemon answers" + (e instanceof ConnectException ? "" : " (" + message + ")") + "; "
                                + GatewayStart.advice(),
                        ExitCodes.UNAVAILABLE);
            case UsageException _ -> say(message, ExitCodes.USAGE);
            default -> {
                ProgramFailure failure = ProgramFailure.of(e);
                yield say(failure.message(), failure.exitCode());
            }
        };
    }

    private int say(String sentence, int code) {
        terminal.problem(sentence);
        return code;
    }
}
