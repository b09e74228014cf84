package dev.interlock.log;

import dev.interlock.action.Alert;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.logging.ErrorManager;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Collectors;

/**
 * A log with one JSON object per line: {@code time}, {@code level}, {@code message}, and perhaps {@code logger},
 * {@code error} and {@code alert}. After {@link #install} standard error contains nothing else.
 *
 * <p>Threading: any; each line is written as a whole.
 */
public final class JsonLog {

    private static final int LONGEST_CHAIN = 1_000;
    private static final int LONGEST_TRACE = 16_000;

    private final PrintStream out;
    private final InstantSource clock;
    private final UnaryOperator<String> mask;

    /** @param mask takes out of a line what must not stand in it */
    public JsonLog(PrintStream out, InstantSource clock, UnaryOperator<String> mask) {
        this.out = out;
        this.clock = clock;
        this.mask = mask;
    }

    /** Redirects this process's log, and everything else that it prints on standard error, into such lines. */
    public static JsonLog install(InstantSource clock, UnaryOperator<String> mask) {
        JsonLog log = new JsonLog(System.err, clock, mask);
        LogManager.getLogManager().reset();
        Logger.getLogger("").addHandler(log.handler());
        System.setErr(new PrintStream(log.lines(), true, StandardCharsets.UTF_8));
        return log;
    }

    public void alert(Alert alert) {
        write(line(alert.severity().word(), alert.summary()).with("alert", alert.canonical()));
    }

    /** Writes one sentence about a problem. */
    public void alarm(String sentence) {
        write(line("alarm", sentence));
    }

    private Json.Members line(String level, String message) {
        return Json.object()
                .with("time", clock.instant().toString())
                .with("level", level)
                .with("message", text(message));
    }

    private synchronized void write(Json.Members line) {
        out.println(mask.apply(line.canonicalText()));
    }

    /** A library's message may be malformed text: half a surrogate pair cannot be written. */
    private static String text(String message) {
        return new String(message.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    /** Returns the handler for messages of loggers. */
    public Handler handler() {
        return new Handler() {
            private final Formatter words = new SimpleFormatter();

            @Override
            public void publish(LogRecord said) {
                if (!isLoggable(said)) {
                    return;
                }
                LoopThreads.leave(); // who reads the log may be slow
                try {
                    Json.Members line = line(
                                    said.getLevel().getName().toLowerCase(Locale.ROOT), words.formatMessage(said))
                            .with(
                                    "logger",
                                    Optional.ofNullable(said.getLoggerName()).orElse(""));
                    write(Optional.ofNullable(said.getThrown())
                            .map(thrown -> line.with("error", text(error(thrown))))
                            .orElse(line));
                } catch (RuntimeException e) {
                    reportError(null, e, ErrorManager.FORMAT_FAILURE);
                }
            }

            @Override
            public void flush() {
                out.flush();
            }

            @Override
            public void close() {}
        };
    }

    /**
     * Returns the trace of what is a mistake of ours. What began with a checked exception, such as a full disk, is
     * none: it may come with every call, and its place in the program explains nothing.
     */
    private static String error(Throwable thrown) {
        StringBuilder chain = new StringBuilder();
        Throwable root = thrown;
        for (Throwable cause = thrown; cause != null && chain.length() < LONGEST_CHAIN; cause = cause.getCause()) {
            chain.append(chain.isEmpty() ? "" : ", caused by ").append(cause);
            root = cause;
        }
        boolean isOurs = root instanceof RuntimeException || root instanceof Error;
        String error = isOurs ? trace(thrown) : chain.toString().lines().collect(Collectors.joining(" "));
        return VisibleText.shortened(error, isOurs ? LONGEST_TRACE : LONGEST_CHAIN);
    }

    private static String trace(Throwable thrown) {
        StringWriter trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace));
        return trace.toString();
    }

    /** Returns the stream for other output: each line is a message. */
    public OutputStream lines() {
        return new OutputStream() {
            private final ByteArrayOutputStream line = new ByteArrayOutputStream();

            @Override
            public synchronized void write(int next) {
                if (next == '\n') {
                    String whole = line.toString(StandardCharsets.UTF_8).strip();
                    line.reset();
                    if (!whole.isEmpty()) {
                        JsonLog.this.write(line("info", whole));
                    }
                } else {
                    line.write(next);
                }
            }
        };
    }
}
