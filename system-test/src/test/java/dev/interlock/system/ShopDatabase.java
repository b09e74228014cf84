package dev.interlock.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A real PostgreSQL with a database {@code shop}, under a user of its own and a password. */
final class ShopDatabase implements AutoCloseable {

    static final String PASSWORD = "c0rrect-horse-shop";
    private static final int USER = 61_239;

    private final Path directory;
    private final Path programs;
    private final Process server;

    /** Skips the test if PostgreSQL is not installed. */
    static void assumeThatItRuns() throws IOException {
        assumeTrue(newest().isPresent(), "no server of PostgreSQL is installed: apt-get install postgresql");
        assumeTrue(Programs.has("bwrap"), "no bubblewrap is installed");
        assumeTrue("root".equals(System.getProperty("user.name")), "only root can start a server of another user");
    }

    /** Starts it in {@code directory}. */
    ShopDatabase(Path directory) throws Exception {
        programs = newest().orElseThrow();
        this.directory = Files.createDirectory(directory.resolve("pg"));
        Path data = owned("data", "rwx------");
        Path sockets = owned("s", "rwxr-xr-x");
        Files.writeString(this.directory.resolve("passwd"), "tester:x:" + USER + ":" + USER + "::/tmp:/bin/sh\n");
        Path password = this.directory.resolve("password");
        Files.writeString(password, PASSWORD + "\n");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-r--r--"));
        Programs.run(
                        run(
                                "initdb",
                                "--pgdata=" + data,
                                "--username=postgres",
                                "--auth=scram-sha-256",
                                "--pwfile=" + password,
                                "--no-sync",
                                "--encoding=UTF8",
                                "--locale=C"),
                        "")
                .expect(0);
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
        Path pgpass = this.directory.resolve("pgpass");
        Files.writeString(pgpass, "*:*:*:*:" + PASSWORD);
        Files.setPosixFilePermissions(pgpass, PosixFilePermissions.fromString("rw-------"));
        server = new ProcessBuilder(run(
                        "postgres",
                        "-D",
                        data.toString(),
                        "-k",
                        sockets.toString(),
                        "-c",
                        "listen_addresses=",
                        "-c",
                        "fsync=off",
                        "-c",
                        "dynamic_shared_memory_type=mmap"))
                .redirectErrorStream(true)
                .redirectOutput(this.directory.resolve("log").toFile())
                .start();
        Programs.await(
                "PostgreSQL answers",
                () -> Programs.run(psql("postgres", "-c", "SELECT 1"), "").exit() == 0);
        sql("postgres", "CREATE DATABASE shop");
        sql("shop", "CREATE TABLE orders (id int PRIMARY KEY, what text)");
        sql("shop", "INSERT INTO orders SELECT i, 'thing ' || i FROM generate_series(1, 1000) i");
    }

    private static Optional<Path> newest() throws IOException {
        Path all = Path.of("/usr/lib/postgresql");
        if (!Files.isDirectory(all)) {
            return Optional.empty();
        }
        try (Stream<Path> versions = Files.list(all)) {
            return versions.map(path -> path.resolve("bin"))
                    .filter(path -> Files.isExecutable(path.resolve("initdb")))
                    .max(Comparator.naturalOrder());
        }
    }

    private Path owned(String name, String permissions) throws IOException {
        Path path = Files.createDirectory(directory.resolve(name));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        Files.setAttribute(path, "unix:uid", USER);
        Files.setAttribute(path, "unix:gid", USER);
        return path;
    }

    /** PostgreSQL's programs refuse root, and need a user with a name. */
    private List<String> run(String program, String... arguments) {
        List<String> all = new ArrayList<>(List.of("setpriv", "--reuid=" + USER, "--regid=" + USER));
        all.addAll(List.of("--clear-groups", "--", "bwrap", "--die-with-parent", "--dev-bind", "/", "/"));
        all.addAll(List.of("--ro-bind", directory.resolve("passwd").toString(), "/etc/passwd", "--"));
        all.add(programs.resolve(program).toString());
        all.addAll(List.of(arguments));
        return all;
    }

    private List<String> psql(String database, String... arguments) {
        List<String> all = new ArrayList<>(List.of(
                "env",
                "PGPASSFILE=" + directory.resolve("pgpass"),
                programs.resolve("psql").toString(),
                "-Xq",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                directory.resolve("s").toString(),
                "-U",
                "postgres",
                "-d",
                database));
        all.addAll(List.of(arguments));
        return all;
    }

    void sql(String database, String sql) throws Exception {
        tried(database, sql).expect(0);
    }

    /** Returns the answers to {@code statements}, each sent by itself, in one session. */
    String asked(String database, String... statements) throws Exception {
        return tried(database, statements).expect(0).out().strip();
    }

    /** Runs statements like {@link #asked}; one may fail. */
    Programs.ProgramResult tried(String database, String... statements) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("-At"));
        for (String statement : statements) {
            arguments.addAll(List.of("-c", statement));
        }
        return Programs.run(psql(database, arguments.toArray(String[]::new)), "");
    }

    /** Runs one of PostgreSQL's programs against the server. */
    void run(String program, List<String> arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("env", "PGPASSFILE=" + directory.resolve("pgpass")));
        all.addAll(List.of("PGHOST=" + directory.resolve("s"), "PGUSER=postgres"));
        all.add(programs.resolve(program).toString());
        all.addAll(arguments);
        Programs.run(all, "").expect(0);
    }

    /** Locks the table until the process ends: a dump of it waits. */
    Process locked() throws Exception {
        Process holder = new ProcessBuilder(psql("shop", "-At"))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        holder.getOutputStream()
                .write("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE; SELECT 'held';\n"
                        .getBytes(StandardCharsets.UTF_8));
        holder.getOutputStream().flush();
        if (holder.getInputStream().read() != 'h') {
            throw new AssertionError("the table is not locked");
        }
        return holder;
    }

    /** Returns its lines for {@code backups.yaml}. */
    String source() {
        return "{database: shop, host: " + directory.resolve("s") + ", user: postgres, password-file: "
                + directory.resolve("password") + "}";
    }

    @Override
    public void close() {
        server.destroyForcibly().onExit().join();
    }
}
