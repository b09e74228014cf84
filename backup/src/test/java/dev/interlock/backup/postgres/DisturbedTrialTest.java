package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.kept.DatabaseLocale;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.SmallDisk;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.InconclusiveException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that a machine's trouble in a restore test is not blamed on the backup, and that a backup does not harm the
 * machine.
 */
@Isolated("it kills servers of this JVM's trials")
class DisturbedTrialTest extends PostgresBackupFixture {

    /** A machine's trouble proves nothing about the backup. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void anInterruptedRestoreTestIsInconclusive(DumpFormat format) throws IOException {
        BackupPlanConfig plan = plan(format);
        String id = shelf.take(plan);
        for (String moment : List.of("restoring", "counting")) {
            AtomicBoolean interrupted = new AtomicBoolean();
            assertThatThrownBy(() -> shelf.verify(plan, id, (doing, _) -> {
                        if (doing.startsWith(moment) && interrupted.compareAndSet(false, true)) {
                            shelf.interrupt();
                        }
                    }))
                    .as(moment)
                    .isInstanceOf(BackupException.class);
            assertThat(interrupted).isTrue();
        }
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    /** systemd or the kernel without memory kills them from outside, and this process is not informed. */
    @ParameterizedTest
    @ValueSource(strings = {"pg_restore", "postgres", "postgres: interlock_scratch restored", "bwrap"})
    void aRestoreTestWithKilledProgramsIsInconclusive(String victim) throws IOException {
        postgres.sql("shop", "INSERT INTO shop.orders SELECT i, md5(i::text) FROM generate_series(1000, 100000) i");
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        AtomicBoolean killed = new AtomicBoolean();
        assertThatThrownBy(() -> shelf.verify(plan, id, (doing, bytes) -> {
                    if (bytes > 500_000 && killed.compareAndSet(false, true)) {
                        kill(victim);
                    }
                }))
                .isInstanceOf(InconclusiveException.class);
        assertThat(killed).isTrue();
    }

    /** The rows are restored already, and only the schema's text is still compared. */
    @Test
    void aServerThatIsKilledAtTheWordsSaysNothing() throws IOException {
        postgres.sql("shop", TOLD_OTHERWISE);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        AtomicBoolean killed = new AtomicBoolean();
        assertThatThrownBy(() -> shelf.verify(plan, id, (doing, _) -> {
                    if (doing.equals("describing the restored schema")) {
                        kill("postgres: interlock_scratch restored");
                        killed.set(true);
                    }
                }))
                .isInstanceOf(InconclusiveException.class);
        assertThat(killed).isTrue();
    }

    private static void kill(String program) {
        List<ProcessHandle> found = ProcessHandle.current()
                .descendants()
                .filter(process -> read(Path.of("/proc/" + process.pid() + "/comm"))
                                .strip()
                                .equals(program)
                        // The processes of a server have such titles.
                        || read(Path.of("/proc/" + process.pid() + "/cmdline")).startsWith(program + " "))
                // The server of this test is a child of its own.
                .filter(process -> read(Path.of("/proc/" + process.pid() + "/root/etc/passwd"))
                        .startsWith("scratch:"))
                .toList();
        assertThat(found).isNotEmpty();
        found.forEach(ProcessHandle::destroyForcibly);
    }

    /** Anybody with a shell can fill a disk. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aRestoreTestWithoutSpaceIsInconclusive(DumpFormat format) throws Exception {
        postgres.sql(
                "shop",
                "INSERT INTO shop.orders SELECT i, repeat(md5(i::text), 20) FROM generate_series(1000, 40000) i");
        BackupPlanConfig plan = plan(format);
        String id = shelf.take(plan);
        assertThat(shelf.verifyAndNote(plan, id).restored()).isTrue();
        try (SmallDisk small = small(96)) {
            assertThatThrownBy(() -> shelf.verify(plan, id, small.path(), (_, _) -> {}))
                    .isInstanceOf(InconclusiveException.class)
                    // If half of a page fits, PostgreSQL reports only what it could not do.
                    .hasMessageMatching(
                            "(?s).*(No space left on device|could not extend " + "file|restore test did not finish).*");
        }
        assertThat(shelf.listing(plan).youngest().orElseThrow().attested().orElseThrow())
                .matches(BackupAttestation::restored);
    }

    private SmallDisk small(int megabytes) throws Exception {
        return SmallDisk.at(shelf.scratch.resolveSibling(shelf.scratch.getFileName() + "-small"), megabytes);
    }

    /** A CHECK is evaluated for each restored row, by a server whose superuser may run programs. */
    @Test
    void whatADumpFillsIsItsOwnAlone() throws Exception {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        postgres.sql("shop", """
                CREATE FUNCTION shop.checked(int) RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN
                    IF current_user = 'interlock_scratch' THEN
                        COPY (SELECT 1) TO PROGRAM 'head -c 250M /dev/zero > /scratch/full; sleep 1000';
                    END IF;
                    RETURN true;
                END $f$;
                CREATE TABLE shop.evil (n int CHECK (shop.checked(n)));
                INSERT INTO shop.evil VALUES (1);
                """);
        String id = shelf.take(plan);
        try (SmallDisk small = small(300)) {
            assertThatThrownBy(() -> shelf.verify(plan, id, small.path(), (_, _) -> {}))
                    .isInstanceOf(InconclusiveException.class)
                    .hasMessageContaining("MiB are free there, and 30 MiB must stay free for " + "others");
        }
    }

