package dev.interlock.limits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Impact;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits.GroupingKey;
import dev.interlock.action.VerdictReasons;
import dev.interlock.store.Database;
import dev.interlock.store.StoreNode;
import dev.interlock.testing.OnPostgres;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingSignatures;
import dev.interlock.testing.TripCounter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How often a call that a budget counts waits for an answer of the database. */
@OnPostgres
class LimitTripsOnPostgresTest {

    /** More than those after which the driver prepares a statement at the server. */
    private static final int CALLS = 12;

    private final TestingClock clock = new TestingClock();

    @Test
    void aDestructionThatABudgetCountsIsReleasedInThreeTrips() throws Exception {
        Seal seal = LimitSamples.seal(LimitSamples.budget(Set.of(Impact.DESTROY), 100, GroupingKey.LEASE));
        VerdictReasons grounds = new VerdictReasons(seal.id(), List.of("p1"));
        try (TripCounter counter = new TripCounter(StoreEngine.server().store());
                Database database = Database.open(
                        counter.store(),
                        StoreNode.await(counter.store(), "tests", "", Optional.empty(), _ -> {}),
                        SqliteLimitStore.SCHEMAS)) {
            LimitEnforcer limits = new LimitEnforcer(
                    new SqliteLimitStore(database),
                    clock,
                    clock::nanos,
                    new TestingSignatures().orders(clock),
                    new Random());
            limits.tidy(); // opens the connection
            for (int i = 0; i < CALLS; i++) {
                ResolvedAttempt deletion = LimitSamples.attempt(
                        LimitSamples.lease("L-1", "L-1"), "volumeDelete", Set.of(Impact.DESTROY), "vol" + i);
                clock.pass(Duration.ofMillis(1));
                long before = counter.trips();
                assertThat(limits.release(seal, deletion, grounds, "R-" + i))
                        .isInstanceOf(LimitEnforcer.ReleaseResult.GrantedRelease.class);
                // The clock with the freezes, what is used, and all that is written.
                assertThat(counter.trips() - before).isEqualTo(3);
            }
        }
    }
}
