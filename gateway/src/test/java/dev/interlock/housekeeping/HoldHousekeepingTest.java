package dev.interlock.housekeeping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Alert;
import dev.interlock.action.ApprovalRules;
import dev.interlock.action.Obligations;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.confirm.SqliteHoldStore;
import dev.interlock.store.Database;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HoldHousekeepingTest {

    @TempDir
    private Path directory;

    private final TestingClock clock = new TestingClock();
    private final TestingWorld world = new TestingWorld();
    private final AtomicInteger tidied = new AtomicInteger();
    private final List<Alert> alerts = new CopyOnWriteArrayList<>();

    private Task upkeep(Seal seal, Confirmations confirmations) {
        HoldSigning confirmers = confirmations.confirmers(_ -> true);
        List<Runnable> steps = new ArrayList<>(
                new HoldHousekeeping(() -> Optional.of(seal), confirmations, confirmers, alerts::add).steps());
        steps.add(tidied::incrementAndGet);
        return new Task("upkeep", Duration.ofDays(1), steps);
    }

    private Confirmations confirmations(Database database) {
        return new Confirmations(
                new SqliteHoldStore(database), clock, clock::nanos, new SecureRandom(), new NoPasskeys());
    }

    private Database database() {
        return StoreEngine.open(directory.resolve("store.db"), SqliteHoldStore.SCHEMAS);
    }

    @Test
    void anUnansweredHoldExpiresAndIsReportedOnce() {
        try (Database database = database()) {
            Confirmations confirmations = confirmations(database);
            Task upkeep = upkeep(world.seal(), confirmations);
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
                    new Verdict.Hold(new VerdictReasons(world.seal().id(), List.of("p1")), oneOwner));
            upkeep.run();
            assertThat(alerts).isEmpty();
            clock.pass(Duration.ofDays(1));
            upkeep.run();
            upkeep.run();
            assertThat(alerts).extracting(Alert::rule).containsExactly(Alert.AlertKind.HOLD_EXPIRED);
        }
    }

    @Test
    void theNextEscalationStepIsNotifiedOnceWithTheDigestPhrase() {
        ApprovalRules ladder = new ApprovalRules(
                List.of(new ApprovalRules.EscalationStep(Duration.ofMinutes(5), "owners", Set.of())),
                20,
                Duration.ZERO);
        Seal seal = world.seal().with(parts -> parts.approvals = ladder);
        try (Database database = database()) {
            Confirmations confirmations = confirmations(database);
            Task upkeep = upkeep(seal, confirmations);
            Obligations oneOwner = new Obligations(
                    Set.of(new Obligations.Quorum(1, "owners")),
                    Duration.ZERO,
                    Optional.empty(),
                    OptionalLong.empty(),
                    false,
                    false);
            Verdict.Hold verdict = new Verdict.Hold(new VerdictReasons(seal.id(), List.of("p1")), oneOwner);
            confirmations.open(seal, TestingWorld.deletion("vol_1", "staging"), verdict);
            clock.pass(Duration.ofMinutes(5));
            upkeep.run();
            upkeep.run();
            assertThat(alerts).singleElement().satisfies(alert -> {
                assertThat(alert.rule()).isEqualTo(Alert.AlertKind.HOLD_ESCALATED);
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
    void otherTasksRunWithoutTheStore() {
        Database database = database();
        Task upkeep = upkeep(world.seal(), confirmations(database));
        database.close();
        upkeep.run();
        assertThat(tidied).as("no step waits for another").hasValue(1);
    }
}
