package dev.interlock.backup.place;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.UserProgram;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.RestoreAttestation;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * Storage behind an operator's program, by the contract of {@code docs/backup-programs.md}: {@code put}, {@code get},
 * {@code list} and {@code delete} of files called {@code PLAN/ID/NAME}. It cannot rename, and the effect of a program
 * that was killed halfway is unknown. So a backup counts only with a one-line marker file. The marker is written last,
 * when all other files are listed with their right sizes.
 *
 * <p>A program that does not answer is not a fault of the backup. It is thrown unchecked, past the code that searches
 * the backup for faults.
 */
final class ExecStorage implements BackupStorage {

    /** The name of the marker file. Its content is so short that it is either there or not. */
    private static final String COUNTS = "counts";

    private static final byte[] YES = "yes\n".getBytes(StandardCharsets.US_ASCII);

    private static final int MAX_LIST = 32 << 20;

    /** Maximum of files in a listing. Backups of a plan have ten each. */
    private static final int MAX_FILES = 300_000;

    /**
     * Maximum time for a listing, the same as for any target. It also limits a program that hangs while it receives a
     * file.
     */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final String plan;
    private final UserProgram program;
    private final ChildProcesses children;
    private final Clock clock;
    private final Duration patience;
    private final Optional<Map<String, Map<String, Long>>> seen;

    ExecStorage(String plan, UserProgram program, ChildProcesses children, Clock clock) {
        this(plan, program, children, clock, PATIENCE);
    }

    /** @param patience the limit for a listing, and for removing an incomplete backup */
    ExecStorage(String plan, UserProgram program, ChildProcesses children, Clock clock, Duration patience) {
        this(plan, program, children, clock, patience, Optional.empty());
    }

    /** @param seen the listing for the whole of a check */
    private ExecStorage(
            String plan,
            UserProgram program,
            ChildProcesses children,
            Clock clock,
            Duration patience,
            Optional<Map<String, Map<String, Long>>> seen) {
        this.plan = plan;
        this.program = program;
        this.children = children;
        this.clock = clock;
        this.patience = patience;
        this.seen = seen;
    }

    @Override
    public BackupStorage readOnlyView() throws IOException {
        return new ExecStorage(plan, program, children, clock, patience, Optional.of(listed(plan + "/")));
    }

    private ChildProcesses.ChildProcess start(String verb, String name) throws BackupException {
        return program.start(children, List.of(verb, name), Map.of("INTERLOCK_PLAN", plan));
    }

    private static UncheckedIOException unanswered(IOException e) {
        return new UncheckedIOException(e);
    }

    @Override
    public Optional<Path> directory() {
        return Optional.empty();
    }

    @Override
    public boolean isServedHere() {
        return false;
    }

    @Override
    public StorageLock hold() throws IOException {
        Leftovers leftovers = new Leftovers(() -> {});
        String before = STAMP.format(clock.instant().minus(LEFT_BEHIND));
        Map<String, Map<String, Long>> all = all();
        for (Map.Entry<String, Map<String, Long>> one : named(all).entrySet()) {
            if (counts(one.getValue()) && !one.getValue().containsKey(MANIFEST)) {
                leftovers.leave(one.getKey(), Leftovers.NO_MANIFEST);
            } else if (!counts(one.getValue()) && one.getKey().compareTo(before) < 0) {
                leftovers.remove(
                        one.getKey(),
                        () -> removeAll(one.getKey(), one.getValue().keySet()));
                if (!one.getValue().keySet().stream().allMatch(BackupStorage::isOfBackup)) {
                    leftovers.leave(one.getKey(), Leftovers.FOREIGN);
                }
            }
        }
        Leftovers.count(others(all), leftovers::leave);
        return leftovers;
    }

    private static boolean counts(Map<String, Long> files) {
        return files.getOrDefault(COUNTS, 0L) == YES.length;
    }

    @Override
    public List<String> ids() throws IOException {
        return named(all()).entrySet().stream()
                .filter(one -> counts(one.getValue()) && one.getValue().containsKey(MANIFEST))
                .map(Map.Entry::getKey)
                .toList();
    }

    @Override
    public Map<String, String> leftovers() throws IOException {
        Map<String, String> debris = new TreeMap<>();
        Map<String, Map<String, Long>> all = all();
        named(all).forEach((id, files) -> {
            if (!counts(files)) {
                debris.put(id, Leftovers.BEGUN);
            } else if (!files.containsKey(MANIFEST)) {
                debris.put(id, Leftovers.NO_MANIFEST);
            }
        });
        Leftovers.count(others(all), debris::put);
        return debris;
    }

