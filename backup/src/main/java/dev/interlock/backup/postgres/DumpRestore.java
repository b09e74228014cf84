package dev.interlock.backup.postgres;

import dev.interlock.backup.kept.BackupFileReader;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Restores a dump into a database. A fault in a file of the backup is reported as a {@link BackupException}, and ends
 * the restore.
 *
 * <p>Threading: used by one thread, and the programs that it started end with it; other threads feed them.
 */
final class DumpRestore implements AutoCloseable {

    static final String POST_DATA = "post-data";

    private static final String PRE_DATA = "pre-data";

    private static final int BUFFER = 1 << 16;

    private final BackupRepository repository;
    private final BackupManifest manifest;
    private final PostgresDump dump;
    private final SandboxedClients clients;
    private final Progress progress;
    private final AtomicLong passed = new AtomicLong();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private Optional<ChildProcesses.ChildProcess> rest = Optional.empty();

    DumpRestore(
            BackupRepository repository,
            BackupManifest manifest,
            PostgresDump dump,
            SandboxedClients clients,
            Progress progress) {
        this.repository = repository;
        this.manifest = manifest;
        this.dump = dump;
        this.clients = clients;
        this.progress = progress;
    }

    /** Restores all of it. */
    void run() throws IOException {
        switch (dump.format()) {
            case CUSTOM, PLAIN -> whole(List.of());
            case DIRECTORY -> {
                rows();
                awaitRest();
            }
        }
    }

    /**
     * Restores everything up to the rows, and starts with the rest. Indexes and constraints change no row, so rows can
     * be summed meanwhile. A dump in SQL is restored whole.
     */
    void rows() throws IOException {
        switch (dump.format()) {
            case PLAIN -> whole(List.of());
            case CUSTOM -> {
                whole(List.of(PRE_DATA, "data"));
                ChildProcesses.ChildProcess child = clients.restoringRest();
                rest = Optional.of(child);
                Thread.ofPlatform().daemon().name("restoring the rest").start(() -> feedHead(child));
            }
            case DIRECTORY -> {
                List<String> data = manifest.files().keySet().stream()
                        .filter(Archive::holdsRows)
                        .toList();
                copySchema();
                try (ChildProcesses.ChildProcess child = clients.restoring(PRE_DATA, 1)) {
                    child.requireSuccess();
                }
                feedAll(data);
                rest = Optional.of(clients.restoring(POST_DATA, data.size()));
            }
        }
    }

    /** Waits until the rest has been restored too. */
    void awaitRest() throws IOException {
        if (rest.isEmpty()) {
            return;
        }
        try {
            rest.get().requireSuccess();
        } catch (BackupException e) {
            requireFed();
            throw e;
        }
    }

    @Override
    public void close() {
        rest.ifPresent(ChildProcesses.ChildProcess::close);
    }

    private void whole(List<String> sections) throws IOException {
        try (ChildProcesses.ChildProcess restoring = clients.restoring(dump, sections)) {
            feed(Archive.WHOLE, restoring);
        }
    }

    /**
     * Feeds the head of an archive. The table of contents is at its beginning. A program that needs no rows stops
     * there; the file is still read whole.
     */
    private void feedHead(ChildProcesses.ChildProcess to) {
        try (BackupFileReader file = new BackupFileReader(repository, manifest, Archive.WHOLE)) {
            byte[] piece = new byte[BUFFER];
            int read = file.in().read(piece);
            while (read >= 0 && isTaken(to, piece, read)) {
                read = file.in().read(piece);
            }
            end(to);
        } catch (IOException | UncheckedIOException e) {
            failure.compareAndSet(null, e);
            to.close();
        }
    }

    private static boolean isTaken(ChildProcesses.ChildProcess to, byte[] piece, int length) {
        try {
            to.process().getOutputStream().write(piece, 0, length);
            return true;
        } catch (IOException e) {
            return false; // it has ended, and reports itself whether it succeeded
        }
    }

    private static void end(ChildProcesses.ChildProcess to) {
        try {
            to.process().getOutputStream().close();
        } catch (IOException e) {
            // handled above
        }
    }

    /** Copies the schema to a file. Several connections restore its second half, and each seeks in it. */
    private void copySchema() throws IOException {
        try (BackupFileReader schema = new BackupFileReader(repository, manifest, Archive.SCHEMA);
                OutputStream to = clients.schemaFile()) {
            schema.in().transferTo(to);
            schema.requireWhole();
        }
    }

    /**
     * Feeds all archives. The sandbox ends with the thread that started it. So this thread starts all programs, and
     * other threads only feed them.
     */
    private void feedAll(List<String> names) throws IOException {
        List<ChildProcesses.ChildProcess> restoring = new ArrayList<>();
        List<Thread> feeding = new ArrayList<>();
        try {
            for (String name : names) {
                ChildProcesses.ChildProcess child = clients.restoringRows();
                restoring.add(child);
                feeding.add(Thread.ofPlatform()
                        .daemon()
                        .name("restoring " + name)
                        .start(() -> {
                            try {
                                feed(name, child);
                            } catch (IOException | UncheckedIOException e) {
                                failure.compareAndSet(null, e);
                                child.close();
                            }
                        }));
            }
            for (Thread thread : feeding) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InconclusiveException("interrupted", e);
        } finally {
            restoring.forEach(ChildProcesses.ChildProcess::close);
        }
        requireFed();
    }

    /** Requires that every feeding thread succeeded. */
    private void requireFed() throws IOException {
        switch (failure.get()) {
            case null -> {}
            case UncheckedIOException unreadable -> throw unreadable;
            case BackupException wrong -> throw wrong;
            case Exception other -> throw new BackupException(String.valueOf(other.getMessage()), other);
        }
    }

    private void feed(String name, ChildProcesses.ChildProcess to) throws IOException {
        try (BackupFileReader file = new BackupFileReader(repository, manifest, name)) {
            copy(file.in(), to, read -> progress.at("restoring", passed.addAndGet(read)));
            file.requireWhole();
        }
    }

    /**
     * Feeds all of {@code from} to a program and waits for its end. {@code passing} receives the length of each piece.
     */
    static void copy(InputStream from, ChildProcesses.ChildProcess to, IntConsumer passing) throws IOException {
        byte[] piece = new byte[BUFFER];
        for (int read = from.read(piece); read >= 0; read = from.read(piece)) {
            try {
                to.process().getOutputStream().write(piece, 0, read);
            } catch (IOException e) {
                throw to.failure(e);
            }
            passing.accept(read);
        }
        try {
            to.process().getOutputStream().close();
        } catch (IOException e) {
            throw to.failure(e);
        }
        to.requireSuccess();
    }
}
