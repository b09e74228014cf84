package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.evidence.Statement;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.limits.LimitStore;
import dev.interlock.limits.SqliteLimitStore;
import dev.interlock.store.Database;
import dev.interlock.store.PostgresServer;
import dev.interlock.store.StoreListener;
import dev.interlock.store.StoreNode;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.OnPostgres;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingSignatures;
import dev.interlock.testing.TestingWorld;
import dev.interlock.testing.TripCounter;
import dev.interlock.testing.WaitLoop;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How often a call waits for an answer of the database. */
@OnPostgres
class TripsOnPostgresTest {

    /** As many as read; each is opened by its first use. */
    private static final int CONNECTIONS = 4;

    /** More than those after which the driver prepares a statement at the server. */
    private static final int CALLS = 12;

    private final TestingWorld world = new TestingWorld();
    private final TestingClock clock = new TestingClock();

    /** Limits, and who hears of freezes after them. */
    private final class Gateway implements StoreListener, AutoCloseable {
        final StoreNode node;
        final Database database;
        final LimitEnforcer limits;
        private final Set<String> heard = ConcurrentHashMap.newKeySet();

        Gateway(String name, PostgresServer store) throws Exception {
            node = StoreNode.await(store, name, "", Optional.empty(), _ -> {});
            database = Database.open(
                    store,
                    node,
                    Stream.concat(SqliteHoldStore.SCHEMAS.stream(), SqliteLimitStore.SCHEMAS.stream())
                            .toList());
            limits = new LimitEnforcer(
                    new SqliteLimitStore(database),
                    clock,
                    clock::nanos,
                    new TestingSignatures().orders(clock),
                    new Random());
        }

        void follow() {
            node.follow(List.of(limits.freezes(), this), () -> {});
            while (!node.isHeld()) {
                WaitLoop.pause();
            }
        }

        @Override
        public void changed(String kind, Set<String> keys) {
            if (kind.equals(LimitStore.FREEZE)) {
                heard.addAll(keys);
            }
        }

        @Override
        public void reload() {}

        void awaitFreezes(int count) {
            while (heard.size() < count) {
                WaitLoop.pause();
            }
        }

        @Override
        public void close() {
            database.close();
        }
    }

    private static Confirmation ready(HoldReadiness readiness) {
        return ((HoldReadiness.ReadyHold) readiness).confirmation();
    }

    @Test
    void aConfirmedCallTakesThreeTrips() throws Exception {
        PostgresServer server = StoreEngine.server().store();
        try (TripCounter counter = new TripCounter(server);
                TripCounter others = new TripCounter(server);
                Gateway here = new Gateway("tests", counter.store());
                Gateway there = new Gateway("others", others.store())) {
            Database database = here.database;
            Confirmations gate = new Confirmations(
                    new SqliteHoldStore(database), clock, clock::nanos, new SecureRandom(), new NoPasskeys());
            HoldSigning people = gate.confirmers(_ -> true);
            LimitEnforcer limits = here.limits;
            VerdictReasons reasons = new VerdictReasons(world.seal().id(), List.of("p1"));
            Obligations one = ConfirmationsFixture.owners(1);
            Verdict.Hold hold = new Verdict.Hold(reasons, one);
            for (int i = 0; i < CONNECTIONS; i++) {
                assertThat(gate.questions(
                                TestingWorld.deletion("vol", "production").lease(), world.seal()))
                        .isEmpty();
                there.limits.freezes().reload();
            }
            here.follow();
            there.follow();
            long reads = others.trips();
            for (int i = 0; i < CALLS; i++) {
                ResolvedAttempt deletion = TestingWorld.deletion("vol_" + i, "production");
                gate.open(world.seal(), deletion, hold);
                String id = gate.questions(deletion.lease(), world.seal())
                        .getFirst()
                        .id();
                byte[] statement =
                        people.show(world.seal(), id).orElseThrow().statement().toArray();
                people.sign(
                        world.seal(), id, world.ann.sign(Statement.NAMESPACE, statement), Optional.empty(), _ -> {});

                long before = counter.trips();
                Confirmation found = ready(gate.ready(world.seal(), deletion, hold, Optional.empty()));
                assertThat(counter.trips() - before).isOne();
                Confirmation again = ready(gate.ready(world.seal(), deletion, hold, Optional.of(found)));
                assertThat(limits.limited(world.seal(), deletion, hold)).isEqualTo(hold);
                assertThat(counter.trips() - before).isOne();
                assertThat(limits.release(world.seal(), deletion, reasons, "R-" + i))
                        .isInstanceOf(LimitEnforcer.ReleaseResult.GrantedRelease.class);
                assertThat(counter.trips() - before).isEqualTo(2);
                assertThat(gate.consume(again, "R-" + i)).isPresent();
                assertThat(counter.trips() - before).isEqualTo(3);
                assertThat(again.mayBeStep()).isFalse();

                // This gateway knows what it has frozen. Others read it, outside of the call.
                here.awaitFreezes(i + 1);
                assertThat(counter.trips() - before).isEqualTo(3);
                long earlier = reads;
                there.awaitFreezes(i + 1);
                reads = others.trips();
                assertThat(reads - earlier).isLessThanOrEqualTo(1);
                assertThat(there.limits.freezes().active()).hasSize(i + 1);
                assertThat(gate.consume(again, "R-again")).isEmpty();
            }
        }
    }
}
