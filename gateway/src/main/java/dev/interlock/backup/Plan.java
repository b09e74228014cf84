package dev.interlock.backup;

import dev.interlock.action.Resource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What is backed up, and where to, as one machine's configuration says it.
 *
 * @param name as people and the seal call it
 * @param of what it is a copy of, as the seal names that
 * @param source where it comes from
 * @param target where backups are kept
 * @param format how it is dumped
 * @param jobs how many dump, and later restore, at once; more than 1 only where the format can
 * @param every how old the youngest backup may become before somebody should look
 * @param keep which backups stay
 */
public record Plan(
        String name,
        Resource of,
        PostgresSource source,
        Target target,
        Format format,
        int jobs,
        Duration every,
        Retention keep) {

    /** It becomes a directory's name. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");

    /** A server has so many connections, and a disk one head. */
    private static final int MAX_JOBS = 64;

    /** What {@code pg_dump} writes. */
    public enum Format {
        /** Compressed, for {@code pg_restore}. */
        CUSTOM,
        /** SQL, for {@code psql}. */
        PLAIN,
        /** Several archives of one snapshot, dumped and restored in parallel. */
        DIRECTORY;

        /** The word in configurations and manifests. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * The format that {@code word} names.
         *
         * @throws IllegalArgumentException if there is none
         */
        public static Format of(String word) {
            for (Format format : values()) {
                if (format.word().equals(word)) {
                    return format;
                }
            }
            throw new IllegalArgumentException("`format` is `custom`, `directory` or `plain`, not `" + word + "`");
        }
    }

    /** @throws IllegalArgumentException if it could not be carried out */
    public Plan {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a backup's name is lower-case letters, digits and `-`, at most 40, not `" + name + "`");
        }
        if (jobs < 1 || jobs > MAX_JOBS || (jobs > 1 && format != Format.DIRECTORY)) {
            throw new IllegalArgumentException(
                    "`jobs` is from 1 to " + MAX_JOBS + ", and more than 1 needs `format: directory`");
        }
        if (!every.isPositive()) {
            throw new IllegalArgumentException("`every` is longer than no time at all");
        }
    }

    /**
     * A database of PostgreSQL, reached as libpq reaches it.
     *
     * @param database its name
     * @param host a host's name or address, or a directory with a socket; libpq's own default without it
     * @param port libpq's own default without it
     * @param user libpq's own default without it
     * @param passwordFile holds the password and nothing else; its owner's alone
     * @param pgpass a file in the form of {@code .pgpass}, which libpq reads itself
     * @param service a section of {@code serviceFile}, for whatever else a connection needs
     * @param serviceFile in the form of {@code pg_service.conf}
     * @param programs where {@code pg_dump}, {@code initdb} and the others lie; looked for without it
     */
    public record PostgresSource(
            String database,
            Optional<String> host,
            Optional<Integer> port,
            Optional<String> user,
            Optional<Path> passwordFile,
            Optional<Path> pgpass,
            Optional<String> service,
            Optional<Path> serviceFile,
            Optional<Path> programs) {

        /** @throws IllegalArgumentException if it says one thing in two ways */
        public PostgresSource {
            if (passwordFile.isPresent() && pgpass.isPresent()) {
                throw new IllegalArgumentException("a source has a `password-file` or a `pgpass`, not both");
            }
        }
    }
}
