package dev.interlock.cli;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.Suggestions;
import dev.interlock.program.ExitCodes;
import dev.interlock.program.ProgramFailure;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketException;
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
                .orElseGet(
                        () -> String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        // Corrects picocli's messages.
        message = message.replace("option option ", "option ").replaceFirst("^Error: ", "");
        return say(
                message + "; see `" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help`",
                ExitCodes.USAGE);
    }

    private static Optional<String> unknownCommand(ParameterException e) {
        Set<String> commands = e.getCommandLine().getSubcommands().keySet();
        return e instanceof UnmatchedArgumentException unmatched && !unmatched.isUnknownOption() && !commands.isEmpty()
                ? Optional.of("there is no command `" + unmatched.getUnmatched().getFirst() + "`; the nearest are "
                        + String.join(
                                ", ", Suggestions.to(unmatched.getUnmatched().getFirst(), commands)))
                : Optional.empty();
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
                        "this user may not use the daemon's socket (" + message
                                + "); the allowed users are the `admins` in gateway.yaml",
                        ExitCodes.NOT_ENTITLED);
            case SocketException _ ->
                say(
                        "no daemon answers" + (e instanceof ConnectException ? "" : " (" + message + ")")
                                + "; start it with `" + GatewayStart.command() + "`",
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
