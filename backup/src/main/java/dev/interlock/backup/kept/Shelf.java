package dev.interlock.backup.kept;

import dev.interlock.backup.place.Place;
import dev.interlock.backup.place.Target;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.Digests;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Restoration;
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
 * The backups of one plan, wherever they lie: for each an encrypted manifest and encrypted files. What has a name is
 * whole.
 */
public final class Shelf {

    private static final int BUFFER = 1 << 16;

    /** More is no manifest; a table takes about a hundred bytes. */
    private static final int MAX_MANIFEST = 256 << 20;

    private final Place place;
    private final String plan;
    private final Encryption encryption;

    private Shelf(Place place, String plan, Encryption encryption) {
        this.place = place;
        this.plan = plan;
        this.encryption = encryption;
    }

    /**
     * That of {@code plan}.
     *
     * @throws BackupException if its credentials cannot be used
     */
    public static Shelf of(String plan, Target target, Encryption encryption, Children children, Clock clock)
            throws IOException {
        return new Shelf(Place.of(plan, target, children, clock), plan, encryption);
    }

    /** It, if it is a directory of this machine. */
    public Optional<Path> directory() {
        return place.directory();
    }

    /** Whether anything can be seen from here of where it lies. */
    public boolean isInSight() {
        return place.directory().isPresent() || place.isServedHere();
    }

    /** Whether it lies apart from what is at {@code path}, of which it keeps copies; not known if nothing is there. */
    public Separation separationFrom(Path path) throws IOException {
        if (!Files.exists(path)) {
            return Separation.UNKNOWN;
        }
        if (place.directory().isPresent()) {
            return Separation.between(path, place.directory().get());
        }
        return place.isServedHere() && Disks.under(path).isHere() ? Separation.SAME : Separation.UNKNOWN;
    }

    /** What is wrong with all that lies here, if it does not lie apart. */
    public String together() {
        return place.directory().isPresent()
                ? "it lies on the same device as what it is a copy of"
                : "it is kept by a server of the same machine as what it is a copy of";
    }

    /** As {@link Place#hold} says. */
    public Place.Held hold() throws IOException {
        return place.hold();
    }

    /** The backups that are whole, oldest first. */
    public List<String> ids() throws IOException {
        return place.ids();
    }

    /** As {@link Place#ids(Place.Step)} says. */
    public List<String> ids(Place.Step each) throws IOException {
        return place.ids(each);
    }

    /** As {@link Place#debris} says. */
    public Map<String, String> debris() throws IOException {
        return place.debris();
    }

    /** As {@link Place#looked} says. */
    public Shelf looked() throws IOException {
        return new Shelf(place.looked(), plan, encryption);
    }

    /** Begins a backup; the shelf must be held. */
    public Part begin(String id) throws IOException {
        return new Part(id, place.begin(id));
    }

    /** A backup that is being taken. */
    public final class Part implements AutoCloseable {
        private final String id;
        private final Place.Beginning beginning;

        private Part(String id, Place.Beginning beginning) {
            this.id = id;
            this.beginning = beginning;
        }

        /** A file of it, encrypted as it is written. */
        public Writing file(String name) throws IOException {
            return new Writing(beginning.file(named(name)), id, name);
        }

        /** From now on it counts: everything in it is durable, and so is its name. */
        public void commit(Manifest manifest) throws IOException {
            try (Writing writing = file(Place.MANIFEST)) {
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
    public final class Writing implements AutoCloseable {
        private final Place.Sink sink;
        private final MessageDigest digest = Digests.sha256();
        private final Counting encrypted;
        private final Counting plain;

        private Writing(Place.Sink sink, String id, String name) throws IOException {
            this.sink = sink;
            encrypted = new Counting(new BufferedOutputStream(sink, BUFFER), digest);
            plain = new Counting(encryption.into(encrypted, plan, id, name), null);
        }

        public OutputStream out() {
            return plain;
        }

        /** Makes it durable. */
        public Manifest.StoredFile finish() throws IOException {
            // Closing writes the last segment, which says that it is the last, and would give the file up as well.
            encrypted.keepOpen();
            plain.close();
            sink.finish();
            return new Manifest.StoredFile(encrypted.count, HexFormat.of().formatHex(digest.digest()), plain.count);
        }

        @Override
        public void close() throws IOException {
            sink.close();
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
    public Manifest manifest(String id) throws IOException {
        if (!has(id)) {
            Optional<String> instead = Restoration.isName(id) ? place.instead(id, Place.MANIFEST) : Optional.empty();
            throw new BackupException("there is no backup `" + id + "` of `" + plan + "`"
                    + instead.map(other -> ": " + other).orElse(""));
        }
        try (InputStream in = encryption.from(place.read(id, Place.MANIFEST), plan, id, Place.MANIFEST)) {
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

    /** Whether there is a backup {@code id}, whole or not worth anything any more. */
    public boolean has(String id) throws IOException {
        return Restoration.isName(id) && place.size(id, Place.MANIFEST).isPresent();
    }

    /** How long a file of a backup is, encrypted. */
    public OptionalLong size(String id, String name) throws IOException {
        return place.size(id, name);
    }

    /** As {@link Place#instead} says. */
    public Optional<String> instead(String id, String name) throws IOException {
        return place.instead(id, name);
    }

    /** A file of a backup as it lies there. */
    public InputStream read(String id, String name) throws IOException {
        return place.read(id, name);
    }

    /** What a file of a backup holds; {@code in} is the file itself. */
    InputStream decrypted(InputStream in, String id, String name) throws IOException {
        return encryption.from(in, plan, id, name);
    }

    /** As {@link Place#lockedUntil} says. */
    public Optional<Instant> lockedUntil(String id) throws IOException {
        return place.lockedUntil(id);
    }

    /** As {@link Place#remove} says. */
    public void remove(String id) throws IOException {
        place.remove(id);
    }

    /** As {@link Place#note} says. */
    public void note(String id, String name, String text) throws IOException {
        place.note(id, named(name), text);
    }

    private static String named(String name) {
        if (!Place.isOfBackup(name)) {
            throw new IllegalArgumentException("`" + name + "` would never be removed");
        }
        return name;
    }

    /** What was noted beside a backup, if anything was. */
    public Optional<String> noted(String id, String name) throws IOException {
        return place.noted(id, name);
    }
}
