package dev.interlock.backup.postgres;

import dev.interlock.action.Bytes;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.DatabaseContents;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.RestoreDestination;
import dev.interlock.backup.source.RestoreResult;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Restores a dump into a database that a person chose. It must exist and be empty, and stays unchanged until the
 * restore is complete. The dump is restored into a copy, compared there, and then renamed. So an interruption leaves
 * the empty database, and a second attempt can continue.
 */
final class PostgresRecovery {

    /**
     * The prefix of the copy's name. The name is too long to be anybody else's. It is always the same, so the next
     * attempt finds the leftovers.
     */
    private static final String COPY = "interlock_restoring_";

    /** The suffix for the empty database once it is not needed any more. */
    private static final String EMPTY = "_empty";

    /** The suffix for the database in which the source's schema is made again, if necessary. */
    private static final String WORDS = "_words";

    /** The comment on databases of an unfinished restore. Only those may be dropped. */
    private static final String MARK = "interlock: a recovery that is not over";

    /** Selects objects that somebody may have created. Objects of extensions do not count. */
    private static final String INHABITANTS = """
            SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (
                        SELECT 1 FROM pg_depend d
                        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
                + (SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (
                        SELECT 1 FROM pg_depend d
                        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'))
                + (SELECT count(*) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
                    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND t.typelem = 0
                        AND t.typrelid = 0 AND NOT EXISTS (
                        SELECT 1 FROM pg_depend d
                        WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'))
                + (SELECT count(*) FROM pg_namespace
                    WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public'))
                + (SELECT count(*) FROM pg_largeobject_metadata)
            """;

    private static final String SUBSCRIPTIONS = """
            SELECT subname FROM pg_subscription
            WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            """;

    private final BackupSource.Postgres source;
    private final BackupRepository repository;
    private final int user;
    private final ChildProcesses children;

    PostgresRecovery(BackupSource.Postgres source, BackupRepository repository, int user, ChildProcesses children) {
        this.source = source;
        this.repository = repository;
        this.user = user;
        this.children = children;
    }

    /**
     * Restores {@code dump}, which belongs to {@code manifest}.
     *
     * @param own a private directory
     */
    RestoreResult into(
            RestoreDestination.Database into, BackupManifest manifest, PostgresDump dump, Path own, Progress progress)
            throws IOException {
        String name = into.database().name();
        try (PostgresConnection postgres = PostgresConnection.to(into.database(), own)) {
            progress.at("connecting", 0);
            ServerAccess way = way(postgres, dump, name);
            Set<String> made;
            try (SqlSession target = session(way, name)) {
                requireFit(dump, target, name);
                made = roles(dump, target, into.makeRoles());
            }
            return restore(manifest, dump, name, way, made, own, progress);
        }
    }

    /**
     * The connection to the server, and the programs for it.
     *
     * @param server the server's major version
     */
    private record ServerAccess(PostgresConnection postgres, int server, PostgresConnection.PostgresPrograms programs) {

        Path directory() {
            return programs.directory();
        }

        /** Returns whether the schema can be described: {@code pg_dump} cannot read a server newer than itself. */
        boolean describes() {
            return programs.major() == server;
        }
    }

    private ServerAccess way(PostgresConnection postgres, PostgresDump dump, String name) throws IOException {
        int server;
        try (SqlSession session = session(asking(postgres, dump), postgres, name)) {
            server = Integer.parseInt(session.value("SHOW server_version_num")) / 10_000;
        }
        if (server < dump.major()) {
            throw new BackupException("the backup is of PostgreSQL " + dump.major() + ", and the server is " + server
                    + ": restore into a server of the same or a newer version");
        }
        Optional<Path> configured = source.database().programs();
        return new ServerAccess(
                postgres,
                server,
                server == dump.major()
                        ? new PostgresConnection.PostgresPrograms(
                                PostgresConnection.programs(configured, server, PostgresConnection.RESTORING, children),
                                server)
                        : PostgresConnection.restoringInto(server, configured, dump.major(), children));
    }

    /** Returns the directory of a {@code psql} that asks the server for its version. Any version of it can. */
    private Path asking(PostgresConnection postgres, PostgresDump dump) throws IOException {
        Optional<Path> configured = source.database().programs();
        Path any = configured.filter(PostgresRecovery::canAsk).isPresent() ? configured.get() : postgres.anyPrograms();
        return canAsk(any)
                ? any
                : PostgresConnection.programs(configured, dump.major(), PostgresConnection.RESTORING, children);
    }

