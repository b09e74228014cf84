package dev.interlock.backup.source;

import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.run.ContainingMount;
import dev.interlock.backup.run.UserProgram;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The source of a plan's backups. */
public sealed interface BackupSource {

    /** Maximum of parallel dumps. A server has only so many connections, and a disk one head. */
    int MAX_JOBS = 64;

    /**
     * A PostgreSQL database.
     *
     * @param database the database and its connection
     * @param format the format of the dump
     * @param jobs the number of parallel dumps and restores; more than 1 only if the format allows it
     * @param saved the databases of the same server that plans save
     * @param preload libraries that a server must load at its start before a copy can be restored
     */
    record Postgres(Database database, DumpFormat format, int jobs, Set<String> saved, List<String> preload)
            implements BackupSource {

        /**
         * The form of a library's name. Names are part of a comma-separated setting, so no path and nothing that needs
         * quotes is allowed.
         */
        private static final Pattern LIBRARY = Pattern.compile("[a-z0-9_]+");

        /** Creates a source that is the only saved database of its server, and needs no library. */
        public Postgres(Database database, DumpFormat format, int jobs) {
            this(database, format, jobs, Set.of(database.name()), List.of());
        }

        /** @throws IllegalArgumentException if it could not be dumped in this way */
        public Postgres {
            saved = Set.copyOf(saved);
            if (jobs < 1 || jobs > MAX_JOBS || (jobs > 1 && format != DumpFormat.DIRECTORY)) {
                throw new IllegalArgumentException(
                        "`jobs` is from 1 to " + MAX_JOBS + ", and more than 1 needs `format: directory`");
            }
            preload = List.copyOf(preload);
            for (String library : preload) {
                if (!LIBRARY.matcher(library).matches()) {
                    throw new IllegalArgumentException(
                            "`preload` names libraries such as `timescaledb`, not `" + library + "`");
                }
            }
        }

        /** Returns the source with {@code most} parallel dumps, or fewer if it has fewer. */
        public Postgres withAtMost(int most) {
            return new Postgres(database, format, Math.min(jobs, most), saved, preload);
        }
    }

    /** An SQLite file on this machine. Others may write to it during the backup. */
    record Sqlite(Path file) implements BackupSource {

        /** @throws IllegalArgumentException if the path is not absolute */
        public Sqlite {
            requireAbsolute(file);
        }
    }

    /**
     * A directory of this machine with everything in it.
     *
     * @param mountedAt the disk's mount point: the directory itself or one above it; without it a missing mount cannot
     *     be detected
     */
    record Directory(Path path, Optional<Path> mountedAt) implements BackupSource {

        /** @throws IllegalArgumentException if the path is not absolute, or not below the mount point */
        public Directory {
            requireAbsolute(path);
            ContainingMount.requireAround(path, mountedAt);
        }
    }

    /**
     * A source that an operator's programs copy, by the contract of {@code docs/backup-programs.md}. Each command is an
     * absolute path and arguments, without secrets: everybody on the machine can read them.
     *
     * @param take writes the backup to its standard output
     * @param verify restores it from its standard input, in a sandbox
     * @param recover restores it to a destination; empty if there is no such program
     * @param environment for {@code take} and {@code recover}; names of files with secrets, but no secrets
     */
    record Exec(List<String> take, List<String> verify, List<String> recover, Map<String, String> environment)
            implements BackupSource {

        /** @throws IllegalArgumentException if they could not be run */
        public Exec {
            take = List.copyOf(take);
            verify = List.copyOf(verify);
            recover = List.copyOf(recover);
            environment = new TreeMap<>(environment);
            requireProgram("take", take, environment);
            requireProgram("verify", verify, environment);
            if (!recover.isEmpty()) {
                requireProgram("recover", recover, environment);
            }
        }

        private static void requireProgram(String what, List<String> command, Map<String, String> environment) {
            try {
                var _ = new UserProgram(command, environment);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("`" + what + "`: " + e.getMessage(), e);
            }
        }
    }

    private static void requireAbsolute(Path path) {
        if (!path.isAbsolute() || path.getNameCount() == 0) {
            throw new IllegalArgumentException(
                    "a source must be an absolute path other than " + "`/`, not `" + path + "`");
        }
    }

    /**
     * A PostgreSQL database, with libpq's connection settings.
     *
     * @param name its name on the server
     * @param host a host name or address, or a directory with a socket; libpq's default if empty
     * @param port libpq's default if empty
     * @param user libpq's default if empty
     * @param passwordFile holds the password and nothing else; accessible to its owner alone
     * @param pgpass a file in the format of {@code .pgpass}, which libpq reads itself
     * @param service a section of {@code serviceFile}, for further connection settings
     * @param serviceFile in the format of {@code pg_service.conf}
     * @param programs the directory of {@code pg_dump}, {@code initdb} and so on; searched for if empty
     */
    record Database(
            String name,
            Optional<String> host,
            Optional<Integer> port,
            Optional<String> user,
            Optional<Path> passwordFile,
            Optional<Path> pgpass,
            Optional<String> service,
            Optional<Path> serviceFile,
            Optional<Path> programs) {

        /** @throws IllegalArgumentException if both a password file and a pgpass file are given */
        public Database {
            if (passwordFile.isPresent() && pgpass.isPresent()) {
                throw new IllegalArgumentException("a source may have a `password-file` or a " + "`pgpass`, not both");
            }
        }

        /** Returns whether it is on the server of {@code other}, which must be written with the same settings. */
        public boolean isBeside(Database other) {
            return host.equals(other.host)
                    && port.equals(other.port)
                    && service.equals(other.service)
                    && serviceFile.equals(other.serviceFile);
        }
    }
}
