package dev.interlock.housekeeping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.TestingClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RecoveryAlertsTest {

    private final TestingClock clock = new TestingClock();
    private final List<Alert> alerts = new ArrayList<>();
    private Seal seal = Fixtures.seal()
            .with(parts -> parts.backups = new BackupPlans(
                    List.of(),
                    Map.of("shop-db", new BackupPlans.Plan(Resource.parse("railway:volume/v1"), "s3:there"))));
    private List<String> plans = List.of("shop-db");
    private String why = "";
    private long looks;

    private final RecoveryAlerts watch =
            new RecoveryAlerts(() -> Optional.of(seal), _ -> status(), clock::nanos, alerts::add);

    /** Returns the status of a gateway with one resource, with the problems {@code why}. */
    private Json.Members status() {
        looks++;
        boolean red = !why.isEmpty();
        Json.Members way = Json.object()
                .with("way", "volume")
                .with("red", red)
                .with("age_seconds", looks)
                .withTexts("why", red ? List.of(why) : List.of());
        Json.Members fine = Json.object().with("red", false);
        Json.Members resource = Json.object()
                .with("resource", "railway:volume/v1")
                .withTexts("plans", plans)
                .with("ways", new Json.Array(List.of(way)))
                .with("time", fine)
                .with("practice", fine)
                .with("red", red);
        return Json.object().with("resources", new Json.Array(List.of(resource)));
    }

    private void run(int times) {
        for (int i = 0; i < times; i++) {
            watch.run();
        }
    }

    @Test
    void aRecoveryProblemIsReportedAtOnceDailyAndAtItsEnd() {
        run(2);
        assertThat(alerts).isEmpty();
        why = "nothing would be left";
        run(3);
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.AlertKind.BACKUP_TROUBLE);
            assertThat(alert.severity()).isEqualTo(Alert.Severity.WARNING);
            assertThat(alert.facts())
                    .containsEntry("resource", "railway:volume/v1")
                    .containsEntry("plans", "shop-db")
                    .containsEntry("why", "volume: nothing would be left");
        });
        clock.pass(RecoveryAlerts.INTERVAL);
        run(2);
        assertThat(alerts).hasSize(2);
        why = "";
        run(2);
        assertThat(alerts)
                .extracting(Alert::severity)
                .containsExactly(Alert.Severity.WARNING, Alert.Severity.WARNING, Alert.Severity.INFO);
    }

    @Test
    void aNewProblemIsReportedAtOnce() {
        why = "older than the recovery point target";
        run(1);
        clock.pass(Duration.ofMinutes(10));
        why = "nothing would be left";
        run(2);
        assertThat(alerts).hasSize(2);
    }

    @Test
    void unplannedResourcesAreNotReported() {
        why = "nothing would be left";
        plans = List.of();
        run(1);
        assertThat(alerts).isEmpty();
    }

    @Test
    void aSealWithoutPlansReportsNothing() {
        seal = Fixtures.seal();
        run(3);
        assertThat(looks).isZero();
    }
}