    private static boolean canAsk(Path programs) {
        return Files.isExecutable(programs.resolve("psql"));
    }

    private SqlSession session(ServerAccess way, String database) throws IOException {
        return session(way.directory(), way.postgres(), database);
    }

    private SqlSession session(Path programs, PostgresConnection postgres, String database) throws IOException {
        Map<String, String> environment = new LinkedHashMap<>(postgres.environment());
        environment.put("PGDATABASE", database);
        try {
            return SqlSession.open(
                    children, programs, List.of(programs.resolve("psql").toString()), environment);
        } catch (BackupException e) {
            throw postgres.told(e);
        }
    }

    private static void requireFit(PostgresDump dump, SqlSession target, String name) throws IOException {
        if (!target.value("SHOW server_encoding").equals(dump.encoding())) {
            throw new BackupException("`" + name + "` is not in " + dump.encoding()
                    + ", the encoding of the backup: create an empty database with it");
        }
        if (!target.value(INHABITANTS).equals("0")) {
            throw new BackupException(
                    "`" + name + "` is not empty, and existing data is never overwritten: name " + "an empty database");
        }
    }

    /** Returns the roles that were missing, and creates them if {@code make} is set. */
    private static Set<String> roles(PostgresDump dump, SqlSession target, boolean make) throws IOException {
        Set<String> missing = new TreeSet<>(dump.roles().keySet());
        missing.removeAll(target.query("SELECT rolname FROM pg_roles"));
        if (!missing.isEmpty() && !make) {
            throw new BackupException("the backup may name roles that the server lacks: `"
                    + String.join("`, `", missing) + "`; create them, or give --make-roles");
        }
        for (String role : missing) {
            target.run("CREATE ROLE " + DatabaseContents.quoted(role) + " NOLOGIN");
        }
        return missing;
    }

    private RestoreResult restore(
            BackupManifest manifest,
            PostgresDump dump,
            String name,
            ServerAccess way,
            Set<String> made,
            Path own,
            Progress progress)
            throws IOException {
        String copy =
                COPY + HexFormat.of().formatHex(Bytes.newSha256().digest(name.getBytes(StandardCharsets.UTF_8)), 0, 8);
        progress.at("preparing", 0);
        prepare(copy, name, way);
        ContentDifferences found;
        try {
            found = restored(manifest, dump, copy, way, own, progress);
        } catch (IOException e) {
            undropped(List.of(copy, copy + WORDS), way).values().forEach(e::addSuppressed);
            throw e;
        }
        RestoreResult done = RestoreResult.of(manifest, found.wrong(), found.uncompared(), copy);
        List<String> over = new ArrayList<>(List.of(copy + WORDS));
        if (done.isWhole()) {
            progress.at("naming", 0);
            name(copy, name, way);
            over.add(copy + EMPTY);
        }
        return done.noting(new RestoreResult.RestoreNotes(
                moved(dump, way), found.extensions(), undropped(over, way).keySet(), made));
    }

    private static Optional<String> moved(PostgresDump dump, ServerAccess way) {
        return way.server() == dump.major()
                ? Optional.empty()
                : Optional.of("restored into PostgreSQL " + way.server() + ", taken from " + dump.major());
    }

    /** Creates the databases while it is certain that nobody uses the empty one: nobody may be connected to it. */
    private void prepare(String copy, String name, ServerAccess way) throws IOException {
        try (SqlSession outside = session(way, "postgres")) {
            for (String left : List.of(copy, copy + EMPTY, copy + WORDS)) {
                dropLeft(outside, left, way);
            }
            create(outside, copy, name);
            create(outside, copy + WORDS, name);
        }
    }

    private static void create(SqlSession outside, String copy, String name) throws IOException {
        outside.run("CREATE DATABASE " + DatabaseContents.quoted(copy) + " TEMPLATE " + DatabaseContents.quoted(name));
        outside.run("COMMENT ON DATABASE " + DatabaseContents.quoted(copy) + " IS " + DatabaseContents.literal(MARK));
    }

    /**
     * Drops {@code copies}. Returns those that could not be dropped, with the reasons. The next restore into the same
     * database tries again.
     */
    private Map<String, IOException> undropped(List<String> copies, ServerAccess way) {
        Map<String, IOException> failures = new LinkedHashMap<>();
        for (String copy : copies) {
            // The first error ends a connection.
            try (SqlSession outside = session(way, "postgres")) {
                drop(outside, copy, way);
            } catch (IOException e) {
                failures.put(copy, e);
            }
        }
        return failures;
    }

