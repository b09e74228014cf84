package dev.interlock.backup.kept;

import dev.interlock.action.Bytes;
import dev.interlock.backup.place.BackupStorage;
import dev.interlock.backup.place.BackupTarget;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.RestoreAttestation;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The repository of one plan's backups, on any kind of target. Each backup consists of an encrypted manifest and
 * encrypted files. A backup with its final name is complete.
 */
public final class BackupRepository {

    private static final int BUFFER = 1 << 16;

    /** Maximum size of a manifest. A table takes about a hundred bytes. */
    private static final int MAX_MANIFEST = 256 << 20;

    private final BackupStorage place;
    private final String plan;
    private final Encryption encryption;

    private BackupRepository(BackupStorage place, String plan, Encryption encryption) {
        this.place = place;
        this.plan = plan;
        this.encryption = encryption;
    }

    /**
     * Opens the repository of {@code plan}.
     *
     * @throws BackupException if its credentials cannot be used
     */
    public static BackupRepository of(
            String plan, BackupTarget target, Encryption encryption, ChildProcesses children, Clock clock)
            throws IOException {
        return new BackupRepository(BackupStorage.of(plan, target, children, clock), plan, encryption);
    }

    /** Returns its directory, if it is a directory of this machine. */
    public Optional<Path> directory() {
        return place.directory();
    }

    /** Returns whether this machine can see anything of its location. */
    public boolean isInSight() {
        return place.directory().isPresent() || place.isServedHere();
    }

    /** Returns the separation from the source at {@code path}; unknown if nothing is there. */
    public Separation separationFrom(Path path) throws IOException {
        if (!Files.exists(path)) {
            return Separation.UNKNOWN;
        }
        if (place.directory().isPresent()) {
            return Separation.between(path, place.directory().get());
        }
        return place.isServedHere() && PathDevices.under(path).isHere() ? Separation.SAME : Separation.UNKNOWN;
    }

    /** Returns the fault to report if its backups are not separate from the source. */
    public String together() {
        return place.directory().isPresent()
                ? "it is on the same device as its source"
                : "its storage server runs on the same machine as its source";
    }

    /** Locks the repository as {@link BackupStorage#hold} does. */
    public BackupStorage.StorageLock hold() throws IOException {
        return place.hold();
    }

    /** Returns the complete backups, oldest first. */
    public List<String> ids() throws IOException {
        return place.ids();
    }

    /** Lists the backups as {@link BackupStorage#ids(BackupStorage.ListingStep)} does. */
    public List<String> ids(BackupStorage.ListingStep each) throws IOException {
        return place.ids(each);
    }

    /** Lists the debris as {@link BackupStorage#leftovers} does. */
    public Map<String, String> leftovers() throws IOException {
        return place.leftovers();
    }

    /** Returns a read-only view as {@link BackupStorage#readOnlyView} does. */
    public BackupRepository looked() throws IOException {
        return new BackupRepository(place.readOnlyView(), plan, encryption);
    }

    /** Begins a backup. The caller must hold the lock. */
    public PartialBackup begin(String id) throws IOException {
        return new PartialBackup(id, place.begin(id));
    }

    /** A backup that is being taken. */
    public final class PartialBackup implements AutoCloseable {
        private final String id;
        private final BackupStorage.PendingBackup beginning;

        private PartialBackup(String id, BackupStorage.PendingBackup beginning) {
            this.id = id;
            this.beginning = beginning;
        }

        /** Begins a file of it, which is encrypted as it is written. */
        public BackupFileWriter file(String name) throws IOException {
            return new BackupFileWriter(beginning.file(named(name)), id, name);
        }

        /** Completes the backup. Everything in it is durable by then, and so is its name. */
        public void commit(BackupManifest manifest) throws IOException {
            try (BackupFileWriter writing = file(BackupStorage.MANIFEST)) {
                writing.out().write(manifest.json().canonical());
                writing.finish();
            }
            beginning.name();
        }

        @Override
        public void close() throws IOException {
            beginning.close();
        }
    }

    /** A file that is being written. */
    public final class BackupFileWriter implements AutoCloseable {
        private final BackupStorage.StorageFile sink;
        private final MessageDigest digest = Bytes.newSha256();
        private final DigestingOutputStream encrypted;
        private final DigestingOutputStream plain;

