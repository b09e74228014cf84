package dev.interlock.backup;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Brings what was dumped into a scratch server. Whatever is wrong with a file of the backup is a
 * {@link BackupException}, and ends it.
 */
final class Restoring {

    private static final int BUFFER = 1 << 16;

    private final Shelf shelf;
    private final Manifest manifest;
    private final ScratchCluster cluster;
    private final Progress progress;
    private final AtomicLong passed = new AtomicLong();

    Restoring(Shelf shelf, Manifest manifest, ScratchCluster cluster, Progress progress) {
        this.shelf = shelf;
        this.manifest = manifest;
        this.cluster = cluster;
        this.progress = progress;
    }

    /** Restores all of it. */
    void run() throws IOException {
        switch (manifest.format()) {
            case CUSTOM, PLAIN -> {
                try (Children.Child restoring = cluster.restoring(manifest)) {
                    feed(Archive.WHOLE, restoring);
                }
            }
            case DIRECTORY -> {
                List<String> data = manifest.files().keySet().stream()
                        .filter(Archive::holdsRows)
                        .toList();
                copySchema();
                cluster.restore("pre-data", 1);
                feedAll(data);
                cluster.restore("post-data", data.size());
            }
        }
    }

    /** Its second half is restored by several connections, each of which seeks in it. */
    private void copySchema() throws IOException {
        try (Opened schema = new Opened(Archive.SCHEMA);
                OutputStream to = cluster.schemaFile()) {
            schema.in.transferTo(to);
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
                Children.Child child = cluster.restoringRows();
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
            throw new BackupException("interrupted", e);
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
        try (Opened file = new Opened(name)) {
            byte[] piece = new byte[BUFFER];
            for (int read = file.in.read(piece); read >= 0; read = file.in.read(piece)) {
                try {
                    to.process().getOutputStream().write(piece, 0, read);
                } catch (IOException e) {
                    throw to.failure(e);
                }
                progress.at("restoring", passed.addAndGet(read));
            }
            try {
                to.process().getOutputStream().close();
            } catch (IOException e) {
                throw to.failure(e);
            }
            to.requireSuccess();
            file.requireWhole();
        }
    }

    /** A file of the backup, decrypted as it is read. */
    private final class Opened implements AutoCloseable {
        private final String name;
        private final MessageDigest digest = SchemaText.sha256();
        private final InputStream encrypted;
        private final InputStream in;

        Opened(String name) throws IOException {
            this.name = name;
            this.encrypted =
                    new DigestInputStream(new BufferedInputStream(shelf.read(manifest.id(), name), BUFFER), digest);
            this.in = new Authenticated(shelf.decrypted(encrypted, manifest.id(), name), name);
        }

        void requireWhole() throws IOException {
            encrypted.transferTo(OutputStream.nullOutputStream());
            if (!HexFormat.of()
                    .formatHex(digest.digest())
                    .equals(manifest.file(name).sha256())) {
                throw new BackupException("its " + name + " is not the one that was taken");
            }
        }

        @Override
        public void close() throws IOException {
            in.close();
            encrypted.close();
        }
    }

    /** What cannot be decrypted is the backup's fault, and what cannot be passed on is not. */
    private static final class Authenticated extends FilterInputStream {
        private final String name;

        Authenticated(InputStream from, String name) {
            super(from);
            this.name = name;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            try {
                return super.read(bytes, from, length);
            } catch (IOException e) {
                throw new BackupException("its " + name + " was altered, cut off or put in the place of another", e);
            }
        }
    }
}
