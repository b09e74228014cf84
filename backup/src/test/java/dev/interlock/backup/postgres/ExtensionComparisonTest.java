package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.RestoreDestination;
import dev.interlock.backup.source.RestoreResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the objects of extensions. No dump contains them, and an extension's owner can add any object of theirs. */
@Tag("process")
class ExtensionComparisonTest {

    /** All extensions of Debian's `postgresql-15` that create objects, some in the schemas that their users prefer. */
    private static final String USUAL = """
            CREATE SCHEMA extensions;
            CREATE EXTENSION pgcrypto WITH SCHEMA extensions;
            CREATE EXTENSION "uuid-ossp" WITH SCHEMA extensions;
            CREATE EXTENSION pg_stat_statements WITH SCHEMA extensions;
            CREATE EXTENSION cube WITH SCHEMA extensions;
            CREATE EXTENSION earthdistance WITH SCHEMA public;
            CREATE EXTENSION adminpack; CREATE EXTENSION amcheck; CREATE EXTENSION autoinc; CREATE EXTENSION bloom;
            CREATE EXTENSION btree_gin; CREATE EXTENSION btree_gist; CREATE EXTENSION citext; CREATE EXTENSION dblink;
            CREATE EXTENSION dict_int; CREATE EXTENSION dict_xsyn; CREATE EXTENSION file_fdw;
            CREATE EXTENSION fuzzystrmatch; CREATE EXTENSION hstore; CREATE EXTENSION intagg; CREATE EXTENSION intarray;
            CREATE EXTENSION isn; CREATE EXTENSION lo; CREATE EXTENSION ltree; CREATE EXTENSION moddatetime;
            CREATE EXTENSION pageinspect; CREATE EXTENSION pg_buffercache; CREATE EXTENSION pg_trgm;
            CREATE EXTENSION pg_visibility; CREATE EXTENSION pgrowlocks; CREATE EXTENSION pgstattuple;
            CREATE EXTENSION postgres_fdw; CREATE EXTENSION refint; CREATE EXTENSION seg; CREATE EXTENSION sslinfo;
            CREATE EXTENSION tablefunc; CREATE EXTENSION tcn; CREATE EXTENSION tsm_system_rows;
            CREATE EXTENSION unaccent; CREATE EXTENSION xml2;
            CREATE TABLE places (at extensions.cube, who citext);
            CREATE INDEX ON places USING gist (at);
            """;

    private static final String PRECIOUS = """
            CREATE SCHEMA app;
            CREATE FUNCTION app.precious(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
            CREATE SEQUENCE app.numbers;
            CREATE VIEW app.seen AS SELECT 1 AS one;
            CREATE MATERIALIZED VIEW app.kept AS SELECT 1 AS one;
            CREATE TYPE app.kind AS ENUM ('a');
            CREATE TYPE app.pair AS (a int, b int);
            CREATE DOMAIN app.few AS int CHECK (VALUE < 9);
            """;

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
        postgres.sql("shop", "CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2)");
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    private BackupPlanConfig plan(DumpFormat format) {
        return shelf.plan(new BackupSource.Postgres(
                postgres.source("shop", passwordFile), format, 1, Set.of("shop"), List.of("pg_stat_statements")));
    }

    private BackupPlanConfig plan() {
        return plan(DumpFormat.CUSTOM);
    }

