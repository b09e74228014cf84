package dev.interlock.backup.postgres;

import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.DatabaseContents;
import dev.interlock.backup.kept.DatabaseLocale;
import dev.interlock.backup.kept.ExtensionMembers;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.kept.Sequences;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.ParallelDumps;
import dev.interlock.backup.source.RestoreDestination;
import dev.interlock.backup.source.RestoreResult;
import dev.interlock.backup.source.SourceHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Saves PostgreSQL databases. {@code pg_dump} and all counts see the same snapshot. So a restored copy must hold
 * exactly the counted content. A backup is tested on its own server.
 */
public final class PostgresSourceHandler implements SourceHandler {

    /**
     * Selects the locale. Columns that have other names in some versions, or are missing, are read from the row as a
     * whole.
     */
    private static final String LOCALE = """
            SELECT coalesce(to_jsonb(d)->>'datlocprovider', 'c'), d.datcollate, d.datctype,
                coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale', ''),
                coalesce(to_jsonb(d)->>'daticurules', ''),
                (SELECT reset_val FROM pg_settings WHERE name = 'lc_monetary')
            FROM pg_database d WHERE d.datname = current_database()
            """;

    /** Timeout for the query of privileges, on a server with however many roles and tables. */
    private static final int ASKING_SECONDS = 60;

    /** Maximum of attempts to read the positions of sequences after the dump. */
    private static final int TRIES = 3;

    /** Limits the wait for a lock on a sequence in each of these attempts. */
    private static final int UNLOCKING_SECONDS = 2;

    /** Pause between attempts. A server that is full or reloads its rules soon recovers. */
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(2);

    private static final String UNASKED = "the server's other databases could not be listed";

    private final BackupSource.Postgres source;
    private final BackupRepository repository;
    private final ChildProcesses children;
    private final int user;
    private final LockTimeout patience;

    public PostgresSourceHandler(
            BackupSource.Postgres source, BackupRepository repository, ChildProcesses children, int user) {
        this(source, repository, children, user, LockTimeout.USUAL);
    }

    PostgresSourceHandler(
            BackupSource.Postgres source,
            BackupRepository repository,
            ChildProcesses children,
            int user,
            LockTimeout patience) {
        this.source = source;
        this.repository = repository;
        this.children = children;
        this.user = user;
        this.patience = patience;
    }

    @Override
    public String origin() {
        return PostgresConnection.origin(source.database());
    }

    @Override
    public CopyResult copyInto(BackupRepository.PartialBackup part, Path own, Progress progress) throws IOException {
        try (PostgresConnection postgres = PostgresConnection.to(source.database(), own)) {
            Path programs = programs(postgres);
            try (SqlSession session = session(programs, postgres)) {
                return copyInto(part, postgres, programs, session, progress);
            } catch (BackupException e) {
                throw patience.told(postgres.told(e), programs, postgres);
            }
        }
    }

    /** Returns the programs of the server's own version. */
    private Path programs(PostgresConnection postgres) throws IOException {
        Path any = postgres.anyPrograms();
        try (SqlSession session = reached(any, postgres)) {
            int version = Integer.parseInt(session.value("SHOW server_version_num"));
            return PostgresConnection.programs(
                    source.database().programs(), version / 10_000, PostgresConnection.TAKING, children);
        }
    }

    private SqlSession session(Path programs, PostgresConnection postgres) throws IOException {
        try {
            return SqlSession.open(children, programs, command(programs, "psql"), postgres.environment());
        } catch (BackupException e) {
            throw postgres.told(e);
        }
    }

    /** Opens the first connection. A mistake in the source's address shows here. */
    private SqlSession reached(Path programs, PostgresConnection postgres) throws IOException {
        try {
            return session(programs, postgres);
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException e) {
            throw new BackupException(e.getMessage() + "; " + ConnectionAdvice.next(String.valueOf(e.getMessage())), e);
        }
    }

    private static List<String> command(Path programs, String name) {
        return List.of(programs.resolve(name).toString());
    }

