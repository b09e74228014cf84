package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the privileges of the credential that takes a backup, beyond the needed ones. */
@Tag("process")
class ExcessPrivilegesTest {

    @TempDir
    private static Path directory;

    private static TestingPostgres postgres;

    private BackupFixture shelf;
    private Path passwordFile;

    @BeforeAll
    static void start() throws Exception {
        postgres = new TestingPostgres(directory);
        postgres.sql("postgres", "CREATE ROLE chief SUPERUSER; CREATE ROLE clerk; CREATE ROLE backup");
    }

    @AfterAll
    static void stop() {
        if (postgres != null) {
            postgres.close();
        }
    }

    /** The grants in docs/backups.md. */
    @BeforeEach
    void prepare(@TempDir Path own) throws IOException {
        shelf = new BackupFixture(own);
        passwordFile = TestingPostgres.passwordFile(own);
        postgres.sql("postgres", "DROP DATABASE IF EXISTS shop");
        postgres.sql("postgres", "DROP ROLE backup; CREATE DATABASE shop");
        postgres.sql("shop", """
                CREATE ROLE backup LOGIN BYPASSRLS PASSWORD '%s';
                GRANT pg_read_all_data, pg_read_all_settings TO backup;
                CREATE SCHEMA shop;
                CREATE TABLE shop.orders (id bigserial, what text);
                CREATE TABLE shop.more (id int);
                INSERT INTO shop.orders (what) VALUES ('one'), ('two');
                GRANT USAGE ON SCHEMA shop TO backup; -- where it does not inherit
                GRANT SELECT ON ALL TABLES IN SCHEMA shop TO backup;
                GRANT SELECT ON ALL SEQUENCES IN SCHEMA shop TO backup;
                """.formatted(TestingPostgres.PASSWORD));
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    private BackupPlanConfig plan(String user) {
        BackupSource.Database source = postgres.source("shop", passwordFile);
        return shelf.plan(new BackupSource.Postgres(
                new BackupSource.Database(
                        source.name(),
                        source.host(),
                        source.port(),
                        Optional.of(user),
                        source.passwordFile(),
                        source.pgpass(),
                        source.service(),
                        source.serviceFile(),
                        source.programs()),
                DumpFormat.CUSTOM,
                1));
    }

    private List<String> excess(String user) throws IOException {
        return shelf.take(plan(user), (_, _) -> {}).excess().orElseThrow();
    }

    @Test
    void whoCanOnlyReadTakesABackupThatIsWhole() throws IOException {
        BackupRun.BackupResult taken = shelf.take(plan("backup"), (_, _) -> {});
        assertThat(taken.excess()).contains(List.of());
        assertThat(shelf.verify(plan("backup"), taken.id()).faults()).isEmpty();
    }

    /** The dump exits with 0, and the restore matches the counts: nothing else would show it. */
    @Test
    void whatWhoCanOnlyReadCannotDumpIsTold() throws IOException {
        postgres.sql(
                "shop",
                "CREATE SUBSCRIPTION news CONNECTION 'dbname=news' PUBLICATION all_of_it"
                        + " WITH (connect = false, slot_name = NONE)");
        try {
            BackupRun.BackupResult taken = shelf.take(plan("backup"), (_, _) -> {});
            assertThat(taken.warnings())
                    .containsExactly(
                            "pg_dump: warning: subscriptions not dumped because current user is not a superuser");
            assertThat(shelf.verify(plan("backup"), taken.id()).faults()).isEmpty();
        } finally {
            postgres.sql("shop", "DROP SUBSCRIPTION news");
        }
    }

    /** docs/backups.md describes it. */
    @Test
    void aDatabaseWithLargeObjectsNeedsAGrantOfEach() throws IOException {
        postgres.sql("shop", "SELECT lo_from_bytea(0, 'a large one'), lo_from_bytea(0, 'another one')");
        assertThatThrownBy(() -> shelf.take(plan("backup")))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("permission denied for large object");
        postgres.sql("shop", """
                DO $$ DECLARE o oid; BEGIN
                    FOR o IN SELECT oid FROM pg_largeobject_metadata
                    LOOP EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO backup', o); END LOOP;
                END $$;
                """);
        BackupRun.BackupResult taken = shelf.take(plan("backup"), (_, _) -> {});
        assertThat(taken.warnings()).isEmpty();
        assertThat(taken.excess()).contains(List.of());
        assertThat(shelf.verify(plan("backup"), taken.id()).faults()).isEmpty();
    }

    /** An unknown privilege of its user is no reason to have no backup. */
    @Test
    void whoCannotAskWhatItCouldDoTakesABackupAllTheSame() throws IOException {
        postgres.sql("shop", "REVOKE EXECUTE ON FUNCTION has_schema_privilege(oid, oid, text) FROM PUBLIC");
        BackupRun.BackupResult taken = shelf.take(plan("backup"), (_, _) -> {});
        assertThat(taken.excess()).isEmpty();
        assertThat(shelf.verify(plan("backup"), taken.id()).faults()).isEmpty();
    }

    @Test
    void whoCanDoEverythingIsToldJustThat() throws IOException {
        assertThat(excess("postgres")).containsExactly("do everything (`SUPERUSER`)");
    }

    /** The backup is taken in any case. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ALTER ROLE backup CREATEDB                                     | make databases (`CREATEDB`)
            ALTER ROLE backup CREATEROLE                                   | make and change roles (`CREATEROLE`)
            ALTER ROLE backup REPLICATION                                  | copy the whole server (`REPLICATION`)
            ALTER ROLE backup NOINHERIT; GRANT chief TO backup             | do everything (`SUPERUSER`)
            GRANT pg_write_server_files TO backup                          | do what `pg_write_server_files` allows
            GRANT pg_execute_server_program TO backup                      | do what `pg_execute_server_program` allows
            GRANT pg_read_server_files TO backup                           | do what `pg_read_server_files` allows
            GRANT pg_signal_backend TO backup                              | do what `pg_signal_backend` allows
            CREATE VIEW shop.seen AS TABLE shop.more; GRANT DELETE ON shop.seen TO backup | write to the view `shop.seen`
            CREATE VIEW shop.seen AS TABLE shop.more; ALTER VIEW shop.seen OWNER TO backup | change and drop, as its owner, the view `shop.seen`
            GRANT UPDATE (what) ON shop.orders TO backup                   | write to the table `shop.orders`
            GRANT DELETE ON ALL TABLES IN SCHEMA shop TO backup            | write to 2 tables such as `shop.more`
            GRANT TRUNCATE ON shop.more TO PUBLIC                          | write to the table `shop.more`
            GRANT INSERT ON shop.more TO clerk; ALTER ROLE backup NOINHERIT; GRANT clerk TO backup | write to the table `shop.more`
            GRANT UPDATE ON shop.orders_id_seq TO backup                   | write to the sequence `shop.orders_id_seq`
            GRANT CREATE ON SCHEMA shop TO backup                          | make things in the schema `shop`
            GRANT CREATE ON DATABASE shop TO backup                        | make schemas in the database `shop`
            ALTER TABLE shop.more OWNER TO backup                          | change and drop, as its owner, the table `shop.more`
            ALTER SCHEMA shop OWNER TO backup                              | change and drop, as its owner, the schema `shop`
            """)
    void whatItCouldDoBesidesIsTold(String granted, String told) throws IOException {
        postgres.sql("shop", granted);
        assertThat(excess("backup")).containsExactly(told);
    }

    @Test
    void allThatItCouldDoIsTold() throws IOException {
        postgres.sql("shop", "GRANT pg_write_all_data TO backup; ALTER DATABASE shop OWNER TO backup");
        assertThat(excess("backup"))
                .containsExactly(
                        "do what `pg_write_all_data` allows",
                        "drop, as its owner, the database `shop`",
                        // which belongs to the database's owner
                        "change and drop, as its owner, the schema `public`",
                        "write to the sequence `shop.orders_id_seq`",
                        "write to 2 tables such as `shop.more`");
    }
}
