package dev.interlock.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Brings a backup back into a database of somebody's choice. That must be there and empty, and stays as it is until
 * everything is there again: what is restored goes into a copy of it, is counted there, and then gets its name. So
 * whatever ends this leaves the empty database, and doing it again goes on.
 */
public final class Recovery {

    /** Its name is so long that it is nobody's, and always the same, so that the next one finds what was left. */
    private static final String COPY = "interlock_restoring_";

    /** What the empty one is called when it is not needed any more. */
    private static final String EMPTY = "_empty";

    /** What is marked so is ours to drop. */
    private static final String MARK = "interlock: a recovery that is not over";

    /** What anybody could have put there; what an extension brings along is not counted. */
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

    private final Plan plan;
    private final Shelf shelf;
    private final Path scratch;
    private final int user;
    private final Children children;
    private final SecureRandom random;

    /**
     * Prepares to bring back what {@code plan} saves.
     *
     * @param scratch where a private directory may be made; that user must be able to get there
     * @param user as whom the programs run that read the dump, if this process is root
     * @param children whose closing ends it
     */
    public Recovery(
            Plan plan,
            Encryption encryption,
            Path scratch,
            Optional<Integer> user,
            Children children,
            Clock clock,
            SecureRandom random)
            throws IOException {
        this.plan = plan;
        this.shelf = Shelf.of(plan, encryption, clock);
        this.scratch = scratch;
        this.user = user.orElse(ScratchCluster.DEFAULT_USER);
        this.children = children;
        this.random = random;
    }

    /**
     * What was brought back.
     *
     * @param wrong how it differs from what was counted; then it did not get the database's name
     * @param left the name of the database that it is in then
     */
    public record Recovered(String id, long rows, int tables, List<String> wrong, Optional<String> left) {
        public Recovered {
            wrong = List.copyOf(wrong);
        }
    }

    /**
     * Brings {@code id} back into {@code into}.
     *
     * @param makeRoles whether those whom the dump may name are made where they are missing, without a password
     * @throws BackupException if it could not be done; then the database is as empty as it was
     */
    public Recovered into(Plan.PostgresSource into, String id, boolean makeRoles, Progress progress)
            throws IOException {
        progress.at("looking", 0);
        Manifest manifest = shelf.manifest(id);
        requireWhole(manifest);
        try (ScratchDirectory own = ScratchDirectory.make(scratch, random);
                Postgres postgres = Postgres.to(into, own.path())) {
            progress.at("connecting", 0);
            Path programs = Postgres.programs(plan.source().programs(), manifest.major(), children);
            try (SqlSession target = session(programs, postgres, into.database())) {
                requireFit(manifest, target, into.database());
                roles(manifest, target, makeRoles);
            }
            return restore(manifest, into.database(), postgres, programs, own.path(), progress);
        }
    }

    private void requireWhole(Manifest manifest) throws IOException {
        for (Map.Entry<String, Manifest.StoredFile> file : manifest.files().entrySet()) {
            long bytes = shelf.size(manifest.id(), file.getKey()).orElse(0);
            if (bytes != file.getValue().bytes()) {
                throw new BackupException("its " + file.getKey() + " has " + bytes + " bytes, and had "
                        + file.getValue().bytes());
            }
        }
    }

    private SqlSession session(Path programs, Postgres postgres, String database) throws IOException {
        Map<String, String> environment = new LinkedHashMap<>(postgres.environment());
        environment.put("PGDATABASE", database);
        return SqlSession.open(children, List.of(programs.resolve("psql").toString()), environment);
    }

    private static void requireFit(Manifest manifest, SqlSession target, String name) throws IOException {
        int major = Integer.parseInt(target.value("SHOW server_version_num")) / 10_000;
        if (major != manifest.major()) {
            throw new BackupException("the backup is of PostgreSQL " + manifest.major() + ", and the server is " + major
                    + ": restore into one of the same version, and move on from there");
        }
        if (!target.value("SHOW server_encoding").equals(manifest.encoding())) {
            throw new BackupException("`" + name + "` is not in " + manifest.encoding()
                    + ", as the backup is: make an empty database that is");
        }
        if (!target.value(INHABITANTS).equals("0")) {
            throw new BackupException(
                    "`" + name + "` is not empty, and nothing is ever overwritten: name an empty database");
        }
    }

    private static void roles(Manifest manifest, SqlSession target, boolean make) throws IOException {
        Set<String> missing = new TreeSet<>(manifest.roles().keySet());
        missing.removeAll(target.query("SELECT rolname FROM pg_roles"));
        if (!missing.isEmpty() && !make) {
            throw new BackupException("the backup may name roles that the server has not: `"
                    + String.join("`, `", missing) + "`; make them, or say --make-roles");
        }
        for (String role : missing) {
            target.run("CREATE ROLE " + Clients.quoted(role) + " NOLOGIN");
        }
    }

