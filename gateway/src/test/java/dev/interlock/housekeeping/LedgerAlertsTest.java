package dev.interlock.housekeeping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.ledger.LedgerStatus;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class LedgerAlertsTest {

    private final List<Alert> alerts = new CopyOnWriteArrayList<>();

    /** A replica whose disk hangs does not report a failure. */
    @Test
    void aFailingReplicaIsReported() {
        long[] replicated = {5};
        AtomicInteger losses = new AtomicInteger();
        AtomicReference<Optional<String>> failing = new AtomicReference<>(Optional.empty());
        LedgerAlerts ledger = new LedgerAlerts(
                () -> new LedgerStatus(
                        9,
                        9,
                        OptionalLong.of(replicated[0]),
                        0,
                        Optional.empty(),
                        Optional.empty(),
                        failing.get(),
                        losses.get(),
                        Long.MAX_VALUE,
                        List.of()),
                alerts::add);
        for (int i = 0; i < 3 * LedgerAlerts.MAX_STILL; i++) {
            replicated[0] = 5 + i % 2; // it follows, if slowly
            ledger.run();
        }
        assertThat(alerts).isEmpty();
        for (int i = 0; i <= LedgerAlerts.MAX_STILL; i++) {
            ledger.run();
        }
        assertThat(alerts).isNotEmpty().extracting(Alert::rule).containsOnly(Alert.AlertKind.REPLICA_TROUBLE);
        alerts.clear();
        replicated[0] = 9;
        ledger.run();
        assertThat(alerts).isEmpty();
        failing.set(Optional.of("writing failed: no space left on device"));
        ledger.run();
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.REPLICA_TROUBLE);
        assertThat(alerts.getFirst().severity()).isEqualTo(Alert.Severity.ALARM);
        alerts.clear();
        failing.set(Optional.empty());
        losses.set(1); // and by now it follows again
        ledger.run();
        ledger.run();
        assertThat(alerts)
                .singleElement()
                .satisfies(alert -> assertThat(alert.summary()).contains("had lost receipts"));
    }

    /** A rule may ignore the ledger's warnings. A delay of every call is an alarm. */
    @Test
    void aCheckpointThatHoldsUpCallsIsAnAlarm() {
        long[] size = {10};
        LedgerAlerts ledger = new LedgerAlerts(
                () -> new LedgerStatus(
                        size[0],
                        5,
                        OptionalLong.empty(),
                        0,
                        Optional.empty(),
                        Optional.of("No space left on device"),
                        Optional.empty(),
                        0,
                        Long.MAX_VALUE,
                        List.of()),
                alerts::add);
        ledger.run();
        size[0] = 5_000;
        ledger.run();
        assertThat(alerts).extracting(Alert::severity).containsExactly(Alert.Severity.WARNING, Alert.Severity.ALARM);
    }

    /** There is time to free space before every call is refused. */
    @Test
    void littleDiskSpaceIsReportedEarly() {
        long[] room = {1L << 30};
        LedgerAlerts ledger = new LedgerAlerts(
                () -> new LedgerStatus(
                        1,
                        1,
                        OptionalLong.empty(),
                        0,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        0,
                        room[0],
                        List.of()),
                alerts::add);
        ledger.run();
        assertThat(alerts).isEmpty();
        room[0] = 900L << 20;
        ledger.run();
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.AlertKind.LEDGER_TROUBLE);
            assertThat(alert.severity()).isEqualTo(Alert.Severity.WARNING);
            assertThat(alert.facts())
                    .hasEntrySatisfying("why", why -> assertThat(why).contains("ledger_room"));
        });
    }

    @Test
    void aLedgerThatRefusesIsAnAlarm() {
        new LedgerAlerts(
                        () -> new LedgerStatus(
                                1,
                                1,
                                OptionalLong.empty(),
                                0,
                                Optional.of("writing failed: no space left on device"),
                                Optional.empty(),
                                Optional.empty(),
                                0,
                                Long.MAX_VALUE,
                                List.of()),
                        alerts::add)
                .run();
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.LEDGER_TROUBLE);
    }

    @Test
    void aWitnessThatContradictsIsAnAlarmAndASilentOneAWarning() {
        boolean[] contradicts = {true};
        LedgerAlerts ledger = new LedgerAlerts(
                () -> new LedgerStatus(
                        9,
                        9,
                        OptionalLong.empty(),
                        0,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        0,
                        Long.MAX_VALUE,
                        List.of(new LedgerStatus.WitnessStatus(
                                "ann", "key", 9, Optional.empty(), Optional.of("why"), contradicts[0]))),
                alerts::add);
        ledger.run();
        assertThat(alerts).singleElement().satisfies(alert -> {
            assertThat(alert.rule()).isEqualTo(Alert.AlertKind.WITNESS_TROUBLE);
            assertThat(alert.severity()).isEqualTo(Alert.Severity.ALARM);
        });
        alerts.clear();
        contradicts[0] = false;
        for (int i = 1; i <= LedgerAlerts.MAX_STILL; i++) {
            ledger.run();
        }
        assertThat(alerts)
                .singleElement()
                .satisfies(alert -> assertThat(alert.severity()).isEqualTo(Alert.Severity.WARNING));
    }
}
