package dev.interlock.backup.postgres;

import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.BackupManifest;
import dev.interlock.backup.kept.DatabaseLocale;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.PostgresDump;
import dev.interlock.backup.kept.Sequences;
import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A shop on a real server, and a repository for its backups for each test. */
@Tag("process")
@ResourceLock("dev.interlock.backup.postgres.ShopBackups") // all have the one server
abstract class PostgresBackupFixture {

    static final String SHOP = """
            DROP SCHEMA IF EXISTS shop CASCADE;
            DROP SCHEMA IF EXISTS "Odd ""Name"" s" CASCADE;
            CREATE SCHEMA shop;
            CREATE SCHEMA "Odd ""Name"" s";
            CREATE TABLE shop.orders (id bigint PRIMARY KEY, what text NOT NULL, price numeric, at timestamptz,
                weight double precision, extra jsonb, photo bytea, twice bigint GENERATED ALWAYS AS (id * 2) STORED);
            INSERT INTO shop.orders SELECT i, 'thing ' || i, i / 7.0, timestamptz '2026-01-01 00:00Z' + i * interval '1 h',
                i / 3.0::float8, jsonb_build_object('n', i), decode(md5(i::text), 'hex') FROM generate_series(1, 500) i;
            INSERT INTO shop.orders VALUES (-1, E'new\\nline, "quotes" and \\u00fcml\\u00e4ut', NULL, NULL, 'NaN', NULL, NULL);
            CREATE INDEX orders_what ON shop.orders (lower(what));
            CREATE TABLE shop.years (at date NOT NULL, n int) PARTITION BY RANGE (at);
            CREATE TABLE shop.y2025 PARTITION OF shop.years FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
            CREATE TABLE shop.y2026 PARTITION OF shop.years FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            INSERT INTO shop.years SELECT date '2025-06-01' + i, i FROM generate_series(1, 400) i;
            CREATE TABLE "Odd ""Name"" s"."a;b'c" ("x y" text);
            INSERT INTO "Odd ""Name"" s"."a;b'c" VALUES ('same'), ('same'), (NULL);
            CREATE VIEW shop.cheap AS SELECT * FROM shop.orders WHERE price < 10;
            CREATE MATERIALIZED VIEW shop.total AS SELECT count(*) FROM shop.orders;
            CREATE FUNCTION shop.more(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1';
            ALTER TABLE shop.orders OWNER TO clerk;
            GRANT SELECT ON shop.orders TO reader;
            """;

    static final String LARGE = """
            CREATE TABLE shop.large (id bigint PRIMARY KEY, what text);
            INSERT INTO shop.large SELECT i, md5(i::text) || repeat('x', 60) FROM generate_series(1, 30000) i;
            CREATE TABLE "Odd ""Name"" s"."l.*?$a|rge" (id bigserial PRIMARY KEY, what text);
            INSERT INTO "Odd ""Name"" s"."l.*?$a|rge" (what) SELECT what FROM shop.large;
            CREATE TABLE shop.largest (id bigint REFERENCES shop.large, what text);
            INSERT INTO shop.largest SELECT id, what FROM shop.large UNION ALL SELECT id, what FROM shop.large;
            CREATE INDEX ON shop.largest (what);
            SELECT lo_from_bytea(0, 'in no table');
            """;

    /** Expressions that PostgreSQL stores in another form, and dumps in yet another one. */
    static final String TOLD_OTHERWISE = """
            CREATE TABLE shop.states (v varchar CHECK (v IN ('new', 'paid')), w varchar CHECK (w NOT IN ('a', 'b')));
            CREATE INDEX ON shop.states (w) WHERE v IN ('new', 'paid');
            CREATE VIEW shop.some AS SELECT * FROM shop.states WHERE v IN ('new', 'it''s');
            """;

    @TempDir
    private static Path directory;

    static TestingPostgres postgres;

    BackupFixture shelf;
    Path passwordFile;

    @BeforeAll
    static void start() throws Exception {
        postgres = new TestingPostgres(directory);
        postgres.sql("postgres", "CREATE ROLE clerk; CREATE ROLE reader LOGIN");
    }

    @AfterAll
    static void stop() {
        if (postgres != null) {
            postgres.close();
        }
    }

    @BeforeEach
    void prepare(@TempDir Path own) throws IOException {
        shelf = new BackupFixture(own); // on another device than the server, as a backup should be
        passwordFile = TestingPostgres.passwordFile(own);
        postgres.sql("shop", SHOP);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        shelf.close();
    }

    BackupPlanConfig plan(DumpFormat format) {
        return shelf.plan(source("shop", format));
    }

    BackupSource source(String database, DumpFormat format) {
        return new BackupSource.Postgres(
                postgres.source(database, passwordFile), format, format == DumpFormat.DIRECTORY ? 3 : 1);
    }

    /** Tests a backup from before {@code change}, with the dump from after it. */
    BackupAttestation verifyWithDumpAfter(BackupPlanConfig plan, String change) throws IOException {
        return shelf.verify(plan, withDumpAfter(plan, change));
    }

    /** Makes the same without testing it. */
    String withDumpAfter(BackupPlanConfig plan, String change) throws IOException {
        String before = shelf.take(plan);
        postgres.sql("shop", change);
        String after = shelf.take(plan);
        for (String name : shelf.shelf(plan).manifest(after).files().keySet()) {
            shelf.forge(plan, before, name, shelf.plain(plan, after, name));
        }
        return before;
    }

    /** Runs {@code sql} while a backup is taken or tested. */
    static void meanwhile(String sql) {
        try {
            postgres.sql("shop", sql);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static BackupManifest located(BackupManifest was, Optional<DatabaseLocale> locale) {
        return with(was, locale, locale.flatMap(_ -> ((PostgresDump) was.holding()).sequences()));
    }

    static BackupManifest with(BackupManifest was, Optional<DatabaseLocale> locale, Optional<Sequences> sequences) {
        PostgresDump dump = (PostgresDump) was.holding();
        return BackupFixture.with(
                was,
                was.files(),
                new PostgresDump(
                        dump.major(),
                        dump.encoding(),
                        locale,
                        dump.format(),
                        dump.roles(),
                        dump.contents(),
                        sequences,
                        dump.beside(),
                        sequences.flatMap(_ -> dump.extensions())));
    }

    /** Returns the file with the rows. */
    static String rows(DumpFormat format) {
        return format == DumpFormat.DIRECTORY ? "data-1" : Archive.WHOLE;
    }

    static String read(Path path) {
        try {
            return Files.readString(path, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it has ended
        }
    }
}