    private BackupAttestation tried() throws IOException {
        BackupPlanConfig plan = plan();
        return shelf.verify(plan, shelf.take(plan));
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void whatExtensionsMakeThemselvesIsNothingToBeSaid(DumpFormat format) throws IOException {
        postgres.sql("shop", USUAL);
        BackupPlanConfig plan = plan(format);
        BackupRun.BackupResult taken = shelf.take(plan, (_, _) -> {});
        assertThat(taken.warnings()).isEmpty();
        BackupAttestation found = shelf.verify(plan, taken.id());
        assertThat(found.faults()).isEmpty();
        assertThat(found.extensionsUncompared()).isEmpty();
        assertThat(found.json().get("extensions_uncompared")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FUNCTION app.precious(integer)",
                "SEQUENCE app.numbers",
                "VIEW app.seen",
                "MATERIALIZED VIEW app.kept",
                "TYPE app.kind",
                "TYPE app.pair",
                "TYPE app.few"
            })
    void whatWasGivenToOneIsMissing(String what) throws IOException {
        postgres.sql("shop", PRECIOUS + "CREATE EXTENSION citext; ALTER EXTENSION citext ADD " + what);
        assertThat(tried().faults())
                .singleElement()
                .asString()
                .contains("`citext` does not create them again: `" + what + "`")
                .contains("`ALTER EXTENSION \"citext\" DROP " + what + "`");
        postgres.sql("shop", "ALTER EXTENSION \"citext\" DROP " + what);
        assertThat(tried().faults()).as("the way out").isEmpty();
    }

    /** An object that is created together with another one is dumped with it. */
    @Test
    void whatIsPartOfSomethingElseIsNotMissing() throws IOException {
        postgres.sql("shop", PRECIOUS + """
                CREATE EXTENSION citext;
                ALTER EXTENSION citext ADD TYPE app.kind[];
                ALTER EXTENSION citext ADD TYPE orders;
                """);
        assertThat(tried().faults()).isEmpty();
    }

    @Test
    void howManyWereGivenIsSaid() throws IOException {
        postgres.sql("shop", PRECIOUS + """
                CREATE EXTENSION "uuid-ossp";
                ALTER EXTENSION "uuid-ossp" ADD SEQUENCE app.numbers;
                ALTER EXTENSION "uuid-ossp" ADD TYPE app.kind;
                ALTER EXTENSION "uuid-ossp" ADD VIEW app.seen;
                ALTER EXTENSION "uuid-ossp" ADD FUNCTION app.precious(int);
                ALTER EXTENSION plpgsql ADD DOMAIN app.few;
                """);
        assertThat(tried().faults())
                .hasSize(2)
                .anySatisfy(why -> assertThat(why)
                        .contains("`uuid-ossp` does not create them again: `FUNCTION "
                                + "app.precious(integer)`, `SEQUENCE app.numbers`, `TYPE "
                                + "app.kind` and 1 more; at the source, `ALTER EXTENSION "
                                + "\"uuid-ossp\" DROP FUNCTION app.precious(integer)` and so on"))
                .anySatisfy(why -> assertThat(why).contains("`plpgsql`").contains("`TYPE app.few`"));
    }

    /** It is unknown then which ones are missing, and known that some are. */
    @Test
    void soManyThatTheyAreNotNamedAreMissing() throws IOException {
        postgres.sql("shop", """
                CREATE EXTENSION citext;
                DO $$ BEGIN FOR i IN 1..4100 LOOP
                    EXECUTE format('CREATE FUNCTION given_%s() RETURNS int LANGUAGE sql AS ''SELECT 1''', i);
                    EXECUTE format('ALTER EXTENSION citext ADD FUNCTION given_%s()', i);
                    IF i % 500 = 0 THEN COMMIT; END IF;
                END LOOP; END $$;
                """);
        assertThat(tried().faults()).singleElement().asString().contains("does not create them again: 4100 things;");
    }

    /** After `pg_upgrade` it stays at its version, and a restore gets the current default. */
    @Test
    void oneOfAnotherVersionIsMadeAnewWhereItsFilesCan() throws IOException {
        postgres.sql("shop", """
                CREATE SCHEMA extensions;
                CREATE EXTENSION cube WITH SCHEMA extensions;
                CREATE EXTENSION earthdistance;
                CREATE EXTENSION pg_stat_statements WITH SCHEMA extensions VERSION '1.4';
                CREATE EXTENSION hstore VERSION '1.4';
                CREATE TABLE things (what hstore);
                """);
        assertThat(tried().faults()).isEmpty();
        assertThat(tried().extensionsUncompared()).isEmpty();
        postgres.sql("shop", PRECIOUS + "ALTER EXTENSION hstore ADD FUNCTION app.precious(int)");
        assertThat(tried().faults())
                .singleElement()
                .asString()
                .contains("`hstore` does not create them again: `FUNCTION app.precious(integer)`");
    }

    /** An updated one equals a new one, for these and for all others that Debian has in older versions. */
    @Test
    void oneThatWasUpdatedIsNothingToBeSaid() throws IOException {
        postgres.sql("shop", """
                CREATE EXTENSION btree_gist VERSION '1.2'; ALTER EXTENSION btree_gist UPDATE;
                CREATE EXTENSION citext VERSION '1.4'; ALTER EXTENSION citext UPDATE;
                CREATE EXTENSION hstore VERSION '1.4'; ALTER EXTENSION hstore UPDATE;
                CREATE EXTENSION pg_stat_statements VERSION '1.4'; ALTER EXTENSION pg_stat_statements UPDATE;
                CREATE EXTENSION pg_trgm VERSION '1.3'; ALTER EXTENSION pg_trgm UPDATE;
                """);
        BackupAttestation found = tried();
        assertThat(found.faults()).isEmpty();
        assertThat(found.extensionsUncompared()).isEmpty();
    }

    /** PostGIS is such a case: its packages have the files of one version only. */
    @Test
    void oneThatCannotBeMadeAgainIsNotComparedAndThatIsSigned() throws IOException {
        postgres.sql("shop", PRECIOUS + """
                CREATE EXTENSION hstore;
                ALTER EXTENSION hstore ADD FUNCTION app.precious(int);
                UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'hstore';
                """);
        BackupAttestation found = tried();
        assertThat(found.faults()).isEmpty();
        assertThat(found.extensionsUncompared()).containsExactly("hstore");
        assertThat(found.json().texts("extensions_uncompared")).containsExactly("hstore");
    }

    /** A dump does not contain objects that a superuser has moved there, although they are used as ever. */
    @ParameterizedTest
    @ValueSource(strings = {"information_schema", "pg_catalog"})
    void whatLiesInASchemaOfTheSystemsIsMissing(String schema) throws IOException {
        postgres.sql("shop", """
                SET allow_system_table_mods = on;
                CREATE TABLE "Big" AS SELECT generate_series(1, 7) AS id;
                ALTER TABLE "Big" SET SCHEMA %s;
                """.formatted(schema));
        String table = schema + ".\"Big\"";
        String why = "a dump does not contain objects in PostgreSQL's own schemas: `" + table + "`; at the source,"
                + " `ALTER TABLE " + table + " SET SCHEMA …`, then take another backup";
        BackupPlanConfig plan = plan();
        BackupRun.BackupResult taken = shelf.take(plan, (_, _) -> {});
        assertThat(taken.warnings()).containsExactly(why);
        assertThat(shelf.verify(plan, taken.id()).faults())
                .containsExactly("the table `" + table + "` is missing, with 7 rows", why);
        postgres.sql("shop", "SET allow_system_table_mods = on; ALTER TABLE " + table + " SET SCHEMA public");
        taken = shelf.take(plan, (_, _) -> {});
        assertThat(taken.warnings()).isEmpty();
        assertThat(shelf.verify(plan, taken.id()).faults()).isEmpty();
    }

    /** Nobody compared them then. */
    @Test
    void oneOfBeforeIsTriedAsItWas() throws IOException {
        postgres.sql("shop", PRECIOUS + "CREATE EXTENSION citext; ALTER EXTENSION citext ADD VIEW app.seen");
        BackupPlanConfig plan = plan();
        String id = shelf.take(plan);
        assertThat(shelf.shelf(plan).manifest(id).holding().type()).isEqualTo("interlock-backup@v5");
        shelf.rewrite(plan, id, was -> {
            PostgresDump dump = (PostgresDump) was.holding();
            return BackupFixture.with(
                    was,
                    was.files(),
                    new PostgresDump(
                            dump.major(),
                            dump.encoding(),
                            dump.locale(),
                            dump.format(),
                            dump.roles(),
                            dump.contents(),
                            dump.sequences(),
                            dump.beside(),
                            Optional.empty()));
        });
        assertThat(shelf.shelf(plan).manifest(id).holding().type()).isEqualTo("interlock-backup@v4");
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    /** The database gets no name, as with all other missing objects. */
    @Test
    void whoBringsItBackIsToldToo() throws IOException {
        postgres.sql("shop", PRECIOUS + "CREATE EXTENSION citext; ALTER EXTENSION citext ADD VIEW app.seen");
        BackupPlanConfig plan = plan();
        RestoreResult done = recovered(plan);
        assertThat(done.isWhole()).isFalse();
        assertThat(done.wrong()).singleElement().asString().contains("`VIEW app.seen`");
        postgres.sql("shop", "UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'citext'");
        done = recovered(plan);
        assertThat(done.isWhole()).isTrue();
        assertThat(done.notes().extensions()).containsExactly("citext");
    }

    private RestoreResult recovered(BackupPlanConfig plan) throws IOException {
        postgres.sql("postgres", "DROP DATABASE IF EXISTS again");
        postgres.sql("postgres", "CREATE DATABASE again");
        return shelf.recover(
                plan,
                shelf.take(plan),
                new RestoreDestination.Database(postgres.source("again", passwordFile), true),
                (_, _) -> {});
    }
}
