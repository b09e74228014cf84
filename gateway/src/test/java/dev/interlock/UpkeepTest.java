package dev.interlock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.Asking;
import dev.interlock.action.Grounds;
import dev.interlock.action.Obligations;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.confirm.Confirmations;
import dev.interlock.ledger.LedgerStatus;
import dev.interlock.store.Database;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UpkeepTest {

    @TempDir
    private Path directory;

    private final TestingClock clock = new TestingClock();
    private final TestingWorld world = new TestingWorld();
    private final AtomicInteger tidied = new AtomicInteger();
    private final List<Alert> alerts = new CopyOnWriteArrayList<>();

    private static LedgerStatus status(Optional<String> refusing) {
        return new LedgerStatus(
                1, 1, OptionalLong.empty(), 0, refusing, Optional.empty(), Optional.empty(), 0, Long.MAX_VALUE);
    }

    private Upkeep upkeep(Confirmations confirmations, Optional<String> refusing) {
        return new Upkeep(
                () -> Optional.of(world.seal()),
                confirmations,
                confirmations.confirmers(_ -> true),
                confirmations.glass(confirmations.confirmers(_ -> true)),
                () -> status(refusing),
                tidied::incrementAndGet,
                () -> {},
                alerts::add);
    }

    private Confirmations confirmations(Database database) {
        return new Confirmations(database, clock, clock::nanos, new SecureRandom());
    }

    private Database database() {
        return Database.open(directory.resolve("store.db"), Confirmations.schemas());
    }

    @Test
    void aHoldThatNobodyAnswersEndsAndIsToldOnce() {
        try (Database database = database()) {
            Confirmations confirmations = confirmations(database);
            Upkeep upkeep = upkeep(confirmations, Optional.empty());
            Obligations oneOwner = new Obligations(
                    Set.of(new Obligations.Quorum(1, "owners")),
                    Duration.ZERO,
                    Optional.empty(),
                    OptionalLong.empty(),
                    false,
                    false);
            confirmations.open(
                    world.seal(),
                    TestingWorld.deletion("vol_1", "staging"),
                    new Verdict.Hold(new Grounds(world.seal().id(), List.of("p1")), oneOwner));
            upkeep.run();
            assertThat(alerts).isEmpty();
            clock.pass(Duration.ofDays(1));
            upkeep.run();
            upkeep.run();
            assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.Rule.HOLD_EXPIRED);
        }
    }

    /** One whose disk hangs says of nothing that it fails. */
    @Test
    void aReplicaThatFailsOrTakesNothingIsTold() {
        long[] replicated = {5};
        AtomicInteger losses = new AtomicInteger();
        AtomicReference<Optional<String>> failing = new AtomicReference<>(Optional.empty());
        try (Database database = database()) {
            Confirmations confirmations = confirmations(database);
            Upkeep upkeep = new Upkeep(
                    () -> Optional.of(world.seal()),
                    confirmations,
                    confirmations.confirmers(_ -> true),
                    confirmations.glass(confirmations.confirmers(_ -> true)),
                    () -> new LedgerStatus(
                            9,
                            9,
                            OptionalLong.of(replicated[0]),
                            0,
                            Optional.empty(),
                            Optional.empty(),
                            failing.get(),
                            losses.get(),
                            Long.MAX_VALUE),
                    tidied::incrementAndGet,
                    () -> {},
                    alerts::add);
            for (int i = 0; i < 3 * Upkeep.MAX_STILL; i++) {
                replicated[0] = 5 + i % 2; // it follows, if slowly
                upkeep.run();
            }
            assertThat(alerts).isEmpty();
            for (int i = 0; i <= Upkeep.MAX_STILL; i++) {
                upkeep.run();
            }
            assertThat(alerts).isNotEmpty().extracting(Alert::rule).containsOnly(Alert.Rule.REPLICA_TROUBLE);
            alerts.clear();
            replicated[0] = 9;
            upkeep.run();
            assertThat(alerts).isEmpty();
            failing.set(Optional.of("writing failed: no space left on device"));
            upkeep.run();
            assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.Rule.REPLICA_TROUBLE);
            assertThat(alerts.getFirst().severity()).isEqualTo(Alert.Severity.ALARM);
            alerts.clear();
            failing.set(Optional.empty());
            losses.set(1); // and by now it follows again
            upkeep.run();
            upkeep.run();
            assertThat(alerts)
                    .singleElement()
                    .satisfies(alert -> assertThat(alert.summary()).contains("had lost what was copied"));
        }
    }

    /** A warning of the ledger may be nobody's: no rule need take it. What holds up every call is an alarm. */
    @Test
    void aCheckpointThatHoldsUpCallsIsAnAlarm() {
        long[] size = {10};
        try (Database database = database()) {
            Confirmations confirmations = confirmations(database);
            Upkeep upkeep = new Upkeep(
                    () -> Optional.of(world.seal()),
                    confirmations,
                    confirmations.confirmers(_ -> true),
                    confirmations.glass(confirmations.confirmers(_ -> true)),
                    () -> new LedgerStatus(
                            size[0],
                            5,
                            OptionalLong.empty(),
                            0,
                            Optional.empty(),
                            Optional.of("No space left on device"),
                            Optional.empty(),
                            0,
                            Long.MAX_VALUE),
                    tidied::incrementAndGet,
                    () -> {},
                    alerts::add);
            upkeep.run();
            size[0] = 5_000;
            upkeep.run();
            assertThat(alerts)
                    .extracting(Alert::severity)
                    .containsExactly(Alert.Severity.WARNING, Alert.Severity.ALARM);
        }
    }

    /** Before every call is refused, there is time to make room. */
    @Test
    void littleRoomIsToldBeforeThereIsNone() {
        long[] room = {1L << 30};
        try (Database database = database()) {
            Confirmations confirmations = confirmations(database);
            Upkeep upkeep = new Upkeep(
                    () -> Optional.of(world.seal()),
                    confirmations,
                    confirmations.confirmers(_ -> true),
                    confirmations.glass(confirmations.confirmers(_ -> true)),
                    () -> new LedgerStatus(
                            1,
                            1,
                            OptionalLong.empty(),
                            0,
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            0,
                            room[0]),
                    tidied::incrementAndGet,
                    () -> {},
                    alerts::add);
            upkeep.run();
            assertThat(alerts).isEmpty();
            room[0] = 900L << 20;
            upkeep.run();
            assertThat(alerts).singleElement().satisfies(alert -> {
                assertThat(alert.rule()).isEqualTo(Alert.Rule.LEDGER_TROUBLE);
                assertThat(alert.severity()).isEqualTo(Alert.Severity.WARNING);
                assertThat(alert.facts())
                        .hasEntrySatisfying("why", why -> assertThat(why).contains("ledger_room"));
            });
        }
    }

    @Test
    void whoeverIsNextOnTheLadderIsToldOnceWithTheWordsOfTheDigest() {
        Asking ladder =
                new Asking(List.of(new Asking.Rung(Duration.ofMinutes(5), "owners", Set.of())), 20, Duration.ZERO);
        Seal seal = world.seal().with(parts -> parts.asking = ladder);
        try (Database database = database()) {
            Confirmations confirmations = confirmations(database);
            Upkeep upkeep = new Upkeep(
                    () -> Optional.of(seal),
                    confirmations,
                    confirmations.confirmers(_ -> true),
                    confirmations.glass(confirmations.confirmers(_ -> true)),
                    () -> status(Optional.empty()),
                    tidied::incrementAndGet,
                    () -> {},
                    alerts::add);
            Obligations oneOwner = new Obligations(
                    Set.of(new Obligations.Quorum(1, "owners")),
                    Duration.ZERO,
                    Optional.empty(),
                    OptionalLong.empty(),
                    false,
                    false);
            Verdict.Hold verdict = new Verdict.Hold(new Grounds(seal.id(), List.of("p1")), oneOwner);
            confirmations.open(seal, TestingWorld.deletion("vol_1", "staging"), verdict);
            clock.pass(Duration.ofMinutes(5));
            upkeep.run();
            upkeep.run();
            assertThat(alerts).singleElement().satisfies(alert -> {
                assertThat(alert.rule()).isEqualTo(Alert.Rule.HOLD_ESCALATED);
                assertThat(alert.facts()).containsEntry("to", "owners");
                String words = confirmations
                        .confirmers(_ -> true)
                        .show(seal, alert.facts().get("hold"))
                        .orElseThrow()
                        .words();
                assertThat(alert.facts()).containsEntry("words", words);
            });
        }
    }

    @Test
    void aLedgerThatRefusesIsToldAndTheRestIsDoneAlsoWhenTheStoreIsGone() {
        Database database = database();
        Upkeep upkeep = upkeep(confirmations(database), Optional.of("writing failed: no space left on device"));
        database.close();
        upkeep.run();
        assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.Rule.LEDGER_TROUBLE);
        assertThat(tidied).as("no chore waits for another").hasValue(1);
    }
}
