package dev.interlock.program;

import dev.interlock.action.VisibleText;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.MalformedException;
import dev.interlock.store.StoreUnavailableException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.UserPrincipalNotFoundException;

/**
 * The end of a process by an exception.
 *
 * @param exitCode one of {@link ExitCodes}
 */
public record ProgramFailure(String message, int exitCode) {

    /** If this variable is set to anything, stack traces are printed. */
    private static final String DEBUG = "INTERLOCK_DEBUG";

    /** Returns the message and the exit code for {@code e}. */
    public static ProgramFailure of(Exception e) {
        String message = String.valueOf(e.getMessage());
        return switch (e) {
            case FileNotFoundException _ -> new ProgramFailure(message, ExitCodes.DATA);
            case NoSuchFileException none ->
                new ProgramFailure(
                        "there is no file `" + none.getFile() + "`"
                                + (none.getReason() == null ? "" : ": " + none.getReason()),
                        ExitCodes.DATA);
            case FileAlreadyExistsException there ->
                new ProgramFailure(
                        "`" + there.getFile() + "` exists already; name another, or remove it first", ExitCodes.DATA);
            case AccessDeniedException _ ->
                new ProgramFailure("this user may not use `" + message + "`", ExitCodes.NOT_ENTITLED);
            case UserPrincipalNotFoundException unknown ->
                new ProgramFailure("there is no user `" + unknown.getName() + "`", ExitCodes.DATA);
            case BadSignatureException _ -> new ProgramFailure(message + "; nothing was written", ExitCodes.NO);
            case MalformedException _, IllegalArgumentException _ -> new ProgramFailure(message, ExitCodes.DATA);
            case IOException _, UncheckedIOException _, StoreUnavailableException _ ->
                new ProgramFailure(message, ExitCodes.UNAVAILABLE);
            default ->
                new ProgramFailure(
                        "this is a bug in Interlock, please report it (" + e + "); " + DEBUG
                                + "=1 shows where it happened",
                        ExitCodes.SOFTWARE);
        };
    }

    public static boolean isTraced() {
        return !System.getenv().getOrDefault(DEBUG, "").isEmpty();
    }

    /** Prints the message, after the stack trace of {@code e} if the user asked for it. */
    public void print(Exception e, PrintStream err) {
        if (isTraced()) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            err.print(VisibleText.lines(trace.toString()));
        }
        err.println("interlock: " + VisibleText.lines(message));
    }
}
