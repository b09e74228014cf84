package dev.interlock.backup.source;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a plan protects. */
public sealed interface BackupSource {

    /** {@code preload} are libraries that a server must load at its start before a copy can be restored. */
    record Postgres(Database database, List<String> preload) implements BackupSource {

        /** Part of a comma-separated setting, so no path and nothing that needs quotes. */
        private static final Pattern LIBRARY = Pattern.compile("[a-z0-9_]+");

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

    record Sqlite(Path file) implements BackupSource {

        public Sqlite {
            requireAbsolute(file);
        }
    }

    record Directory(Path path) implements BackupSource {

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
     * A PostgreSQL database, with libpq's settings and defaults. {@code passwordFile} holds the password alone,
     * {@code pgpass} has libpq's own format; {@code programs} is the directory of {@code pg_dump} and so on, searched
     * for if empty.
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

        public Database {
            if (passwordFile.isPresent() && pgpass.isPresent()) {
                throw new IllegalArgumentException("a source may have a `password-file` or a `pgpass`, not both");
            }
        }
    }
}
