package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A real server with a password, as the source of backups. */
public final class TestingPostgres implements AutoCloseable {

    public static final String PASSWORD = "pass:word\\c0rrect-horse";
    private static final int USER = 61_239;

    /** A cluster of each version's programs, as {@code initdb} makes it: copying one takes a tenth of the time. */
    private static final Map<Path, Path> TEMPLATES = new HashMap<>();

    private final ChildProcesses children = new ChildProcesses();
    private final Path directory;
    private final Path programs;
    private final ChildProcesses.ChildProcess server;

    /** Starts one in {@code directory} with {@code settings}; skips the test if no server is installed. */
    public TestingPostgres(Path directory, List<String> settings) throws Exception {
        this(directory, settings, Optional.empty());
        boolean collects = settings.contains("logging_collector=on"); // and then says nothing here
        assertThat(server.awaitWords(collects ? "redirecting log output" : "ready to accept connections"))
                .isTrue();
        while (collects && !answers()) {
            Thread.onSpinWait(); // each attempt is a process
        }
        sql("postgres", "CREATE DATABASE shop");
    }

    private boolean answers() {
        try {
            return value("postgres", "SELECT 1").equals("1");
        } catch (IOException _) {
            return false;
        }
    }

    /** Starts one that follows {@code primary}, and answers read-only queries. */
    static TestingPostgres standby(TestingPostgres primary, Path directory) throws Exception {
        TestingPostgres standby = new TestingPostgres(directory, List.of(), Optional.of(primary));
        assertThat(standby.server.awaitWords("ready to accept read-only connections"))
                .isTrue();
        return standby;
    }

    private TestingPostgres(Path directory, List<String> settings, Optional<TestingPostgres> primary) throws Exception {
        this.programs = installed();
        this.directory = Files.createDirectory(directory.resolve("pg"));
        open(directory);
        open(this.directory);
        Path data = this.directory.resolve("data");
        Path sockets = Files.createDirectory(this.directory.resolve("s"));
        int user = user();
        give(sockets);
        Files.writeString(this.directory.resolve("passwd"), "tester:x:" + user + ":" + user + "::/tmp:/bin/sh\n");
        if (primary.isPresent()) {
            prepare(data);
            copy(primary.get(), data);
        } else {
            lay(data);
        }
        List<String> postgres = new ArrayList<>(List.of("postgres", "-D", data.toString(), "-k", sockets.toString()));
        List.of(
                        "listen_addresses=",
                        "fsync=off",
                        "autovacuum=off",
                        "dynamic_shared_memory_type=mmap",
                        "max_locks_per_transaction=10")
                .forEach(setting -> postgres.addAll(List.of("-c", setting)));
        settings.forEach(setting -> postgres.addAll(List.of("-c", setting)));
        server = children.start(run(postgres), PostgresConnection.plain());
    }

    /** Writes a file in {@code directory} with the password, for its owner alone, as {@code password-file} requires. */
    public static Path passwordFile(Path directory) throws IOException {
        Path file = directory.resolve("password");
        PrivateFiles.write(file, (PASSWORD + "\n").getBytes(StandardCharsets.UTF_8));
        return file;
    }

    private static void prepare(Path data) throws IOException {
        Files.createDirectory(data);
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
        give(data);
    }

