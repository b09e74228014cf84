package dev.interlock.backup.source;

import dev.interlock.action.VisibleText;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Runs several {@code pg_dump} in parallel, each into its own file. The first failure ends all programs of the job,
 * because half a dump is worthless.
 *
 * <p>Threading: begun, awaited and closed by one thread; each dump has one more.
 */
public final class ParallelDumps implements AutoCloseable {

    private static final int BUFFER = 1 << 16;

    /** Maximum of stored lines. People read them with each backup. */
    private static final int MAX_LINES = 16;

    private static final int MAX_LINE = 400;

    /**
     * Limits the wait for a writer. The end of a program does not wake a thread that writes to a target which accepts
     * no more data.
     */
    private static final Duration ENDING = Duration.ofMinutes(1);

    private static final Duration LOOKING = Duration.ofMillis(100);

    private final ChildProcesses children;
    private final Progress progress;
    private final Duration ending;
    private final AtomicLong passed = new AtomicLong();
    private final AtomicReference<@Nullable BackupException> failure = new AtomicReference<>();
    private final List<RunningDump> running = new ArrayList<>();

    /** One running dump. */
    private final class RunningDump {
        private final String name;
        private final BackupRepository.BackupFileWriter to;
        private final Thread thread;
        private volatile List<String> said = List.of();
        private volatile BackupManifest.@Nullable StoredFile stored;

        RunningDump(String name, ChildProcesses.ChildProcess pgDump, BackupRepository.BackupFileWriter to) {
            this.name = name;
            this.to = to;
            this.thread = Thread.ofPlatform().daemon().name("dumping " + name).start(() -> dump(pgDump));
        }

        private void dump(ChildProcesses.ChildProcess pgDump) {
            try (pgDump) {
                pgDump.process().getOutputStream().close();
                InputStream from = pgDump.process().getInputStream();
                byte[] piece = new byte[BUFFER];
                for (int read = from.read(piece); read >= 0; read = from.read(piece)) {
                    to.out().write(piece, 0, read);
                    progress.at("dumping", passed.addAndGet(read));
                }
                pgDump.requireSuccess();
                said = pgDump.errorLines();
                stored = to.finish();
            } catch (BackupException e) {
                fail(e);
            } catch (IOException | RuntimeException e) {
                fail(new BackupException("the dump failed: " + words(e), e));
            } catch (Error e) { // otherwise the others would run on, and this one would never end
                fail(new BackupException("the dump failed: " + words(e), e));
                throw e;
            }
        }
    }

    public ParallelDumps(ChildProcesses children, Progress progress) {
        this(children, progress, ENDING);
    }

    /** @param ending the time for writers to finish after the job was ended */
    ParallelDumps(ChildProcesses children, Progress progress, Duration ending) {
        this.children = children;
        this.progress = progress;
        this.ending = ending;
    }

    /** Starts a program. */
    @FunctionalInterface
    public interface ProgramStarter {
        ChildProcesses.ChildProcess start() throws BackupException;
    }

    /** Begins to write the output of {@code program} to {@code to}, which it closes at the end. */
    public void begin(String name, ProgramStarter program, BackupRepository.BackupFileWriter to) throws IOException {
        try {
            running.add(new RunningDump(name, program.start(), to));
        } catch (IOException | RuntimeException e) {
            to.close();
            throw e;
        }
    }

    /**
     * Returns the message of a failure. A storage wraps its failures in unchecked exceptions, whose messages contain a
     * class name.
     */
    private static String words(Throwable e) {
        if (e instanceof OutOfMemoryError) {
            return "there is not enough memory for it";
        }
        if (e instanceof Error) {
            return e.toString();
        }
        Throwable cause = e instanceof UncheckedIOException ? e.getCause() : null;
        return String.valueOf((cause == null ? e : cause).getMessage());
    }

    private void fail(BackupException e) {
        if (failure.compareAndSet(null, e)) {
            children.close();
        }
    }

    /** Returns the cause of {@code noticed}: the first failure made everything else fail. */
    public BackupException cause(Exception noticed) {
        fail(
                noticed instanceof BackupException own
                        ? own
                        : new BackupException("it could not be taken: " + words(noticed), noticed));
        BackupException first = failure.get();
        return first == null ? new BackupException("interrupted", noticed) : first;
    }

    /** Waits for all dumps and returns their files, by name. */
    public Map<String, BackupManifest.StoredFile> await() throws BackupException {
        Map<String, BackupManifest.StoredFile> files = new TreeMap<>();
        for (RunningDump one : running) {
            join(one);
            BackupManifest.StoredFile stored = one.stored;
            BackupException failed = failure.get();
            if (failed != null) {
                throw failed;
            }
            if (stored == null) {
                throw new BackupException("the dump of `" + one.name + "` ended without an end");
            }
            files.put(one.name, stored);
        }
        return files;
    }

    /** Returns the warnings of the successful programs, such as what they left out. All characters are printable. */
    public List<String> warnings() {
        List<String> all = running.stream()
                .flatMap(one -> one.said.stream())
                .map(ParallelDumps::plain)
                .distinct()
                .toList();
        if (all.size() <= MAX_LINES) {
            return all;
        }
        List<String> some = new ArrayList<>(all.subList(0, MAX_LINES));
        some.add("and " + (all.size() - MAX_LINES) + " more lines");
        return some;
    }

    private static String plain(String line) {
        StringBuilder some = new StringBuilder();
        line.codePoints().limit(MAX_LINE).forEach(some::appendCodePoint);
        return VisibleText.line(some.toString());
    }

    private void join(RunningDump one) throws BackupException {
        try {
            for (Duration left = ending; !one.thread.join(LOOKING); ) {
                left = children.isClosed() ? left.minus(LOOKING) : ending;
                if (left.isNegative()) {
                    throw new InconclusiveException("the target no longer accepts data of `" + one.name + "` is");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupException("interrupted", e);
        }
    }

    /** Ends the running programs and waits until all writers have finished, within a limit. */
    @Override
    public void close() throws IOException {
        if (running.stream().anyMatch(one -> one.stored == null)) {
            children.close();
        }
        InconclusiveException stuck = null;
        for (RunningDump one : running) {
            try {
                join(one);
                one.to.close();
            } catch (InconclusiveException e) { // closing a file that is still written could take as long
                stuck = e;
            }
        }
        if (stuck != null) {
            throw stuck;
        }
    }
}
