package dev.interlock.backup;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A server of its own to restore into. A dump is a program: whoever could write a function, a trigger or an index into
 * the source has written into it, and what is restored runs as the server's superuser, or in {@code psql}. So server
 * and clients run in a sandbox: an unprivileged user, no network, none of the machine's files but the system's
 * programs, no other processes in sight. The kernel ends it with whoever started it.
 *
 * <p>To be used by the thread that opened it: the kernel counts that thread's end as the parent's.
 */
final class ScratchCluster implements AutoCloseable {

    /** Root's work is done as this user unless another is named; it owns nothing else. */
    static final int DEFAULT_USER = 61_238;

    static final String SUPERUSER = "interlock_scratch";
    static final String DATABASE = "restored";

    private static final String INSIDE = "/scratch";
    private static final String READY = "database system is ready to accept connections";

    /** It is thrown away: nothing must survive, and nobody else connects. */
    private static final List<String> THROWN_AWAY = List.of(
            "listen_addresses=",
            "fsync=off",
            "full_page_writes=off",
            "synchronous_commit=off",
            "wal_level=minimal",
            "max_wal_senders=0",
            "max_wal_size=4GB",
            "autovacuum=off",
            "maintenance_work_mem=256MB",
            "max_locks_per_transaction=1024");

    /** Each relation, and each large object, is locked until its transaction ends; there is room for twice as many. */
    private static final long MAX_LOCKED = 50_000;

    /** Indexes, constraints and what holds long values, for each table: a guess on the safe side. */
    private static final long LOCKS_OF_A_TABLE = 25;

    private final Children children;
    private final Path cluster;
    private final Path programs;
    private final List<String> sandbox;
    private final Children.Child server;

    private ScratchCluster(
            Children children, Path cluster, Path programs, List<String> sandbox, Children.Child server) {
        this.children = children;
        this.cluster = cluster;
        this.programs = programs;
        this.sandbox = sandbox;
        this.server = server;
    }

    /**
     * Starts one in {@code directory}.
     *
     * @param user who runs it, if this process is root
     */
    static ScratchCluster start(Children children, Path directory, Path programs, int user) throws IOException {
        int self = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        int runner = self == 0 ? user : self;
        if (runner == 0) {
            throw new BackupException("a dump is never restored as root");
        }
        Path cluster = PrivateFiles.directory(directory.resolve("cluster"));
        Path passwd = directory.resolve("passwd");
        Files.writeString(passwd, "scratch:x:" + runner + ":" + runner + "::" + INSIDE + ":/bin/sh\n");
        Files.setPosixFilePermissions(passwd, PosixFilePermissions.fromString("rw-r--r--"));
        if (self == 0) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
            Files.setAttribute(cluster, "unix:uid", runner);
            Files.setAttribute(cluster, "unix:gid", runner);
        }
        List<String> sandbox = sandbox(self == 0 ? dropped(runner) : List.of(), cluster, passwd, programs);
        children.output(
                inside(
                        sandbox,
                        programs.resolve("initdb").toString(),
                        "--pgdata=" + INSIDE + "/data",
                        "--username=" + SUPERUSER,
                        "--auth=trust",
                        "--no-sync",
                        "--encoding=UTF8",
                        "--locale=C"),
                Postgres.plain());
        List<String> command = new ArrayList<>(
                inside(sandbox, programs.resolve("postgres").toString(), "-D", INSIDE + "/data", "-k", INSIDE));
        THROWN_AWAY.forEach(setting -> command.addAll(List.of("-c", setting)));
        Children.Child server = children.start(command, Postgres.plain());
        try {
            if (!server.awaitWords(READY)) {
                throw new BackupException("the scratch server did not start: " + server.lastWords());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            server.close();
            throw new BackupException("interrupted", e);
        }
        return new ScratchCluster(children, cluster, programs, sandbox, server);
    }

    private static List<String> dropped(int user) {
        return List.of("setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups", "--no-new-privs", "--");
    }

