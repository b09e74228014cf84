package dev.interlock.backup.postgres;

import dev.interlock.backup.kept.DatabaseContents;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Runs PostgreSQL's own programs against one database, in a sandbox, because a dump can make {@code psql} do anything.
 * In the sandbox they are an unprivileged user with none of the machine's files except the system's programs.
 *
 * <p>To be used by the thread that opened it: the kernel takes that thread's end as the parent's end.
 */
final class SandboxedClients {

    /**
     * Maximum of relations and large objects in one transaction, which locks each of them until its end. A scratch
     * server has room for twice as many. A default installation has room for some 7,000, which all its sessions share.
     */
    private static final long MAX_LOCKED = 50_000;

    /** Locks per table, a guess on the safe side: indexes, constraints and the table for long values. */
    private static final long LOCKS_OF_A_TABLE = 25;

    private final ChildProcesses children;
    private final RestoreSandbox sandbox;
    private final Path programs;
    private final List<String> connection;
    private final Map<String, String> environment;
    private final boolean toScratch;

    /**
     * Creates the clients.
     *
     * @param connection arguments that select the server and database; without secrets
     * @param toScratch whether that is a scratch server, which has room for any operation
     */
    SandboxedClients(
            ChildProcesses children,
            RestoreSandbox sandbox,
            Path programs,
            List<String> connection,
            Map<String, String> environment,
            boolean toScratch) {
        this.children = children;
        this.sandbox = sandbox;
        this.programs = programs;
        this.connection = connection;
        this.environment = environment;
        this.toScratch = toScratch;
    }

    private List<String> client(String name) {
        List<String> command = sandbox.command(List.of(programs.resolve(name).toString()));
        command.addAll(connection);
        return command;
    }

    SqlSession session() throws IOException {
        return SqlSession.open(children, programs, client("psql"), environment);
    }

    /** Returns the current content. The schema is described while the rows are summed. */
    DatabaseContents contents(SqlSession session, ContentCounter.RowColumns columns, Progress progress)
            throws IOException {
        session.run(ContentCounter.ONE_MOMENT);
        try (SchemaText schema = schemaText()) {
            Map<String, DatabaseContents.Table> tables = ContentCounter.tables(session, columns, progress);
            return new DatabaseContents(schema.digest(), tables, ContentCounter.largeObjects(session));
        }
    }

    private SchemaText schemaText() throws BackupException {
        return SchemaText.begin(children, client("pg_dump"), environment, OutputStream.nullOutputStream());
    }

    /** Returns the digest of the schema's current description. */
    String schema() throws BackupException {
        try (SchemaText schema = schemaText()) {
            return schema.digest();
        }
    }

    /**
     * Starts {@code psql} to execute untrusted SQL, and nothing but SQL, from its standard input. The first error ends
     * it. An old {@code psql} that cannot be restricted may still be used on a scratch server, because nothing is
     * reachable there.
     */
    ChildProcesses.ChildProcess executing() throws BackupException {
        boolean restricted = !toScratch || PsqlRestriction.isKnown(children, programs);
        ChildProcesses.ChildProcess psql = silent(children.start(psql(), environment));
        if (restricted) {
            PsqlRestriction.begin(psql);
        }
        return psql;
    }

    private List<String> psql() {
        List<String> command = client("psql");
        command.addAll(List.of("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"));
        return command;
    }

    /**
     * Starts the restore of a whole dump from standard input. The first error ends it. On a scratch server it runs in
     * one transaction where possible: then the rows of newly made tables need no log.
     *
     * @param sections the sections of an archive to restore; empty for all
     */
    ChildProcesses.ChildProcess restoring(PostgresDump dump, List<String> sections) throws BackupException {
        boolean plain = dump.format() == DumpFormat.PLAIN;
        List<String> command = plain ? psql() : pgRestore(sections);
        if (toScratch
                && dump.contents().tables().size() * LOCKS_OF_A_TABLE
                                + dump.contents().largeObjects()
                        <= MAX_LOCKED) {
            command.add("--single-transaction");
        }
        return silent(children.start(command, environment));
    }

    /**
     * Starts the restore of everything that comes after the rows in an archive on standard input. It reads no further.
     */
    ChildProcesses.ChildProcess restoringRest() throws BackupException {
        return silent(children.start(pgRestore(List.of(DumpRestore.POST_DATA)), environment));
    }

    private List<String> pgRestore(List<String> sections) {
        List<String> command = client("pg_restore");
        command.addAll(List.of("--exit-on-error", "--no-tablespaces"));
        sections.forEach(section -> command.add("--section=" + section));
        return command;
    }

    /** Starts the restore of the rows in an archive on standard input. */
    ChildProcesses.ChildProcess restoringRows() throws BackupException {
        List<String> command = client("pg_restore");
        command.addAll(List.of("--exit-on-error", "--section=data"));
        return silent(children.start(command, environment));
    }

    /**
     * Returns a stream for the archive that {@link #restoring(String, int)} reads. It must be written once, before that
     * program runs.
     */
    OutputStream schemaFile() throws IOException {
        Path file = sandbox.place().resolve(Archive.SCHEMA);
        OutputStream out = Channels.newOutputStream(PrivateFiles.open(file));
        RestoreSandbox.give(file, (Integer) Files.getAttribute(sandbox.place(), "unix:uid"));
        return out;
    }

    /** Starts the restore of one half of {@link #schemaFile} with {@code jobs} connections. */
    ChildProcesses.ChildProcess restoring(String section, int jobs) throws BackupException {
        List<String> command = pgRestore(List.of(section));
        command.add("--jobs=" + jobs);
        command.add(RestoreSandbox.INSIDE + "/" + Archive.SCHEMA);
        return silent(children.start(command, environment));
    }

    private static ChildProcesses.ChildProcess silent(ChildProcesses.ChildProcess child) {
        child.silence();
        return child;
    }
}
