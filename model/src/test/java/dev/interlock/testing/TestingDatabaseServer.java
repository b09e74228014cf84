package dev.interlock.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.store.PostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A real server of PostgreSQL on loopback, whose files lie in memory. */
public final class TestingDatabaseServer implements AutoCloseable {

    private static final AtomicInteger ROLES = new AtomicInteger();

    private final Path programs = installed();
    private final Path directory;
    private final int port;
    private Process server;

    /** Starts one; skips the test if no server is installed. */
    public TestingDatabaseServer() throws Exception {
        this(
                "initdb",
                "--username=postgres",
                "--auth=trust",
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--locale-provider=icu", // orders texts in another way than by their bytes
                "--icu-locale=en");
    }

    private TestingDatabaseServer(String... making) throws Exception {
        this.directory = new MemoryDirectory().createTempDirectory(null, null);
        Runtime.getRuntime().addShutdownHook(new Thread(this::close));
        if (isRoot()) {
            new ProcessBuilder("chown", "postgres", directory.toString())
                    .start()
                    .waitFor();
        }
        run(Stream.concat(Stream.of(making), Stream.of("--pgdata=" + directory.resolve("data")))
                        .toArray(String[]::new))
                .waitFor();
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            this.port = free.getLocalPort();
        }
        start();
    }

    /** Returns a replica of it, which follows it by streaming. */
    public TestingDatabaseServer replica() throws Exception {
        return new TestingDatabaseServer(
                "pg_basebackup",
                "--dbname=" + "host=127.0.0.1 user=postgres port=" + port,
                "--write-recovery-conf",
                "--checkpoint=fast",
                "--no-sync");
    }

    /** Makes this replica a primary, and waits until it is one. */
    public void promote() throws SQLException {
        value("SELECT pg_promote()");
    }

    /** Starts it with {@code settings}, also after {@link #kill}, and waits until it answers. */
    public void start(String... settings) throws Exception {
        List<String> command = new ArrayList<>(
                List.of("postgres", "-D", directory.resolve("data").toString()));
        Stream.concat(
                        Stream.of(
                                "port=" + port,
                                "listen_addresses=127.0.0.1",
                                "unix_socket_directories=",
                                "autovacuum=off",
                                "max_connections=60"),
                        Stream.of(settings))
                .forEach(setting -> command.addAll(List.of("-c", setting)));
        server = run(command.toArray(String[]::new));
        while (!answers()) {
            if (!server.isAlive()) {
                throw new IOException(Files.readString(directory.resolve("log")));
            }
            WaitLoop.pause();
        }
    }

    /** Has it speak TLS from the next {@link #start} on with what this returns. */
    public String[] tls(TestingCertificate certificate) throws Exception {
        Path chain = directory.resolve("server.pem");
        Path key = directory.resolve("server.key");
        Files.writeString(chain, certificate.pem());
        Files.writeString(key, certificate.key());
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        if (isRoot()) {
            new ProcessBuilder("chown", "postgres", key.toString()).start().waitFor();
        }
        return new String[] {"ssl=on", "ssl_cert_file=" + chain, "ssl_key_file=" + key};
    }

    private boolean answers() {
        try {
            value("SELECT 1");
            return true;
        } catch (SQLException _) {
            return false;
        }
    }

    /** Ends all its processes by SIGKILL, as when its machine loses power; what was forced is still there. */
    public void kill() throws InterruptedException {
        List<ProcessHandle> all = Stream.concat(Stream.of(server.toHandle()), server.descendants())
                .toList();
        all.forEach(ProcessHandle::destroyForcibly);
        server.waitFor();
        all.forEach(one -> one.onExit().join());
    }

    private Process run(String... command) throws IOException {
        List<String> all = new ArrayList<>();
        if (isRoot()) {
            all.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"));
        }
        all.add(programs.resolve(command[0]).toString());
        all.addAll(List.of(command).subList(1, command.length));
        return new ProcessBuilder(all)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("log").toFile()))
                .start();
    }

    private static boolean isRoot() throws IOException {
        return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    }

    private static Path installed() {
        Path all = Path.of("/usr/lib/postgresql");
        assumeTrue(Files.isDirectory(all), "no PostgreSQL is installed: apt-get install postgresql");
        try (Stream<Path> versions = Files.list(all)) {
            Optional<Path> newest = versions.map(path -> path.resolve("bin"))
                    .filter(path -> Files.isExecutable(path.resolve("initdb")))
                    .max(Comparator.comparing(Path::toString));
            assumeTrue(newest.isPresent(), "no server of PostgreSQL is installed: apt-get install postgresql");
            return newest.get();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns a store of its own in this server, with nothing in it: a user, and a schema of that name. */
    public PostgresServer store() throws SQLException {
        String name = "store" + ROLES.incrementAndGet();
        value("CREATE ROLE " + name + " LOGIN; CREATE SCHEMA AUTHORIZATION " + name + "; SELECT 1");
        return store(name);
    }

    /** Returns the store of the user {@code name}. */
    public PostgresServer store(String name) {
        return new PostgresServer("127.0.0.1", port, "postgres", name, Optional.empty(), Optional.empty());
    }

    /** Writes the store of the user {@code name} to {@code file}. */
    public void dump(String name, Path file) throws Exception {
        Path written = directory.resolve(name + ".sql");
        require(run("pg_dump", dbname(), "--schema=" + name, "--file=" + written));
        Files.copy(written, file, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Replaces that store, which nobody uses, by what {@link #dump} wrote. */
    public void restore(String name, Path file) throws Exception {
        value("DROP SCHEMA " + name + " CASCADE; SELECT 1");
        Path read = directory.resolve(name + ".sql");
        Files.copy(file, read, StandardCopyOption.REPLACE_EXISTING);
        Files.setPosixFilePermissions(read, PosixFilePermissions.fromString("rw-r--r--"));
        require(run("psql", dbname(), "--quiet", "--set=ON_ERROR_STOP=1", "--file=" + read));
    }

    private String dbname() {
        return "--dbname=host=127.0.0.1 user=postgres dbname=postgres port=" + port;
    }

    private void require(Process process) throws Exception {
        if (process.waitFor() != 0) {
            throw new IOException(Files.readString(directory.resolve("log")));
        }
    }

    /** Runs {@code statements} as the superuser, and returns the value that the last one yields. */
    public String value(String statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres&sslmode=disable");
                Statement statement = connection.createStatement()) {
            boolean isRows = statement.execute(statements);
            while (!isRows) {
                isRows = statement.getMoreResults();
                if (!isRows && statement.getUpdateCount() < 0) {
                    return "";
                }
            }
            try (ResultSet row = statement.getResultSet()) {
                return row.next() ? row.getString(1) : "";
            }
        }
    }

    @Override
    public void close() {
        try {
            if (server != null) {
                kill();
            }
            if (Files.exists(directory)) {
                new ProcessBuilder("rm", "-rf", "--", directory.toString())
                        .start()
                        .waitFor();
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
