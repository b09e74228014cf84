package dev.interlock.backup.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The programs that one job runs; closing kills those that still run. Threading: any thread may start and kill. */
public final class ChildProcesses implements AutoCloseable {

    private final Set<ChildProcess> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;
    private volatile boolean overdue;
    private final Consumer<Thread> threads;

    public ChildProcesses() {
        this(Thread::start);
    }

    ChildProcesses(Consumer<Thread> threads) {
        this.threads = threads;
    }

    /** Returns the children of a job, closed after {@code limit}, so that nobody waits for an endless program. */
    public static ChildProcesses within(Duration limit) {
        ChildProcesses children = new ChildProcesses();
        CompletableFuture.delayedExecutor(limit.toNanos(), TimeUnit.NANOSECONDS).execute(children::expire);
        return children;
    }

    private void expire() {
        overdue = !closed;
        close();
    }

    public final class ChildProcess implements AutoCloseable {

        /** Maximum of stored error output. The last lines tell the fault, and a server could write for ever. */
        private static final int MAX_ERRORS = 8 * 1024;

        /** Limits the wait for the end of the error output: another process may hold the pipe open. */
        private static final Duration LISTENING = Duration.ofSeconds(10);

        private static final Duration FOR_EVER = Duration.ofDays(365);
        private static final Set<String> STARTERS = Set.of("setpriv", "prlimit", "choom", "bwrap", "/usr/bin/env");

        private final List<String> command;
        private final String name;
        private final Process process;
        private final Thread listening;
        private final StringBuilder errors = new StringBuilder();
        private volatile boolean killed;

        private ChildProcess(List<String> command, Process process) {
            this.command = command;
            this.name = name(command);
            this.process = process;
            this.listening = reader("errors of " + name, this::listen);
        }

        /** A platform thread: blocking reads of pipes occupy carrier threads, so a virtual thread might never run. */
        private static Thread reader(String what, Runnable read) {
            return Thread.ofPlatform().daemon().name(what).unstarted(read);
        }

        /** Runs {@code read} for the program's output in its own thread, while the caller continues. */
        public void reading(String what, Runnable read) {
            reader(what, read).start();
        }

        /** Discards the program's output, because a full pipe would block the program. */
        public void silence() {
            reading("silence", () -> {
                try (InputStream said = process.getInputStream()) {
                    said.transferTo(OutputStream.nullOutputStream());
                } catch (IOException e) {
                    // The program was killed.
                }
            });
        }

        /** Returns the name of the program itself, without the wrapper that starts it. */
        private static String name(List<String> command) {
            int at = 0;
            while (STARTERS.contains(command.get(at))
                    && command.subList(at, command.size()).contains("--")) {
                at += command.subList(at, command.size()).indexOf("--") + 1;
            }
            return Path.of(command.get(at)).getFileName().toString();
        }

        private void listen() {
            try (InputStream from = process.getErrorStream()) {
                byte[] piece = new byte[4096];
                for (int read = from.read(piece); read >= 0; read = from.read(piece)) {
                    String text = new String(piece, 0, read, StandardCharsets.UTF_8);
                    synchronized (errors) {
                        errors.append(text);
                        errors.delete(0, Math.max(0, errors.length() - MAX_ERRORS));
                        errors.notifyAll();
                    }
                }
            } catch (IOException e) {
                // The program was killed, and nobody needs its last output any more.
            } finally {
                synchronized (errors) {
                    errors.notifyAll();
                }
            }
        }

        public Process process() {
            return process;
        }

        /** Waits until it has written {@code words} to standard error. Returns false if it ended first. */
        public boolean awaitWords(String words) throws InterruptedException {
            return awaitWords(words, FOR_EVER);
        }

        /** Waits as {@link #awaitWords(String)}, but at most {@code within} that time. */
        public boolean awaitWords(String words, Duration within) throws InterruptedException {
            long since = System.nanoTime();
            synchronized (errors) {
                while (errors.indexOf(words) < 0) {
                    boolean over = !process.isAlive() && !listening.isAlive();
                    if (over || System.nanoTime() - since > within.toNanos()) {
                        return false;
                    }
                    errors.wait(100); // its end notifies nobody
                }
                return true;
            }
        }

        /** Waits for its end. A failure has its last output; it is inconclusive if others or resources ended it. */
        public void requireSuccess() throws BackupException {
            try {
                int exit = process.waitFor();
                listening.join(LISTENING);
                if (exit != 0) {
                    String last = lastWords();
                    String words = "`" + name + "` ended with " + exit + ": " + last;
                    throw InconclusiveException.is(exit, last)
                            ? new InconclusiveException(words)
                            : new BackupException(words);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InconclusiveException("interrupted", e);
            }
        }

        /** Returns the failure as {@link #requireSuccess} does, when {@code cause} was noticed first. */
        public BackupException failure(IOException cause) {
            try {
                process.getOutputStream().close();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
            try {
                requireSuccess();
                return new BackupException("`" + name + "` ended too early", cause);
            } catch (BackupException e) {
                e.addSuppressed(cause);
                return e;
            }
        }

        public String lastWords() {
            synchronized (errors) {
                String all = errors.toString().strip();
                return all.isEmpty() ? "it printed nothing" : all;
            }
        }

        private void kill() {
            killed = true;
            process.destroyForcibly();
        }

        @Override
        public void close() {
            running.remove(this);
            if (!killed && !process.isAlive()) {
                return;
            }
            kill();
            try {
                process.waitFor();
                RestoreSandbox.endLeft(command);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Starts a program with exactly the {@code environment}. Everybody on the machine can read {@code command}. */
    public ChildProcess start(List<String> command, Map<String, String> environment) throws BackupException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            ChildProcess child = new ChildProcess(List.copyOf(command), builder.start());
            running.add(child);
            listen(child);
            if (closed) {
                child.close();
            }
            requireOpen();
            return child;
        } catch (BackupException e) {
            throw e;
        } catch (IOException e) {
            throw new InconclusiveException("`" + command.getFirst() + "` cannot be started", e);
        }
    }

    /** If the thread cannot start, the program and its data would stay until this process ends. */
    private void listen(ChildProcess child) {
        try {
            threads.accept(child.listening);
        } catch (RuntimeException | Error e) {
            child.close();
            throw e;
        }
    }

    public String output(List<String> command, Map<String, String> environment) throws BackupException {
        try (ChildProcess child = start(command, environment)) {
            child.process().getOutputStream().close();
            String text = new String(child.process().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            child.requireSuccess();
            return text;
        } catch (BackupException e) {
            throw e;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns whether somebody has ended the job. Results of its programs since then prove nothing. */
    public boolean isClosed() {
        return closed;
    }

    /** Requires that nobody has ended the job: what an abandoned job finds must not count, however late it comes. */
    public void requireOpen() throws InconclusiveException {
        if (closed) {
            throw new InconclusiveException("interrupted");
        }
    }

    public boolean isOverdue() {
        return overdue;
    }

    /** Kills all running programs, and all that are started later. Callers that wait for one of them fail. */
    @Override
    public void close() {
        closed = true;
        running.forEach(ChildProcess::kill); // a program that does not end must not delay the others
        running.forEach(ChildProcess::close);
    }
}
