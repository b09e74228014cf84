package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.run.InconclusiveException;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests a database with extensions, and a machine with other ones. */
@Tag("process")
class ExtensionsTest {

    @TempDir
    private static Path directory;

    private static TestingPostgres postgres;

    private BackupFixture shelf;
    private Path passwordFile;

    @BeforeAll
    static void start() throws Exception {
        postgres = new TestingPostgres(directory, List.of("shared_preload_libraries=pg_stat_statements"));
    }

    @AfterAll
    static void stop() {
        if (postgres != null) {
            postgres.close();
        }
    }

    @BeforeEach
    void prepare(@TempDir Path own) throws IOException {
        shelf = new BackupFixture(own);
        passwordFile = TestingPostgres.passwordFile(own);
        postgres.sql("postgres", "DROP DATABASE IF EXISTS shop");
        postgres.sql("postgres", "CREATE DATABASE shop");
        postgres.sql("shop", """
                CREATE EXTENSION hstore;
                CREATE TABLE orders (what hstore);
                INSERT INTO orders VALUES ('a => 1');
                """);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    private BackupPlanConfig plan(DumpFormat format, String... preload) {
        return shelf.plan(new BackupSource.Postgres(
                postgres.source("shop", passwordFile), format, 1, Set.of("shop"), List.of(preload)));
    }

    /** Somebody has removed a package from this machine. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void whatThisMachineLacksIsNotTheBackupsFault(DumpFormat format) throws IOException {
        BackupPlanConfig plan = plan(format);
        BackupRun.BackupResult whole = shelf.take(plan, (_, _) -> {});
        assertThat(whole.lacking()).contains(List.of());
        assertThat(shelf.verify(plan, whole.id()).faults()).isEmpty();
        postgres.sql("shop", """
                SET allow_system_table_mods = on;
                UPDATE pg_extension SET extname = 'interlock_missing' WHERE extname = 'hstore';
                """);
        BackupRun.BackupResult taken = shelf.take(plan, (_, _) -> {});
        assertThat(taken.lacking()).contains(List.of("interlock_missing"));
        assertThatThrownBy(() -> shelf.verify(plan, taken.id()))
                .isInstanceOf(InconclusiveException.class)
                .hasMessageStartingWith("it cannot be verified here: this machine does not "
                        + "have the extension `interlock_missing`: install it");
    }

    /** The number and the length of printed names are limited. */
    @Test
    void whoeverOwnsTheSourceDecidesNotHowMuchIsTold() throws IOException {
        postgres.sql("shop", """
                SET allow_system_table_mods = on;
                INSERT INTO pg_extension SELECT 1000000 + i, 'x' || i || repeat('x', 55), extowner, extnamespace,
                    extrelocatable, extversion, NULL, NULL FROM pg_extension, generate_series(1, 30) i
                    WHERE extname = 'plpgsql';
                """);
        assertThat(shelf.take(plan(DumpFormat.CUSTOM), (_, _) -> {}).lacking().orElseThrow())
                .hasSize(16)
                .allMatch(name -> name.startsWith("x") && name.length() <= 64);
    }

    /** Restored objects at once use memory that their library reserves when the server starts. */
    @Test
    void whatHasToBePreloadedIsNamedAndCanBe() throws IOException {
        postgres.sql("shop", """
                CREATE EXTENSION pg_stat_statements;
                CREATE MATERIALIZED VIEW busy AS SELECT count(*) FROM pg_stat_statements;
                """);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        assertThatThrownBy(() -> shelf.verify(plan, id))
                .isInstanceOf(InconclusiveException.class)
                .hasMessageStartingWith("it cannot be verified here: `pg_stat_statements` must "
                        + "be loaded when the server starts: set `preload: "
                        + "[pg_stat_statements]`");
        assertThat(shelf.verify(plan(DumpFormat.CUSTOM, "pg_stat_statements"), id)
                        .faults())
                .isEmpty();
        assertThatThrownBy(() -> shelf.verify(plan(DumpFormat.CUSTOM, "pg_stat_statements", "interlock_missing"), id))
                .isInstanceOf(InconclusiveException.class)
                .hasMessageStartingWith(
                        "it cannot be verified here: this machine has no " + "library `interlock_missing`");
    }

    /** The name becomes part of a server's settings. */
    @ParameterizedTest
    @ValueSource(strings = {"", "a,b", "/usr/lib/x", "$libdir/x", "A", "a b", "a=b", "a\n", "ä"})
    void whatIsPreloadedIsAPlainName(String name) {
        assertThatThrownBy(() -> plan(DumpFormat.CUSTOM, "good", name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("`preload` names libraries such as `timescaledb`");
    }
}
