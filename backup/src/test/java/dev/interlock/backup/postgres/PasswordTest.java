package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.run.OwnerFiles;
import dev.interlock.backup.run.Progress;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.RestoreDestination;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that no command line contains the password of the source or of a new server: all users can read those. */
/** Collects the readable data of programs that run meanwhile. */
@Isolated("it reads the command lines of all that this JVM runs")
class PasswordTest extends PostgresBackupFixture {

    private static final class RecordedProgress implements Progress, AutoCloseable {

        private static final List<String> ALL = List.of("initdb", "postgres", "psql", "pg_dump", "pg_restore");
        private static final Set<String> WAITING = Set.of("pg_dump", "pg_restore");

        private final StringBuffer commands = new StringBuffer();
        private final StringBuffer environments = new StringBuffer();
        private final Path bin;
        private final Path gate;
        private final Thread keeper = new Thread(this::keep);
        private volatile boolean ended;

        /** Lays programs where everybody may run them. */
        RecordedProgress() throws IOException, InterruptedException {
            bin = Files.createTempDirectory("seen").resolve("bin");
            Files.createDirectory(bin);
            gate = bin.resolve("gate");
            Process made = new ProcessBuilder("mkfifo", "--mode=666", gate.toString()).start();
            assertThat(made.waitFor()).isZero();
            for (String name : ALL) {
                Path real = TestingPostgres.installed().resolve(name);
                if (WAITING.contains(name)) {
                    Files.writeString(bin.resolve(name), """
                            #!/bin/sh
                            [ "$1" = --version ] || read -r _ < %s
                            exec %s "$@"
                            """.formatted(gate, real));
                    Files.setPosixFilePermissions(bin.resolve(name), PosixFilePermissions.fromString("rwxr-xr-x"));
                } else {
                    Files.createSymbolicLink(bin.resolve(name), real);
                }
            }
            for (Path path : List.of(bin, bin.resolveSibling(""))) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            keeper.start();
        }

        /** The same database, by these programs. */
        BackupSource.Database by(BackupSource.Database at) {
            return new BackupSource.Database(
                    at.name(),
                    at.host(),
                    at.port(),
                    at.user(),
                    at.passwordFile(),
                    at.pgpass(),
                    at.service(),
                    at.serviceFile(),
                    Optional.of(bin));
        }

        private void keep() {
            while (true) {
                try (OutputStream open = Files.newOutputStream(gate)) { // once somebody waits
                    if (ended) {
                        return;
                    }
                    look();
                    open.write('\n');
                } catch (IOException e) {
                    // A waiting program has ended.
                }
            }
        }

        private void look() {
            ProcessHandle.current().descendants().forEach(process -> {
                Path of = Path.of("/proc", Long.toString(process.pid()));
                commands.append(read(of.resolve("cmdline"))).append('\n');
                environments.append(read(of.resolve("environ"))).append('\n');
            });
        }

        /** Requires that {@code program} ran, and that the password was nowhere. */
        @Override
        public void at(String doing, long bytes) {
            look();
        }

        void assertNoPassword(String program) {
            assertThat(commands.toString()).contains(program).doesNotContain("horse");
            assertThat(environments.toString()).contains("LC_ALL").doesNotContain("horse");
        }

        /** Requires that a program was given the file with the password. */
        void assertPasswordFile() {
            assertThat(environments.toString()).contains("PGPASSFILE");
        }

        @Override
        public void close() throws IOException, InterruptedException {
            ended = true;
            try (InputStream _ = Files.newInputStream(gate)) {
                keeper.join();
            }
            OwnerFiles.removeTree(bin.resolveSibling(""));
        }
    }

