package dev.interlock.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Lease;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.identity.ChildLeaseScope;
import dev.interlock.identity.LeaseRequest;
import dev.interlock.identity.LeaseStore;
import dev.interlock.identity.Leases;
import dev.interlock.identity.SqliteLeaseStore;
import dev.interlock.store.Database;
import dev.interlock.testing.CountedCalls;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A kill looks at the leases that it stops, and not at the others: here and at another gateway of the store. */
class KillWorkTest {

    private static final String AGENT = "jer/cursor";
    private static final ChildLeaseScope ALL = new ChildLeaseScope(Set.of(), Set.of(), Set.of(), Optional.empty());

    /** Leases of others, one in two at a place, one in two a child of the one before. */
    private static final String OTHERS = """
            WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?)
            INSERT INTO identity_lease (id, token_hash, lease, ttl_seconds, expires, parent)
            SELECT id || i, id || i,
                json_set(lease, '$.id', id || i, '$.root', id || (i - i % 2), '$.agent', 'other/' || ((i - i % 2) % 9),
                    '$.task', 'other', '$.person', 'other', '$.place', 'P-' || (i - i % 2)),
                ttl_seconds, expires, CASE WHEN i % 2 = 1 THEN id || (i - 1) END
            FROM numbers, (SELECT * FROM identity_lease WHERE parent IS NULL LIMIT 1) WHERE i > 1""";

    @TempDir
    Path directory;

    private final TestingClock clock = new TestingClock();
    private final Seal seal = new TestingWorld().seal();

    /** What was stored of ends and kills whenever calls in flight were cut off. */
    private final List<Integer> stored = new ArrayList<>();

    private int rooms;

    /** What is stopped. The run has a child; beside it the agent has a lease without a place. */
    private enum Stop {
        CHILD("lease"),
        RUN("lease"),
        AGENT("agent"),
        TASK("task"),
        PERSON("person");

        private final String word;

        Stop(String word) {
            this.word = word;
        }

        int ended() {
            return this == CHILD ? 1 : 2;
        }
    }

    private final class Room implements AutoCloseable {
        private final Database database;
        private final LeaseCommands here;
        private final LeaseCommands there;
        private final Administration administration;
        private final Lease run;
        private final Lease child;

        Room(int others) throws Exception {
            database = Database.open(directory.resolve(rooms++ + ".db"), SqliteLeaseStore.SCHEMAS);
            here = commands(1);
            there = commands(2);
            LeaseRequest request = LeaseRequest.readOnly(AGENT, "look", Set.of("staging"));
            run = issued(here.leases().issue(seal, request.at("sandbox")));
            child = issued(here.leases().derive(run, ALL, Optional.empty()));
            issued(here.leases().issue(seal, request));
            database.write(sql -> sql.update(OTHERS, others));
            here.reload();
            there.reload();
            assertThat(there.leases().list()).hasSize(2 + others);
            administration = new Administration(
                    List.of(here, new KillCommands(here)), () -> Optional.of(seal), new Unwritten(), clock, _ -> {});
        }

        private LeaseCommands commands(int number) {
            Leases leases = new Leases(new SqliteLeaseStore(database), clock, new Random(number), new NoPasskeys());
            SignatureReader signatures = new SignatureReader(null, leases.kills()::isKilled, _ -> {});
            return new LeaseCommands(
                    leases,
                    new AdministrationTest.FakeListeners(),
                    signatures,
                    new ServiceRules(Set.of()),
                    this::cut,
                    _ -> {});
        }

        private int cut() {
            stored.add(ended().size()
                    + database.read(sql -> sql.all(row -> row.getString(1), "SELECT id FROM identity_kill"))
                            .size());
            return 1;
        }

        private static Lease issued(Leases.LeaseResult result) {
            return ((Leases.LeaseResult.IssuedLease) result).lease();
        }

        private String name(Stop stop) {
            return switch (stop) {
                case CHILD -> child.id();
                case RUN -> run.id();
                case AGENT -> AGENT;
                case TASK -> "look";
                case PERSON -> "jer";
            };
        }

        void killHere(Stop stop) throws Exception {
            administration.run(new Peer("ann"), "kill", Json.object().with(stop.word, name(stop)), _ -> {});
        }

        /** Stops it here, and has the other gateway follow. */
        private Object kill(Stop stop) throws Exception {
            killHere(stop);
            here.leases()
                    .kills()
                    .active()
                    .forEach(kill ->
                            there.changed(LeaseStore.KILL, Set.of(kill.kill().id())));
            there.changed(LeaseStore.LEASE, ended());
            there.changed(LeaseStore.MACHINE, Set.of("M-1"));
            return stop;
        }

        private Set<String> ended() {
            return Set.copyOf(database.read(sql ->
                    sql.all(row -> row.getString(1), "SELECT id FROM identity_lease WHERE revoked IS NOT NULL")));
        }

        @Override
        public void close() {
            database.close();
        }
    }

    /** A ledger of no interest. */
    private static final class Unwritten implements Administration.Recorder {
        @Override
        public String record(Json.Members members) {
            return "R-1";
        }

        @Override
        public String recordRefused(Json.Members members) {
            return "R-2";
        }
    }

    @ParameterizedTest
    @EnumSource
    void itLooksAtNoLeaseThatItDoesNotStop(Stop stop) throws Exception {
        long few = work(stop, 4);
        assertThat(few).isPositive();
        assertThat(work(stop, 1_000)).isEqualTo(few);
    }

    private long work(Stop stop, int others) throws Exception {
        try (Room room = new Room(others)) {
            Class<?> visited = Class.forName("dev.interlock.identity.LeaseEntry");
            long calls = CountedCalls.of(visited, () -> room.kill(stop));
            assertThat(room.ended()).hasSize(stop.ended());
            for (LeaseCommands gateway : List.of(room.here, room.there)) {
                assertThat(gateway.leases().notEnded(room.child.id())).isEmpty();
            }
            return calls;
        }
    }

    /** A disk or a database that is slow must not let a call go on. */
    @ParameterizedTest
    @EnumSource
    void itCutsOffCallsBeforeItWaitsForTheStore(Stop stop) throws Exception {
        try (Room room = new Room(1)) {
            stored.clear();
            room.killHere(stop);
            assertThat(stored).hasSize(2);
            assertThat(stored.getFirst()).isZero();
            assertThat(stored.getLast()).isPositive();
        }
    }
}
