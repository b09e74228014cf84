package dev.interlock.backup.place;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The storage of one plan's backups: bytes under names. With any kind of storage, a backup appears exactly when all of
 * it is durable.
 */
public interface BackupStorage {

    /** The manifest, which is written last and makes a backup count. */
    String MANIFEST = "manifest";

    /** The time format at the beginning of a backup's name. Names sort by the time at which the backups were begun. */
    DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    /** The names of files in a backup. Files with other names belong to somebody else and are never removed. */
    Pattern OF_BACKUP = Pattern.compile("manifest|counts|listing|content|database|copy|dump|schema|schema\\.sql"
            + "|data-[1-9][0-9]*|attested\\.json|attested\\.json\\.sig");

    /** Returns whether {@code name} may be a file of a backup, or a note beside one. */
    static boolean isOfBackup(String name) {
        return OF_BACKUP.matcher(name).matches();
    }

    /**
     * Opens the storage of {@code plan} in {@code target}.
     *
     * @param children their closing ends the programs that this runs
     * @throws BackupException if its credentials cannot be used
     */
    static BackupStorage of(String plan, BackupTarget target, ChildProcesses children, Clock clock) throws IOException {
        return switch (target) {
            case BackupTarget.Directory directory -> new DirectoryStorage(plan, directory);
            case BackupTarget.S3 s3 -> S3Storage.of(plan, s3, clock);
            case BackupTarget.Exec exec -> new ExecStorage(plan, exec.program(), children, clock);
        };
    }

    /** Age above which an incomplete backup is a leftover. A job is abandoned after seven days. */
    Duration LEFT_BEHIND = Duration.ofDays(9);

    /** Maximum size of a note. A note is a test result, and none is longer. */
    int MAX_NOTE = 1 << 20;

    /** Returns its directory, if it is a directory of this machine. */
    Optional<Path> directory();

    /**
     * Returns whether a server of this machine stores it, and the plan does not declare that the server stores
     * elsewhere.
     */
    boolean isServedHere();

    /**
     * Locks it for changes, and removes leftovers of killed jobs as far as possible.
     *
     * @throws BackupException if somebody else holds the lock
     */
    StorageLock hold() throws IOException;

    /** Returns the complete backups, oldest first. */
    List<String> ids() throws IOException;

    /** Lists the backups. Where each name needs a request, {@code each} is notified, and may end the listing. */
    default List<String> ids(ListingStep each) throws IOException {
        return ids();
    }

    /** Is notified of progress. */
    interface ListingStep {

        /** Throws once nobody waits any more. */
        void next() throws IOException;
    }

    /** Returns the items that are not backups, by name, with the reasons. Changes nothing. */
    Map<String, String> leftovers() throws IOException;

    /** Returns a view for one check without changes. Where requests are slow, it lists the content only once. */
    default BackupStorage readOnlyView() throws IOException {
        return this;
    }

    /** Begins a backup. The caller must hold the lock. */
    PendingBackup begin(String id) throws IOException;

    /** Returns the size of a backup's file, if it exists. */
    OptionalLong size(String id, String name) throws IOException;

    /** Describes in a sentence the item that replaced a file of a backup, or the whole backup, if any. */
    default Optional<String> describeReplacement(String id, String name) throws IOException {
        return Optional.empty();
    }

    /** Reads a file of a backup. */
    InputStream read(String id, String name) throws IOException;

    /** Returns the time until which the storage claims that nobody can remove a backup, if it does. */
    Optional<Instant> lockedUntil(String id) throws IOException;

    /** Removes a backup. The caller must hold the lock. The first step makes the backup invalid. */
    void remove(String id) throws IOException;

    /** Stores {@code text} beside a backup, and replaces an earlier note of that name. */
    void note(String id, String name, String text) throws IOException;

    /** Returns the note beside a backup, if any. */
    Optional<String> noted(String id, String name) throws IOException;

    /** An operation on a storage. */
    interface StorageOperation<T> {
        T run() throws IOException;
    }

    /** Runs {@code work}. A storage that did not answer is reported by its original exception. */
    static <T> T runOnStorage(StorageOperation<T> work) throws IOException {
        try {
            return work.run();
        } catch (UncheckedIOException e) {
            Throwable cause = e.getCause();
            throw new BackupException(String.valueOf(cause == null ? e.getMessage() : cause.getMessage()), e);
        }
    }

    /** The lock that is needed to change a storage. */
    interface StorageLock extends AutoCloseable {

        /** Returns the leftovers that could not be removed, by name, with the reasons. */
        Map<String, String> unremoved();

        @Override
        void close() throws IOException;
    }

    /** A backup that does not count yet. */
    interface PendingBackup extends AutoCloseable {

        /** Begins a file of it. */
        StorageFile file(String name) throws IOException;

        /** Makes the backup count. Its last file, the manifest, is durable by then. */
        void name() throws IOException;

        /** Removes the backup, unless it counts. */
        @Override
        void close() throws IOException;
    }

    /** A file that is being written. Closing an unfinished file abandons it. */
    abstract class StorageFile extends OutputStream {

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public abstract void write(byte[] bytes, int from, int length) throws IOException;

        /** Makes it durable. */
        public abstract void finish() throws IOException;

        @Override
        public abstract void close() throws IOException;
    }
}
