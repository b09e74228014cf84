package dev.interlock.backup.sqlite;

import dev.interlock.action.Bytes;
import dev.interlock.backup.content.Contents;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.run.RestoreSandbox;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.linux.BubblewrapOptions;
import dev.interlock.linux.PrivateFiles;
import java.io.BufferedReader;
import java.io.File;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.sqlite.JDBC;

/** Runs {@link SqliteProgram} in a sandbox, in which it sees the JDK, its own few classes, and one directory. */
record SqliteSandbox(ChildProcesses children, RestoreSandbox sandbox, List<String> java) {

    private static final String PROGRAM = "/program";
    /** Classes from each package that it needs: the program, its counting, its JSON, SQLite. */
    private static final List<Class<?>> NEEDED =
            List.of(SqliteProgram.class, Contents.class, Bytes.class, Json.class, JDBC.class);

    /** The directory for classes that are not in an archive, as during development. */
    private static final String CLASSES = "classes";

    /** The JVM's flags. The heap must hold whole values. */
    private static final List<String> FLAGS = List.of(
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-XX:-CreateCoredumpOnCrash",
            "-Xshare:auto",
            "-Xlog:disable",
            "--enable-native-access=ALL-UNNAMED",
            "-Dfile.encoding=UTF-8",
            "-Dstdout.encoding=UTF-8",
            "-Dsun.jnu.encoding=UTF-8");

    private static final long MAX_ANSWER = 64 << 20;

    /** Makes a sandbox in the private {@code own}; {@code more} are bubblewrap's arguments for the files to read. */
    static SqliteSandbox make(ChildProcesses children, Path own, int runner, int group, List<String> more)
            throws IOException {
        Path program = PrivateFiles.directory(own.resolve("program"));
        Set<String> classPath = new LinkedHashSet<>();
        for (Class<?> needed : NEEDED) {
            classPath.add(PROGRAM + "/" + lay(needed, program));
        }
        open(program);
        Path jdk = Path.of(System.getProperty("java.home", "/usr"));
        List<String> seen = new BubblewrapOptions()
                .add(RestoreSandbox.showing(jdk))
                .readOnly(program, Path.of(PROGRAM))
                .add(more)
                .list();
        List<String> java = new ArrayList<>(List.of(jdk.resolve("bin/java").toString()));
        java.addAll(FLAGS);
        java.addAll(List.of("-cp", String.join(File.pathSeparator, classPath), SqliteProgram.class.getName()));
        return new SqliteSandbox(children, RestoreSandbox.make(own, "sqlite", runner, group, seen), java);
    }

    // Copies the archive or directory of `needed`, because the sandbox's user may lack access to ours. Returns its
    // name.
    private static String lay(Class<?> needed, Path program) throws IOException {
        Path from = origin(needed);
        if (Files.isRegularFile(from)) {
            String name = from.getFileName().toString();
            if (!Files.exists(program.resolve(name))) {
                Files.copy(from, program.resolve(name));
            }
            return name;
        }
        Path at = Path.of(needed.getPackageName().replace('.', '/'));
        Path to = Files.createDirectories(program.resolve(CLASSES).resolve(at));
        try (Stream<Path> classes = Files.list(from.resolve(at))) {
            for (Path file : classes.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        return CLASSES;
    }

    private static Path origin(Class<?> needed) throws BackupException {
        try {
            return Path.of(
                    needed.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new BackupException("this program cannot find its own path", e);
        }
    }

    /** Makes the classes readable for all and writable for none. They are not secret. */
    private static void open(Path program) throws IOException {
        try (Stream<Path> all = Files.walk(program)) {
            for (Path path : all.toList()) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r-xr-xr-x"));
            }
        }
    }

    /** Runs the program and returns its result; the message of a {@link BackupException} says why it could not. */
    Json.Members run(List<String> arguments, Progress progress) throws IOException {
        List<String> command = new ArrayList<>(java);
        command.addAll(arguments);
        Map<String, String> environment = Map.of("LC_ALL", "C.UTF-8", "PATH", "/usr/bin:/bin");
        try (ChildProcesses.ChildProcess child = children.start(sandbox.command(command), environment)) {
            child.process().getOutputStream().close();
            Json.Members last = Json.object();
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                    new BoundedInputStream(
                            child.process().getInputStream(), MAX_ANSWER, "the reader of SQLite prints too much"),
                    StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    last = Json.readObject(line.getBytes(StandardCharsets.UTF_8));
                    if (last.get("doing").isPresent()) {
                        progress.at(last.text("doing"), last.whole("bytes"));
                    }
                }
            } catch (BackupException e) {
                throw e;
            } catch (IOException e) {
                throw child.failure(e);
            }
            child.requireSuccess();
            return last;
        } catch (MalformedException e) {
            throw new BackupException("the output of the SQLite reader cannot be parsed", e);
        }
    }

    /** Returns a file that the sandbox can write; a program inside could plant a link. */
    Path file(String name) throws BackupException {
        Path file = sandbox.place().resolve(name);
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new BackupException("the SQLite reader created no file");
        }
        return file;
    }

    static String inside(String name) {
        return RestoreSandbox.INSIDE + "/" + name;
    }

    /** Limits what is read of a stream. A program or a server may send anything, without an end. */
    private static final class BoundedInputStream extends FilterInputStream {

        private final String fault;
        private long left;

        /** @param fault the message of the {@link BackupException} after more than {@code most} bytes */
        BoundedInputStream(InputStream from, long most, String fault) {
            super(from);
            this.left = most;
            this.fault = fault;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            int read = in.read(bytes, from, length);
            left -= Math.max(0, read);
            if (left < 0) {
                throw new BackupException(fault);
            }
            return read;
        }
    }
}
