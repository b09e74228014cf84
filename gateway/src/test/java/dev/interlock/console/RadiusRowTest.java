package dev.interlock.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests what a hold's page says of the blast radius, and that of backups of what a loss would leave. */
class RadiusRowTest {

    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final String VOLUME = "railway:volume/vol_1";

    private static Json.Members backup(String id) {
        return Json.object().with("id", id).with("of", VOLUME).with("taken_at", "2026-11-19T08:00:00Z");
    }

    @Test
    void linesSayWhatIsLostAndWhatSurvives() {
        Json.Members resource = Json.object().with("id", VOLUME).withTexts("environments", List.of("production"));
        Json.Members action = Json.object()
                .withTexts("impacts", List.of("destroy"))
                .with("resources", new Json.Array(List.of(resource)));
        Json.Members proven = backup("bookings/1").with("restored_at", "2026-11-21T10:30:00Z");
        Json.Members radius = Json.object()
                .withTexts("environments", List.of("production"))
                .withTexts("lost", List.of(VOLUME))
                .with("lost_backups", new Json.Array(List.of(backup("lost"))))
                .with("survivors", new Json.Array(List.of(proven, backup("never"))));
        Json.Members meaning =
                Json.object().with("actions", new Json.Array(List.of(action))).with("radius", radius);
        assertThat(RadiusRow.of(meaning, List.of(), NOW))
                .containsExactly(
                        new RadiusRow("volume", "vol_1", "would be gone", RadiusRow.Fate.LOST),
                        new RadiusRow("environment", "production", "loses it", RadiusRow.Fate.LOST),
                        new RadiusRow("backup", "lost", "2 days old", RadiusRow.Fate.LOST),
                        new RadiusRow(
                                "backup", "bookings/1", "2 days old, restored 1 hour ago", RadiusRow.Fate.SURVIVES),
                        new RadiusRow("backup", "never", "2 days old, never restored", RadiusRow.Fate.SURVIVES));
    }

    /** Nothing is lost: a row says so by saying nothing. */
    @Test
    void whatIsOnlyTouchedIsNotGone() {
        Json.Members repo =
                Json.object().with("id", "github:repo/acme/shop").withTexts("environments", List.of("staging"));
        Json.Members meaning = Json.object()
                .with(
                        "actions",
                        new Json.Array(List.of(Json.object()
                                .withTexts("impacts", List.of("execute", "write"))
                                .with("resources", new Json.Array(List.of(repo))))))
                .with(
                        "radius",
                        Json.object()
                                .withTexts("environments", List.of("staging"))
                                .withTexts("lost", List.of())
                                .with("lost_backups", new Json.Array(List.of()))
                                .with("survivors", new Json.Array(List.of())));
        assertThat(RadiusRow.of(meaning, List.of(), NOW))
                .containsExactly(
                        new RadiusRow("repo", "acme/shop", "", RadiusRow.Fate.AFFECTED),
                        new RadiusRow("environment", "staging", "is touched", RadiusRow.Fate.AFFECTED));
    }

    /** A backup that nobody may count on is no comfort. */
    @Test
    void lossesSayWhichBackupTheyLeave() {
        Json.Members kept = Json.object()
                .with("way", "volume")
                .with("red", false)
                .withTexts("why", List.of())
                .with("backup", "shop-db/b1")
                .with("age_seconds", 3 * 3600)
                .with("restored_at", "2026-11-21T10:00:00Z");
        Json.Members lost =
                Json.object().with("way", "account").with("red", true).withTexts("why", List.of("nothing"));
        Json.Members doubtful = kept.with("way", "credential").with("red", true).without(List.of("restored_at"));
        assertThat(List.of(kept, lost, doubtful))
                .map(way -> BackupPages.LossRow.of(way, NOW))
                .containsExactly(
                        new BackupPages.LossRow(
                                "volume deleted", "shop-db/b1", "3 hours old, restored 2 hours ago", "", false),
                        new BackupPages.LossRow("account closed", "no usable backup", "", "nothing", true),
                        new BackupPages.LossRow(
                                "a credential misused", "shop-db/b1", "3 hours old, never restored", "", true));
    }
}
