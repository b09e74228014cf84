package dev.interlock.backup.source;

import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.run.Mount;
import dev.interlock.backup.run.UserProgram;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** What a plan's backups are copies of. */
public sealed interface Source {

    /** A server has so many connections, and a disk one head. */
    int MAX_JOBS = 64;

    /**
     * A database of PostgreSQL.
     *
     * @param database which one, and the way there
     * @param format how it is dumped
     * @param jobs how many dump, and later restore, at once; more than 1 only where the format can
     * @param saved names of databases of the same server that plans save
     * @param preload libraries without which a server takes no copy of it: they are loaded when it starts
     */
    record Postgres(Database database, DumpFormat format, int jobs, Set<String> saved, List<String> preload)
            implements Source {

        /** They stand in a setting, separated by commas; no path, and nothing that would have to be quoted. */
        private static final Pattern LIBRARY = Pattern.compile("[a-z0-9_]+");

        /** The only one of its server that a plan saves; it needs no library. */
        public Postgres(Database database, DumpFormat format, int jobs) {
            this(database, format, jobs, Set.of(database.name()), List.of());
        }

        /** @throws IllegalArgumentException if it could not be dumped so */
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

        /** The same with so many dumps at once, or as many as it says itself. */
        public Postgres withAtMost(int most) {
            return new Postgres(database, format, Math.min(jobs, most), saved, preload);
        }
    }

    /** A file of SQLite on this machine; others may write to it meanwhile. */
    record Sqlite(Path file) implements Source {

        /** @throws IllegalArgumentException if it is not said where it is */
        public Sqlite {
            requireAbsolute(file);
        }
    }

    /**
     * A directory of this machine with all that is in it.
     *
     * @param mountedAt where its disk is mounted: it, or what it lies in. Without it nobody knows whether it is
     */
    record Directory(Path path, Optional<Path> mountedAt) implements Source {

        /** One of which nobody says where its disk is mounted. */
        public Directory(Path path) {
            this(path, Optional.empty());
        }

        /** @throws IllegalArgumentException if it is not said where it is, or it does not lie on that disk */
        public Directory {
            requireAbsolute(path);
            Mount.requireAround(path, mountedAt);
        }
    }

    /**
     * Whatever somebody's programs can copy, by the contract of {@code docs/backups.md}. Each is an absolute path and
     * its arguments, among which is no secret: everybody on the machine can read them.
     *
     * @param take writes the backup to its standard output
     * @param verify restores it from its standard input, in a sandbox
     * @param recover brings it back for real; empty if there is no such program
     * @param environment for {@code take} and {@code recover}; names of files that hold secrets, and no secrets
     */
    record Exec(List<String> take, List<String> verify, List<String> recover, Map<String, String> environment)
            implements Source {

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
            throw new IllegalArgumentException("a source is an absolute path and not `/`, not `" + path + "`");
        }
    }

    /**
     * A database of PostgreSQL, reached as libpq reaches it.
     *
     * @param name as its server calls it
     * @param host a host's name or address, or a directory with a socket; libpq's own default without it
     * @param port libpq's own default without it
     * @param user libpq's own default without it
     * @param passwordFile holds the password and nothing else; its owner's alone
     * @param pgpass a file in the form of {@code .pgpass}, which libpq reads itself
     * @param service a section of {@code serviceFile}, for whatever else a connection needs
     * @param serviceFile in the form of {@code pg_service.conf}
     * @param programs where {@code pg_dump}, {@code initdb} and the others lie; looked for without it
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

        /** @throws IllegalArgumentException if it says one thing in two ways */
        public Database {
            if (passwordFile.isPresent() && pgpass.isPresent()) {
                throw new IllegalArgumentException("a source has a `password-file` or a `pgpass`, not both");
            }
        }

        /** Whether it is on the server of {@code other}, which is called by the same words then. */
        public boolean isBeside(Database other) {
            return host.equals(other.host)
                    && port.equals(other.port)
                    && service.equals(other.service)
                    && serviceFile.equals(other.serviceFile);
        }
    }
}
