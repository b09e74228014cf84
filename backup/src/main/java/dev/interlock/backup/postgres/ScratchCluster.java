package dev.interlock.backup.postgres;

import dev.interlock.backup.kept.DatabaseContents;
import dev.interlock.backup.kept.DatabaseLocale;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.RestoreSandbox;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A temporary server for restoring. A dump is a program. Anybody who could create a function, a trigger or an index in
 * the source has contributed to it. What is restored runs as the server's superuser, or in {@code psql}. So server and
 * clients run in a sandbox: an unprivileged user, no network, no files of the machine but the system's programs, no
 * other processes in sight. The kernel ends it together with the thread that started it.
 *
 * <p>To be used by the thread that opened it: the kernel takes that thread's end as the parent's end.
 */
final class ScratchCluster implements AutoCloseable {

    static final String SUPERUSER = "interlock_scratch";
    static final String DATABASE = "restored";

    private static final String INSIDE = RestoreSandbox.INSIDE;

    /** The first version with several locale providers. Before it there was the C library alone. */
    private static final int PROVIDERS_SINCE = 15;

    private static final String READY = "database system is ready to accept connections";

    /** libpq's message when a server closes the connection. */
    private static final String LEFT = "server closed the connection unexpectedly";

    /** The postmaster's message about a process that crashed. */
    private static final String CRASHED = "server process (PID ";

    private static final Duration TELLING = Duration.ofSeconds(10);

    /** Settings for a server that is thrown away: nothing must survive, and nobody else connects. */
    private static final List<String> THROWN_AWAY = List.of(
            "listen_addresses=",
            "fsync=off",
            "full_page_writes=off",
            "synchronous_commit=off",
            "wal_level=minimal",
            "max_wal_senders=0",
            "max_wal_size=4GB",
            "wal_buffers=64MB",
            "wal_init_zero=off",
            "wal_recycle=off",
            "log_error_verbosity=terse", // rows and statements must not be mistaken for the server's own messages
            "log_min_error_statement=panic",
            "autovacuum=off",
            "jit=off", // each compiled sum would run only once
            "maintenance_work_mem=256MB",
            "dynamic_shared_memory_type=mmap", // parallel index builds share more memory than /dev/shm has
            "max_locks_per_transaction=1024");

    private final ChildProcesses children;
    private final RestoreSandbox sandbox;
    private final Path programs;
    private final ChildProcesses.ChildProcess server;

    private ScratchCluster(
            ChildProcesses children, RestoreSandbox sandbox, Path programs, ChildProcesses.ChildProcess server) {
        this.children = children;
        this.sandbox = sandbox;
        this.programs = programs;
        this.server = server;
    }

