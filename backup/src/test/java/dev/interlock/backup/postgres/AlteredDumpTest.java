package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.place.BackupStorage;
import dev.interlock.backup.run.InconclusiveException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests dumps that restore to other data than the original. */
class AlteredDumpTest extends PostgresBackupFixture {

    /** Neither the dump nor the schema text beside it can be another schema's. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void anAlteredSchemaIsFoundDespiteOtherSpelling(DumpFormat format) throws IOException {
        postgres.sql("shop", TOLD_OTHERWISE);
        BackupPlanConfig plan = plan(format);
        String change = "ALTER TABLE shop.states DROP CONSTRAINT states_w_check, ADD CHECK (w NOT IN ('a', 'c'))";
        assertThat(verifyWithDumpAfter(plan, change).faults()).containsExactly("the schema differs");
        String before = shelf.take(plan);
        postgres.sql("shop", "ALTER TABLE shop.states ALTER v SET DEFAULT 'paid'");
        String after = shelf.take(plan);
        for (String name : shelf.shelf(plan).manifest(after).files().keySet()) {
            if (!name.equals(Archive.WORDS)) {
                shelf.forge(plan, before, name, shelf.plain(plan, after, name));
            }
        }
        assertThat(shelf.verify(plan, before).faults()).containsExactly("the schema differs");
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void anAlteredRowIsFound(DumpFormat format) throws IOException {
        assertThat(verifyWithDumpAfter(plan(format), "UPDATE shop.orders SET price = price + 0.01 WHERE id = 77")
                        .faults())
                .containsExactly("rows of `shop.orders` have changed");
    }

    @Test
    void aRowThatIsThereTwiceAndOneThatIsNotAreFound() throws IOException {
        assertThat(verifyWithDumpAfter(
                                plan(DumpFormat.CUSTOM),
                                "UPDATE \"Odd \"\"Name\"\" s\".\"a;b'c\" SET \"x y\" = 'same' WHERE \"x y\" IS NULL")
                        .faults())
                .containsExactly("rows of `\"Odd \"\"Name\"\" s\".\"a;b'c\"` have changed");
    }

    /** A hash of each column would miss it: each column still has the same values. */
    @Test
    void rowsThatExchangedAValueAreFound() throws IOException {
        postgres.sql(
                "shop",
                "CREATE TABLE shop.pairs (id bigint, what text);"
                        + "INSERT INTO shop.pairs SELECT i, 'thing ' || i FROM generate_series(1, 12) i;");
        // The sum of PostgreSQL's record hashes of these two stays the same.
        String exchange =
                "UPDATE shop.pairs SET what = CASE id WHEN 2 THEN 'thing 3' ELSE 'thing 2' END" + " WHERE id IN (2, 3)";
        assertThat(verifyWithDumpAfter(plan(DumpFormat.CUSTOM), exchange).faults())
                .containsExactly("rows of `shop.pairs` have changed");
    }

    /** The values compare as equal, and are not identical. */
    @Test
    void anotherValueThatIsEqualIsFound() throws IOException {
        List<String> changes = List.of(
                "n = 1.00",
                "i = '1 month'",
                "f = '-0'",
                "r = '{1.00}'",
                "j = '1.00'",
                "p = (1.0, '1 month')",
                "t = ''",
                "t = '', e = NULL"); // as many as are reported
        StringBuilder tables = new StringBuilder("CREATE TYPE shop.pair AS (a numeric, b interval);");
        StringBuilder updates = new StringBuilder();
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < changes.size(); i++) {
            tables.append("""
                    CREATE TABLE shop.equal%1$d (n numeric, i interval, f float8, r numeric[], j jsonb, p shop.pair, t text, e text);
                    INSERT INTO shop.equal%1$d VALUES
                        (1.0, '30 days', 0, '{1.0}', '1.0', (1.0, '30 days'), NULL, '');
                    """.formatted(i));
            updates.append("UPDATE shop.equal%d SET %s;".formatted(i, changes.get(i)));
            wrong.add("rows of `shop.equal" + i + "` have changed");
        }
        postgres.sql("shop", tables.toString());
        assertThat(verifyWithDumpAfter(plan(DumpFormat.CUSTOM), updates.toString())
                        .faults())
                .containsExactlyElementsOf(wrong);
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aMissingTableIsFound(DumpFormat format) throws IOException {
        assertThat(verifyWithDumpAfter(plan(format), "DROP TABLE shop.y2025").faults())
                .contains("the table `shop.y2025` is missing, with 213 rows", "the schema differs");
    }