    private CopyResult copyInto(
            BackupRepository.PartialBackup part,
            PostgresConnection postgres,
            Path programs,
            SqlSession session,
            Progress progress)
            throws IOException {
        // Limits parallel workers, because the source has other work to do.
        session.run("SET max_parallel_workers_per_gather = " + (source.jobs() - 1));
        patience.in(session);
        session.run(ContentCounter.ONE_MOMENT);
        requirePrimary(session);
        String snapshot = session.value("SELECT pg_export_snapshot()");
        Optional<List<String>> excess = excess(postgres, programs);
        Optional<List<String>> lacking = lacking(postgres, programs);
        SequenceWatch sequences = SequenceWatch.begin(session); // before anything dumps them
        progress.at("begun", 0);
        try (ParallelDumps dumping = new ParallelDumps(children, progress)) {
            try {
                for (Archive archive : Archive.of(source.format(), source.jobs(), session)) {
                    List<String> pgDump = pgDump(programs, snapshot);
                    pgDump.addAll(archive.arguments());
                    dumping.begin(
                            archive.name(),
                            () -> children.start(pgDump, postgres.environment()),
                            part.file(archive.name()));
                }
                PostgresDump dump;
                BackupManifest.StoredFile told;
                try (BackupRepository.BackupFileWriter words = part.file(Archive.WORDS)) {
                    dump = described(postgres, programs, session, snapshot, words.out(), progress);
                    told = words.finish();
                }
                Separation separation = separation(postgres, session);
                Optional<String> leftOut = ContentCounter.leftOut(session);
                Map<String, BackupManifest.StoredFile> files = new TreeMap<>(dumping.await());
                files.put(Archive.WORDS, told);
                progress.at("looking at sequences again", 0);
                Optional<Sequences> stood = again(postgres, programs, sequences);
                Optional<List<String>> beside = beside(postgres, programs);
                PostgresDump whole = dump.with(stood.orElseGet(sequences::unknown), beside.orElse(List.of()));
                List<String> said = new ArrayList<>(
                        dumping.warnings().stream().map(postgres::told).toList());
                leftOut.ifPresent(said::add);
                if (beside.isEmpty()) {
                    said.add(UNASKED);
                }
                return new CopyResult(files, separation, whole, excess, stood.isPresent(), lacking, said);
            } catch (IOException | RuntimeException e) {
                throw dumping.cause(e);
            }
        }
    }

    /**
     * Requires a primary. A standby has the state of whenever it last followed, but the backup would carry the present
     * time. The dump would succeed and restore exactly as counted, so nothing later would detect this.
     */
    private static void requirePrimary(SqlSession session) throws IOException {
        if (!session.value("SELECT pg_is_in_recovery()").equals("f")) {
            throw new BackupException("this server is a standby, and its data may be out of "
                    + "date: name the primary in the plan's `host`, `port` or `service`");
        }
    }

    /**
     * Returns the excess privileges, over its own connection because an error ends it. Returns empty if they cannot be
     * determined: that is no reason to refuse a backup.
     */
    private Optional<List<String>> excess(PostgresConnection postgres, Path programs) throws IOException {
        try (SqlSession session = session(programs, postgres)) {
            session.run("SET statement_timeout = '" + ASKING_SECONDS + "s'");
            return Optional.of(ExcessPrivileges.of(session));
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException e) {
            return Optional.empty();
        }
    }