    private void drop(SqlSession outside, String copy, ServerAccess way) throws IOException {
        // Nobody can connect to a half-dropped database. So its subscriptions are read from a catalog that all
        // databases share.
        String subscribed = """
                SELECT count(*) FROM pg_subscription
                WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = %s)
                """.formatted(DatabaseContents.literal(copy));
        if (!outside.value(subscribed).equals("0")) {
            unsubscribe(copy, way);
        }
        outside.run("DROP DATABASE " + DatabaseContents.quoted(copy));
    }

    /**
     * Removes the subscriptions of a database, which could not be dropped with them. Their slots at the publisher are
     * not ours, and stay.
     */
    private void unsubscribe(String copy, ServerAccess way) throws IOException {
        try (SqlSession inside = session(way, copy)) {
            for (String subscription : inside.query(SUBSCRIPTIONS)) {
                String name = DatabaseContents.quoted(subscription);
                inside.run("ALTER SUBSCRIPTION " + name + " DISABLE");
                inside.run("ALTER SUBSCRIPTION " + name + " SET (slot_name = NONE)");
                inside.run("DROP SUBSCRIPTION " + name);
            }
        }
    }

    private void dropLeft(SqlSession outside, String copy, ServerAccess way) throws IOException {
        List<String> marks = outside.query(
                "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = "
                        + DatabaseContents.literal(copy));
        if (marks.equals(List.of(MARK))) {
            drop(outside, copy, way);
        } else if (!marks.isEmpty()) {
            throw new BackupException(
                    "there is a database `" + copy + "` that is not marked as created by " + "Interlock: check it");
        }
    }

    /**
     * The differences between the restored and the counted content, and the parts that could not be compared.
     *
     * @param extensions the extensions for which it is unknown whether they recreated all their members
     */
    private record ContentDifferences(List<String> wrong, List<String> uncompared, List<String> extensions) {}

    private ContentDifferences restored(
            BackupManifest manifest, PostgresDump dump, String copy, ServerAccess way, Path own, Progress progress)
            throws IOException {
        SandboxedClients clients = clients(copy, way, own);
        progress.expect("restoring", Archive.fed(manifest));
        try (DumpRestore restoring = new DumpRestore(repository, manifest, dump, clients, progress)) {
            restoring.run();
        }
        try (SqlSession session = clients.session()) {
            ExtensionComparison.ExtensionFindings members = members(dump, session, way);
            List<String> wrong = new ArrayList<>(members.wrong());
            Optional<String> unseen = unseen(manifest, dump, way);
            if (unseen.isPresent()) {
                wrong.addAll(rowsAlone(dump, session, progress));
                return new ContentDifferences(wrong, List.of(unseen.get()), members.uncompared());
            }
            List<String> untold = new ArrayList<>();
            wrong.addAll(ContentCounter.differences(
                    dump,
                    new SchemaComparison(repository, manifest, dump, progress)
                            .judged(
                                    clients.contents(session, ContentCounter.RowColumns.of(dump), progress),
                                    elsewhere(copy, way, own, untold)),
                    session));
            wrong.addAll(untold);
            return new ContentDifferences(wrong, List.of(), members.uncompared());
        }
    }

    /** Compares the extensions. On a newer server an extension of the same version may differ. */
    private static ExtensionComparison.ExtensionFindings members(
            PostgresDump dump, SqlSession session, ServerAccess way) throws IOException {
        ExtensionComparison.ExtensionFindings judged = ExtensionComparison.judged(
                dump.extensions().orElse(Map.of()), ExtensionComparison.of(session), (_, _) -> Optional.empty());
        return way.server() == dump.major() ? judged : judged.doubted();
    }

    /**
     * Returns the place in which the source's schema is executed. If that would be dangerous, it adds the reason to
     * {@code untold} instead.
     */
    private SchemaComparison.ComparisonDatabase elsewhere(
            String copy, ServerAccess way, Path own, List<String> untold) {
        return () -> {
            if (!PsqlRestriction.isKnown(children, way.directory())) {
                untold.add(unrestricted(way.directory()));
                throw new BackupException(unrestricted(way.directory()));
            }
            return clients(copy + WORDS, way, own);
        };
    }

