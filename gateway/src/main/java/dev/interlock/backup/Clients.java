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
 * PostgreSQL's own programs with a way to one database, in a sandbox: what a dump says, {@code psql} may do. There they
 * are an unprivileged user without any of the machine's files but the system's programs.
 *
 * <p>To be used by the thread that opened it: the kernel counts that thread's end as the parent's.
 */
final class Clients {

    /** What they call the one directory that they may write to. */
    static final String INSIDE = "/scratch";

    /** Each relation, and each large object, is locked until its transaction ends; there is room for twice as many. */
    private static final long MAX_LOCKED = 50_000;

    /** Indexes, constraints and what holds long values, for each table: a guess on the safe side. */
    private static final long LOCKS_OF_A_TABLE = 25;

    private final Children children;
    private final Path work;
    private final Path programs;
    private final List<String> sandbox;
    private final List<String> connection;
    private final Map<String, String> environment;

    /**
     * Wires them.
     *
     * @param work what lies at {@link #INSIDE}
     * @param sandbox what {@link #sandbox} answered
     * @param connection arguments that say where to; no secret
     */
    Clients(
            Children children,
            Path work,
            Path programs,
            List<String> sandbox,
            List<String> connection,
            Map<String, String> environment) {
        this.children = children;
        this.work = work;
        this.programs = programs;
        this.sandbox = sandbox;
        this.connection = connection;
        this.environment = environment;
    }

    /**
     * As whom they run.
     *
     * @param user if this process is root
     * @throws BackupException if that is root
     */
    static int runner(int user) throws IOException {
        int self = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        int runner = self == 0 ? user : self;
        if (runner == 0) {
            throw new BackupException("a dump is never restored as root");
        }
        return runner;
    }

    /** Makes the directory {@code name} below {@code directory} for {@code runner}, and lets them get there. */
    static Path place(Path directory, String name, int runner) throws IOException {
        Path place = PrivateFiles.directory(directory.resolve(name));
        Path passwd = directory.resolve("passwd");
        Files.writeString(passwd, "scratch:x:" + runner + ":" + runner + "::" + INSIDE + ":/bin/sh\n");
        Files.setPosixFilePermissions(passwd, PosixFilePermissions.fromString("rw-r--r--"));
        if (isRoot()) {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
            give(place, runner);
        }
        return place;
    }

    private static boolean isRoot() throws IOException {
        return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    }

    /** Makes {@code path} theirs. */
    static void give(Path path, int runner) throws IOException {
        Files.setAttribute(path, "unix:uid", runner);
        Files.setAttribute(path, "unix:gid", runner);
    }

    /**
     * What is put before a program's command line.
     *
     * @param place what {@link #place} made
     * @param more of bubblewrap's arguments, such as what else can be seen
     */
    static List<String> sandbox(int runner, Path place, Path programs, List<String> more) throws IOException {
        List<String> command = new ArrayList<>();
        if (isRoot()) {
            command.addAll(List.of("setpriv", "--reuid=" + runner, "--regid=" + runner));
            command.addAll(List.of("--clear-groups", "--no-new-privs", "--"));
        }
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
        command.addAll(List.of("--ro-bind", place.resolveSibling("passwd").toString(), "/etc/passwd"));
        command.addAll(more);
        command.addAll(List.of("--bind", place.toString(), INSIDE, "--chdir", INSIDE, "--"));
        return List.copyOf(command);
    }

    static List<String> inside(List<String> sandbox, String... command) {
        List<String> all = new ArrayList<>(sandbox);
        all.addAll(List.of(command));
        return all;
    }

    /** As PostgreSQL reads a name that may hold anything. */
    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private List<String> client(String name) {
        List<String> command = inside(sandbox, programs.resolve(name).toString());
        command.addAll(connection);
        return command;
    }

    SqlSession session() throws IOException {
        return SqlSession.open(children, client("psql"), environment);
    }

    String schema() throws IOException {
        return SchemaText.digest(children, client("pg_dump"), environment);
    }

    /**
     * What takes the whole dump on its standard input and restores it; whatever is wrong with it ends it. In one
     * transaction, where that is possible: the rows of a table that it has made itself need no log.
     */
    Children.Child restoring(Manifest manifest) throws BackupException {
        boolean plain = manifest.format() == Plan.Format.PLAIN;
        List<String> command = client(plain ? "psql" : "pg_restore");
        command.addAll(
                plain
                        ? List.of("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
                        : List.of("--exit-on-error", "--no-tablespaces"));
        if (manifest.contents().tables().size() * LOCKS_OF_A_TABLE
                        + manifest.contents().largeObjects()
                <= MAX_LOCKED) {
            command.add("--single-transaction");
        }
        return silent(children.start(command, environment));
    }

    /** What takes an archive of rows on its standard input, and restores them. */
    Children.Child restoringRows() throws BackupException {
        List<String> command = client("pg_restore");
        command.addAll(List.of("--exit-on-error", "--section=data"));
        return silent(children.start(command, environment));
    }

    /** Where the archive {@link #restore} reads is to be written, once and before anything of it runs. */
    OutputStream schemaFile() throws IOException {
        Path file = work.resolve(Archive.SCHEMA);
        OutputStream out = Channels.newOutputStream(PrivateFiles.create(file));
        Files.setAttribute(file, "unix:uid", Files.getAttribute(work, "unix:uid"));
        Files.setAttribute(file, "unix:gid", Files.getAttribute(work, "unix:gid"));
        return out;
    }

    /** Restores one half of {@link #schemaFile}, with {@code jobs} connections. */
    void restore(String section, int jobs) throws BackupException {
        List<String> command = client("pg_restore");
        command.addAll(List.of("--exit-on-error", "--no-tablespaces", "--section=" + section, "--jobs=" + jobs));
        command.add(INSIDE + "/" + Archive.SCHEMA);
        try (Children.Child child = silent(children.start(command, environment))) {
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
}
