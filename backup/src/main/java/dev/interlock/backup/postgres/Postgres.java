package dev.interlock.backup.postgres;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.DisturbedException;
import dev.interlock.backup.run.PrivateFiles;
import dev.interlock.backup.source.Source;
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
 * A way to one database: PostgreSQL's own programs, and what they need to connect. A password is in a file that this
 * process's user alone can read, never in a command line and never in an environment.
 *
 * <p>Threading: any thread may use it.
 */
final class Postgres implements AutoCloseable {

    /** Where Debian keeps each major version's programs. */
    private static final Path INSTALLED = Path.of("/usr/lib/postgresql");

    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) ([0-9]+)");

    /** What dumps and counts. */
    static final List<String> TAKING = List.of("pg_dump", "psql");

    /** What brings a dump back, and describes what is there then. */
    static final List<String> RESTORING = List.of("pg_dump", "pg_restore", "psql");

    /** What it takes to bring a dump back into a server of its own. */
    static final List<String> TRYING = List.of("initdb", "pg_dump", "pg_restore", "postgres", "psql");

    private final Source.Database source;
    private final Map<String, String> environment;
    private final Optional<Path> madePgpass;

    /** Where programs lie, and of which major version they are. */
    record Programs(Path directory, int major) {}

    private Postgres(Source.Database source, Map<String, String> environment, Optional<Path> madePgpass) {
        this.source = source;
        this.environment = environment;
        this.madePgpass = madePgpass;
    }

    /**
     * The way to {@code source}.
     *
     * @param scratch a private directory, for a password file in the form that libpq reads
     */
    static Postgres to(Source.Database source, Path scratch) throws IOException {
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
        return new Postgres(source, environment, made);
    }

    /** What every program gets, wherever it connects to. */
    static Map<String, String> plain() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("LC_ALL", "C");
        environment.put("TZ", "UTC");
        environment.put("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
        environment.put("PGAPPNAME", "interlock backup");
        return environment;
    }

    /** libpq reads passwords from lines of five fields; this one holds for every host. */
    private static Path pgpass(Path passwordFile, Path scratch) throws IOException {
        if (!Files.exists(passwordFile)) {
            throw new BackupException("there is no password file `" + passwordFile + "`");
        }
        byte[] password = PrivateFiles.readSecret(passwordFile);
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

    Map<String, String> environment() {
        return environment;
    }

    /** What a program says of the password file that was made for it is said of the one that people know. */
    BackupException told(BackupException e) {
        String words = String.valueOf(e.getMessage());
        String known = told(words);
        if (known.equals(words)) {
            return e;
        }
        return e instanceof DisturbedException ? new DisturbedException(known, e) : new BackupException(known, e);
    }

    /** The same of words alone. */
    String told(String words) {
        return madePgpass.isEmpty()
                ? words
                : words.replace(
                        madePgpass.get().toString(),
                        source.passwordFile().orElseThrow().toString());
    }

    /** Where it is, in words that do not change with what passwords do. */
    static String origin(Source.Database source) {
        return source.service().map(service -> "service " + service + " ").orElse("")
                + source.host().orElse("default host") + ":"
                + source.port().map(Object::toString).orElse("default port") + "/" + source.name();
    }

    /** Whether it is reached without leaving this machine. */
    boolean isLocal() {
        return source.service().isEmpty()
                && source.host()
                        .map(host -> host.startsWith("/")
                                || List.of("localhost", "127.0.0.1", "::1").contains(host))
                        .orElse(true);
    }

    /**
     * Programs with which any server can be asked which version it is.
     *
     * @throws BackupException if those that are configured are not there
     */
    Path anyPrograms() throws IOException {
        if (source.programs().isPresent()) {
            Path configured = source.programs().get();
            List<String> missing = missing(configured, TAKING);
            if (!missing.isEmpty()) {
                throw new BackupException("`programs` says `" + configured + "`, where there is no "
                        + String.join(" and no ", missing) + ": name a directory with all of PostgreSQL's programs");
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

    /**
     * Programs of exactly that version: those of another dump in other words, and no two dumps of theirs could be
     * compared.
     *
     * @param needed what of them
     * @throws BackupException if they are not there
     */
    static Path programs(Optional<Path> configured, int major, List<String> needed, Children children)
            throws IOException {
        Path found = configured.orElse(installed(major));
        List<String> missing = missing(found, needed);
        if (!missing.isEmpty()) {
            throw new BackupException("this is PostgreSQL " + major + ", and there is no "
                    + String.join(" and no ", missing) + " of that version in `" + found + "`: install postgresql-"
                    + major + ", or say with `programs` which directory has them");
        }
        if (!areOf(major, found, children)) {
            throw new BackupException(
                    "the programs in `" + found + "` are not of PostgreSQL " + major + ", which the server is");
        }
        return found;
    }

    /**
     * Programs with which a dump of the version {@code major} is brought back into a {@code server} that is newer: best
     * those of the server's version, whose {@code pg_dump} can describe what is there then; otherwise those of the
     * dump's, to which newer servers answer.
     *
     * @throws BackupException if there are neither
     */
    static Programs restoringInto(int server, Optional<Path> configured, int major, Children children)
            throws BackupException {
        for (int version : List.of(server, major)) {
            for (Path place : configured.isPresent()
                    ? List.of(configured.get(), installed(version))
                    : List.of(installed(version))) {
                if (missing(place, RESTORING).isEmpty() && areOf(version, place, children)) {
                    return new Programs(place, version);
                }
            }
        }
        throw new BackupException("the server is PostgreSQL " + server + " and the backup of " + major
                + ", and there are no programs of either: install postgresql-client-" + server
                + ", or say with `programs` which directory has them");
    }

    private static Path installed(int major) {
        return INSTALLED.resolve(Integer.toString(major)).resolve("bin");
    }

    private static boolean areOf(int major, Path programs, Children children) throws BackupException {
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
