package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.kept.Sequences;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import dev.interlock.backup.run.ScratchDirectory;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests the positions of sequences at the dump, and after the restore. */
class SequenceWatchTest extends PostgresBackupFixture {

    private static final String SEQUENCES = """
            CREATE SEQUENCE shop.numbers;
            SELECT nextval('shop.numbers') FROM generate_series(1, 12);
            CREATE SEQUENCE shop."un used" START 7;
            CREATE SEQUENCE shop.down INCREMENT -2;
            SELECT nextval('shop.down');
            CREATE TABLE shop.numbered (id int GENERATED ALWAYS AS IDENTITY, what text);
            INSERT INTO shop.numbered (what) VALUES ('one'), ('two');
            """;

    /** A number that was used before would be used once more. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aSequenceThatStandsElsewhereIsFound(DumpFormat format) throws IOException {
        postgres.sql("shop", SEQUENCES);
        assertThat(verifyWithDumpAfter(plan(format), """
                        SELECT setval('shop.numbers', 5), setval('shop."un used"', 7, true), nextval('shop.down'),
                            setval('shop.numbered_id_seq', 2, false)
                        """).faults())
                .containsExactly(
                        "the sequence `shop.\"un used\"` is at 7, and was at 7 (never used)",
                        "the sequence `shop.down` is at -3, and was at -1",
                        "the sequence `shop.numbered_id_seq` is at 2 (never used), and " + "was at 2",
                        "the sequence `shop.numbers` is at 5, and was at 12");
    }

    @Test
    void aSequenceThatIsMissingIsFound() throws IOException {
        postgres.sql("shop", SEQUENCES);
        assertThat(verifyWithDumpAfter(plan(DumpFormat.CUSTOM), "DROP SEQUENCE shop.numbers; CREATE SEQUENCE shop.more")
                        .faults())
                .containsExactly(
                        "the schema differs",
                        "the sequence `shop.numbers` is missing",
                        "there is a sequence `shop.more` that the original does not have");
    }

    /** A snapshot does not freeze sequences: the dumped position is neither the one before nor the one after. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void numbersThatAreGivenWhileItIsTakenDisturbNothing(DumpFormat format) throws IOException {
        postgres.sql("shop", SEQUENCES + """
                CREATE SEQUENCE shop.circle MAXVALUE 3 CYCLE;
                CREATE SEQUENCE shop.back;
                SELECT setval('shop.back', 1000);
                """);
        BackupPlanConfig plan = plan(format);
        String id = shelf.take(plan, (doing, _) -> {
                    if (doing.equals("begun") || doing.equals("dumping")) {
                        give();
                    }
                })
                .id();
        Sequences sequences = sequences(plan, id);
        assertThat(sequences.all().get("shop.numbers"))
                .hasValueSatisfying(span -> assertThat(span.from())
                        .isEqualTo(new Sequences.SequencePosition(12, true))
                        .isNotEqualTo(span.to()));
        assertThat(sequences.all()).containsEntry("shop.circle", Optional.empty());
        assertThat(sequences.all()).containsEntry("shop.back", Optional.empty());
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    private static void give() {
        meanwhile("""
                SELECT nextval('shop.numbers'), nextval('shop.down'), nextval('shop."un used"'), nextval('shop.circle'),
                    setval('shop.back', 1)
                """);
    }

    private static final String AGAIN = "looking at sequences again";

    private Sequences sequences(BackupPlanConfig plan, String id) throws IOException {
        return ((PostgresDump) shelf.shelf(plan).manifest(id).holding())
                .sequences()
                .orElseThrow();
    }

    /** A network drops connections that were idle for an hour, like the counting one during the dump. */
    @Test
    void whoWasIdleWhileAllWasDumpedIsNotAskedAgain() throws IOException {
        postgres.sql("shop", SEQUENCES);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        AtomicBoolean cut = new AtomicBoolean();
        String id = shelf.take(plan, (doing, _) -> {
                    if (doing.equals(AGAIN)) {
                        meanwhile("""
                                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                                WHERE datname = 'shop' AND pid <> pg_backend_pid()
                                """);
                        cut.set(true);
                    }
                })
                .id();
        assertThat(cut).isTrue();
        assertThat(sequences(plan, id).all().get("shop.numbers")).isPresent();
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    /** All sessions share the lock table, and a dump takes hours. */
    @Test
    void noneStaysLockedWhileAllIsDumped() throws IOException {
        postgres.sql("shop", SEQUENCES);
        shelf.take(plan(DumpFormat.CUSTOM), (doing, _) -> {
            if (doing.equals("begun")) {
                meanwhile("""
                        DO $$ BEGIN
                            IF EXISTS (SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relkind = 'S')
                                THEN RAISE EXCEPTION 'a sequence is locked'; END IF;
                        END $$
                        """);
            }
        });
    }

    @Test
    void ofOneThatWasDroppedMeanwhileNothingIsKnown() throws IOException {
        postgres.sql("shop", SEQUENCES);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan, (doing, _) -> {
                    if (doing.equals(AGAIN)) {
                        meanwhile("""
                                DROP SEQUENCE shop.numbers, shop.down;
                                CREATE SEQUENCE shop.down INCREMENT -2;
                                SELECT nextval('shop.down') FROM generate_series(1, 5);
                                """);
                    }
                })
                .id();
        assertThat(sequences(plan, id).all())
                .containsEntry("shop.numbers", Optional.empty())
                .containsEntry("shop.down", Optional.empty());
        assertThat(sequences(plan, id).all().get("shop.\"un used\"")).isPresent();
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    /** The role was removed, or the server is full or restarting: the dump of hours is still a backup. */
    @Test
    void whoCannotConnectInTheEndKnowsNothingAndHasABackup() throws IOException {
        postgres.sql("shop", SEQUENCES);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        BackupRun.BackupResult taken;
        try {
            taken = shelf.take(plan, (doing, _) -> {
                if (doing.equals(AGAIN)) {
                    allowConnections(false);
                }
            });
        } finally {
            allowConnections(true);
        }
        assertThat(taken.sequencesKnown()).isFalse();
        assertThat(sequences(plan, taken.id()).all())
                .containsOnlyKeys("shop.\"un used\"", "shop.down", "shop.numbered_id_seq", "shop.numbers")
                .allSatisfy((_, span) -> assertThat(span).isEmpty());
        assertThat(shelf.verify(plan, taken.id()).faults()).isEmpty();
    }

    /** A transaction may change its table, and stay open over night. */
    @Test
    void whatSomebodyHasLockedInTheEndIsNotWaitedFor() throws IOException {
        postgres.sql("shop", SEQUENCES);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        BackupRun.BackupResult taken;
        try (ChildProcesses others = new ChildProcesses();
                ScratchDirectory own = ScratchDirectory.make(shelf.scratch, new SecureRandom());
                PostgresConnection way = PostgresConnection.to(postgres.source("shop", passwordFile), own.path());
                SqlSession changing = SqlSession.open(
                        others,
                        way.anyPrograms(),
                        List.of(way.anyPrograms().resolve("psql").toString()),
                        way.environment())) {
            taken = shelf.take(plan, (doing, _) -> {
                if (doing.equals(AGAIN)) {
                    locks(changing);
                }
            });
        }
        assertThat(taken.sequencesKnown()).isFalse();
        assertThat(sequences(plan, taken.id()).all()).containsEntry("shop.numbers", Optional.empty());
        BackupAttestation found = shelf.verify(plan, taken.id());
        assertThat(found.faults()).isEmpty();
        assertThat(found.isSequencesKnown()).as("whoever sees it green is told").isFalse();
        assertThat(shelf.verify(plan, shelf.take(plan)).json().get("sequences_known"))
                .isEmpty();
    }

    private static void locks(SqlSession session) {
        try {
            session.run("BEGIN; ALTER SEQUENCE shop.numbers OWNER TO clerk");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void allowConnections(boolean are) {
        try {
            postgres.sql("postgres", "ALTER DATABASE shop ALLOW_CONNECTIONS " + are);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A sequence that was made since is in no dump, and may belong to somebody else. */
    @Test
    void ofWhatMayNotBeReadInTheEndAloneNothingIsKnown() throws IOException {
        postgres.sql("shop", SEQUENCES + """
                CREATE ROLE taker LOGIN PASSWORD '%s';
                GRANT pg_read_all_data TO taker;
                """.formatted(TestingPostgres.PASSWORD));
        BackupSource.Database shop = postgres.source("shop", passwordFile);
        BackupPlanConfig plan = shelf.plan(new BackupSource.Postgres(
                new BackupSource.Database(
                        shop.name(),
                        shop.host(),
                        shop.port(),
                        Optional.of("taker"),
                        shop.passwordFile(),
                        shop.pgpass(),
                        shop.service(),
                        shop.serviceFile(),
                        shop.programs()),
                DumpFormat.CUSTOM,
                1));
        String id = shelf.take(plan, (doing, _) -> {
                    if (doing.equals(AGAIN)) {
                        meanwhile("""
                                REVOKE pg_read_all_data FROM taker;
                                GRANT USAGE ON SCHEMA shop TO taker;
                                GRANT SELECT ON shop.numbers TO taker;
                                CREATE SEQUENCE shop.since;
                                """);
                    }
                })
                .id();
        postgres.sql("shop", "DROP OWNED BY taker; DROP ROLE taker");
        assertThat(sequences(plan, id).all())
                .doesNotContainKey("shop.since")
                .containsEntry("shop.down", Optional.empty())
                .hasEntrySatisfying("shop.numbers", span -> assertThat(span).isPresent());
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    /** An interrupted job yields no backup. */
    @Test
    void whatIsInterruptedInTheEndIsNoBackup() throws IOException {
        postgres.sql("shop", SEQUENCES);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        assertThatThrownBy(() -> shelf.take(plan, (doing, _) -> {
                    if (doing.equals(AGAIN)) {
                        shelf.interrupt();
                    }
                }))
                .isInstanceOf(BackupException.class);
        assertThat(shelf.shelf(plan).ids()).isEmpty();
    }

    /** A backup with an older manifest is compared without them. */
    @Test
    void whereNobodyLookedAtSequencesTheyAreNotCompared() throws IOException {
        postgres.sql("shop", SEQUENCES);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String before = shelf.take(plan);
        postgres.sql("shop", "SELECT setval('shop.numbers', 5)");
        String after = shelf.take(plan);
        shelf.forge(plan, before, Archive.WHOLE, shelf.plain(plan, after, Archive.WHOLE));
        assertThat(shelf.verify(plan, before).faults()).isNotEmpty();
        shelf.rewrite(plan, before, was -> with(was, ((PostgresDump) was.holding()).locale(), Optional.empty()));
        assertThat(shelf.shelf(plan).manifest(before).holding().type()).isEqualTo("interlock-backup@v3");
        assertThat(shelf.verify(plan, before).faults()).isEmpty();
    }
}
