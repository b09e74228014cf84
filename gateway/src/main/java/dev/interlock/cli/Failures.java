package dev.interlock.cli;

import dev.interlock.admin.AdminRefusedException;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.MalformedException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** The one place where an exception becomes an exit code and a sentence. */
final class Failures implements IExecutionExceptionHandler {

    private final Terminal terminal;

    Failures(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine commandLine, ParseResult result) throws Exception {
        String message = String.valueOf(e.getMessage());
        return switch (e) {
            case AdminRefusedException refused -> {
                terminal.problem(message + " " + refused.next());
                yield refused.kind().equals("not_entitled") ? Exit.NOT_ENTITLED : Exit.NO;
            }
            case FileNotFoundException _ -> say(message, Exit.DATA);
            case NoSuchFileException _ -> say("there is no file `" + message + "`", Exit.DATA);
            case AccessDeniedException _ -> say("this user may not use `" + message + "`", Exit.NOT_ENTITLED);
            case ConnectException _ -> say("no daemon answers; start it with `interlock up`", Exit.UNAVAILABLE);
            case SocketException _ ->
                say("no daemon answers (" + message + "); start it with `interlock up`", Exit.UNAVAILABLE);
            case BadSignatureException _ -> say(message + "; nothing was written", Exit.NO);
            case MalformedException _ -> say(message, Exit.DATA);
            case IllegalArgumentException _ -> say(message, Exit.DATA);
            case IOException _ -> say(message, Exit.UNAVAILABLE);
            default -> throw e;
        };
    }

    private int say(String sentence, int code) {
        terminal.problem(sentence);
        return code;
    }
}
