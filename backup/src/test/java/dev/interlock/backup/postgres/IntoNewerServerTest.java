package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.source.RestoreDestination;
import dev.interlock.backup.source.RestoreResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests restores to a newer server: on a bad day there may be none of the backup's version. */
class IntoNewerServerTest extends PostgresBackupFixture {

    /** One value of each type, since the sums must be the same on both. */
    private static final String ZOO = """
            CREATE TYPE shop.mood AS ENUM ('sad', 'well');
            CREATE TYPE shop.pair AS (a int, b text);
            CREATE DOMAIN shop.short AS varchar(8);
            CREATE TABLE shop.zoo (b bool, i2 int2, i4 int4, i8 int8, o oid, d date, t time, tt timetz, ts timestamp,
                tz timestamptz, u uuid, x text, v varchar(20), c char(5), n numeric, f4 real, f8 float8, j json, jb jsonb,
                bin bytea, iv interval, m money, ip inet, cd cidr, mc macaddr, bt bit(3), vb varbit, pt point, bx box,
                tv tsvector, tq tsquery, xm xml, r int4range, mr nummultirange, ar text[], am int[][], mood shop.mood,
                pr shop.pair, sh shop.short, nm name, ch "char", ci text COLLATE "POSIX", rg regclass, lsn pg_lsn,
                twice int GENERATED ALWAYS AS (i4 * 2) STORED);
            INSERT INTO shop.zoo VALUES (true, -2, 3, -5000000000, 4000000000, '0044-03-15 BC', '23:59:59.999999', '12:00+02',
                'infinity', '-infinity', '00000000-0000-0000-0000-00000000000f', E'\\u00fc\\n', 'v', 'c', 1.50, '-0', 'NaN',
                '{"a" : 1}', '{"b": [1.0, null]}', '\\x00ff', '1 mon -3 days 04:05:06.7', '-1234.56', '10.0.0.1/8', '10.0.0.0/8',
                '08:00:2b:01:02:03', '101', '10110', '(1.5,-2)', '((0,0),(1,1))', 'a:1A fat:2', 'a & !b', '<a>1</a>', '[1,5)',
                '{[1.5,2.5),(7,8]}', '{a,NULL,"b c"}', '{{1,2},{3,4}}', 'well', '(1,"x y")', 'short', 'name', 'z', 'ci',
                'shop.orders', '16/B374D848');
            INSERT INTO shop.zoo (b) VALUES (NULL);
            INSERT INTO shop.zoo (b, i2, i4, i8, d, f4, f8, n) SELECT i % 2 = 0, i, i * 65537, i * 4294967297, date '2000-01-01' + i,
                i / 3.0, i / 7.0, i / 9.0 FROM generate_series(-100, 100) i;
            CREATE TABLE shop.spread (k text) PARTITION BY HASH (k);
            CREATE TABLE shop.spread0 PARTITION OF shop.spread FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE shop.spread1 PARTITION OF shop.spread FOR VALUES WITH (MODULUS 2, REMAINDER 1);
            INSERT INTO shop.spread SELECT 'k' || i FROM generate_series(1, 100) i;
            CREATE SEQUENCE shop.numbers;
            SELECT nextval('shop.numbers') FROM generate_series(1, 7);
            SELECT lo_unlink(oid) FROM pg_largeobject_metadata;
            SELECT lo_from_bytea(0, 'in no table');
            """;

    @TempDir
    private static Path newerDirectory;

    private static TestingPostgres newer;

    /** The major version that backups are taken from. */
    private static int own;

    @BeforeAll
    static void startNewer() throws Exception {
        newer = new TestingPostgres(newerDirectory, NewerPrograms.unpacked());
        own = Integer.parseInt(postgres.value("postgres", "SHOW server_version_num")) / 10_000;
    }

    @AfterAll
    static void stopNewer() {
        if (newer != null) {
            newer.close();
        }
    }

    private RestoreResult recover(TestingPostgres into, BackupPlanConfig plan, String id) throws IOException {
        into.sql("postgres", "DROP DATABASE IF EXISTS again");
        into.sql("postgres", "CREATE DATABASE again");
        return shelf.recover(
                plan, id, new RestoreDestination.Database(into.source("again", passwordFile), true), (_, _) -> {});
    }

    /** Makes {@code id} look like a backup of another version. */
    private void takenFrom(int major, BackupPlanConfig plan, String id) throws IOException {
        shelf.rewrite(plan, id, was -> {
            PostgresDump dump = (PostgresDump) was.holding();
            return BackupFixture.with(
                    was,
                    was.files(),
                    new PostgresDump(
                            major,
                            dump.encoding(),
                            dump.locale(),
                            dump.format(),
                            dump.roles(),
                            dump.contents(),
                            dump.sequences(),
                            dump.beside(),
                            dump.extensions()));
        });
    }

    private static void staysEmpty(TestingPostgres server) throws IOException {
        assertThat(server.value("again", "SELECT count(*) FROM pg_namespace WHERE nspname = 'shop'"))
                .isEqualTo("0");
    }

