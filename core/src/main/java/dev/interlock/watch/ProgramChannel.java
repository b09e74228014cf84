package dev.interlock.watch;

import dev.interlock.action.Bytes;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A receiver that is a program. It reads one message as JSON from its standard input, and exits with 0 if it has
 * accepted that. It runs without shell, arguments, environment and output, one at a time; one that takes too long is
 * killed with all its child processes.
 */
public final class ProgramChannel implements AlertChannel {

    /** The timeout: the same as for a web server. */
    static final Duration PATIENCE = Duration.ofSeconds(15);

    /** Checks that nobody else could have written or replaced a program. */
    @FunctionalInterface
    public interface ProgramTrust {

        /** Throws an {@link IllegalArgumentException} if somebody else could have written or replaced it. */
        void require(Path program) throws IOException;
    }

    private final Path program;
    private final ProgramTrust trust;
    private final Duration patience;

    ProgramChannel(Path program, ProgramTrust trust, Duration patience) {
        this.program = program;
        this.trust = trust;
        this.patience = patience;
    }

    /**
     * Returns the receiver {@code program}, an absolute path; {@code trust} is asked now, and each time before it runs.
     */
    public static ProgramChannel at(Path program, ProgramTrust trust) throws IOException {
        if (!program.isAbsolute()) {
            throw new IllegalArgumentException("`" + program + "` is not an absolute path");
        }
        trust.require(program);
        return new ProgramChannel(program, trust, PATIENCE);
    }

    @Override
    public DeliveryResult deliver(AlertMessage message) throws InterruptedException {
        try {
            trust.require(program);
            return run(message);
        } catch (IllegalArgumentException e) {
            return new DeliveryResult(false, "other users could replace the program");
        } catch (IOException e) {
            return new DeliveryResult(false, "it could not be started");
        }
    }

    private DeliveryResult run(AlertMessage message) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(List.of(program.toString()))
                .directory(new File("/"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/bin:/bin");
        Process process = builder.start();
        try {
            feed(process, message.json());
            if (!process.waitFor(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                return new DeliveryResult(false, "it did not end in time");
            }
            return new DeliveryResult(process.exitValue() == 0, "exit " + process.exitValue());
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** On a thread of its own, which ends with the program: one that does not read would block the caller. */
    private static void feed(Process process, Bytes json) {
        Thread.ofVirtual().name("watch-feed").start(() -> {
            try (OutputStream in = process.getOutputStream()) {
                in.write(json.toArray());
            } catch (IOException e) {
                // it does not read the rest: its exit code decides
            }
        });
    }

    @Override
    public String kind() {
        return "exec";
    }
}