    /** A missing locale of this machine proves nothing about the backup. */
    @Test
    void aLocaleThatThisMachineHasNotIsNamed() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        for (DatabaseLocale unknown : List.of(
                new DatabaseLocale("c", "xx_XX.UTF-8", "C", Optional.empty(), Optional.empty(), "C"),
                new DatabaseLocale("c", "C", "C", Optional.empty(), Optional.empty(), "xx_XX.UTF-8"))) {
            shelf.rewrite(plan, id, was -> located(was, Optional.of(unknown)));
            assertThatThrownBy(() -> shelf.verify(plan, id))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("locale-gen")
                    .hasMessageContaining("xx_XX.UTF-8");
        }
    }

    /** A dump is a program by anybody who could write to the source. */
    @Test
    void aDumpReachesNothingOfThisMachine() throws IOException {
        Path bait = Files.createDirectory(shelf.scratch.resolveSibling(shelf.scratch.getFileName() + "-bait"));
        Files.setPosixFilePermissions(bait, PosixFilePermissions.fromString("rwxrwxrwx"));
        BackupPlanConfig plan = plan(DumpFormat.PLAIN);
        String id = shelf.take(plan);
        String content = new String(shelf.plain(plan, id, Archive.WHOLE), StandardCharsets.UTF_8)
                + "\n\\! touch " + bait + "/by-psql\n"
                + "DO $$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''cat >/dev/null; touch " + bait
                + "/by-server || true''';"
                + " END $$;\n"
                + "\\! test ! -e /etc/hostname && test ! -e /home && test $(ls -d /proc/[0-9]* | wc -l) -lt 8 || kill -9 $PPID\n";
        shelf.forge(plan, id, Archive.WHOLE, content.getBytes(StandardCharsets.UTF_8));
        BackupAttestation found = shelf.verify(plan, id);
        try (Stream<Path> touched = Files.list(bait)) {
            assertThat(touched).isEmpty();
        }
        assertThat(found.faults()).isEmpty();
        Files.delete(bait);
    }

    /** The template cluster is made once, and a dump changes only its copy. */
    @Test
    void noDumpReachesWhatTheNextIsRestoredInto() throws Exception {
        shelf.beginAlone();
        BackupPlanConfig plan = plan(DumpFormat.PLAIN);
        String id = shelf.take(plan);
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
        Path template;
        try (Stream<Path> all = Files.list(shelf.scratch)) {
            template = all.toList().getFirst();
        }
        assertThat(template.getFileName().toString()).startsWith("cluster-");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(template)))
                .isEqualTo("rwx------");
        assertThat(Files.getAttribute(template, "unix:uid")).isEqualTo(0);
        Map<Path, String> before = digests(template);
        assertThat(before).hasSizeGreaterThan(900);
        String content = new String(shelf.plain(plan, id, Archive.WHOLE), StandardCharsets.UTF_8) + """

                CREATE ROLE evil SUPERUSER LOGIN;
                ALTER DATABASE template1 SET search_path = evil;
                \\! for d in $(find / -xdev -name PG_VERSION 2>/dev/null); do echo evil >> "$d"; done
                \\! test -z "$(find / -name 'cluster-*' 2>/dev/null)" || kill -11 $PPID
                """;
        shelf.forge(plan, id, Archive.WHOLE, content.getBytes(StandardCharsets.UTF_8));
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
        assertThat(digests(template)).isEqualTo(before);
        assertThat(shelf.verify(plan, shelf.take(plan)).faults()).isEmpty();
    }

    private static Map<Path, String> digests(Path root) throws Exception {
        Map<Path, String> digests = new HashMap<>();
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : all.toList()) {
                String content = Files.isRegularFile(path)
                        ? HexFormat.of().formatHex(Bytes.newSha256().digest(Files.readAllBytes(path)))
                        : "";
                digests.put(path, content + Files.readAttributes(path, "unix:ino,mode,uid"));
            }
        }
        return digests;
    }

    /** One that does not start is made anew. */
    @Test
    void aClusterThatHasRottedIsMadeAgain() throws IOException {
        shelf.beginAlone();
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
        try (Stream<Path> all = Files.walk(shelf.scratch)) {
            Files.writeString(
                    all.filter(path -> path.endsWith("global/pg_control"))
                            .findFirst()
                            .orElseThrow(),
                    "rotten");
        }
        assertThatThrownBy(() -> shelf.verify(plan, id)).hasMessageContaining("did not start");
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }
}
