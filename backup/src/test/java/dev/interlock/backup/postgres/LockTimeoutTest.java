package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.kept.BackupRepository;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.place.BackupStorage;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.ScratchDirectory;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests locks that are never released. */
@Timeout(
        value = 300,
        threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a thread that waits for ever ignores interrupts
class LockTimeoutTest extends PostgresBackupFixture {

    private static final LockTimeout SHORT = new LockTimeout(Duration.ofSeconds(1));

    private static SqlSession somebody(ChildProcesses children, PostgresConnection way) throws IOException {
        return SqlSession.open(
                children,
                way.anyPrograms(),
                List.of(way.anyPrograms().resolve("psql").toString()),
                way.environment());
    }

    /** The count waits for the first and the last, and the dump for the first and the second. */
    @ParameterizedTest
    @CsvSource({
        "LOCK TABLE shop.orders, shop.orders",
        "LOCK TABLE ONLY shop.years, shop.years",
        "ALTER SEQUENCE shop.numbers OWNER TO clerk, shop.numbers"
    })
    void aLongLockIsNamedAndTimesOut(String lock, String locked) throws IOException {
        postgres.sql("shop", "CREATE SEQUENCE shop.numbers");
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        BackupRepository kept = shelf.shelf(plan);
        try (ChildProcesses others = new ChildProcesses();
                ScratchDirectory theirs = ScratchDirectory.make(shelf.scratch, new SecureRandom());
                PostgresConnection way = PostgresConnection.to(postgres.source("shop", passwordFile), theirs.path());
                SqlSession somebody = somebody(others, way);
                ChildProcesses children = new ChildProcesses();
                ScratchDirectory own = ScratchDirectory.make(shelf.scratch, new SecureRandom());
                BackupStorage.StorageLock _ = kept.hold();
                BackupRepository.PartialBackup part = kept.begin("20260101T000000Z-abcdef")) {
            somebody.run("BEGIN; " + lock);
            String whose = somebody.value("SELECT pg_backend_pid()");
            PostgresSourceHandler saving = new PostgresSourceHandler(
                    (BackupSource.Postgres) plan.source(), kept, children, TestingPostgres.user(), SHORT);
            assertThatThrownBy(() -> saving.copyInto(part, own.path(), (_, _) -> {}))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining(
                            "for longer than 1 s: `" + locked + "` by process " + whose + " of the server");
        }
        assertThat(kept.ids()).isEmpty();
    }

    /** The server may just have failed, and does not name the lock. */
    @Test
    void anUnnamedLockTimesOut() throws IOException {
        Path silent = Files.createDirectory(passwordFile.resolveSibling("silent"));
        Path psql = Files.writeString(silent.resolve("psql"), "#!/bin/sh\nexec sleep infinity\n");
        Files.setPosixFilePermissions(psql, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (ScratchDirectory own = ScratchDirectory.make(shelf.scratch, new SecureRandom());
                PostgresConnection way = PostgresConnection.to(postgres.source("shop", passwordFile), own.path())) {
            BackupException failure = new BackupException("ERROR:  canceling statement due to lock timeout");
            assertThat(SHORT.told(failure, silent, way)).hasMessageContaining("the locked tables could not be read");
        }
    }

    /** A value in the message is not the server's own text. */
    @Test
    void otherFailuresAreReportedUnchanged() throws IOException {
        try (ScratchDirectory own = ScratchDirectory.make(shelf.scratch, new SecureRandom());
                PostgresConnection way = PostgresConnection.to(postgres.source("shop", passwordFile), own.path())) {
            for (String words : List.of(
                    "permission denied for table orders",
                    "ERROR:  bad\nDETAIL:  Key (a)=(canceling statement due to lock timeout)")) {
                BackupException failure = new BackupException(words);
                assertThat(SHORT.told(failure, way.anyPrograms(), way)).isSameAs(failure);
            }
        }
    }
}