        private BackupFileWriter(BackupStorage.StorageFile sink, String id, String name) throws IOException {
            this.sink = sink;
            encrypted = new DigestingOutputStream(new BufferedOutputStream(sink, BUFFER), digest);
            plain = new DigestingOutputStream(encryption.into(encrypted, plan, id, name), null);
        }

        public OutputStream out() {
            return plain;
        }

        /** Makes it durable. */
        public BackupManifest.StoredFile finish() throws IOException {
            // Closing writes the last segment, which is marked as the last. But closing must not abandon the file.
            encrypted.keepOpen();
            plain.close();
            sink.finish();
            return new BackupManifest.StoredFile(
                    encrypted.count, HexFormat.of().formatHex(digest.digest()), plain.count);
        }

        @Override
        public void close() throws IOException {
            sink.close();
        }
    }

    /** Counts and digests the bytes written. */
    private static final class DigestingOutputStream extends FilterOutputStream {
        private final @org.jspecify.annotations.Nullable MessageDigest digest;
        private volatile long count;
        private boolean staysOpen;

        DigestingOutputStream(OutputStream to, @org.jspecify.annotations.Nullable MessageDigest digest) {
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
        @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes, others only read
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
     * Returns the manifest of a backup.
     *
     * @throws BackupException if there is no such backup, or the manifest belongs to another name
     */
    public BackupManifest manifest(String id) throws IOException {
        if (!has(id)) {
            Optional<String> instead = RestoreAttestation.isName(id)
                    ? place.describeReplacement(id, BackupStorage.MANIFEST)
                    : Optional.empty();
            throw new BackupException("there is no backup `" + id + "` of `" + plan + "`"
                    + instead.map(other -> ": " + other).orElse(""));
        }
        try (InputStream in =
                encryption.from(place.read(id, BackupStorage.MANIFEST), plan, id, BackupStorage.MANIFEST)) {
            byte[] bytes = in.readNBytes(MAX_MANIFEST);
            BackupManifest manifest = BackupManifest.read(bytes);
            if (!manifest.id().equals(id) || !manifest.plan().equals(plan)) {
                throw new BackupException("the manifest of `" + id + "` belongs to another backup");
            }
            return manifest;
        } catch (BackupException e) {
            throw e;
        } catch (IOException | MalformedException e) {
            throw new BackupException(
                    "the manifest of `" + id + "` differs from what was written: it was "
                            + "altered, truncated, or written with another key",
                    e);
        }
    }

    /** Returns whether there is a backup {@code id}, complete or damaged. */
    public boolean has(String id) throws IOException {
        return RestoreAttestation.isName(id)
                && place.size(id, BackupStorage.MANIFEST).isPresent();
    }

    /** Returns the encrypted size of a file of a backup. */
    public OptionalLong size(String id, String name) throws IOException {
        return place.size(id, name);
    }

    /** Describes a replaced item as {@link BackupStorage#describeReplacement} does. */
    public Optional<String> instead(String id, String name) throws IOException {
        return place.describeReplacement(id, name);
    }

    /** Reads a file of a backup without decrypting it. */
    public InputStream read(String id, String name) throws IOException {
        return place.read(id, name);
    }

    /** Decrypts {@code in}, which is a file of a backup. */
    InputStream decrypted(InputStream in, String id, String name) throws IOException {
        return encryption.from(in, plan, id, name);
    }

    /** Returns the lock's end as {@link BackupStorage#lockedUntil} does. */
    public Optional<Instant> lockedUntil(String id) throws IOException {
        return place.lockedUntil(id);
    }

    /** Removes a backup as {@link BackupStorage#remove} does. */
    public void remove(String id) throws IOException {
        place.remove(id);
    }

    /** Stores a note as {@link BackupStorage#note} does. */
    public void note(String id, String name, String text) throws IOException {
        place.note(id, named(name), text);
    }

    private static String named(String name) {
        if (!BackupStorage.isOfBackup(name)) {
            throw new IllegalArgumentException("`" + name + "` would never be removed");
        }
        return name;
    }

    /** Returns the note beside a backup, if any. */
    public Optional<String> noted(String id, String name) throws IOException {
        return place.noted(id, name);
    }
}