    /** Returns the entries of {@code all} whose names can be backups. */
    private static Map<String, Map<String, Long>> named(Map<String, Map<String, Long>> all) {
        Map<String, Map<String, Long>> named = new TreeMap<>(all);
        named.keySet().removeIf(id -> !RestoreAttestation.isName(id));
        return named;
    }

    private static long others(Map<String, Map<String, Long>> all) {
        return (long) all.size() - named(all).size();
    }

    /** Returns the files with their sizes by backup. Names sort by time, the oldest first. */
    private Map<String, Map<String, Long>> all() throws IOException {
        return seen.isPresent() ? seen.get() : listed(plan + "/");
    }

    private Map<String, Long> files(String id) throws IOException {
        return (seen.isPresent() ? seen.get() : listed(plan + "/" + id + "/")).getOrDefault(id, Map.of());
    }

    /**
     * Lists the files whose names begin with {@code prefix}. Output that is not understood is an error. It is not
     * quoted, because anybody with write access may have caused it.
     */
    private Map<String, Map<String, Long>> listed(String prefix) throws IOException {
        Map<String, Map<String, Long>> all = new TreeMap<>();
        try {
            Iterator<String> lines = lines(prefix).iterator();
            for (int count = 1; lines.hasNext(); count++) {
                if (count > MAX_FILES) {
                    throw new MalformedException("it has more files than a backup can have");
                }
                put(all, lines.next(), prefix);
            }
            return all;
        } catch (MalformedException e) {
            throw unanswered(new BackupException("the target's list cannot be parsed: " + e.getMessage(), e));
        } catch (BackupException e) {
            throw unanswered(e);
        }
    }

    private static void put(Map<String, Map<String, Long>> all, String line, String prefix) throws MalformedException {
        Json.Members file = Json.readObject(line.getBytes(StandardCharsets.UTF_8));
        String[] name = file.text("name").split("/", 3); // deeper paths belong to no backup, and are not ours
        long bytes = file.whole("bytes");
        if (file.members().size() != 2 || !file.text("name").startsWith(prefix)) {
            throw new MalformedException("it names something that was not requested");
        }
        String rest = name.length == 3 ? name[2] : "";
        if (all.computeIfAbsent(name[1], _ -> new TreeMap<>()).put(rest, bytes) != null) {
            throw new MalformedException("it names something twice");
        }
    }

    /** Reads the listing. One without an end is cut off, because the caller has other plans to handle. */
    private Stream<String> lines(String prefix) throws IOException {
        ChildProcesses.ChildProcess child = start("list", prefix);
        AtomicBoolean isLate = new AtomicBoolean();
        CompletableFuture.delayedExecutor(patience.toNanos(), TimeUnit.NANOSECONDS)
                .execute(() -> {
                    isLate.set(true);
                    child.close();
                });
        try {
            return output(child, MAX_LIST).lines();
        } catch (BackupException e) {
            throw isLate.get()
                    ? new BackupException(
                            "the target did not finish its list within " + patience.toSeconds() + " seconds", e)
                    : e;
        }
    }

    /** Reads the whole output, which is short. */
    private static String output(ChildProcesses.ChildProcess begun, int most) throws IOException {
        try (ChildProcesses.ChildProcess child = begun) {
            child.process().getOutputStream().close();
            byte[] said = child.process().getInputStream().readNBytes(most + 1);
            if (said.length > most) {
                throw new BackupException("the target's output is longer than expected");
            }
            child.requireSuccess();
            return new String(said, StandardCharsets.UTF_8);
        }
    }

    private String called(String id, String name) {
        return plan + "/" + id + "/" + name;
    }

    @Override
    public PendingBackup begin(String id) {
        return new PendingBackup() {
            private final Map<String, Long> sent = new ConcurrentHashMap<>();
            private boolean whole;

            @Override
            public StorageFile file(String name) throws IOException {
                return new UploadFile(start("put", called(id, name)), bytes -> sent.put(name, bytes));
            }

            @Override
            public void name() throws IOException {
                Map<String, Long> listed = files(id);
                if (!listed.equals(sent)) {
                    throw new BackupException("the target was sent " + sent + ", and lists "
                            + (listed.keySet().equals(sent.keySet()) ? "other lengths" : "other files"));
                }
                put(called(id, COUNTS), YES);
                whole = true;
            }

            @Override
            public void close() throws IOException {
                if (!whole) {
                    // The job's own children have been closed by the interruption. A later hold removes the rest.
                    try (ChildProcesses others = ChildProcesses.within(patience)) {
                        new ExecStorage(plan, program, others, clock, patience).removeAll(id);
                    }
                }
            }
        };
    }

