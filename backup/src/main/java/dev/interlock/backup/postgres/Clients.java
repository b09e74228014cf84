package dev.interlock.backup.postgres;

import dev.interlock.backup.kept.Contents;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.PrivateFiles;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.Sandbox;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * PostgreSQL's own programs with a way to one database, in a sandbox: what a dump says, {@code psql} may do. There they
 * are an unprivileged user without any of the machine's files but the system's programs.
 *
 * <p>To be used by the thread that opened it: the kernel counts that thread's end as the parent's.
 */
final class Clients {

    /**
     * Each relation, and each large object, is locked until its transaction ends; a scratch server has room for twice
     * as many. One as it is installed has room for some 7,000, which all its sessions share.
     */
    private static final long MAX_LOCKED = 50_000;

    /** Indexes, constraints and what holds long values, for each table: a guess on the safe side. */
    private static final long LOCKS_OF_A_TABLE = 25;

    private final Children children;
    private final Sandbox sandbox;
    private final Path programs;
    private final List<String> connection;
    private final Map<String, String> environment;
    private final boolean toScratch;

    /**
     * Wires them.
     *
     * @param connection arguments that say where to; no secret
     * @param toScratch whether that is a scratch server, which has room for whatever is done to it
     */
    Clients(
            Children children,
            Sandbox sandbox,
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

    /** All that is in it now; the schema is described while rows are summed. */
    Contents contents(SqlSession session, Counting.Columns columns, Progress progress) throws IOException {
        session.run(Counting.ONE_MOMENT);
        try (SchemaText schema = schemaText()) {
            Map<String, Contents.Table> tables = Counting.tables(session, columns, progress);
            return new Contents(schema.digest(), tables, Counting.largeObjects(session));
        }
    }

    private SchemaText schemaText() throws BackupException {
        return SchemaText.begin(children, client("pg_dump"), environment, OutputStream.nullOutputStream());
    }

    /** As what its schema is described now. */
    String schema() throws BackupException {
        try (SchemaText schema = schemaText()) {
            return schema.digest();
        }
    }

    /**
     * What takes SQL of others on its standard input and executes it, and nothing but SQL; the first fault ends it. In
     * scratch there is nobody to be reached, so a {@code psql} that cannot be kept from the rest may read there.
     */
    Children.Child executing() throws BackupException {
        boolean restricted = !toScratch || Restriction.isKnown(children, programs);
        Children.Child psql = silent(children.start(psql(), environment));
        if (restricted) {
            Restriction.begin(psql);
        }
        return psql;
    }

    private List<String> psql() {
        List<String> command = client("psql");
        command.addAll(List.of("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"));
        return command;
    }

    /**
     * What takes the whole dump on its standard input and restores it; whatever is wrong with it ends it. In scratch in
     * one transaction, where that is possible: the rows of a table that it has made itself need no log there.
     *
     * @param sections which parts of it, of those that an archive has; all of them if there are none
     */
    Children.Child restoring(PostgresDump dump, List<String> sections) throws BackupException {
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

    /** What takes an archive on its standard input and restores what comes after the rows; it reads no further. */
    Children.Child restoringRest() throws BackupException {
        return silent(children.start(pgRestore(List.of(Restoring.POST_DATA)), environment));
    }

    private List<String> pgRestore(List<String> sections) {
        List<String> command = client("pg_restore");
        command.addAll(List.of("--exit-on-error", "--no-tablespaces"));
        sections.forEach(section -> command.add("--section=" + section));
        return command;
    }

    /** What takes an archive of rows on its standard input, and restores them. */
    Children.Child restoringRows() throws BackupException {
        List<String> command = client("pg_restore");
        command.addAll(List.of("--exit-on-error", "--section=data"));
        return silent(children.start(command, environment));
    }

    /**
     * Where the archive that {@link #restoring(String, int)} reads is to be written, once and before anything of it
     * runs.
     */
    OutputStream schemaFile() throws IOException {
        Path file = sandbox.place().resolve(Archive.SCHEMA);
        OutputStream out = Channels.newOutputStream(PrivateFiles.create(file));
        Sandbox.give(file, (Integer) Files.getAttribute(sandbox.place(), "unix:uid"));
        return out;
    }

    /** Restores one half of {@link #schemaFile}, with {@code jobs} connections. */
    Children.Child restoring(String section, int jobs) throws BackupException {
        List<String> command = pgRestore(List.of(section));
        command.add("--jobs=" + jobs);
        command.add(Sandbox.INSIDE + "/" + Archive.SCHEMA);
        return silent(children.start(command, environment));
    }

    private static Children.Child silent(Children.Child child) {
        child.silence();
        return child;
    }
}
