package dev.interlock.watch;

import dev.interlock.action.Bytes;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A receiver that is a program: it reads one message as JSON from its standard input, and has taken it if it ends with
 * 0.
 *
 * <p>It is no shell's command and gets no argument; it inherits neither environment nor files; what it prints is thrown
 * away. A receiver runs one at a time, and one that takes too long is ended with all that it has started.
 */
public final class Program implements Carrier {

    /** As long as a web server would have. */
    static final Duration PATIENCE = Duration.ofSeconds(15);

    private static final Map<String, String> ENVIRONMENT = Map.of("PATH", "/usr/bin:/bin");

    /** Whether nobody else could have written a program, or put another in its place. */
    @FunctionalInterface
    public interface Trust {

        /**
         * Requires that it is so.
         *
         * @throws IllegalArgumentException if somebody else could
         */
        void require(Path program) throws IOException;
    }

    private final Path program;
    private final Trust trust;
    private final Duration patience;

    Program(Path program, Trust trust, Duration patience) {
        this.program = program;
        this.trust = trust;
        this.patience = patience;
    }

    /**
     * The receiver {@code program}.
     *
     * @param trust asked now, and each time before it runs
     * @throws IOException if it cannot be looked at
     * @throws IllegalArgumentException if it is no absolute path, or is not to be trusted
     */
    public static Program at(Path program, Trust trust) throws IOException {
        if (!program.isAbsolute()) {
            throw new IllegalArgumentException("`" + program + "` is no absolute path");
        }
        trust.require(program);
        return new Program(program, trust, PATIENCE);
    }

    @Override
    public Tried deliver(Message message) throws InterruptedException {
        try {
            trust.require(program);
            return run(message);
        } catch (IllegalArgumentException e) {
            return new Tried(false, "others could exchange the program");
        } catch (IOException e) {
            return new Tried(false, "it could not be started");
        }
    }

    private Tried run(Message message) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(List.of(program.toString()))
                .directory(new File("/"))
                .redirectInput(message.file()
                        .map(file -> ProcessBuilder.Redirect.from(file.toFile()))
                        .orElse(ProcessBuilder.Redirect.PIPE))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().putAll(ENVIRONMENT);
        Process process = builder.start();
        try {
            if (message.file().isEmpty()) {
                feed(process, message.json());
            }
            if (!process.waitFor(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                return new Tried(false, "it did not end in time");
            }
            return new Tried(process.exitValue() == 0, "exit " + process.exitValue());
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** By a thread of its own, which ends with the program: one that does not read would keep us. */
    private static void feed(Process process, Bytes json) {
        Thread.ofVirtual().name("watch-feed").start(() -> {
            try (OutputStream in = process.getOutputStream()) {
                in.write(json.toArray());
            } catch (IOException e) {
                // it wants no more of it: how it ends says what came of that
            }
        });
    }

    @Override
    public String kind() {
        return "exec";
    }
}
