package dev.interlock.backup.place;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Children;
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
 * Where the backups of one plan lie, as bytes under names. Whatever the place, a backup is there from the moment on in
 * which everything of it is durable, and not a moment before.
 */
public interface Place {

    /** What is put there last makes a backup count: its manifest. */
    String MANIFEST = "manifest";

    /** How names of backups begin: they sort by when those were begun. */
    DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    /** What lies in a backup under another name is somebody else's, and not to be removed. */
    Pattern OF_BACKUP = Pattern.compile("manifest|counts|listing|content|database|copy|dump|schema|schema\\.sql"
            + "|data-[1-9][0-9]*|attested\\.json|attested\\.json\\.sig");

    /** Whether a file of a backup, or a note beside one, may be called {@code name}. */
    static boolean isOfBackup(String name) {
        return OF_BACKUP.matcher(name).matches();
    }

    /**
     * That of {@code plan} in {@code target}.
     *
     * @param children whose closing ends what it runs
     * @throws BackupException if its credentials cannot be used
     */
    static Place of(String plan, Target target, Children children, Clock clock) throws IOException {
        return switch (target) {
            case Target.Directory directory -> new DirectoryPlace(plan, directory);
            case Target.S3 s3 -> S3Place.of(plan, s3, clock);
            case Target.Exec exec -> new ExecPlace(plan, exec.program(), children, clock);
        };
    }

    /** What is older and does not count was left behind: whoever takes backups gives one up after seven days. */
    Duration LEFT_BEHIND = Duration.ofDays(9);

    /** What is noted is what came of trying it; more is none. */
    int MAX_NOTE = 1 << 20;

    /** It, if it is a directory of this machine. */
    Optional<Path> directory();

    /** Whether a server of this machine keeps it, and nobody says that this one passes on what it gets. */
    boolean isServedHere();

    /**
     * Holds it for whoever changes it, and removes what those that were killed have left, as far as that goes.
     *
     * @throws BackupException if somebody else holds it
     */
    Held hold() throws IOException;

    /** The backups that are whole, oldest first. */
    List<String> ids() throws IOException;

    /** The same; where something is asked of each name that lies there, {@code each} is told, and may end it. */
    default List<String> ids(Step each) throws IOException {
        return ids();
    }

    /** Is told that something gets on. */
    interface Step {

        /** Throws once nobody waits any more. */
        void next() throws IOException;
    }

    /** What lies there and is no backup, by name, and why; nothing is changed. */
    Map<String, String> debris() throws IOException;

    /** For one look, in which nothing is changed: what is where is asked once, where each answer takes its time. */
    default Place looked() throws IOException {
        return this;
    }

    /** Begins a backup; the place must be held. */
    Beginning begin(String id) throws IOException;

    /** How long a file of a backup is, if there is one. */
    OptionalLong size(String id, String name) throws IOException;

    /** In a sentence, what lies in the place of a file of a backup, or of all of it, if another thing does. */
    default Optional<String> instead(String id, String name) throws IOException {
        return Optional.empty();
    }

    /** A file of a backup. */
    InputStream read(String id, String name) throws IOException;

    /** Until when the place says that nobody can remove a backup, if it says so. */
    Optional<Instant> lockedUntil(String id) throws IOException;

    /** Removes a backup; the place must be held. It does not count any more from the first moment on. */
    void remove(String id) throws IOException;

    /** Keeps {@code text} beside a backup, in the place of what was there under that name. */
    void note(String id, String name, String text) throws IOException;

    /** What was noted beside a backup, if anything was. */
    Optional<String> noted(String id, String name) throws IOException;

    /** What needs a place. */
    interface Work<T> {
        T run() throws IOException;
    }

    /** Does {@code work}; that a place did not answer is thrown as what it is. */
    static <T> T reaching(Work<T> work) throws IOException {
        try {
            return work.run();
        } catch (UncheckedIOException e) {
            Throwable cause = e.getCause();
            throw new BackupException(String.valueOf(cause == null ? e.getMessage() : cause.getMessage()), e);
        }
    }

    /** What changes a place holds this. */
    interface Held extends AutoCloseable {

        /** What was left behind there and is still there, by name, and why. */
        Map<String, String> left();

        @Override
        void close() throws IOException;
    }

    /** A backup that does not count yet. */
    interface Beginning extends AutoCloseable {

        /** A new file of it. */
        Sink file(String name) throws IOException;

        /** From now on it counts. Its last file, which is the manifest, is durable by then. */
        void name() throws IOException;

        /** Removes it, unless it counts. */
        @Override
        void close() throws IOException;
    }

    /** A file that is being written. To close one that is not finished gives it up. */
    abstract class Sink extends OutputStream {

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
