package dev.interlock.backup.postgres;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Connects to one database by PostgreSQL's own programs. The password is in a file that this process's user alone can
 * read, never in a command line or an environment variable.
 */
record PostgresConnection(BackupSource.Database source, Map<String, String> environment, Optional<Path> madePgpass)
        implements AutoCloseable {

    private static final Path INSTALLED = Path.of("/usr/lib/postgresql");
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) ([0-9]+)");
    static final List<String> TAKING = List.of("pg_dump", "psql"); // the programs for dumping and counting
    /** The programs for restoring a dump into its own server. */
    static final List<String> TRYING = List.of("initdb", "pg_dump", "pg_restore", "postgres", "psql");

    /** {@code scratch} is a private directory, for a password file in libpq's format. */
    static PostgresConnection to(BackupSource.Database source, Path scratch) throws IOException {
        Map<String, String> environment = plain();
        environment.put("PGDATABASE", source.name());
        environment.put("PGCONNECT_TIMEOUT", "30");
        source.host().ifPresent(host -> environment.put("PGHOST", host));
        source.port().ifPresent(port -> environment.put("PGPORT", port.toString()));
        source.user().ifPresent(user -> environment.put("PGUSER", user));
        source.service().ifPresent(service -> environment.put("PGSERVICE", service));
        source.serviceFile().ifPresent(file -> environment.put("PGSERVICEFILE", file.toString()));
        source.pgpass().ifPresent(file -> environment.put("PGPASSFILE", file.toString()));
        Optional<Path> made = Optional.empty();
        if (source.passwordFile().isPresent()) {
            made = Optional.of(pgpass(source.passwordFile().get(), scratch));
            environment.put("PGPASSFILE", made.get().toString());
        }
        return new PostgresConnection(source, environment, made);
    }

    static Map<String, String> plain() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("LC_ALL", "C");
        environment.put("TZ", "UTC");
        environment.put("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
        environment.put("PGAPPNAME", "interlock backup");
        return environment;
    }

    /** Writes the password file. libpq reads passwords from lines of five fields; this line matches every host. */
    private static Path pgpass(Path passwordFile, Path scratch) throws IOException {
        if (!Files.exists(passwordFile)) {
            throw new BackupException("there is no password file `" + passwordFile + "`");
        }
        byte[] password = OwnerFiles.readSecret(passwordFile);
        byte[] line = new byte[0];
        try {
            String text = new String(password, StandardCharsets.UTF_8).strip();
            if (text.isEmpty() || text.indexOf('\n') >= 0) {
                throw new BackupException("`" + passwordFile + "` does not hold one line with a password");
            }
            String escaped = text.replace("\\", "\\\\").replace(":", "\\:");
            line = ("*:*:*:*:" + escaped + "\n").getBytes(StandardCharsets.UTF_8);
            Path made = scratch.resolve("pgpass");
            PrivateFiles.write(made, line);
            return made;
        } finally {
            Arrays.fill(password, (byte) 0);
            Arrays.fill(line, (byte) 0);
        }
    }

    /** Replaces the name of the generated password file in a message by that of the configured one. */
    BackupException told(BackupException e) {
        String words = String.valueOf(e.getMessage());
        String known = told(words);
        if (known.equals(words)) {
            return e;
        }
        return e instanceof InconclusiveException ? new InconclusiveException(known, e) : new BackupException(known, e);
    }

    String told(String words) {
        return madePgpass.isEmpty()
                ? words
                : words.replace(
                        madePgpass.get().toString(),
                        source.passwordFile().orElseThrow().toString());
    }

    static String origin(BackupSource.Database source) {
        return source.service().map(service -> "service " + service + " ").orElse("")
                + source.host().orElse("default host") + ":"
                + source.port().map(Object::toString).orElse("default port") + "/" + source.name();
    }

    boolean isLocal() {
        return source.service().isEmpty()
                && source.host()
                        .map(host -> host.startsWith("/")
                                || List.of("localhost", "127.0.0.1", "::1").contains(host))
                        .orElse(true);
    }

    /** Returns programs that can ask any server for its version. */
    Path anyPrograms() throws IOException {
        if (source.programs().isPresent()) {
            Path configured = source.programs().get();
            List<String> missing = missing(configured, TAKING);
            if (!missing.isEmpty()) {
                throw new BackupException("`programs` says `" + configured + "`, which does not contain "
                        + String.join(" or ", missing) + ": name a directory with all of PostgreSQL's programs");
            }
            return configured;
        }
        try (Stream<Path> versions = Files.isDirectory(INSTALLED) ? Files.list(INSTALLED) : Stream.empty()) {
            Optional<Path> newest = versions.filter(
                            path -> path.getFileName().toString().matches("[0-9]{1,4}"))
                    .filter(path -> Files.isExecutable(path.resolve("bin/psql")))
                    .max((one, other) -> Integer.compare(number(one), number(other)));
            return newest.map(path -> path.resolve("bin")).orElse(Path.of("/usr/bin"));
        }
    }

    private static int number(Path version) {
        return Integer.parseInt(version.getFileName().toString());
    }

    /** Returns programs of exactly that version: other versions dump in another form, which could not be compared. */
    static Path programs(Optional<Path> configured, int major, List<String> needed, ChildProcesses children)
            throws IOException {
        Path found =
                configured.orElse(INSTALLED.resolve(Integer.toString(major)).resolve("bin"));
        List<String> missing = missing(found, needed);
        if (!missing.isEmpty()) {
            throw new BackupException("this is PostgreSQL " + major + ", and there is no "
                    + String.join(" and no ", missing) + " of that version in `" + found + "`: install postgresql-"
                    + major + ", or name their directory with `programs`");
        }
        if (!areOf(major, found, children)) {
            throw new BackupException(
                    "the programs in `" + found + "` do not belong to PostgreSQL " + major + ", the server's version");
        }
        return found;
    }

    private static boolean areOf(int major, Path programs, ChildProcesses children) throws BackupException {
        Matcher version = VERSION.matcher(
                children.output(List.of(programs.resolve("pg_dump").toString(), "--version"), plain()));
        return version.find() && Integer.parseInt(version.group(1)) == major;
    }

    private static List<String> missing(Path directory, List<String> needed) {
        return needed.stream()
                .filter(program -> !Files.isExecutable(directory.resolve(program)))
                .toList();
    }

    @Override
    public void close() throws IOException {
        if (madePgpass.isPresent()) {
            Files.deleteIfExists(madePgpass.get());
        }
    }
}
