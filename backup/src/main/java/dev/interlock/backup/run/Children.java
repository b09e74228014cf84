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

/**
 * The programs that one job runs. None outlives the job: what is left when it is closed is killed.
 *
 * <p>Threading: any thread may start and kill.
 */
public final class Children implements AutoCloseable {

    private final Set<Child> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;
    private volatile boolean overdue;
    private final Consumer<Thread> threads;

    public Children() {
        this(Thread::start);
    }

    /** @param threads what begins one, if there is room for another */
    Children(Consumer<Thread> threads) {
        this.threads = threads;
    }

    /**
     * Those of a job that has {@code limit}: then they are closed, and whoever waits for one that never ends goes on.
     */
    public static Children within(Duration limit) {
        Children children = new Children();
        CompletableFuture.delayedExecutor(limit.toNanos(), TimeUnit.NANOSECONDS).execute(children::expire);
        return children;
    }

    private void expire() {
        overdue = !closed;
        close();
    }

    /** One program, whose errors are kept. */
    public final class Child implements AutoCloseable {

        /** The last words of a program say what was wrong; a server could go on for ever. */
        private static final int MAX_ERRORS = 8 * 1024;

        /** Somebody else could hold the end of the pipe that they come by: they are not worth waiting for. */
        private static final Duration LISTENING = Duration.ofSeconds(10);

        private static final Duration FOR_EVER = Duration.ofDays(365);

        private static final Set<String> STARTERS = Set.of("setpriv", "prlimit", "choom", "bwrap");

        private final List<String> command;
        private final String name;
        private final Process process;
        private final Thread listening;
        private final StringBuilder errors = new StringBuilder();
        private volatile boolean killed;

        private Child(List<String> command, Process process) {
            this.command = command;
            this.name = name(command);
            this.process = process;
            this.listening = reader("errors of " + name, this::listen);
        }

        /** Whoever reads a pipe holds a carrier, and of those there is an end: a virtual thread may never run. */
        private static Thread reader(String what, Runnable read) {
            return Thread.ofPlatform().daemon().name(what).unstarted(read);
        }

        /** Has somebody {@code read} what it prints, in a thread of its own, while others go on. */
        public void reading(String what, Runnable read) {
            reader(what, read).start();
        }

        /** Has nobody read what it prints: a pipe that is full would hold it up. */
        public void silence() {
            reading("silence", () -> {
                try (InputStream said = process.getInputStream()) {
                    said.transferTo(OutputStream.nullOutputStream());
                } catch (IOException e) {
                    // It was killed.
                }
            });
        }

        /** Of the program that somebody wanted, whatever it is started by. */
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
                // It was killed; nobody asks for its last words any more.
            } finally {
                synchronized (errors) {
                    errors.notifyAll();
                }
            }
        }

        public Process process() {
            return process;
        }

        /** What it is called, of whatever starts it. */
        public String name() {
            return name;
        }

        /** Waits until it has said {@code words} on standard error; false if it ended first. */
        public boolean awaitWords(String words) throws InterruptedException {
            return awaitWords(words, FOR_EVER);
        }

        /** As {@link #awaitWords(String)}; false also if it has not said them {@code within} that time. */
        public boolean awaitWords(String words, Duration within) throws InterruptedException {
            long since = System.nanoTime();
            synchronized (errors) {
                while (errors.indexOf(words) < 0) {
                    boolean over = !process.isAlive() && !listening.isAlive();
                    if (over || System.nanoTime() - since > within.toNanos()) {
                        return false;
                    }
                    errors.wait(100); // its end wakes nobody
                }
                return true;
            }
        }

        /**
         * Waits for its end.
         *
         * @throws DisturbedException with its last words, if somebody else has ended it, or it found no room
         * @throws BackupException with its last words, if it ended badly otherwise
         */
        public void requireSuccess() throws BackupException {
            try {
                int exit = process.waitFor();
                listening.join(LISTENING);
                if (exit != 0) {
                    String last = lastWords();
                    String words = "`" + name + "` ended with " + exit + ": " + last;
                    throw DisturbedException.is(exit, last)
                            ? new DisturbedException(words)
                            : new BackupException(words);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new DisturbedException("interrupted", e);
            }
        }

        /** As {@link #requireSuccess}, where {@code cause} was noticed first. */
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
                return all.isEmpty() ? "it said nothing" : all;
            }
        }

        /** What it said on standard error, if anything; what is worth saying is not always worth failing for. */
        public List<String> said() {
            synchronized (errors) {
                return errors.toString().lines().filter(line -> !line.isBlank()).toList();
            }
        }

        /** Without waiting for what comes of it. */
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
                Sandbox.endLeft(command);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Starts a program with nothing in its environment but {@code environment}.
     *
     * @param command no secret: everybody on the machine can read it
     */
    public Child start(List<String> command, Map<String, String> environment) throws BackupException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            Child child = new Child(List.copyOf(command), builder.start());
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
            throw new DisturbedException("`" + command.getFirst() + "` cannot be started", e);
        }
    }

    /** One that nobody hears would be left, with all that it holds of others, until this process ends. */
    private void listen(Child child) {
        try {
            threads.accept(child.listening);
        } catch (RuntimeException | Error e) {
            child.close();
            throw e;
        }
    }

    /** What a program prints, whole; for what is short. */
    public String output(List<String> command, Map<String, String> environment) throws BackupException {
        try (Child child = start(command, environment)) {
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

    /** Whether somebody has ended the job: what its programs came to since then says nothing. */
    public boolean isClosed() {
        return closed;
    }

    /**
     * Requires that nobody has ended the job: what nobody waits for any more, whatever has held it up, is not to count;
     * nor is anything removed for it.
     */
    public void requireOpen() throws DisturbedException {
        if (closed) {
            throw new DisturbedException("interrupted");
        }
    }

    /** Whether that was because its time was over. */
    public boolean isOverdue() {
        return overdue;
    }

    /** Kills all that run, and all that would be started; whoever waits for one of them fails. */
    @Override
    public void close() {
        closed = true;
        running.forEach(Child::kill); // one that does not go must not keep the others
        running.forEach(Child::close);
    }
}
