package dev.interlock.backup.postgres;

import dev.interlock.backup.content.Contents;
import dev.interlock.backup.content.Separation;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.SourceReader;
import dev.interlock.backup.source.SourceSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts PostgreSQL databases. A dump of the snapshot that was counted must restore exactly that. A copy is restored in
 * a sandbox into a server of the source's version: from a file of {@code pg_dump}, or from a data directory.
 */
public record PostgresReader(BackupSource.Postgres source, ChildProcesses children, int user) implements SourceReader {

    /** Limits the wait for a locked table. Meanwhile a dump holds locks on all others: it must not stop production. */
    private static final long LOCK_MILLIS = 300_000;

    private static final String VERSION = "PG_VERSION";

    @Override
    public String origin() {
        return PostgresConnection.origin(source.database());
    }

    @Override
    public SourceSnapshot open(Path own, Progress progress) throws IOException {
        PostgresConnection postgres = PostgresConnection.to(source.database(), own);
        try {
            Path programs = programs(postgres);
            SqlSession session = session(programs, postgres);
            try {
                session.run("SET lock_timeout = " + LOCK_MILLIS);
                session.run(DatabaseCounter.ONE_MOMENT);
                requirePrimary(session);
                String snapshot = session.value("SELECT pg_export_snapshot()");
                Contents contents = DatabaseCounter.count(session, progress);
                return new HeldSnapshot(children, postgres, session, programs, snapshot, contents);
            } catch (IOException | RuntimeException e) {
                session.close();
                throw e;
            }
        } catch (BackupException e) {
            postgres.close();
            throw postgres.told(e);
        } catch (IOException | RuntimeException e) {
            postgres.close();
            throw e;
        }
    }

    private record HeldSnapshot(
            ChildProcesses children,
            PostgresConnection postgres,
            SqlSession session,
            Path programs,
            String snapshot,
            Contents contents)
            implements SourceSnapshot, SourceSnapshot.Material.Stream {

        @Override
        public Material material() {
            return this;
        }

        // Uncompressed, so that the store recognizes what it has already.
        @Override
        public void writeTo(OutputStream out) throws IOException {
            List<String> pgDump = List.of(
                    programs.resolve("pg_dump").toString(),
                    "--format=custom",
                    "--compress=0",
                    "--no-password",
                    "--lock-wait-timeout=" + LOCK_MILLIS,
                    "--snapshot=" + snapshot);
            try (ChildProcesses.ChildProcess child = children.start(pgDump, postgres.environment())) {
                child.process().getOutputStream().close();
                child.process().getInputStream().transferTo(out);
                child.requireSuccess();
            } catch (BackupException e) {
                throw postgres.told(e);
            }
        }

        @Override
        public Map<String, String> environment() {
            Map<String, String> all = new HashMap<>(postgres.environment());
            all.keySet().removeIf(name -> !name.startsWith("PG"));
            all.put("INTERLOCK_SNAPSHOT", snapshot);
            return all;
        }

        @Override
        public void close() throws IOException {
            try (postgres) {
                session.close();
            }
        }
    }

    private Path programs(PostgresConnection postgres) throws IOException {
        try (SqlSession session = session(postgres.anyPrograms(), postgres)) {
            int version = Integer.parseInt(session.value("SHOW server_version_num"));
            return PostgresConnection.programs(
                    source.database().programs(), version / 10_000, PostgresConnection.TAKING, children);
        }
    }

    private SqlSession session(Path programs, PostgresConnection postgres) throws IOException {
        return SqlSession.open(
                children, programs, List.of(programs.resolve("psql").toString()), postgres.environment());
    }

    /** Requires a primary: a dump of a standby restores exactly as counted, but may hold an old state. */
    private static void requirePrimary(SqlSession session) throws IOException {
        if (!session.value("SELECT pg_is_in_recovery()").equals("f")) {
            throw new BackupException(
                    "this server is a standby, and its data may be out of date: name the primary in the plan's `host`, `port` or `service`");
        }
    }

    private ServerFacts facts(Path own) throws IOException {
        try (PostgresConnection postgres = PostgresConnection.to(source.database(), own);
                SqlSession session = session(postgres.anyPrograms(), postgres)) {
            return ServerFacts.of(session);
        }
    }

    /** Compares the server's data directory with the store, if both are on this machine and the server names it. */
    @Override
    public Separation separationFrom(Path store, Path own) throws IOException {
        try (PostgresConnection postgres = PostgresConnection.to(source.database(), own)) {
            if (!postgres.isLocal()) {
                return Separation.UNKNOWN;
            }
            try (SqlSession session = session(postgres.anyPrograms(), postgres)) {
                boolean told = session.value("SELECT pg_has_role('pg_read_all_settings', 'USAGE')")
                        .equals("t");
                return told
                        ? Separation.between(Path.of(session.value("SHOW data_directory")), store)
                        : Separation.UNKNOWN;
            }
        } catch (InvalidPathException | UncheckedIOException e) {
            return Separation.UNKNOWN;
        }
    }

    @Override
    public Contents restored(Path into, Path own, Progress progress) throws IOException {
        ServerFacts facts;
        Path programs;
        try {
            facts = facts(own);
            programs = PostgresConnection.programs(
                    source.database().programs(), facts.major(), PostgresConnection.TRYING, children);
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException e) {
            throw new InconclusiveException("no server like the source can be started here: " + e.getMessage(), e);
        }
        if (Files.isRegularFile(into.resolve(VERSION), LinkOption.NOFOLLOW_LINKS)) {
            return dataDirectory(into, facts, programs, own, progress);
        }
        Path dump = SourceReader.oneFile(into);
        try (ScratchCluster cluster = ScratchCluster.fresh(children, own, programs, user, source.preload())) {
            cluster.prepare(facts);
            return undisturbed(cluster, () -> {
                progress.at("restoring", 0);
                try (InputStream from = Files.newInputStream(dump, LinkOption.NOFOLLOW_LINKS)) {
                    cluster.restore(from);
                }
                return cluster.count(ScratchCluster.DATABASE, progress);
            });
        }
    }

    private Contents dataDirectory(Path data, ServerFacts facts, Path programs, Path own, Progress progress)
            throws IOException {
        String version = Files.readString(data.resolve(VERSION)).strip();
        if (!version.equals(Integer.toString(facts.major()))) {
            throw new BackupException("it is of PostgreSQL " + version + ", and the server is of " + facts.major());
        }
        progress.at("starting", 0);
        try (ScratchCluster cluster =
                ScratchCluster.of(data, facts.owner(), children, own, programs, user, source.preload())) {
            return undisturbed(cluster, () -> cluster.count(source.database().name(), progress));
        }
    }

    /** A step of a restore whose failure may be the copy's fault. */
    @FunctionalInterface
    private interface Step {
        Contents take() throws IOException;
    }

    private static Contents undisturbed(ScratchCluster cluster, Step step) throws IOException {
        try {
            return step.take();
        } catch (InconclusiveException e) {
            throw e;
        } catch (BackupException e) {
            cluster.requireUndisturbed(e);
            throw e;
        }
    }
}
