package dev.interlock.backup.postgres;

import dev.interlock.backup.kept.Manifest;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.kept.StoredReading;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.DisturbedException;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings what was dumped into a database. Whatever is wrong with a file of the backup is a {@link BackupException}, and
 * ends it.
 */
final class Restoring {

    private static final int BUFFER = 1 << 16;

    private final Shelf shelf;
    private final Manifest manifest;
    private final PostgresDump dump;
    private final Clients clients;
    private final Progress progress;
    private final AtomicLong passed = new AtomicLong();

    Restoring(Shelf shelf, Manifest manifest, PostgresDump dump, Clients clients, Progress progress) {
        this.shelf = shelf;
        this.manifest = manifest;
        this.dump = dump;
        this.clients = clients;
        this.progress = progress;
    }

    /** Restores all of it. */
    void run() throws IOException {
        switch (dump.format()) {
            case CUSTOM, PLAIN -> {
                try (Children.Child restoring = clients.restoring(dump)) {
                    feed(Archive.WHOLE, restoring);
                }
            }
            case DIRECTORY -> {
                List<String> data = manifest.files().keySet().stream()
                        .filter(Archive::holdsRows)
                        .toList();
                copySchema();
                clients.restore("pre-data", 1);
                feedAll(data);
                clients.restore("post-data", data.size());
            }
        }
    }

    /** Its second half is restored by several connections, each of which seeks in it. */
    private void copySchema() throws IOException {
        try (StoredReading schema = new StoredReading(shelf, manifest, Archive.SCHEMA);
                OutputStream to = clients.schemaFile()) {
            schema.in().transferTo(to);
            schema.requireWhole();
        }
    }

    /** The sandbox ends with the thread that started it, so this one starts all, and others only feed. */
    private void feedAll(List<String> names) throws IOException {
        List<Children.Child> restoring = new ArrayList<>();
        List<Thread> feeding = new ArrayList<>();
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        try {
            for (String name : names) {
                Children.Child child = clients.restoringRows();
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
            throw new DisturbedException("interrupted", e);
        } finally {
            restoring.forEach(Children.Child::close);
        }
        switch (failure.get()) {
            case null -> {}
            case UncheckedIOException unreadable -> throw unreadable;
            case BackupException wrong -> throw wrong;
            case Exception other -> throw new BackupException(String.valueOf(other.getMessage()), other);
        }
    }

    private void feed(String name, Children.Child to) throws IOException {
        try (StoredReading file = new StoredReading(shelf, manifest, name)) {
            pour(file.in(), to, read -> progress.at("restoring", passed.addAndGet(read)));
            file.requireWhole();
        }
    }

    /** Hands all of {@code from} to a program and waits for its end; {@code passing} is told of each piece's length. */
    static void pour(InputStream from, Children.Child to, IntConsumer passing) throws IOException {
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
