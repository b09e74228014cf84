package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Resource;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.Retention;
import dev.interlock.backup.kept.Amount;
import dev.interlock.backup.kept.DumpFormat;
import dev.interlock.backup.place.BackupTarget;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.source.RestoreResult;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class RecoverCommandTest {

    private static final String MOVED = "restored into PostgreSQL 18, taken from 15";

    private static List<String> told(List<String> wrong, List<String> uncompared) {
        boolean whole = wrong.isEmpty() && uncompared.isEmpty();
        return told(new RestoreResult(
                "20261121T034207Z-9f3c2a",
                new Amount.Rows(1, 1000),
                wrong,
                uncompared,
                whole ? Optional.empty() : Optional.of("interlock_restoring_5a"),
                new RestoreResult.RestoreNotes(Optional.of(MOVED), List.of(), Set.of(), Set.of())));
    }

    private static List<String> told(RestoreResult done) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        RecoverCommand.print(
                new Terminal(new PrintStream(out, true, StandardCharsets.UTF_8), System.err), done, "again");
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void whoeverInterruptsItIsToldWhatIsLeftOnTheServer() {
        BackupSource.Database database = new BackupSource.Database(
                "shop",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        assertThat(interrupted(new BackupSource.Postgres(database, DumpFormat.CUSTOM, 1), "postgresql:///shop3"))
                .startsWith("`postgresql:///shop3` is unchanged; run the same command again, which "
                        + "removes the databases left on the server")
                .contains("`interlock_restoring_`");
        assertThat(interrupted(new BackupSource.Directory(Path.of("/srv"), Optional.empty()), "/srv/new"))
                .isEqualTo("`/srv/new` is unchanged; run the same command again");
    }

    private static String interrupted(BackupSource source, String into) {
        BackupTarget target = new BackupTarget.Directory(Path.of("/mnt/offsite"), Optional.empty());
        Resource of = Resource.parse("railway:volume/v1");
        return RecoverCommand.ifInterrupted(
                new BackupPlanConfig(
                        "shop-db", of, source, target, Duration.ofHours(24), Retention.USUAL, Optional.empty()),
                into);
    }

    @Test
    void whatCameBackIntoANewerVersionIsSaid() {
        assertThat(told(List.of(), List.of()))
                .containsExactly("✓ 1000 rows of 1 table are in `again`, as they were counted", "    " + MOVED);
    }

    /** A password for login still has to be set. */
    @Test
    void whichRolesWereMadeIsSaid() {
        RestoreResult done = new RestoreResult(
                "20261121T034207Z-9f3c2a",
                new Amount.Rows(1, 1000),
                List.of(),
                List.of(),
                Optional.empty(),
                new RestoreResult.RestoreNotes(Optional.empty(), List.of(), Set.of(), Set.of("clerk", "a\nb")));
        assertThat(told(done))
                .containsExactly(
                        "✓ 1000 rows of 1 table are in `again`, as they were counted",
                        "    created the roles `a\\u{a}b`, `clerk`, which cannot log in");
    }

    /** Data that nobody compared must not be reported as correct. */
    @Test
    void whatWasNotComparedIsNotCalledWrongAndNotCalledWhole() {
        assertThat(told(List.of(), List.of("the schema, for want of a pg_dump")))
                .containsExactly(
                        "✗ 1000 rows of 1 table match the counts, but not everything could be "
                                + "compared, so `again` is unchanged, and the restored data is "
                                + "in `interlock_restoring_5a`:",
                        "    " + MOVED,
                        "    not compared: the schema, for want of a pg_dump");
    }

    @Test
    void ofWhichExtensionsNobodyCouldTellIsSaid() {
        assertThat(told(new RestoreResult(
                        "20261121T034207Z-9f3c2a",
                        new Amount.Rows(1, 1000),
                        List.of(),
                        List.of(),
                        Optional.empty(),
                        new RestoreResult.RestoreNotes(
                                Optional.empty(), List.of("postgis", "x\ny"), Set.of(), Set.of()))))
                .last(InstanceOfAssertFactories.STRING)
                .startsWith("    data of these extensions was not compared")
                .contains(": postgis, x\\u{a}y");
    }

    @Test
    void whereNothingCameBackNothingIsSaidToLieAnywhere() {
        assertThat(told(new RestoreResult(
                        "20261121T034207Z-9f3c2a",
                        new Amount.Rows(1, 0),
                        List.of("it is empty: no table has a row"),
                        List.of(),
                        Optional.empty(),
                        RestoreResult.RestoreNotes.NONE)))
                .containsExactly(
                        "✗ nothing was restored, and `again` is unchanged; name a backup to " + "restore it anyway:",
                        "    it is empty: no table has a row");
    }

    @Test
    void problemsComeFirst() {
        assertThat(told(List.of("rows of `orders` are not what they were"), List.of("the schema")))
                .containsExactly(
                        "✗ the restored data differs, so `again` is unchanged, and the "
                                + "restored data is in `interlock_restoring_5a`:",
                        "    " + MOVED,
                        "    rows of `orders` are not what they were",
                        "    not compared: the schema");
    }
}
