package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackupNextStepsTest {

    private List<String> plans = List.of("shop-db");
    private boolean practice;

    private static Json.Members way(String name, boolean known, String... lost) {
        return Json.object()
                .with("way", name)
                .withTexts("lost", List.of(lost))
                .with("known", known)
                .with("red", true);
    }

    private Json.Members resource(Json.Members... ways) {
        return Json.object()
                .withTexts("plans", plans)
                .with("ways", new Json.Array(List.of(ways)))
                .with("practice", Json.object().with("red", practice))
                .with("red", true);
    }

    @Test
    void aGreenResourceNeedsNoStep() {
        Json.Members green = way("volume", true, "railway:volume/v1").with("red", false);
        assertThat(BackupNextSteps.of("", resource(green).with("red", false))).isEmpty();
    }

    @Test
    void withoutARemainingBackupOneIsTakenElsewhere() {
        Json.Members[] none = {way("volume", true, "railway:volume/v1"), way("account", true), way("credential", true)};
        assertThat(BackupNextSteps.of("", resource(none)))
                .containsExactly("store one elsewhere and prove it (docs/backups.md)");
        plans = List.of();
        assertThat(BackupNextSteps.of("", resource(none)))
                .containsExactly("no plan saves it: add one, store one elsewhere and prove it (docs/backups.md)");
    }

    @Test
    void whatACredentialReachesIsKeptOutOfIt() {
        assertThat(BackupNextSteps.of("", resource(way("credential", true, "railway-destroy"))))
                .containsExactly("keep one that these cannot delete: `railway-destroy` (docs/backups.md)");
        assertThat(BackupNextSteps.of("", resource(way("credential", false), way("volume", false))))
                .containsExactly(
                        "name the credentials that can delete it: seal `deletable-by` (docs/backups.md)",
                        "keep one where it is known to survive this (docs/backups.md)");
    }

    @Test
    void whatIsLeftIsRestoredOrTakenAnew() {
        Json.Members left = way("volume", true, "railway:volume/v1").with("backup", "shop-db/b1");
        practice = true;
        assertThat(BackupNextSteps.of("", resource(left)))
                .containsExactly(
                        "prove a younger one: `interlock backup run shop-db`",
                        "rehearse it: `interlock backup rehearse shop-db --key KEY`");
        practice = false;
        assertThat(BackupNextSteps.of("", resource(left.with("restored_at", "2026-11-20T10:00:00Z"))))
                .containsExactly("prove a younger one: `interlock backup run shop-db`");
        plans = List.of();
        assertThat(BackupNextSteps.of("", resource(left)))
                .containsExactly("no plan here can prove the backup that would remain: add one (docs/backups.md)");
    }

    @Test
    void whereASourceHasMovedPeopleLookAndTakeOneMore() {
        Json.Members left = way("volume", true, "railway:volume/v1").with("red", false);
        assertThat(BackupNextSteps.of("", resource(left).withTexts("moved", List.of("from here to there"))))
                .containsExactly(
                        "check whether the plan saves the intended data; if it does: `interlock backup run shop-db`");
    }

    /** A suggested command repeats the configuration of the current one. */
    @Test
    void commandsGoOnWithTheSameConfiguration() {
        Json.Members left = way("volume", true, "railway:volume/v1").with("backup", "shop-db/b1");
        practice = true;
        assertThat(BackupNextSteps.of(" --config /srv/g.yaml", resource(left)))
                .containsExactly(
                        "prove a younger one: `interlock backup run shop-db --config /srv/g.yaml`",
                        "rehearse it: `interlock backup rehearse shop-db --key KEY --config /srv/g.yaml`");
    }

    @Test
    void whatIsWorthNothingAndATargetThatIsMissedAreSaid() {
        assertThat(BackupNextSteps.of(
                        "", resource().with("last_tried", Json.object().with("restored", false))))
                .containsExactly("the backup that was proved last cannot be restored: `interlock backup run shop-db`");
        assertThat(BackupNextSteps.of("", resource()))
                .singleElement()
                .asString()
                .startsWith("a recovery target is missed");
    }
}
