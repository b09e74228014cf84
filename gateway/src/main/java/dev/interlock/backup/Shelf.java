package dev.interlock.backup;

import dev.interlock.evidence.MalformedException;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The backups of one plan in a directory: {@code TARGET/PLAN/ID/}, with an encrypted manifest and encrypted files.
 * While one is being taken its directory is called {@code ID.part}; it gets its name when everything in it is durable,
 * so that what has a name is whole.
 */
final class Shelf {

    static final String MANIFEST = "manifest";
    private static final String PART = ".part";
    private static final String LOCK = ".lock";
    private static final int BUFFER = 1 << 16;

    /** More is no manifest; a table takes about a hundred bytes. */
    private static final int MAX_MANIFEST = 256 << 20;

    private final Path directory;
    private final String plan;
    private final Encryption encryption;

    Shelf(Plan plan, Encryption encryption) {
        this.directory = plan.target().resolve(plan.name());
        this.plan = plan.name();
        this.encryption = encryption;
    }

    Path directory() {
        return directory;
    }

    /** What changes the shelf holds this: one at a time, in whichever process. */
    static final class Held implements AutoCloseable {
        private final FileChannel channel;

        private Held(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /**
     * Holds the shelf, and removes what takings that were killed have left: nobody can be at work on it.
     *
     * @throws BackupException if somebody else holds it
     */
    Held hold() throws IOException {
        PrivateFiles.directories(directory);
        FileChannel channel =
                FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw new BackupException("another backup of `" + plan + "` is being taken");
            }
            for (Path left : entries(name -> name.endsWith(PART))) {
                PrivateFiles.removeTree(left);
            }
            return new Held(channel);
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw new BackupException("another backup of `" + plan + "` is being taken", e);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** The backups that are whole, oldest first. */
    List<String> ids() throws IOException {
        return entries(name -> !name.endsWith(PART) && !name.startsWith(".")).stream()
                .map(path -> path.getFileName().toString())
                .sorted()
                .toList();
    }

    private List<Path> entries(java.util.function.Predicate<String> named) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(path -> named.test(path.getFileName().toString())).toList();
        }
    }

    /** Begins a backup; the shelf must be held. */
    Part begin(String id) throws IOException {
        return new Part(id, PrivateFiles.directory(directory.resolve(id + PART)));
    }

    /** A backup that is being taken. */
    final class Part implements AutoCloseable {
        private final String id;
        private final Path path;
        private boolean whole;

        private Part(String id, Path path) {
            this.id = id;
            this.path = path;
        }

        /** A file of it, encrypted as it is written. */
        Writing file(String name) throws IOException {
            return new Writing(path.resolve(name), id, name);
        }

        /** From now on it counts: everything in it is on disk, and so is its name. */
        void commit(Manifest manifest) throws IOException {
            try (Writing writing = file(MANIFEST)) {
                writing.out().write(manifest.json().canonical());
                writing.finish();
            }
            PrivateFiles.sync(path);
            Files.move(path, directory.resolve(id), StandardCopyOption.ATOMIC_MOVE);
            whole = true;
            PrivateFiles.sync(directory);
        }

        @Override
        public void close() throws IOException {
            if (!whole) {
                PrivateFiles.removeTree(path);
            }
        }
    }

    /** A file that is being written. */
    final class Writing implements AutoCloseable {
        private final FileChannel channel;
        private final MessageDigest digest = SchemaText.sha256();
        private final Counting encrypted;
        private final Counting plain;

        private Writing(Path path, String id, String name) throws IOException {
            channel = PrivateFiles.create(path);
            encrypted = new Counting(new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER), digest);
            plain = new Counting(encryption.into(encrypted, plan, id, name), null);
        }

        OutputStream out() {
            return plain;
        }

        /** How many bytes were written so far, before encryption. */
        long written() {
            return plain.count;
        }

        /** Makes it durable. */
        Manifest.StoredFile finish() throws IOException {
            // Closing writes the last segment, which says that it is the last, and closes the channel as well.
            encrypted.keepOpen();
            plain.close();
            channel.force(true);
            channel.close();
            return new Manifest.StoredFile(encrypted.count, HexFormat.of().formatHex(digest.digest()), plain.count);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** Counts and digests what passes. */
    private static final class Counting extends FilterOutputStream {
        private final @org.jspecify.annotations.Nullable MessageDigest digest;
        private volatile long count;
        private boolean staysOpen;

        Counting(OutputStream to, @org.jspecify.annotations.Nullable MessageDigest digest) {
            super(to);
            this.digest = digest;
        }

        void keepOpen() {
            staysOpen = true;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes, others only look
        public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
            if (digest != null) {
                digest.update(bytes, from, length);
            }
            count += length;
        }

        @Override
        public void close() throws IOException {
            if (staysOpen) {
                out.flush();
            } else {
                super.close();
            }
        }
    }

    /**
     * What a backup says of itself.
     *
     * @throws BackupException if there is none of that name, or it is not what was written under this name
     */
    Manifest manifest(String id) throws IOException {
        Path file = file(id, MANIFEST);
        if (!Files.exists(file)) {
            throw new BackupException("there is no backup `" + id + "` of `" + plan + "`");
        }
        try (InputStream in = encryption.from(Files.newInputStream(file), plan, id, MANIFEST)) {
            byte[] bytes = in.readNBytes(MAX_MANIFEST);
            Manifest manifest = Manifest.read(bytes);
            if (!manifest.id().equals(id) || !manifest.plan().equals(plan)) {
                throw new BackupException("the manifest of `" + id + "` is another backup's");
            }
            return manifest;
        } catch (BackupException e) {
            throw e;
        } catch (IOException | MalformedException e) {
            throw new BackupException(
                    "the manifest of `" + id + "` is not what was written: altered, cut, or of another key", e);
        }
    }

    /** Where a file of a backup lies. */
    Path file(String id, String name) {
        return directory.resolve(id).resolve(name);
    }

    /** What a file of a backup holds; {@code in} is the file itself. */
    InputStream decrypted(InputStream in, String id, String name) throws IOException {
        return encryption.from(in, plan, id, name);
    }

    /** Removes a backup; the shelf must be held. It does not count any more from the first moment on. */
    void remove(String id) throws IOException {
        Path going = directory.resolve(id + PART);
        Files.move(directory.resolve(id), going, StandardCopyOption.ATOMIC_MOVE);
        PrivateFiles.sync(directory);
        PrivateFiles.removeTree(going);
    }

    /** Keeps {@code text} beside a backup, in the place of what was there under that name. */
    void note(String id, String name, String text) throws IOException {
        Path fresh = file(id, name + ".new");
        Files.deleteIfExists(fresh);
        PrivateFiles.write(fresh, text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        Files.move(fresh, file(id, name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        PrivateFiles.sync(directory.resolve(id));
    }

    /** What was noted beside a backup, if anything was. */
    Optional<String> noted(String id, String name) throws IOException {
        Path file = file(id, name);
        return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
    }
}