    private Recovered restore(
            Manifest manifest, String name, Postgres postgres, Path programs, Path own, Progress progress)
            throws IOException {
        String copy = COPY
                + HexFormat.of().formatHex(SchemaText.sha256().digest(name.getBytes(StandardCharsets.UTF_8)), 0, 8);
        try (SqlSession outside = session(programs, postgres, "postgres")) {
            progress.at("preparing", 0);
            dropLeft(outside, copy);
            dropLeft(outside, copy + EMPTY);
            outside.run("CREATE DATABASE " + Clients.quoted(copy) + " TEMPLATE " + Clients.quoted(name));
            outside.run("COMMENT ON DATABASE " + Clients.quoted(copy) + " IS '" + MARK + "'");
            List<String> wrong;
            try {
                wrong = restored(manifest, copy, postgres, programs, own, progress);
            } catch (IOException e) {
                drop(outside, copy, e);
                throw e;
            }
            if (wrong.isEmpty()) {
                progress.at("naming", 0);
                name(outside, copy, name);
            }
            return new Recovered(
                    manifest.id(),
                    manifest.contents().rows(),
                    manifest.contents().tables().size(),
                    wrong,
                    wrong.isEmpty() ? Optional.empty() : Optional.of(copy));
        }
    }

    /** Where that is not possible any more, as after an interruption, the next one does it. */
    private static void drop(SqlSession outside, String copy, IOException why) {
        try {
            outside.run("DROP DATABASE " + Clients.quoted(copy));
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    private static void dropLeft(SqlSession outside, String copy) throws IOException {
        List<String> marks = outside.query(
                "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = '" + copy
                        + "'");
        if (marks.equals(List.of(MARK))) {
            outside.run("DROP DATABASE " + Clients.quoted(copy));
        } else if (!marks.isEmpty()) {
            throw new BackupException(
                    "there is a database `" + copy + "` that is not marked as one of ours: look at it");
        }
    }

    /** How what is there now differs from what was counted. */
    private List<String> restored(
            Manifest manifest, String copy, Postgres postgres, Path programs, Path own, Progress progress)
            throws IOException {
        Clients clients = clients(copy, postgres, programs, own);
        new Restoring(shelf, manifest, clients, progress).run();
        try (SqlSession session = clients.session()) {
            session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
            return manifest.contents().differences(Contents.of(session, clients.schema(), progress));
        }
    }

    /** They see the network, and nothing more of this machine than it takes to reach the server. */
    private Clients clients(String copy, Postgres postgres, Path programs, Path own) throws IOException {
        int runner = Clients.runner(user);
        Path place = Clients.place(own, "clients", runner);
        Map<String, String> environment = new LinkedHashMap<>(postgres.environment());
        String passwords = environment.get("PGPASSFILE");
        if (passwords != null) {
            Path given = place.resolve("pgpass");
            PrivateFiles.write(given, PrivateFiles.readSecret(Path.of(passwords)));
            Clients.give(given, runner);
            environment.put("PGPASSFILE", Clients.INSIDE + "/pgpass");
        }
        List<String> more = new ArrayList<>(List.of("--share-net"));
        for (String seen : List.of("/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/ssl/certs")) {
            more.addAll(List.of("--ro-bind-try", seen, seen));
        }
        String host = environment.getOrDefault("PGHOST", "/var/run/postgresql");
        if (host.startsWith("/")) {
            more.addAll(List.of("--ro-bind-try", host, host));
        }
        return new Clients(
                children,
                place,
                programs,
                Clients.sandbox(runner, place, programs, more),
                List.of("--dbname=" + copy),
                environment);
    }

    /** Both names change at once, or none does. */
    private static void name(SqlSession outside, String copy, String name) throws IOException {
        String owner =
                outside.value("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = " + literal(name));
        String empty = copy + EMPTY;
        outside.run("ALTER DATABASE " + Clients.quoted(copy) + " OWNER TO " + Clients.quoted(owner));
        outside.run("BEGIN");
        outside.run("COMMENT ON DATABASE " + Clients.quoted(copy) + " IS NULL");
        outside.run("COMMENT ON DATABASE " + Clients.quoted(name) + " IS '" + MARK + "'");
        outside.run("ALTER DATABASE " + Clients.quoted(name) + " RENAME TO " + Clients.quoted(empty));
        outside.run("ALTER DATABASE " + Clients.quoted(copy) + " RENAME TO " + Clients.quoted(name));
        outside.run("COMMIT");
        outside.run("DROP DATABASE " + Clients.quoted(empty));
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
