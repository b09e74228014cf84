package dev.interlock.backup.place;

import dev.interlock.backup.run.Mount;
import dev.interlock.backup.run.UserProgram;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Where a plan's backups are kept. */
public sealed interface Target {

    /** Where that is, in words that do not change with what credentials or locks do. */
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
     * @param mountedAt where that device is mounted: it, or what it lies in. Without it nobody knows whether it is
     */
    record Directory(Path path, Optional<Path> mountedAt) implements Target {

        /** One of which nobody says where its device is mounted. */
        public Directory(Path path) {
            this(path, Optional.empty());
        }

        /** @throws IllegalArgumentException if it does not lie there */
        public Directory {
            Mount.requireAround(path, mountedAt);
        }
    }

    /**
     * A bucket of storage that speaks S3.
     *
     * @param endpoint where it answers; over plain HTTP only on this machine
     * @param region as its provider calls it
     * @param prefix put before all names; empty, or ends with {@code /}
     * @param pathStyle whether the bucket stands in the path, as most providers understand, or in the host's name
     * @param credentials a file with {@code aws_access_key_id} and {@code aws_secret_access_key}; its owner's alone
     * @param lock for how long the provider shall let nobody remove what was put there
     * @param elsewhere of what answers on this machine: that it keeps things on another machine, or on another disk
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
            implements Target {

        /**
         * How many dumps may go there at once: each keeps a part of 16 MiB in memory, and while that grows half as much
         * again, of a heap of 512 MiB.
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
                throw new IllegalArgumentException("`" + bucket + "` is no name of a bucket");
            }
            if (!PREFIX.matcher(prefix).matches()) {
                throw new IllegalArgumentException(
                        "`prefix` is names that end with `/`, such as `interlock/`, not `" + prefix + "`");
            }
        }
    }

    /** Whatever a program of somebody's serves, by the contract of {@code docs/backups.md}. */
    record Exec(UserProgram program) implements Target {}

    /**
     * Object lock. That it holds is the provider's word; that the provider has taken it down is read back.
     *
     * @param mode who may lift it
     * @param days from when a file was put there
     */
    record Lock(Mode mode, int days) {

        private static final int MAX_DAYS = 3650;

        /** Who may lift a lock before its time. */
        public enum Mode {
            /** Whoever has a special permission. */
            GOVERNANCE,
            /** Nobody. */
            COMPLIANCE;

            /** The word in configurations. */
            public String word() {
                return name().toLowerCase(Locale.ROOT);
            }

            /**
             * The mode that {@code word} names.
             *
             * @throws IllegalArgumentException if there is none
             */
            public static Mode of(String word) {
                for (Mode mode : values()) {
                    if (mode.word().equals(word)) {
                        return mode;
                    }
                }
                throw new IllegalArgumentException("`mode` is `governance` or `compliance`, not `" + word + "`");
            }
        }

        /** @throws IllegalArgumentException if it is for no time, or for longer than anybody could mean */
        public Lock {
            if (days < 1 || days > MAX_DAYS) {
                throw new IllegalArgumentException("`days` of a lock is from 1 to " + MAX_DAYS);
            }
        }
    }
}