    private static List<String> sandbox(List<String> prefix, Path cluster, Path passwd, Path programs) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of("bwrap", "--unshare-all", "--die-with-parent", "--new-session"));
        command.addAll(List.of("--ro-bind", "/usr", "/usr"));
        for (String name : List.of("/bin", "/sbin", "/lib", "/lib64")) {
            Path path = Path.of(name);
            if (Files.isSymbolicLink(path)) {
                command.addAll(List.of("--symlink", "usr" + name, name));
            } else if (Files.isDirectory(path)) {
                command.addAll(List.of("--ro-bind", name, name));
            }
        }
        if (!programs.startsWith("/usr")) {
            String installation = programs.resolveSibling("").toString();
            command.addAll(List.of("--ro-bind", installation, installation));
        }
        command.addAll(List.of("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/etc"));
        command.addAll(List.of("--ro-bind", passwd.toString(), "/etc/passwd"));
        command.addAll(List.of("--bind", cluster.toString(), INSIDE, "--chdir", INSIDE, "--"));
        return List.copyOf(command);
    }

    private static List<String> inside(List<String> sandbox, String... command) {
        List<String> all = new ArrayList<>(sandbox);
        all.addAll(List.of(command));
        return all;
    }

    private List<String> client(String name, String database) {
        return inside(
                sandbox,
                programs.resolve(name).toString(),
                "--host=" + INSIDE,
                "--username=" + SUPERUSER,
                "--dbname=" + database);
    }

    /** Makes the empty database that {@code manifest} is to be restored into, and those whom its dump may name. */
    void prepare(Manifest manifest) throws IOException {
        try (SqlSession session = session("postgres")) {
            for (Map.Entry<String, Boolean> role : manifest.roles().entrySet()) {
                session.run(
                        "CREATE ROLE " + quoted(role.getKey()) + " NOLOGIN" + (role.getValue() ? " SUPERUSER" : ""));
            }
            session.run("CREATE DATABASE " + DATABASE + " TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' ENCODING '"
                    + manifest.encoding().replace("'", "''") + "'");
        }
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    SqlSession session(String database) throws IOException {
        return SqlSession.open(children, client("psql", database), Postgres.plain());
    }

    String schema() throws IOException {
        return SchemaText.digest(children, client("pg_dump", DATABASE), Postgres.plain());
    }

    /**
     * What takes the whole dump on its standard input and restores it; whatever is wrong with it ends it. In one
     * transaction, where that is possible: the rows of a table that it has made itself need no log.
     */
    Children.Child restoring(Manifest manifest) throws BackupException {
        boolean plain = manifest.format() == Plan.Format.PLAIN;
        List<String> command = new ArrayList<>(client(plain ? "psql" : "pg_restore", DATABASE));
        command.addAll(
                plain
                        ? List.of("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
                        : List.of("--exit-on-error", "--no-tablespaces"));
        if (manifest.contents().tables().size() * LOCKS_OF_A_TABLE
                        + manifest.contents().largeObjects()
                <= MAX_LOCKED) {
            command.add("--single-transaction");
        }
        return silent(children.start(command, Postgres.plain()));
    }

    /** What takes an archive of rows on its standard input, and restores them. */
    Children.Child restoringRows() throws BackupException {
        List<String> command = new ArrayList<>(client("pg_restore", DATABASE));
        command.addAll(List.of("--exit-on-error", "--section=data"));
        return silent(children.start(command, Postgres.plain()));
    }

    /** Where the archive {@link #restore} reads is to be written, once and before anything of it runs. */
    OutputStream schemaFile() throws IOException {
        Path file = cluster.resolve(Archive.SCHEMA);
        OutputStream out = Channels.newOutputStream(PrivateFiles.create(file));
        Files.setAttribute(file, "unix:uid", Files.getAttribute(cluster, "unix:uid"));
        Files.setAttribute(file, "unix:gid", Files.getAttribute(cluster, "unix:gid"));
        return out;
    }

    /** Restores one half of {@link #schemaFile}, with {@code jobs} connections. */
    void restore(String section, int jobs) throws BackupException {
        List<String> command = new ArrayList<>(client("pg_restore", DATABASE));
        command.addAll(List.of("--exit-on-error", "--no-tablespaces", "--section=" + section, "--jobs=" + jobs));
        command.add(INSIDE + "/" + Archive.SCHEMA);
        try (Children.Child child = silent(children.start(command, Postgres.plain()))) {
            child.requireSuccess();
        }
    }

    private static Children.Child silent(Children.Child child) {
        Thread.ofVirtual().start(() -> {
            try (var out = child.process().getInputStream()) {
                out.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // It was killed.
            }
        });
        return child;
    }

    @Override
    public void close() {
        server.close();
    }
}