    /** Returns why the schema cannot be compared; empty if it can. */
    private static Optional<String> unseen(BackupManifest manifest, PostgresDump dump, ServerAccess way) {
        if (way.server() == dump.major()) {
            return Optional.empty();
        }
        if (!way.describes()) {
            return Optional.of("the schema, which the pg_dump of PostgreSQL " + way.server()
                    + " alone can describe: install postgresql-client-" + way.server()
                    + ", or name its directory with `programs`, and recover again; or check "
                    + "the restored database yourself");
        }
        return manifest.files().containsKey(Archive.WORDS)
                ? Optional.empty()
                : Optional.of("the schema, which PostgreSQL " + way.server() + " describes in another form than "
                        + dump.major() + ", and the backup does not contain that form: check "
                        + "the restored database yourself");
    }

    /** Returns the differences in rows and sequences, when the schema is unknown. */
    private static List<String> rowsAlone(PostgresDump dump, SqlSession session, Progress progress) throws IOException {
        session.run(ContentCounter.ONE_MOMENT);
        DatabaseContents found = new DatabaseContents(
                dump.contents().schema(), // the restored schema is unknown
                ContentCounter.tables(session, ContentCounter.RowColumns.of(dump), progress),
                ContentCounter.largeObjects(session));
        return ContentCounter.differences(dump, found, session);
    }

    /**
     * Returns the warning about an unrestricted {@code psql}: it would read the source's own text while it holds the
     * password of another server.
     */
    private static String unrestricted(Path programs) {
        return "or whether it is the same in another form cannot be checked: the psql in `" + programs
                + "` does not support `\\restrict`, without which a dump can run programs; "
                + "install PostgreSQL's latest minor release and recover again, or check the "
                + "restored database yourself";
    }

    /**
     * Returns the clients for the copy. They see the network, and of this machine only what they need to reach the
     * server.
     */
    private SandboxedClients clients(String copy, ServerAccess way, Path own) throws IOException {
        int runner = RestoreSandbox.runner(user);
        Map<String, String> environment = new LinkedHashMap<>(way.postgres().environment());
        Optional<String> passwords = Optional.ofNullable(environment.get("PGPASSFILE"));
        passwords.ifPresent(_ -> environment.put("PGPASSFILE", RestoreSandbox.INSIDE + "/pgpass"));
        List<String> more = new ArrayList<>(List.of("--share-net"));
        for (String seen : List.of("/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/ssl/certs")) {
            more.addAll(List.of("--ro-bind-try", seen, seen));
        }
        String host = environment.getOrDefault("PGHOST", "/var/run/postgresql");
        if (host.startsWith("/")) {
            more.addAll(List.of("--ro-bind-try", host, host));
        }
        more.addAll(RestoreSandbox.showing(way.directory().resolveSibling("")));
        RestoreSandbox sandbox = RestoreSandbox.make(own, copy, runner, more);
        if (passwords.isPresent()) {
            Path given = sandbox.place().resolve("pgpass");
            PrivateFiles.write(given, OwnerFiles.readSecret(Path.of(passwords.get())));
            RestoreSandbox.give(given, runner);
        }
        return new SandboxedClients(
                children, sandbox, way.directory(), List.of("--dbname=" + copy), environment, false);
    }

    /** Renames over a new connection, because one that was idle for hours may be dead. */
    private void name(String copy, String name, ServerAccess way) throws IOException {
        try (SqlSession outside = session(way, "postgres")) {
            name(outside, copy, name);
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException e) {
            throw new BackupException(
                    "everything was restored into `" + copy + "`, which could not be renamed to `"
                            + name + "`: "
                            + e.getMessage() + "; rename it, or run this again, which starts "
                            + "from the beginning",
                    e);
        }
    }

    /** Renames both databases in one transaction. */
    private static void name(SqlSession outside, String copy, String name) throws IOException {
        String owner = outside.value(
                "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = " + DatabaseContents.literal(name));
        String empty = copy + EMPTY;
        outside.run("ALTER DATABASE " + DatabaseContents.quoted(copy) + " OWNER TO " + DatabaseContents.quoted(owner));
        outside.run("BEGIN");
        outside.run("COMMENT ON DATABASE " + DatabaseContents.quoted(copy) + " IS NULL");
        outside.run("COMMENT ON DATABASE " + DatabaseContents.quoted(name) + " IS " + DatabaseContents.literal(MARK));
        outside.run("ALTER DATABASE " + DatabaseContents.quoted(name) + " RENAME TO " + DatabaseContents.quoted(empty));
        outside.run("ALTER DATABASE " + DatabaseContents.quoted(copy) + " RENAME TO " + DatabaseContents.quoted(name));
        outside.run("COMMIT");
    }
}