    @Test
    void missingRowsAreFound() throws IOException {
        assertThat(verifyWithDumpAfter(plan(DumpFormat.CUSTOM), "DELETE FROM shop.orders WHERE id > 400")
                        .faults())
                .containsExactly("`shop.orders` has 401 rows, and had 501");
    }

    @Test
    void missingSchemaObjectsAreFound() throws IOException {
        assertThat(verifyWithDumpAfter(plan(DumpFormat.CUSTOM), "DROP INDEX shop.orders_what")
                        .faults())
                .containsExactly("the schema differs");
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void anEmptyDumpIsFound(DumpFormat format) throws IOException {
        postgres.sql("postgres", "DROP DATABASE IF EXISTS empty");
        postgres.sql("postgres", "CREATE DATABASE empty");
        BackupPlanConfig plan = shelf.plan(source("empty", format));
        assertThat(shelf.verify(plan, shelf.take(plan)).faults()).containsExactly("it is empty: no table has a row");
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aDumpOfAnotherSourceIsFound(DumpFormat format) throws IOException {
        postgres.sql("postgres", "DROP DATABASE IF EXISTS other");
        postgres.sql("postgres", "CREATE DATABASE other TEMPLATE shop");
        String id = shelf.take(shelf.plan(source("other", format)));
        assertThatThrownBy(() -> shelf.verify(plan(format), id))
                .isInstanceOf(InconclusiveException.class)
                .hasMessageContaining("/other`, and the plan now says `");
    }

    /**
     * An older backup has the name of a younger one: with its manifest, without it, and as only the owner of the key
     * could.
     */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aDumpOlderThanItsManifestIsFound(DumpFormat format) throws IOException {
        BackupPlanConfig plan = plan(format);
        String old = shelf.take(plan);
        postgres.sql("shop", "INSERT INTO shop.orders VALUES (-3, 'younger')");
        String young = shelf.take(plan);
        Map<Path, byte[]> right = new HashMap<>();
        for (String name : shelf.shelf(plan).manifest(old).files().keySet()) {
            Path file = shelf.file(plan, young, name);
            right.put(file, Files.readAllBytes(file));
            Files.copy(shelf.file(plan, old, name), file, StandardCopyOption.REPLACE_EXISTING);
        }
        assertThat(shelf.verify(plan, young).restored()).isFalse();
        Path manifest = shelf.file(plan, young, BackupStorage.MANIFEST);
        right.put(manifest, Files.readAllBytes(manifest));
        Files.copy(shelf.file(plan, old, BackupStorage.MANIFEST), manifest, StandardCopyOption.REPLACE_EXISTING);
        assertThat(shelf.verify(plan, young).faults())
                .singleElement()
                .asString()
                .contains("differs from what was written");
        for (Map.Entry<Path, byte[]> file : right.entrySet()) {
            Files.write(file.getKey(), file.getValue());
        }
        shelf.forge(plan, young, rows(format), shelf.plain(plan, old, rows(format)));
        assertThat(shelf.verify(plan, young).faults()).containsExactly("`shop.orders` has 501 rows, and had 502");
    }

    /** A backup from before manifests had a locale is summed like then: all columns, in their order. */
    @Test
    void oneOfAnOlderManifestIsTriedAsItWasTaken() throws IOException {
        postgres.sql("postgres", "DROP DATABASE IF EXISTS before");
        postgres.sql("postgres", "CREATE DATABASE before");
        postgres.sql("before", "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (2, 'y')");
        BackupPlanConfig plan = shelf.plan(source("before", DumpFormat.CUSTOM));
        String id = shelf.take(plan);
        shelf.rewrite(plan, id, was -> located(was, Optional.empty()));
        assertThat(shelf.shelf(plan).manifest(id).holding().type()).isEqualTo("interlock-backup@v2");
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
        for (String other : List.of(
                "ALTER TABLE t ADD aa int DEFAULT 3", // by name it would stand between the others
                "ALTER TABLE t DROP aa; ALTER TABLE t ADD c int GENERATED ALWAYS AS (a + 1) STORED")) {
            postgres.sql("before", other);
            String next = shelf.take(plan);
            assertThat(shelf.verify(plan, next).faults()).isEmpty();
            shelf.rewrite(plan, next, was -> located(was, Optional.empty()));
            assertThat(shelf.verify(plan, next).faults()).containsExactly("rows of `public.t` have changed");
        }
    }
}
