package dev.interlock.cli;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.Suggestions;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.MalformedException;
import dev.interlock.store.StoreUnavailableException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.UserPrincipalNotFoundException;
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

    /** If this variable is set to anything, stack traces are printed. */
    private static final String DEBUG = "INTERLOCK_DEBUG";

    private final Terminal terminal;
    private final boolean traced;

    Failures(Terminal terminal) {
        this(terminal, !System.getenv().getOrDefault(DEBUG, "").isEmpty());
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

    /** Returns the word that stands where a command should be, if it is none. */
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
            case FileNotFoundException _ -> say(message, ExitCodes.DATA);
            case NoSuchFileException none ->
                say(
                        "there is no file `" + none.getFile() + "`"
                                + (none.getReason() == null ? "" : ": " + none.getReason()),
                        ExitCodes.DATA);
            case AccessDeniedException _ -> say("this user may not use `" + message + "`", ExitCodes.NOT_ENTITLED);
            case UserPrincipalNotFoundException unknown ->
                say("there is no user `" + unknown.getName() + "`", ExitCodes.DATA);
            // The JDK's exception for EACCES; a client has no address of its own that could be in use.
            case BindException _ ->
                say(
                        "this user may not use the daemon's socket (" + message
                                + "); the allowed users are the `admins` in gateway.yaml",
                        ExitCodes.NOT_ENTITLED);
            case ConnectException _ -> say("no daemon answers; start it with `interlock up`", ExitCodes.UNAVAILABLE);
            case SocketException _ ->
                say("no daemon answers (" + message + "); start it with `interlock up`", ExitCodes.UNAVAILABLE);
            case BadSignatureException _ -> say(message + "; nothing was written", ExitCodes.NO);
            case MalformedException _ -> say(message, ExitCodes.DATA);
            case UsageException _ -> say(message, ExitCodes.USAGE);
            case IllegalArgumentException _ -> say(message, ExitCodes.DATA);
            case IOException _, UncheckedIOException _, StoreUnavailableException _ ->
                say(message, ExitCodes.UNAVAILABLE);
            default ->
                say(
                        "this is a bug in Interlock, please report it (" + e + "); " + DEBUG
                                + "=1 shows where it happened",
                        ExitCodes.SOFTWARE);
        };
    }

    private int say(String sentence, int code) {
        terminal.problem(sentence);
        return code;
    }
}
