package dev.interlock.vault;

import dev.interlock.action.Secret;
import dev.interlock.linux.FileAccess;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs the command of a slot, without a shell, our environment or files, and takes its output as the secret. Its
 * standard error is discarded, because it may quote the secret.
 */
record Fetcher(Duration patience) implements FetchedSecretCache.SecretFetch {

    static final Duration PATIENCE = Duration.ofSeconds(10); // maximum time of a command, because a call waits for it
    private static final Map<String, String> ENVIRONMENT = Map.of("PATH", "/usr/bin:/bin", "LANG", "C.UTF-8");

    /** Describes a failure without any output of the command. The message continues after the name of the source. */
    static final class FetchException extends IOException {
        private final Duration pause;

        FetchException(String what) {
            this(what, FetchedSecretCache.PAUSE);
        }

        /** {@code pause} is the time for which it need not be tried again. */
        FetchException(String what, Duration pause) {
            super(what);
            this.pause = pause;
        }

        Duration pause() {
            return pause;
        }
    }

    @Override
    public FetchedSecretCache.FetchedSecret fetch(String slot, List<String> command) throws IOException {
        return new FetchedSecretCache.FetchedSecret(fetch(command), FetchedSecretCache.KEPT);
    }

    /** Runs {@code command}, which nobody else could have written, and returns the one secret that it prints. */
    Secret fetch(List<String> command) throws IOException {
        requireTrusted(Path.of(command.getFirst()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(new File("/"))
                .redirectInput(new File("/dev/null"))
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().putAll(ENVIRONMENT);
        Process process = builder.start();
        try {
            byte[] printed = printed(process);
            try {
                return SecretSource.printed(printed);
            } catch (IllegalArgumentException _) {
                throw new FetchException("did not print exactly one secret on one line");
            } finally {
                Arrays.fill(printed, (byte) 0);
            }
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private byte[] printed(Process process) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        InputStream out = process.getInputStream();
        FutureTask<byte[]> reading = new FutureTask<>(() -> out.readNBytes(SecretSource.MAX_READ_BYTES));
        Thread.ofVirtual().name("fetch").start(reading);
        try {
            byte[] printed = reading.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (printed.length == SecretSource.MAX_READ_BYTES) {
                throw new FetchException("printed more than a secret");
            }
            if (!process.waitFor(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                throw new FetchException("did not end in time");
            }
            if (process.exitValue() != 0) {
                throw new FetchException("ended with " + process.exitValue());
            }
            return printed;
        } catch (TimeoutException _) {
            throw new FetchException("did not answer in time");
        } catch (ExecutionException _) {
            throw new FetchException("could not be read from");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new FetchException("was interrupted");
        }
    }

    /** Requires that only root and our user can have written {@code program}. The message continues its name. */
    static void requireTrusted(Path program) throws IOException {
        int own = FileAccess.self();
        for (Path path = program; path != null; path = path.getParent()) {
            FileAccess access;
            try {
                access = FileAccess.of(path);
            } catch (IOException _) {
                throw new FetchException("does not exist or cannot be checked");
            }
            boolean writable = path.equals(program) ? access.isWritableByOthers() : access.isReplaceableByOthers();
            if (Files.isSymbolicLink(path)) {
                throw new FetchException("is behind a link, at `" + path + "`; name the file itself");
            }
            if ((access.owner() != 0 && access.owner() != own) || writable) {
                throw new FetchException("can be replaced by users other than root, at `" + path + "`");
            }
        }
        if (!Files.isRegularFile(program) || !Files.isExecutable(program)) {
            throw new FetchException("is not an executable file");
        }
    }
}
