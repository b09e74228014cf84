package dev.interlock.backup.source;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a plan protects. */
public sealed interface BackupSource {

    /**
     * A PostgreSQL database.
     *
     * @param database the database and its connection
     * @param preload libraries that a server must load at its start before a copy can be restored
     */
    record Postgres(Database database, List<String> preload) implements BackupSource {

        /**
         * The form of a library's name. Names are part of a comma-separated setting, so no path and nothing that needs
         * quotes is allowed.
         */
        private static final Pattern LIBRARY = Pattern.compile("[a-z0-9_]+");

        /** @throws IllegalArgumentException if a library is not a name */
        public Postgres {
            preload = List.copyOf(preload);
            for (String library : preload) {
                if (!LIBRARY.matcher(library).matches()) {
                    throw new IllegalArgumentException(
                            "`preload` names libraries such as `timescaledb`, not `" + library + "`");
                }
            }
        }
    }

    /** An SQLite file on this machine. Others may write to it during the backup. */
    record Sqlite(Path file) implements BackupSource {

        /** @throws IllegalArgumentException if the path is not absolute */
        public Sqlite {
            requireAbsolute(file);
        }
    }

    /** A directory of this machine with everything in it. */
    record Directory(Path path) implements BackupSource {

        /** @throws IllegalArgumentException if the path is not absolute */
        public Directory {
            requireAbsolute(path);
        }
    }

    private static void requireAbsolute(Path path) {
        if (!path.isAbsolute() || path.getNameCount() == 0) {
            throw new IllegalArgumentException("a source must be an absolute path other than `/`, not `" + path + "`");
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
                throw new IllegalArgumentException("a source may have a `password-file` or a `pgpass`, not both");
            }
        }
    }
}
