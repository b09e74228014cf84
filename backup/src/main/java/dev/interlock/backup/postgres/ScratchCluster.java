package dev.interlock.backup.postgres;

import dev.interlock.backup.content.Contents;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.RestoreSandbox;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A temporary server for restoring. A dump is a program, to which anybody who could create a function, a trigger or an
 * index in the source has contributed, and it runs as the server's superuser, or in {@code psql}. So server and clients
 * run in a {@link RestoreSandbox}. To be used by the thread that opened it.
 */
record ScratchCluster(
        ChildProcesses children,
        RestoreSandbox sandbox,
        Path programs,
        ChildProcesses.ChildProcess server,
        String superuser)
        implements AutoCloseable {

    private static final String SUPERUSER = "interlock_scratch";
    static final String DATABASE = "restored";
    private static final String INSIDE = RestoreSandbox.INSIDE;
    /** The first version with several locale providers. Before it there was the C library alone. */
    private static final int PROVIDERS_SINCE = 15;

    private static final String READY = "database system is ready to accept connections";
    private static final String LEFT = "server closed the connection unexpectedly";

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
            "hot_standby=off",
            "archive_mode=off",
            "ssl=off",
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

    private static final byte[] ARCHIVE = "PGDMP".getBytes(StandardCharsets.US_ASCII);

    /** Files of a restored data directory that say how its server recovers. This one uses what is in the directory. */
    private static final List<String> RECOVERY =
            List.of("recovery.signal", "standby.signal", "postgresql.auto.conf", "postmaster.pid");

    /** Starts an empty server in the private directory {@code own}, run by {@code user} if this process is root. */
    static ScratchCluster fresh(ChildProcesses children, Path own, Path programs, int user, List<String> preload)
            throws IOException {
        RestoreSandbox sandbox = sandbox(own, programs, user);
        children.output(
                sandbox.command(List.of(
                        programs.resolve("initdb").toString(),
                        "--pgdata=" + INSIDE + "/data",
                        "--username=" + SUPERUSER,
                        "--auth=trust",
                        "--encoding=UTF8",
                        "--locale=C",
                        "--no-sync")),
                PostgresConnection.plain());
        return start(children, sandbox, programs, preload, SUPERUSER);
    }

    /** Starts a server on a restored data directory that {@code superuser} made, with own settings and its log. */
    static ScratchCluster of(
            Path data,
            String superuser,
            ChildProcesses children,
            Path own,
            Path programs,
            int user,
            List<String> preload)
            throws IOException {
        RestoreSandbox sandbox = sandbox(own, programs, user);
        for (String name : RECOVERY) {
            Files.deleteIfExists(data.resolve(name));
        }
        for (String name : List.of("postgresql.conf", "pg_hba.conf", "pg_ident.conf")) {
            Files.deleteIfExists(data.resolve(name)); // it may be a link
            Files.writeString(data.resolve(name), name.equals("pg_hba.conf") ? "local all all trust\n" : "");
        }
        Path inside = sandbox.place().resolve("data");
        Files.move(data, inside);
        children.output(List.of("chmod", "700", inside.toString()), PostgresConnection.plain());
        if (RestoreSandbox.isRoot()) {
            int runner = RestoreSandbox.runner(user);
            children.output(
                    List.of("chown", "-hR", runner + ":" + runner, "--", inside.toString()),
                    PostgresConnection.plain());
        }
        return start(children, sandbox, programs, preload, superuser);
    }

    private static RestoreSandbox sandbox(Path own, Path programs, int user) throws IOException {
        return RestoreSandbox.make(
                own, "cluster", RestoreSandbox.runner(user), RestoreSandbox.showing(programs.resolveSibling("")));
    }

    private static ScratchCluster start(
            ChildProcesses children, RestoreSandbox sandbox, Path programs, List<String> preload, String superuser)
            throws IOException {
        List<String> command =
                sandbox.command(List.of(programs.resolve("postgres").toString(), "-D", INSIDE + "/data", "-k", INSIDE));
        THROWN_AWAY.forEach(setting -> command.addAll(List.of("-c", setting)));
        command.addAll(List.of("-c", "shared_preload_libraries=" + String.join(",", preload)));
        ChildProcesses.ChildProcess server = children.start(command, PostgresConnection.plain());
        ScratchCluster cluster = new ScratchCluster(children, sandbox, programs, server, superuser);
        try {
            if (!server.awaitWords(READY)) {
                String why = "the scratch server did not start: " + server.lastWords();
                Optional<String> lacking = Extensions.lackingBy(server.lastWords());
                if (lacking.isPresent()) {
                    throw new InconclusiveException(untried(lacking.get(), why));
                }
                // An empty one is not the backup's; a restored one may be what keeps it from starting.
                throw superuser.equals(SUPERUSER) || InconclusiveException.isIn(server.lastWords())
                        ? new InconclusiveException(why)
                        : new BackupException(why);
            }
            return cluster;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            server.close();
            throw new InconclusiveException("interrupted", e);
        } catch (BackupException e) {
            server.close();
            throw e;
        }
    }

    void prepare(ServerFacts facts) throws IOException {
        try (SqlSession session = session("postgres")) {
            for (Map.Entry<String, Boolean> role : facts.roles().entrySet()) {
                session.run(
                        "CREATE ROLE " + quoted(role.getKey()) + " NOLOGIN" + (role.getValue() ? " SUPERUSER" : ""));
            }
            session.run("CREATE DATABASE " + DATABASE + " TEMPLATE template0 ENCODING " + literal(facts.encoding())
                    + locale(facts.locale(), facts.major()));
            session.run("ALTER DATABASE " + DATABASE + " SET lc_monetary = "
                    + literal(facts.locale().monetary()));
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException e) {
            throw new InconclusiveException(
                    "no database like the source can be created here; if its locale is missing, create it on this machine (`locale-gen`): "
                            + e.getMessage(),
                    e);
        }
    }

    private static String locale(ServerFacts.DatabaseLocale locale, int major) {
        String sql = " LC_COLLATE " + literal(locale.collate()) + " LC_CTYPE " + literal(locale.ctype());
        return switch (locale.provider()) {
            case "i" ->
                sql + " LOCALE_PROVIDER icu ICU_LOCALE " + literal(locale.name().orElse(""))
                        + locale.rules()
                                .map(rules -> " ICU_RULES " + literal(rules))
                                .orElse("");
            case "b" ->
                sql + " LOCALE_PROVIDER builtin BUILTIN_LOCALE "
                        + literal(locale.name().orElse(""));
            default -> major < PROVIDERS_SINCE ? sql : sql + " LOCALE_PROVIDER libc";
        };
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    private List<String> client(String name, String database) {
        List<String> command = sandbox.command(List.of(programs.resolve(name).toString()));
        command.addAll(List.of("--host=" + INSIDE, "--username=" + superuser, "--dbname=" + database));
        return command;
    }

    private SqlSession session(String database) throws IOException {
        return SqlSession.open(children, programs, client("psql", database), PostgresConnection.plain());
    }

    /** Restores a dump, an archive or SQL. The first error ends it. */
    void restore(InputStream dump) throws IOException {
        BufferedInputStream from = new BufferedInputStream(dump);
        from.mark(ARCHIVE.length);
        boolean isArchive = Arrays.equals(from.readNBytes(ARCHIVE.length), ARCHIVE);
        from.reset();
        List<String> command = new ArrayList<>(client(isArchive ? "pg_restore" : "psql", DATABASE));
        command.addAll(
                isArchive
                        ? List.of("--exit-on-error", "--no-tablespaces")
                        : List.of("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"));
        try (ChildProcesses.ChildProcess child = children.start(command, PostgresConnection.plain())) {
            child.silence();
            try {
                from.transferTo(child.process().getOutputStream());
                child.process().getOutputStream().close();
            } catch (IOException e) {
                throw child.failure(e);
            }
            child.requireSuccess();
        }
    }

    Contents count(String name, Progress progress) throws IOException {
        try (SqlSession session = session(name)) {
            session.run("SET max_parallel_workers_per_gather = "
                    + Runtime.getRuntime().availableProcessors());
            session.run(DatabaseCounter.ONE_MOMENT);
            return DatabaseCounter.count(session, progress);
        }
    }

    /** Throws if anything but the restored data can have ended this server, or the dump needs what is missing. */
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

    // Whether it has ended, or closed a client's connection without a reason. The clients notice first; a moment later
    // the postmaster reports a crash of one of its processes.
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