    /**
     * Returns the missing extensions; empty if they cannot be determined. That is no reason to refuse a backup either.
     */
    private Optional<List<String>> lacking(PostgresConnection postgres, Path programs) throws IOException {
        try (SqlSession session = session(programs, postgres)) {
            session.run("SET statement_timeout = '" + ASKING_SECONDS + "s'");
            return Extensions.lacking(session, children, programs);
        } catch (IOException | UncheckedIOException | InvalidPathException e) {
            if (children.isClosed()) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /**
     * Returns the unsaved databases; empty if the server cannot list them. A name is in the encoding of the database in
     * which it was made. So anybody who may create a database could otherwise prevent all backups.
     */
    private Optional<List<String>> beside(PostgresConnection postgres, Path programs) throws IOException {
        try (SqlSession session = session(programs, postgres)) {
            session.run("SET statement_timeout = '" + ASKING_SECONDS + "s'");
            return Optional.of(UnsavedDatabases.unsaved(session, source));
        } catch (IOException | UncheckedIOException e) {
            if (children.isClosed()) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /**
     * Reads the sequences again over a new connection, because one that was idle for hours may be dead. If that fails,
     * their positions are unknown. A long dump is not discarded for that.
     */
    private Optional<Sequences> again(PostgresConnection postgres, Path programs, SequenceWatch sequences)
            throws IOException {
        for (int left = TRIES - 1; ; left--) {
            try (SqlSession session = session(programs, postgres)) {
                session.run("SET lock_timeout = '" + UNLOCKING_SECONDS + "s'");
                session.run(ContentCounter.ONE_MOMENT);
                return Optional.of(sequences.end(session));
            } catch (IOException | UncheckedIOException e) {
                if (children.isClosed() || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                if (left == 0) {
                    return Optional.empty();
                }
            }
            pause();
        }
    }

    private static void pause() throws InconclusiveException {
        try {
            Thread.sleep(BETWEEN_TRIES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InconclusiveException("interrupted", e);
        }
    }

    private List<String> pgDump(Path programs, String snapshot) {
        List<String> command = new ArrayList<>(command(programs, "pg_dump"));
        command.addAll(List.of("--snapshot=" + snapshot, "--no-password"));
        patience.in(command);
        return command;
    }

    private PostgresDump described(
            PostgresConnection postgres,
            Path programs,
            SqlSession session,
            String snapshot,
            OutputStream words,
            Progress progress)
            throws IOException {
        Map<String, ExtensionMembers> extensions = ExtensionMembers.noted(ExtensionComparison.of(session));
        try (SchemaText schema =
                SchemaText.begin(children, pgDump(programs, snapshot), postgres.environment(), words)) {
            Map<String, DatabaseContents.Table> tables =
                    ContentCounter.tables(session, ContentCounter.RowColumns.STORED, progress);
            return new PostgresDump(
                    Integer.parseInt(session.value("SHOW server_version_num")) / 10_000,
                    session.value("SHOW server_encoding"),
                    Optional.of(locale(session)),
                    source.format(),
                    roles(session),
                    new DatabaseContents(schema.digest(), tables, ContentCounter.largeObjects(session)),
                    Optional.empty(),
                    List.of(),
                    Optional.of(extensions));
        }
    }

    static DatabaseLocale locale(SqlSession session) throws IOException {
        List<String> values = session.query(LOCALE);
        if (values.size() != 6) {
            throw new BackupException("the database does not report its locale");
        }
        return new DatabaseLocale(
                values.getFirst(),
                values.get(1),
                values.get(2),
                Optional.of(values.get(3)).filter(name -> !name.isEmpty()),
                Optional.of(values.get(4)).filter(rules -> !rules.isEmpty()),
                values.get(5));
    }

    private static Map<String, Boolean> roles(SqlSession session) throws IOException {
        List<String> values =
                session.query("SELECT rolname, rolsuper::text FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1");
        Map<String, Boolean> roles = new TreeMap<>();
        for (int i = 0; i + 1 < values.size(); i += 2) {
            roles.put(values.get(i), values.get(i + 1).equals("true"));
        }
        return roles;
    }

    /**
     * Compares the server's data directory with the target. That works only if both are on this machine and the server
     * tells its directory.
     */
    private Separation separation(PostgresConnection postgres, SqlSession session) throws IOException {
        boolean told = repository.isInSight()
                && postgres.isLocal()
                && session.value("SELECT pg_has_role('pg_read_all_settings', 'USAGE')")
                        .equals("t");
        return told ? repository.separationFrom(Path.of(session.value("SHOW data_directory"))) : Separation.UNKNOWN;
    }

    /** Returns unknown if the server is lost: its backups can be tested all the same. */
    @Override
    public Separation separation(Path own) throws IOException {
        if (!repository.isInSight()) {
            return Separation.UNKNOWN;
        }
        try (PostgresConnection postgres = PostgresConnection.to(source.database(), own)) {
            if (!postgres.isLocal()) {
                return Separation.UNKNOWN;
            }
            try (SqlSession session = session(postgres.anyPrograms(), postgres)) {
                return separation(postgres, session);
            }
        } catch (IOException | UncheckedIOException | InvalidPathException e) {
            if (children.isClosed()) {
                throw e;
            }
            return Separation.UNKNOWN;
        }
    }

    @Override
    public RestoreTestResult testRestore(BackupManifest manifest, Path own, Progress progress) throws IOException {
        if (!(manifest.holding() instanceof PostgresDump dump)) {
            return RestoreTestResult.of(SourceHandler.ofAnotherKind(manifest));
        }
        Path programs = PostgresConnection.programs(
                source.database().programs(), dump.major(), PostgresConnection.TRYING, children);
        try (ScratchCluster cluster = ScratchCluster.start(children, own, programs, user, source.preload())) {
            cluster.prepare(dump);
            progress.expect("restoring", Archive.fed(manifest));
            try (DumpRestore restoring = new DumpRestore(repository, manifest, dump, cluster.clients(), progress)) {
                return testRestore(manifest, dump, cluster, restoring, progress);
            }
        }
    }

    private RestoreTestResult testRestore(
            BackupManifest manifest,
            PostgresDump dump,
            ScratchCluster cluster,
            DumpRestore restoring,
            Progress progress)
            throws IOException {
        SchemaComparison reworded = new SchemaComparison(repository, manifest, dump, progress);
        List<String> fault = fault(cluster, restoring::rows);
        if (!fault.isEmpty()) {
            return RestoreTestResult.of(fault);
        }
        try (SqlSession session = cluster.clients().session()) {
            session.run("SET max_parallel_workers_per_gather = "
                    + Runtime.getRuntime().availableProcessors());
            session.run(ContentCounter.ONE_MOMENT);
            Map<String, DatabaseContents.Table> tables = Map.of();
            Optional<BackupException> uncounted = Optional.empty();
            try {
                tables = ContentCounter.tables(session, ContentCounter.RowColumns.of(dump), progress);
            } catch (InconclusiveException e) {
                throw e;
            } catch (BackupException e) {
                uncounted = Optional.of(e); // the restore that runs meanwhile may have ended the server
            }
            fault = fault(cluster, () -> {
                restoring.awaitRest();
                reworded.requireWhole();
            });
            if (!fault.isEmpty()) {
                return RestoreTestResult.of(fault);
            }
            if (uncounted.isPresent()) {
                throw uncounted.get();
            }
            DatabaseContents found =
                    new DatabaseContents(cluster.clients().schema(), tables, ContentCounter.largeObjects(session));
            ExtensionComparison.ExtensionFindings members = ExtensionComparison.judged(
                    dump.extensions().orElse(Map.of()),
                    ExtensionComparison.of(session),
                    new ExtensionRecreation(cluster, dump, session));
            List<String> wrong = new ArrayList<>(members.wrong());
            wrong.addAll(ContentCounter.differences(dump, reworded.judged(found, beside(cluster, dump)), session));
            return new RestoreTestResult(wrong, members.uncompared());
        }
    }

    /** A step of a restore whose failure may be the backup's fault. */
    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    /** Returns the faults if {@code step} fails and only the backup can be the cause. */
    private static List<String> fault(ScratchCluster cluster, Step step) throws IOException {
        try {
            step.run();
            return List.of();
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException e) {
            cluster.requireUndisturbed(e);
            return SourceHandler.unrestorable(e);
        }
    }

    private static SchemaComparison.ComparisonDatabase beside(ScratchCluster cluster, PostgresDump dump) {
        return new SchemaComparison.ComparisonDatabase() {
            @Override
            public SandboxedClients begin() throws IOException {
                return cluster.another("described", dump);
            }

            @Override
            public void requireUndisturbed(BackupException noticed) throws InconclusiveException {
                cluster.requireUndisturbed(noticed);
            }
        };
    }

    @Override
    public RestoreResult bringBack(RestoreDestination into, BackupManifest manifest, Path own, Progress progress)
            throws IOException {
        if (!(into instanceof RestoreDestination.Database database)
                || !(manifest.holding() instanceof PostgresDump dump)) {
            throw new BackupException("a dump is restored into a database: --into postgresql://…");
        }
        return new PostgresRecovery(source, repository, user, children).into(database, manifest, dump, own, progress);
    }
}