    private void lay(Path data) throws IOException {
        synchronized (TEMPLATES) {
            Path template = TEMPLATES.get(programs);
            if (template != null) {
                clone(template, data);
                return;
            }
            make(data);
            Path made = Files.createTempDirectory("cluster");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(made)));
            clone(data, made.resolve("data"));
            TEMPLATES.put(programs, made.resolve("data"));
        }
    }

    private void clone(Path from, Path to) throws IOException {
        children.output(
                List.of("cp", "-a", "--reflink=auto", "--", from.toString(), to.toString()),
                PostgresConnection.plain());
    }

    private static void remove(Path template) {
        try {
            OwnerFiles.removeTree(template);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void make(Path data) throws IOException {
        prepare(data);
        Path password = directory.resolve("password"); // for the server's user to read
        Files.writeString(password, PASSWORD + "\n");
        children.output(
                run(List.of(
                        "initdb",
                        "--pgdata=" + data,
                        "--username=postgres",
                        "--auth=scram-sha-256",
                        "--pwfile=" + password,
                        "--no-sync",
                        "--encoding=UTF8",
                        "--locale=C")),
                PostgresConnection.plain());
        Files.delete(password);
    }

    private void copy(TestingPostgres primary, Path data) throws IOException {
        children.output(
                run(List.of(
                        "pg_basebackup",
                        "--pgdata=" + data,
                        "--host=" + primary.sockets(),
                        "--username=postgres",
                        "--no-password",
                        "--write-recovery-conf",
                        "--checkpoint=fast",
                        "--no-sync")),
                primary.environment());
    }

    /**
     * Returns Debian's programs of the newest installed version, or those in the directory that the system property
     * {@code interlock.postgres} names.
     */
    static Path installed() throws IOException {
        String chosen = System.getProperty("interlock.postgres", "");
        if (!chosen.isEmpty()) {
            return Path.of(chosen);
        }
        Path all = Path.of("/usr/lib/postgresql");
        assumeTrue(Files.isDirectory(all), "no PostgreSQL is installed: apt-get install postgresql");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "no bubblewrap is installed");
        assumeTrue(self() == 0, "only root can start a server of another user");
        try (Stream<Path> versions = Files.list(all)) {
            Optional<Path> newest = versions.map(path -> path.resolve("bin"))
                    .filter(path -> Files.isExecutable(path.resolve("initdb")))
                    .max(Comparator.comparing(Path::toString));
            assumeTrue(newest.isPresent(), "no server of PostgreSQL is installed: apt-get install postgresql");
            return newest.get();
        }
    }

    private static int self() throws IOException {
        return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    /** Returns the number of the server's user, which is also their group's. */
    public static int user() {
        return USER;
    }

    /** Gives {@code path} to the server's user. */
    public static void give(Path path) throws IOException {
        Files.setAttribute(path, "unix:uid", USER);
        Files.setAttribute(path, "unix:gid", USER);
    }

    private static void open(Path path) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private String program(String name) {
        Path own = programs.resolve(name);
        return Files.isExecutable(own) ? own.toString() : name; // not every distribution has all
    }

    /** Runs a program as a user with a name, which PostgreSQL's programs need. */
    private List<String> run(List<String> command) {
        List<String> all = new ArrayList<>(List.of(
                "setpriv",
                "--reuid=" + user(),
                "--regid=" + user(),
                "--clear-groups",
                "--",
                "bwrap",
                "--die-with-parent",
                "--dev-bind",
                "/",
                "/",
                "--ro-bind",
                directory.resolve("passwd").toString(),
                "/etc/passwd",
                "--"));
        all.add(program(command.getFirst()));
        all.addAll(command.subList(1, command.size()));
        return all;
    }

    /** Returns the database {@code name}, with the password in {@code passwordFile}. */
    public BackupSource.Database source(String name, Path passwordFile) {
        return new BackupSource.Database(
                name,
                Optional.of(directory.resolve("s").toString()),
                Optional.empty(),
                Optional.of("postgres"),
                Optional.of(passwordFile),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    /** Returns the directory of its data. */
    public Path data() {
        return directory.resolve("data");
    }

    /** Returns the directory of its socket. */
    public Path sockets() {
        return directory.resolve("s");
    }

    /** Returns the variables with which its superuser's programs connect, run by its user or by root. */
    public Map<String, String> environment() throws IOException {
        Path pgpass = directory.resolve("pgpass");
        if (!Files.exists(pgpass)) {
            String escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:");
            PrivateFiles.write(pgpass, ("*:*:*:*:" + escaped).getBytes(StandardCharsets.UTF_8));
            give(pgpass);
        }
        Map<String, String> environment = PostgresConnection.plain();
        environment.put("PGPASSFILE", pgpass.toString());
        return environment;
    }

    /** Runs {@code sql} in {@code database}. */
    public void sql(String database, String sql) throws IOException {
        try (ChildProcesses.ChildProcess psql = children.start(
                List.of(
                        program("psql"),
                        "-X",
                        "-q",
                        "-o/dev/null",
                        "-vON_ERROR_STOP=1",
                        "-h" + directory.resolve("s"),
                        "-Upostgres",
                        "-d" + database),
                environment())) {
            psql.process().getOutputStream().write(sql.getBytes(StandardCharsets.UTF_8));
            psql.process().getOutputStream().close();
            psql.requireSuccess();
        }
    }

    /** Returns the one value that {@code sql} yields in {@code database}. */
    public String value(String database, String sql) throws IOException {
        return children.output(
                        List.of(
                                program("psql"),
                                "-XAtq",
                                "-h" + directory.resolve("s"),
                                "-Upostgres",
                                "-d" + database,
                                "-c" + sql),
                        environment())
                .strip();
    }

    @Override
    public void close() {
        children.close();
    }
}
