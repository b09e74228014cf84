package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.kept.Separation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests dumps that do not restore, or are in a worthless place. */
class DamagedDumpTest extends PostgresBackupFixture {

    @Test
    void oneWrongArchiveOfSeveralIsFound() throws IOException {
        postgres.sql("shop", SHOP + LARGE + "SELECT lo_unlink(oid) FROM pg_largeobject_metadata;");
        BackupPlanConfig plan = plan(DumpFormat.DIRECTORY);
        String id = shelf.take(plan);
        String other = shelf.take(plan);
        Path file = shelf.file(plan, id, "data-2");
        byte[] right = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(right, right.length - 1));
        assertThat(shelf.verify(plan, id).faults()).singleElement().asString().endsWith(": it is cut off");
        byte[] altered = right.clone();
        altered[altered.length / 2] ^= 1;
        Files.write(file, altered);
        assertThat(shelf.verify(plan, id).faults())
                .singleElement()
                .asString()
                .contains("its data-2 was altered, truncated or swapped with another");
        Files.copy(shelf.file(plan, other, "data-2"), file, StandardCopyOption.REPLACE_EXISTING);
        assertThat(shelf.verify(plan, id).faults()).singleElement().asString().contains("swapped with another");
        Files.delete(file);
        assertThat(shelf.verify(plan, id).faults())
                .singleElement()
                .asString()
                .startsWith("its data-2 is missing, and had ");
        Files.write(file, right);
        assertThat(shelf.verify(plan, id).faults()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aDumpChangedOnTheTargetIsFound(DumpFormat format) throws IOException {
        BackupPlanConfig plan = plan(format);
        shelf.assertDamageIsFound(plan, shelf.take(plan));
    }

    /** A disk or a cable may damage it before encryption: every digest is right. */
    @ParameterizedTest
    @EnumSource(
            value = DumpFormat.class,
            names = {"CUSTOM", "DIRECTORY"})
    void corruptedCompressionIsFound(DumpFormat format) throws IOException {
        BackupPlanConfig plan = plan(format);
        String id = shelf.take(plan);
        byte[] content = shelf.plain(plan, id, rows(format));
        int from = content.length * 3 / 4;
        Arrays.fill(content, from, from + 64, (byte) 0x55);
        shelf.forge(plan, id, rows(format), content);
        assertThat(shelf.verify(plan, id).faults()).singleElement().asString().startsWith("it cannot be restored: `");
    }

    /** A full disk may truncate it unnoticed; the rest may well restore. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aDumpTruncatedBeforeEncryptionIsFound(DumpFormat format) throws IOException {
        BackupPlanConfig plan = plan(format);
        String id = shelf.take(plan);
        byte[] content = shelf.plain(plan, id, rows(format));
        shelf.forge(plan, id, rows(format), Arrays.copyOf(content, content.length / 2));
        List<String> wrong = shelf.verify(plan, id).faults();
        shelf.forge(plan, id, rows(format), new byte[0]);
        List<String> none = shelf.verify(plan, id).faults();
        if (format == DumpFormat.PLAIN) { // half of a dump in SQL is valid SQL, and missing statements do not fail
            assertThat(wrong)
                    .singleElement()
                    .asString()
                    .startsWith("it cannot be restored: `psql` ended with 3: ")
                    .contains("missing data for column");
            assertThat(none).contains("the schema differs", "the table `shop.orders` is missing, with 501 rows");
        } else {
            assertThat(wrong)
                    .singleElement()
                    .asString()
                    .startsWith("it cannot be restored: `pg_restore` ended with 1: ")
                    .contains("could not read from input file: end of file");
            assertThat(none)
                    .singleElement()
                    .asString()
                    .startsWith("it cannot be restored: `pg_restore` ended with 1: ")
                    .contains("input file is too short");
        }
    }

    /** A constraint finds its table only with a search path, which a restore does not set. */
    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aDumpThatRestoresWithAnErrorIsFound(DumpFormat format) throws IOException {
        postgres.sql("shop", """
                SET search_path = shop;
                CREATE TABLE allowed (id int);
                INSERT INTO allowed VALUES (1);
                CREATE FUNCTION is_allowed(int) RETURNS bool LANGUAGE plpgsql AS
                    $$ BEGIN RETURN EXISTS (SELECT FROM allowed WHERE id = $1); END $$;
                CREATE TABLE picky (id int CHECK (shop.is_allowed(id)));
                INSERT INTO picky VALUES (1);
                """);
        BackupPlanConfig plan = plan(format);
        assertThat(shelf.verify(plan, shelf.take(plan)).faults())
                .singleElement()
                .asString()
                .startsWith("it cannot be restored: `")
                .contains("relation \"allowed\" does not exist");
    }

    @Test
    void aStatementThatFailsIsFound() throws IOException {
        BackupPlanConfig plan = plan(DumpFormat.PLAIN);
        String id = shelf.take(plan);
        String content = new String(shelf.plain(plan, id, Archive.WHOLE), StandardCharsets.UTF_8);
        shelf.forge(plan, id, Archive.WHOLE, (content + "\nSELECT 1/0;\n").getBytes(StandardCharsets.UTF_8));
        assertThat(shelf.verify(plan, id).faults()).singleElement().asString().contains("division by zero");
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void aDumpOnTheSameDeviceRestoresButDoesNotCount(DumpFormat format) throws IOException {
        BackupPlanConfig plan = shelf.plan(source("shop", format), passwordFile.resolveSibling("beside"));
        BackupRun.BackupResult taken = shelf.take(plan, (_, _) -> {});
        assertThat(taken.separation()).isEqualTo(Separation.SAME);
        assertThat(shelf.verify(plan, taken.id()).faults()).containsExactly("it is on the same device as its source");
    }

    /** A table of jobs may contain such words; the row that violates a constraint is shown with the error. */
    @ParameterizedTest
    @EnumSource(
            value = DumpFormat.class,
            names = {"CUSTOM", "PLAIN"})
    void textInARowIsNotTakenForAMachineError(DumpFormat format) throws IOException {
        postgres.sql("shop", """
                CREATE TABLE shop.zkinds (k text); INSERT INTO shop.zkinds VALUES ('copy');
                CREATE FUNCTION shop.known(text) RETURNS bool LANGUAGE sql
                    AS 'SELECT EXISTS (SELECT FROM shop.zkinds WHERE k = $1)';
                CREATE TABLE shop.jobs (id int, kind text CHECK (shop.known(kind)), message text);
                INSERT INTO shop.jobs VALUES (1, 'copy', 'No space left on device');
                """);
        BackupPlanConfig plan = plan(format);
        assertThat(shelf.verify(plan, shelf.take(plan)).faults())
                .singleElement()
                .asString()
                .contains("cannot be restored");
    }
}