    /** No program here describes its schema, and an uncompared database gets no name. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void rowsAreTheSameThereAndTheSchemaIsSaidNotToBeCompared(DumpFormat format) throws IOException {
        postgres.sql("shop", ZOO);
        BackupPlanConfig plan = plan(format);
        RestoreResult done = recover(newer, plan, shelf.take(plan));
        assertThat(done.notes().moved())
                .contains("restored into PostgreSQL " + NewerPrograms.MAJOR + ", taken from " + own);
        assertThat(done.wrong()).isEmpty();
        assertThat(done.uncompared())
                .singleElement()
                .asString()
                .startsWith("the schema,")
                .contains("postgresql-client-" + NewerPrograms.MAJOR, "`programs`");
        assertThat(done.isWhole()).isFalse();
        staysEmpty(newer);
        String copy = done.left().orElseThrow();
        assertThat(newer.value(copy, "SELECT count(*) FROM shop.zoo")).isEqualTo("203");
        assertThat(newer.value(copy, "SELECT what FROM shop.orders WHERE id = 77"))
                .isEqualTo("thing 77");
        assertThat(newer.value(copy, "SELECT nextval('shop.numbers')")).isEqualTo("8");
        assertThat(newer.value(copy, "SELECT count(*) FROM pg_largeobject_metadata"))
                .isEqualTo("1");
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void anAlteredRowIsFoundThere(DumpFormat format) throws IOException {
        BackupPlanConfig plan = plan(format);
        String id = withDumpAfter(plan, "UPDATE shop.orders SET price = price + 0.01 WHERE id = 77");
        RestoreResult done = recover(newer, plan, id);
        assertThat(done.wrong()).containsExactly("rows of `shop.orders` have changed");
        assertThat(done.uncompared()).hasSize(1);
        staysEmpty(newer);
    }

    @Test
    void aMissingRowATableAndASequenceThatWasSetBackAreFoundThere() throws IOException {
        postgres.sql("shop", ZOO);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = withDumpAfter(plan, """
                DELETE FROM shop.orders WHERE id = 77;
                DROP TABLE shop.y2025;
                SELECT setval('shop.numbers', 2);
                """);
        assertThat(recover(newer, plan, id).wrong())
                .containsExactly(
                        "`shop.orders` has 500 rows, and had 501",
                        "the table `shop.y2025` is missing, with 213 rows",
                        "the sequence `shop.numbers` is at 2, and was at 7");
    }

    @Test
    void nothingIsOverwrittenThere() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        newer.sql("postgres", "DROP DATABASE IF EXISTS taken");
        newer.sql("postgres", "CREATE DATABASE taken");
        newer.sql("taken", "CREATE TABLE one (id int)");
        assertThatThrownBy(() -> shelf.recover(
                        plan,
                        id,
                        new RestoreDestination.Database(newer.source("taken", passwordFile), true),
                        (_, _) -> {}))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("is not empty");
    }

    @Test
    void withoutProgramsOfEitherVersionItIsSaidWhichToInstall() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        takenFrom(own - 1, plan, id);
        assertThatThrownBy(() -> recover(newer, plan, id))
                .isInstanceOf(BackupException.class)
                .hasMessageContainingAll(
                        "the server is PostgreSQL " + NewerPrograms.MAJOR + " and the backup of " + (own - 1),
                        "install postgresql-client-" + NewerPrograms.MAJOR);
        staysEmpty(newer);
    }

    @Test
    void anOlderServerIsRefused() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        takenFrom(own + 1, plan, id);
        assertThatThrownBy(() -> recover(postgres, plan, id))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("the backup is of PostgreSQL " + (own + 1) + ", and the server is " + own);
        staysEmpty(postgres);
    }

    /** The programs of the server's version are here: the source's schema text is executed there, and compared. */
    @Test
    void withItsOwnProgramsAllIsCompared() throws IOException {
        postgres.sql("shop", ZOO + TOLD_OTHERWISE);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        takenFrom(own - 1, plan, id);
        RestoreResult done = recover(postgres, plan, id);
        assertThat(done.notes().moved()).contains("restored into PostgreSQL " + own + ", taken from " + (own - 1));
        assertThat(done.wrong()).isEmpty();
        assertThat(done.notes().extensions()).as("plpgsql is the same").isEmpty();
        assertThat(done.uncompared()).isEmpty();
        assertThat(done.isWhole()).isTrue();
        assertThat(postgres.value("again", "SELECT count(*) FROM shop.zoo")).isEqualTo("203");
    }

    @Test
    void withItsOwnProgramsAnAlteredSchemaIsFound() throws IOException {
        postgres.sql("shop", TOLD_OTHERWISE);
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        postgres.sql("shop", "DROP INDEX shop.orders_what");
        shelf.forge(plan, id, Archive.WHOLE, shelf.plain(plan, shelf.take(plan), Archive.WHOLE));
        takenFrom(own - 1, plan, id);
        RestoreResult done = recover(postgres, plan, id);
        assertThat(done.wrong()).containsExactly("the schema differs");
        assertThat(done.uncompared()).isEmpty();
        staysEmpty(postgres);
    }

    /** Differences between versions then look like an altered schema. */
    @Test
    void ofABackupWithoutItsWordsTheSchemaIsNotCompared() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.CUSTOM);
        String id = shelf.take(plan);
        shelf.rewrite(plan, id, was -> {
            Map<String, BackupManifest.StoredFile> files = new TreeMap<>(was.files());
            files.remove(Archive.WORDS);
            return BackupFixture.with(was, files, was.holding());
        });
        takenFrom(own - 1, plan, id);
        RestoreResult done = recover(postgres, plan, id);
        assertThat(done.wrong()).isEmpty();
        assertThat(done.uncompared()).singleElement().asString().contains("in another form than " + (own - 1));
        staysEmpty(postgres);
    }
}