    private static String restoring(DumpFormat format) {
        return format == DumpFormat.PLAIN ? "psql" : "pg_restore";
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void itIsInNoCommandLineAndNoEnvironment(DumpFormat format) throws Exception {
        try (RecordedProgress taking = new RecordedProgress();
                RecordedProgress trying = new RecordedProgress();
                RecordedProgress recovering = new RecordedProgress()) {
            String id = shelf.take(plan(format, taking), taking).id();
            taking.assertNoPassword("pg_dump");
            taking.assertPasswordFile();
            assertThat(shelf.verify(plan(format, trying), id, trying).faults()).isEmpty();
            trying.assertNoPassword(restoring(format));
            postgres.sql("postgres", "DROP DATABASE IF EXISTS \"new shop\"");
            postgres.sql("postgres", "CREATE DATABASE \"new shop\"");
            RestoreDestination into =
                    new RestoreDestination.Database(recovering.by(postgres.source("new shop", passwordFile)), false);
            assertThat(shelf.recover(plan(format, recovering), id, into, recovering)
                            .wrong())
                    .isEmpty();
            recovering.assertNoPassword(restoring(format));
            recovering.assertPasswordFile();
        }
    }

    private BackupPlanConfig plan(DumpFormat format, RecordedProgress by) {
        return shelf.plan(new BackupSource.Postgres(
                by.by(postgres.source("shop", passwordFile)), format, format == DumpFormat.DIRECTORY ? 3 : 1));
    }

    /** The file that psql reads is temporary, and gone when a person looks for it. */
    @Test
    void whatIsSaidOfAWrongOneNamesThePlansFile() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        postgres.sql("postgres", "DROP DATABASE IF EXISTS \"new shop\"");
        postgres.sql("postgres", "CREATE DATABASE \"new shop\"");
        Files.writeString(passwordFile, "wrong\n");
        assertThatThrownBy(() -> shelf.take(plan))
                .hasMessageContaining("password retrieved from file \"" + passwordFile + "\"")
                .hasMessageEndingWith("; see `user` and `password-file` of the plan's `postgres` in backups.yaml")
                .hasMessageNotContainingAny("pgpass", "wrong");
        RestoreDestination into = new RestoreDestination.Database(postgres.source("new shop", passwordFile), false);
        assertThatThrownBy(() -> shelf.recover(plan, id, into, (_, _) -> {}))
                .hasMessageContaining("password retrieved from file \"" + passwordFile + "\"")
                .hasMessageNotContaining("pgpass");
    }

    /** The same holds for messages of the dump, in errors and in warnings. */
    @ParameterizedTest
    @ValueSource(strings = {"exec \"%s\" \"$@\"", "exit 1; %s"})
    void whatADumpSaysOfItNamesThePlansFile(String then) throws IOException {
        Path real = TestingPostgres.installed();
        Path programs = Files.createDirectory(passwordFile.resolveSibling("programs"));
        Files.createSymbolicLink(programs.resolve("psql"), real.resolve("psql"));
        Path dump = Files.writeString(
                programs.resolve("pg_dump"),
                "#!/bin/sh\n[ \"$1\" = --version ] && exec \"%1$s\" \"$@\"\n".formatted(real.resolve("pg_dump"))
                        + "echo \"pg_dump: password retrieved from file \\\"$PGPASSFILE\\\"\" >&2\n"
                        + then.formatted(real.resolve("pg_dump")));
        Files.setPosixFilePermissions(dump, PosixFilePermissions.fromString("rwxr-xr-x"));
        BackupSource.Database at = postgres.source("shop", passwordFile);
        BackupPlanConfig plan = shelf.plan(new BackupSource.Postgres(
                new BackupSource.Database(
                        at.name(),
                        at.host(),
                        at.port(),
                        at.user(),
                        at.passwordFile(),
                        at.pgpass(),
                        at.service(),
                        at.serviceFile(),
                        Optional.of(programs)),
                DumpFormat.CUSTOM,
                1));
        String known = "pg_dump: password retrieved from file \"" + passwordFile + "\"";
        if (then.startsWith("exec")) {
            assertThat(shelf.take(plan, (_, _) -> {}).warnings()).containsOnly(known);
        } else {
            assertThatThrownBy(() -> shelf.take(plan))
                    .hasMessageContaining(known)
                    .hasMessageNotContaining("pgpass");
        }
    }

    @Test
    void whoCannotConnectIsToldWhereThatIsWritten() {
        assertThat(ConnectionAdvice.next("could not translate host name \"db\""))
                .startsWith("see `host` of");
        assertThat(ConnectionAdvice.next("FATAL:  database \"shup\" does not exist"))
                .startsWith("see `database` of");
        assertThat(ConnectionAdvice.next("failed: FATAL:  role \"ann\" does not exist"))
                .startsWith("see `user` of");
        assertThat(ConnectionAdvice.next("connection to server failed: Connection refused"))
                .startsWith("check that the server is running");
        assertThat(ConnectionAdvice.next("no pg_hba.conf entry for host, database \"a\""))
                .contains("pg_hba.conf");
    }
}