    /**
     * Starts a server in {@code directory}.
     *
     * @param user the user that runs it, if this process is root
     * @param preload libraries that it loads when it starts
     */
    static ScratchCluster start(ChildProcesses children, Path directory, Path programs, int user, List<String> preload)
            throws IOException {
        RestoreSandbox sandbox = RestoreSandbox.make(
                directory, "cluster", RestoreSandbox.runner(user), RestoreSandbox.showing(programs.resolveSibling("")));
        ClusterTemplate template = ClusterTemplate.of(children, directory, programs, RestoreSandbox.runner(user));
        template.lay(sandbox.place());
        List<String> command =
                sandbox.command(List.of(programs.resolve("postgres").toString(), "-D", INSIDE + "/data", "-k", INSIDE));
        THROWN_AWAY.forEach(setting -> command.addAll(List.of("-c", setting)));
        command.addAll(List.of("-c", "shared_preload_libraries=" + String.join(",", preload)));
        ChildProcesses.ChildProcess server = children.start(command, PostgresConnection.plain());
        try {
            if (!server.awaitWords(READY)) {
                Optional<String> lacking = Extensions.lackingBy(server.lastWords());
                if (lacking.isPresent()) {
                    throw new InconclusiveException(untried(lacking.get(), server.lastWords()));
                }
                template.forget();
                throw new BackupException("the scratch server did not start: " + server.lastWords());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            server.close();
            throw new InconclusiveException("interrupted", e);
        }
        return new ScratchCluster(children, sandbox, programs, server);
    }

    /** Creates the empty database for {@code dump}, and the roles that the dump may name. */
    void prepare(PostgresDump dump) throws IOException {
        try (SqlSession session = clients("postgres").session()) {
            for (Map.Entry<String, Boolean> role : dump.roles().entrySet()) {
                session.run("CREATE ROLE " + DatabaseContents.quoted(role.getKey()) + " NOLOGIN"
                        + (role.getValue() ? " SUPERUSER" : ""));
            }
            create(session, DATABASE, dump);
        }
    }

    /** Returns clients for another empty database, {@code name}, like the one for {@code dump}. */
    SandboxedClients another(String name, PostgresDump dump) throws IOException {
        try (SqlSession session = clients("postgres").session()) {
            create(session, name, dump);
        }
        return clients(name);
    }

    private static void create(SqlSession session, String name, PostgresDump dump) throws IOException {
        try {
            session.run("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING "
                    + DatabaseContents.literal(dump.encoding())
                    + dump.locale().map(locale -> locale(locale, dump.major())).orElse(" LC_COLLATE 'C' LC_CTYPE 'C'"));
            if (dump.locale().isPresent()) {
                session.run("ALTER DATABASE " + name + " SET lc_monetary = "
                        + DatabaseContents.literal(dump.locale().get().monetary()));
            }
        } catch (BackupException e) {
            throw new BackupException(
                    "no database like the source can be created here; if its locale is "
                            + "missing, create it on this machine (`locale-gen`): " + e.getMessage(),
                    e);
        }
    }

    private static String locale(DatabaseLocale locale, int major) {
        String sql = " LC_COLLATE " + DatabaseContents.literal(locale.collate()) + " LC_CTYPE "
                + DatabaseContents.literal(locale.ctype());
        return switch (locale.provider()) {
            case "i" ->
                sql + " LOCALE_PROVIDER icu ICU_LOCALE "
                        + DatabaseContents.literal(locale.name().orElse(""))
                        + locale.rules()
                                .map(rules -> " ICU_RULES " + DatabaseContents.literal(rules))
                                .orElse("");
            case "b" ->
                sql + " LOCALE_PROVIDER builtin BUILTIN_LOCALE "
                        + DatabaseContents.literal(locale.name().orElse(""));
            default -> major < PROVIDERS_SINCE ? sql : sql + " LOCALE_PROVIDER libc";
        };
    }

    /** Returns clients for its database {@code name}. */
    private SandboxedClients clients(String name) {
        return new SandboxedClients(
                children,
                sandbox,
                programs,
                List.of("--host=" + INSIDE, "--username=" + SUPERUSER, "--dbname=" + name),
                PostgresConnection.plain(),
                true);
    }

    /** Returns clients for the database that is restored into. */
    SandboxedClients clients() {
        return clients(DATABASE);
    }

    /**
     * Requires that only the restored data can have ended this server or one of its processes. Also requires that the
     * server had everything that the dump needs.
     *
     * @param noticed the failure
     * @throws InconclusiveException if something else ended it, or something was missing
     */
    void requireUndisturbed(BackupException noticed) throws InconclusiveException {
        Optional<String> lacking = Extensions.lackingBy(String.valueOf(noticed.getMessage()));
        if (lacking.isPresent()) {
            throw new InconclusiveException(untried(lacking.get(), String.valueOf(noticed.getMessage())));
        }
        if (hasEnded(noticed) || InconclusiveException.isIn(server.lastWords())) {
            throw new InconclusiveException(noticed.getMessage() + "; the scratch server said: " + server.lastWords());
        }
    }

    private static String untried(String lacking, String said) {
        return "it cannot be verified here: " + lacking + "; " + said;
    }

    /**
     * Returns whether it has ended, or closed a client's connection without a reason. The clients notice first. A
     * moment later the postmaster reports whether one of its processes crashed.
     */
    private boolean hasEnded(BackupException noticed) throws InconclusiveException {
        try {
            return InconclusiveException.own(String.valueOf(noticed.getMessage())).stream()
                            .anyMatch(line -> line.contains(LEFT))
                    ? !server.awaitWords(CRASHED, TELLING)
                    : !server.process().isAlive();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InconclusiveException("interrupted", e);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
