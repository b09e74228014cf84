package dev.interlock.backup.place;

import dev.interlock.backup.run.ContainingMount;
import dev.interlock.backup.run.UserProgram;
import dev.interlock.evidence.Keyword;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/** The storage of a plan's backups, as configured. */
public sealed interface BackupTarget {

    /** Returns a description that does not depend on credentials or locks. */
    default String words() {
        return switch (this) {
            case Directory to -> "directory " + to.path();
            case S3 to -> "s3 " + to.endpoint() + " " + to.bucket() + "/" + to.prefix();
            case Exec to -> "exec " + String.join(" ", to.program().command());
        };
    }

    /**
     * A directory, best on another device.
     *
     * @param mountedAt the device's mount point: the directory itself or one above it; without it a missing mount
     *     cannot be detected
     */
    record Directory(Path path, Optional<Path> mountedAt) implements BackupTarget {

        /** @throws IllegalArgumentException if the directory is not below the mount point */
        public Directory {
            ContainingMount.requireAround(path, mountedAt);
        }
    }

    /**
     * A bucket of S3 storage.
     *
     * @param endpoint the address of the server; plain HTTP is allowed only on this machine
     * @param region the provider's name of the region
     * @param prefix put before all names; empty, or ends with {@code /}
     * @param pathStyle whether the bucket is in the path, as most providers understand, or in the host's name
     * @param credentials a file with {@code aws_access_key_id} and {@code aws_secret_access_key}, accessible to its
     *     owner alone
     * @param lock the object lock that the provider sets on new objects
     * @param elsewhere whether a server on this machine stores its data on another machine or disk
     */
    record S3(
            URI endpoint,
            String region,
            String bucket,
            String prefix,
            boolean pathStyle,
            Path credentials,
            Optional<Lock> lock,
            boolean elsewhere)
            implements BackupTarget {

        /**
         * Maximum of parallel dumps. Each buffers a part of 16 MiB and half as much again while the buffer grows, in a
         * heap of 512 MiB.
         */
        public static final int MOST_JOBS = 8;

        private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
        private static final Pattern PREFIX = Pattern.compile("([A-Za-z0-9_.-]+/)*");
        private static final Pattern HERE = Pattern.compile("localhost|127\\.[0-9.]+|\\[::1]");

        /** @throws IllegalArgumentException if it could not be used, or not safely */
        public S3 {
            String host = endpoint.getHost() == null ? "" : endpoint.getHost();
            boolean safe = "https".equals(endpoint.getScheme())
                    || ("http".equals(endpoint.getScheme())
                            && HERE.matcher(host).matches());
            if (!safe || host.isEmpty() || endpoint.getUserInfo() != null) {
                throw new IllegalArgumentException(
                        "`endpoint` is `https://HOST`, and `http://` only on this machine, not `" + endpoint + "`");
            }
            if (!BUCKET.matcher(bucket).matches()) {
                throw new IllegalArgumentException("`" + bucket + "` is not a bucket name");
            }
            if (!PREFIX.matcher(prefix).matches()) {
                throw new IllegalArgumentException(
                        "`prefix` is names that end with `/`, such as `interlock/`, not `" + prefix + "`");
            }
        }
    }

    /** Storage behind an operator's program, by the contract of {@code docs/backup-programs.md}. */
    record Exec(UserProgram program) implements BackupTarget {}

    /**
     * An object lock. The provider claims that it holds; this program only reads back that the provider recorded it.
     *
     * @param mode the rule for lifting it
     * @param days the duration, from the time at which a file is stored
     */
    record Lock(Mode mode, int days) {

        private static final int MAX_DAYS = 3650;

        /** The rule for lifting a lock early. */
        public enum Mode implements Keyword {
            /** Users with a special permission may lift it. */
            GOVERNANCE,
            /** Nobody may lift it. */
            COMPLIANCE;

            /**
             * Returns the mode that {@code word} names.
             *
             * @throws IllegalArgumentException if there is none
             */
            public static Mode of(String word) {
                return Keyword.find(Mode.class, word)
                        .orElseThrow(() -> new IllegalArgumentException(
                                "`mode` is `governance` or `compliance`, not `" + word + "`"));
            }
        }

        /** @throws IllegalArgumentException if the duration is zero, or absurdly long */
        public Lock {
            if (days < 1 || days > MAX_DAYS) {
                throw new IllegalArgumentException("`days` of a lock is from 1 to " + MAX_DAYS);
            }
        }
    }
}