    private void put(String name, byte[] bytes) throws IOException {
        try (UploadFile putting = new UploadFile(start("put", name), _ -> {})) {
            putting.write(bytes, 0, bytes.length);
            putting.finish();
        }
    }

    /** A file that is being uploaded. */
    private static final class UploadFile extends StorageFile {
        private final ChildProcesses.ChildProcess child;
        private final OutputStream to;
        private final LongConsumer finished;
        private long passed;

        UploadFile(ChildProcesses.ChildProcess child, LongConsumer finished) {
            this.child = child;
            this.to = child.process().getOutputStream();
            this.finished = finished;
            child.silence();
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            try {
                to.write(bytes, from, length);
                passed += length;
            } catch (IOException e) {
                throw child.failure(e);
            }
        }

        @Override
        public void finish() throws IOException {
            try {
                to.close();
            } catch (IOException e) {
                throw child.failure(e);
            }
            child.requireSuccess();
            finished.accept(passed);
        }

        /** Ends a program that is still running. */
        @Override
        public void close() {
            child.close();
        }
    }

    /** Returns the files of a backup; none if the backup does not count. */
    private Map<String, Long> counted(String id) throws IOException {
        Map<String, Long> files = files(id);
        return counts(files) ? files : Map.of();
    }

    @Override
    public OptionalLong size(String id, String name) throws IOException {
        Long bytes = counted(id).get(name);
        return bytes == null ? OptionalLong.empty() : OptionalLong.of(bytes);
    }

    @Override
    public InputStream read(String id, String name) throws IOException {
        long listed = size(id, name).orElseThrow(() -> new FileNotFoundException(name));
        return new DownloadStream(start("get", called(id, name)), called(id, name), OptionalLong.of(listed));
    }

    /**
     * A file that is being downloaded. Its end is reported only if the program succeeded and the length equals the
     * listed one.
     */
    private static final class DownloadStream extends InputStream {
        private final ChildProcesses.ChildProcess child;
        private final String name;
        private final OptionalLong listed;
        private final InputStream from;
        private long got;

        /** @param listed the size in the listing; empty for a file that may change */
        DownloadStream(ChildProcesses.ChildProcess child, String name, OptionalLong listed) throws IOException {
            this.child = child;
            this.name = name;
            this.listed = listed;
            this.from = child.process().getInputStream();
            child.process().getOutputStream().close();
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) throws IOException {
            try {
                int read = from.read(bytes, offset, count);
                got += Math.max(0, read);
                if (read < 0) {
                    child.requireSuccess();
                }
                long all = listed.orElse(got);
                if (got > all || (read < 0 && got < all)) {
                    throw new BackupException("`" + child.name() + "` gave " + (got > all ? "more than " : "")
                            + Math.min(got, all) + " of " + all + " bytes of `" + name + "`");
                }
                return read;
            } catch (BackupException e) {
                throw unanswered(e);
            } catch (IOException e) {
                throw unanswered(child.failure(e));
            }
        }

        @Override
        public void close() {
            child.close();
        }
    }

    @Override
    public Optional<Instant> lockedUntil(String id) {
        return Optional.empty();
    }

    @Override
    public void remove(String id) throws IOException {
        delete(called(id, COUNTS));
        removeAll(id);
    }

    private void removeAll(String id) throws IOException {
        removeAll(id, files(id).keySet());
    }

    private void removeAll(String id, Set<String> names) throws IOException {
        for (String name : names) {
            if (BackupStorage.isOfBackup(name)) {
                delete(called(id, name));
            }
        }
    }

    private void delete(String name) throws IOException {
        output(start("delete", name), 0);
    }

    @Override
    public void note(String id, String name, String text) throws IOException {
        put(called(id, name), text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Optional<String> noted(String id, String name) throws IOException {
        if (size(id, name).isEmpty()) {
            return Optional.empty();
        }
        // Somebody may replace it meanwhile.
        try (InputStream in =
                new DownloadStream(start("get", called(id, name)), called(id, name), OptionalLong.empty())) {
            return Optional.of(new String(in.readNBytes(MAX_NOTE), StandardCharsets.UTF_8));
        }
    }
}
