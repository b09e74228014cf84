package dev.interlock.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.Elevation;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.store.Database;
import dev.interlock.store.StoreUnavailableException;
import dev.interlock.testing.CaseCount;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Two gateways over one store: what one of them did, the other knows once it has followed. */
class FollowingTest {

    private static final TestingKey JER = TestingKey.hardware();
    private static final TestingKey MAYA = TestingKey.software();
    private static final Seal SEAL = IdentitySeals.with(JER.line(), MAYA.line());
    private static final Kill.KillTarget AGENT = new Kill.KillTarget(Kill.KillScope.AGENT, IdentitySeals.AGENT);
    private static final ChildLeaseScope ALL_OF_IT =
            new ChildLeaseScope(Set.of(), Set.of(), Set.of(), Optional.empty());

    @TempDir
    Path directory;

    private final TestingClock clock = new TestingClock();
    private final AtomicInteger cuts = new AtomicInteger();
    private Database database;
    private Node one;
    private Node two;

    /** A gateway, as far as this package makes one. */
    private final class Node {
        final Leases leases;
        final KillSwitch kills;
        final Identity identity;

        Node(Database store, RandomGenerator random) {
            try {
                leases = new Leases(new SqliteLeaseStore(store), clock, random, new NoPasskeys());
                kills = leases.kills();
                identity = new Identity(
                        leases,
                        KeyedFingerprints.open(directory.resolve("key"), new Random(1)),
                        new Identity.KnownSecrets(_ -> Optional.empty(), (_, _) -> Optional.empty()),
                        () -> Optional.of(SEAL));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        Leases.LeaseResult.IssuedLease issued(Optional<String> place) {
            LeaseRequest request = LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT);
            return (Leases.LeaseResult.IssuedLease)
                    leases.issue(SEAL, place.map(request::at).orElse(request));
        }

        Leases.LeaseResult.IssuedLease child(Lease parent) {
            return (Leases.LeaseResult.IssuedLease) leases.derive(parent, ALL_OF_IT, parent.place());
        }

        CallIdentity caller(Secret token) {
            return identity.recognise(
                    List.of(new Attempt.PresentedCredential("header authorization", token)),
                    Optional.empty(),
                    clock.instant());
        }

        Set<String> follow(String kind, String... keys) {
            return leases.follow(kind, Set.of(keys), cuts::incrementAndGet);
        }

        void reload() {
            LeaseStore.KINDS.forEach(this::follow);
        }

        boolean lift(String id) {
            byte[] statement = kills.prepare(SEAL, id).orElseThrow();
            return kills.lifting(SEAL, statement, MAYA.sign(KillSwitch.NAMESPACE, statement))
                            instanceof SignedOrders.OrderResult.SignedOrder<Kill> signed
                    && kills.lift(signed);
        }

        /** Everything that it knows of the store. */
        String state() {
            return Stream.of(
                            leases.book()
                                    .entries()
                                    .sorted(LeaseRegistry.YOUNGEST_FIRST)
                                    .map(LeaseEntry::toString),
                            kills.active().stream().map(KillSwitch.ActiveKill::toString),
                            leases.machines().all().stream().map(RemoteMachine::toString),
                            leases.list().stream()
                                    .flatMap(lease ->
                                            leases.widenings().of(lease.lease(), SEAL, clock.instant()).stream())
                                    .map(LeaseElevation::toString)
                                    .sorted())
                    .flatMap(lines -> lines)
                    .collect(Collectors.joining("\n"));
        }
    }

    @BeforeEach
    void open() {
        database = StoreEngine.open(directory.resolve("state.db"), SqliteLeaseStore.SCHEMAS);
        Random random = new Random(7);
        one = new Node(database, random);
        two = new Node(database, random);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void breakTable(String table) {
        database.write(sql -> sql.update("ALTER TABLE " + table + " RENAME TO broken"));
    }

    private void mend(String table) {
        database.write(sql -> sql.update("ALTER TABLE broken RENAME TO " + table));
    }

    // Leases.

    @Test
    void aLeaseIsIssuedExtendedAndEndedForAll() {
        Leases.LeaseResult.IssuedLease issued = one.issued(Optional.of("sandbox"));
        String id = issued.lease().id();
        assertThat(two.follow(LeaseStore.LEASE, id)).isEmpty();
        assertThat(two.leases.notEnded(id)).contains(issued.lease());

        clock.pass(Duration.ofHours(1));
        assertThat(one.leases.extend(one.leases.renewal(SEAL, id).orElseThrow()))
                .isTrue();
        two.follow(LeaseStore.LEASE, id);
        assertThat(two.leases.notEnded(id)).isEqualTo(one.leases.notEnded(id)).isPresent();
        assertThat(two.leases.notEnded(id)).isNotEqualTo(Optional.of(issued.lease()));

        one.leases.revoke(id, "gone mad");
        assertThat(cuts).hasValue(0);
        assertThat(two.follow(LeaseStore.LEASE, id)).containsExactly("sandbox");
        assertThat(cuts).hasValue(1);
        assertThat(two.identity
                        .stopReason(issued.lease(), "railway")
                        .orElseThrow()
                        .reason())
                .contains("gone mad");
        assertThat(two.follow(LeaseStore.LEASE, id)).as("once").isEmpty();
        assertThat(one.follow(LeaseStore.LEASE, id)).as("its own").isEmpty();
        assertThat(cuts).hasValue(1);
    }

    @Test
    void aLeaseThatAnotherGatewayEndedIsNotExtended() {
        String id = one.issued(Optional.empty()).lease().id();
        two.follow(LeaseStore.LEASE, id);
        clock.pass(Duration.ofHours(1));
        Lease longer = two.leases.renewal(SEAL, id).orElseThrow();
        one.leases.revoke(id);
        assertThat(two.leases.extend(longer)).isFalse();
    }

    /** The second gateway derives a child of a lease that the first has ended, which it does not know yet. */
    @Test
    void aChildEndsWithItsParentWhoeverIssuedIt() {
        Leases.LeaseResult.IssuedLease parent = one.issued(Optional.empty());
        two.follow(LeaseStore.LEASE, parent.lease().id());
        Leases.LeaseResult.IssuedLease child = two.child(parent.lease());
        Leases.LeaseResult.IssuedLease grandchild = two.child(child.lease());
        one.leases.revoke(parent.lease().id(), "enough");
        two.follow(LeaseStore.LEASE, parent.lease().id());
        assertThat(cuts).hasValue(1);
        for (Leases.LeaseResult.IssuedLease ended : List.of(parent, child, grandchild)) {
            assertThat(two.identity.stopReason(ended.lease(), "railway")).isPresent();
            assertThat(two.caller(ended.token())).isInstanceOf(CallIdentity.RevokedLease.class);
        }
        // In whichever order the first hears of them, and also after both start again.
        one.follow(LeaseStore.LEASE, grandchild.lease().id());
        assertThat(one.caller(grandchild.token())).isNotInstanceOf(CallIdentity.KnownCaller.class);
        one.follow(LeaseStore.LEASE, grandchild.lease().id(), child.lease().id());
        assertThat(one.identity.stopReason(grandchild.lease(), "railway")).isPresent();
        assertThat(two.leases.settle()).isTrue();
        assertThat(new Node(database, new Random(3))
                        .leases.notEnded(grandchild.lease().id()))
                .isEmpty();
    }

    @Test
    void anEndThatCouldNotBeStoredStays() {
        Leases.LeaseResult.IssuedLease issued = one.issued(Optional.empty());
        two.follow(LeaseStore.LEASE, issued.lease().id());
        breakTable("identity_lease");
        assertThat(two.leases.revoke(issued.lease().id()).durable()).isFalse();
        mend("identity_lease");
        two.follow(LeaseStore.LEASE, issued.lease().id());
        two.reload();
        assertThat(two.caller(issued.token())).isInstanceOf(CallIdentity.RevokedLease.class);
        assertThat(two.leases.settle()).isTrue();
        one.reload();
        assertThat(one.caller(issued.token())).isInstanceOf(CallIdentity.RevokedLease.class);
    }

    /** The database of a replica that lagged when it became the primary. */
    @Test
    void anEndThatTheStoreForgotIsStoredAgain() {
        Leases.LeaseResult.IssuedLease issued = one.issued(Optional.empty());
        Kill kill = one.kills.kill(AGENT, "", "root").kill();
        one.leases.revoke(issued.lease().id());
        database.write(sql -> sql.update("UPDATE identity_lease SET revoked = NULL"));
        database.write(sql -> sql.update("DELETE FROM identity_kill"));
        one.reload();
        assertThat(one.caller(issued.token())).isInstanceOf(CallIdentity.KilledLease.class);
        assertThat(one.leases.settle()).isTrue();
        Node third = new Node(database, new Random(3));
        assertThat(third.kills.active()).containsExactly(new KillSwitch.ActiveKill(kill, true));
        assertThat(third.leases.notEnded(issued.lease().id())).isEmpty();
    }

    @Test
    void manyEndsAreOneChange() {
        List<Leases.LeaseResult.IssuedLease> many = IntStream.range(0, 3)
                .mapToObj(_ -> one.issued(Optional.empty()))
                .toList();
        two.reload();
        one.leases.revokeAll("all of them");
        Leases.LeaseResult.IssuedLease fresh = one.issued(Optional.empty());
        two.follow(LeaseStore.LEASE, LeaseStore.MANY, fresh.lease().id());
        assertThat(many)
                .allMatch(issued -> two.leases.notEnded(issued.lease().id()).isEmpty());
        assertThat(two.leases.notEnded(fresh.lease().id())).isPresent();
    }

    // Tokens that are used before they are heard of.

    @Test
    void aTokenIsKnownAtOnceToAllThatShareTheStore() {
        Leases.LeaseResult.IssuedLease parent = one.issued(Optional.empty());
        assertThat(two.caller(parent.token())).isInstanceOf(CallIdentity.KnownCaller.class);
        assertThat(two.caller(one.child(parent.lease()).token())).isInstanceOf(CallIdentity.KnownCaller.class);
        Leases.LeaseResult.IssuedLease unknown = one.issued(Optional.empty());
        Leases.LeaseResult.IssuedLease child = one.child(unknown.lease());
        assertThat(two.caller(one.child(child.lease()).token())).isInstanceOf(CallIdentity.KnownCaller.class);
        Leases.LeaseResult.IssuedLease last = one.child(child.lease());
        one.leases.revoke(unknown.lease().id());
        assertThat(two.caller(last.token())).isInstanceOf(CallIdentity.RevokedLease.class);
    }

    /** The look-up hears of an end before the change is told, which must still cut off what is in flight. */
    @Test
    void anEndThatALookUpFoundCutsCallsOff() {
        Leases.LeaseResult.IssuedLease parent = one.issued(Optional.of("sandbox"));
        two.follow(LeaseStore.LEASE, parent.lease().id());
        Leases.LeaseResult.IssuedLease child = one.child(parent.lease());
        one.leases.revoke(parent.lease().id());
        assertThat(two.caller(child.token())).isInstanceOf(CallIdentity.RevokedLease.class);
        assertThat(two.follow(LeaseStore.LEASE, parent.lease().id())).containsExactly("sandbox");
        assertThat(cuts).hasValue(1);
    }

    /** The database of a replica that lagged when it became the primary. */
    @Test
    void aLeaseThatTheStoreForgotHasEnded() {
        Leases.LeaseResult.IssuedLease issued = one.issued(Optional.empty());
        Leases.LeaseResult.IssuedLease kept = one.issued(Optional.empty());
        database.write(sql -> sql.update(
                "DELETE FROM identity_lease WHERE id = ?", issued.lease().id()));
        one.reload();
        assertThat(one.caller(issued.token())).isInstanceOf(CallIdentity.RevokedLease.class);
        assertThat(one.caller(kept.token())).isInstanceOf(CallIdentity.KnownCaller.class);
        assertThat(cuts).hasValue(1);
    }

    @Test
    void tokensThatNobodyIssuedAskTheStoreSeldom() {
        AtomicInteger asked = new AtomicInteger();
        LeaseStore counted = around("lineOf", asked::incrementAndGet);
        LeaseRegistry registry = new LeaseRegistry(counted, clock.instant());
        for (int i = 0; i < 1_000 * LeaseRegistry.MAX_LOOKUPS; i++) {
            assertThat(registry.lookUp("junk " + i)).isEmpty();
        }
        // A slow machine begins some seconds meanwhile.
        assertThat(asked.get()).isBetween(LeaseRegistry.MAX_LOOKUPS, 100 * LeaseRegistry.MAX_LOOKUPS);
    }

    /** Other calls of the loop must not wait for it. */
    @Test
    void theStoreIsAskedBesideTheEventLoop() throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", LoopThreads.class.getModule()))
                .isTrue();
        CompletableFuture<String> asking = new CompletableFuture<>();
        LeaseStore watched =
                around("lineOf", () -> asking.complete(Thread.currentThread().toString()));
        LeaseRegistry registry = new LeaseRegistry(watched, clock.instant());
        try (ExecutorService loop = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("loop").factory())) {
            LoopThreads.unstarted(loop, () -> registry.lookUp("junk")).start();
            assertThat(asking.get()).doesNotContain("loop");
        }
    }

    // Kills.

    @ParameterizedTest
    @CsvSource({"AGENT,jer/cursor", "TASK,fix-staging", "PERSON,jer", "ALL,''"})
    void aKillStopsTheCallsOfAllUntilItIsLiftedAnywhere(Kill.KillScope scope, String name) {
        Leases.LeaseResult.IssuedLease issued = two.issued(Optional.empty());
        String id = one.kills
                .kill(new Kill.KillTarget(scope, name), "it deletes", "root")
                .kill()
                .id();
        two.follow(LeaseStore.KILL, id);
        assertThat(cuts.get()).isPositive();
        assertThat(two.identity
                        .stopReason(issued.lease(), "railway")
                        .orElseThrow()
                        .reason())
                .contains("it deletes");
        assertThat(two.caller(issued.token())).isInstanceOf(CallIdentity.KilledLease.class);
        assertThat(two.leases.issue(SEAL, LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT)))
                .isInstanceOf(Leases.LeaseResult.DeniedLease.class);

        int before = cuts.get();
        assertThat(two.lift(id)).isTrue();
        one.follow(LeaseStore.KILL, id);
        assertThat(one.kills.active()).isEmpty();
        assertThat(cuts).hasValue(before);
        // It was issued where the first gateway did not see it, and after a kill of everything none comes back.
        assertThat(two.caller(issued.token()))
                .isInstanceOf(
                        scope == Kill.KillScope.ALL ? CallIdentity.RevokedLease.class : CallIdentity.KnownCaller.class);
    }

    @Test
    void aRunThatTheKillingGatewayDidNotKnowEndsForGood() {
        Leases.LeaseResult.IssuedLease run = two.issued(Optional.of("sandbox"));
        Leases.LeaseResult.IssuedLease other = two.issued(Optional.empty());
        String id = one.kills.kill(AGENT, "", "root").kill().id();
        assertThat(two.follow(LeaseStore.KILL, id)).containsExactly("sandbox");
        assertThat(two.lift(id)).isTrue();
        assertThat(two.caller(run.token())).isInstanceOf(CallIdentity.RevokedLease.class);
        assertThat(two.caller(other.token())).isInstanceOf(CallIdentity.KnownCaller.class);
    }

    @Test
    void aKillThatCouldNotBeStoredStays() {
        breakTable("identity_kill");
        Kill kill = two.kills.kill(AGENT, "", "root").kill();
        mend("identity_kill");
        two.follow(LeaseStore.KILL, "K-other");
        assertThat(two.kills.active()).containsExactly(new KillSwitch.ActiveKill(kill, false));
        assertThat(two.leases.settle()).isTrue();
        one.follow(LeaseStore.KILL, kill.id());
        assertThat(one.kills.active()).containsExactly(new KillSwitch.ActiveKill(kill, true));
    }

    @Test
    void ofAKillThatCouldNotBeStoredAndOneOfAnotherGatewayTheYoungerStands() {
        one.kills.kill(AGENT, "the first", "root");
        clock.pass(Duration.ofSeconds(1));
        breakTable("identity_kill");
        Kill second = two.kills.kill(AGENT, "the second", "root").kill();
        mend("identity_kill");
        two.follow(LeaseStore.KILL);
        assertThat(two.kills.active()).containsExactly(new KillSwitch.ActiveKill(second, false));
        assertThat(two.leases.settle()).isTrue();
        one.follow(LeaseStore.KILL);
        assertThat(one.kills.active()).containsExactly(new KillSwitch.ActiveKill(second, true));

        breakTable("identity_kill");
        two.kills.kill(AGENT, "the third", "root");
        mend("identity_kill");
        clock.pass(Duration.ofSeconds(1));
        Kill fourth = one.kills.kill(AGENT, "the fourth", "root").kill();
        two.follow(LeaseStore.KILL);
        assertThat(two.leases.settle()).isTrue();
        for (Node node : List.of(one, two, new Node(database, new Random(3)))) {
            node.follow(LeaseStore.KILL);
            assertThat(node.kills.active()).containsExactly(new KillSwitch.ActiveKill(fourth, true));
        }
    }

    /** The connection broke while the lift was committed: nobody was told that the kill is lifted. */
    @Test
    void aKillWhoseLiftMayHaveFailedStays() {
        LeaseStore broken = around("liftKill", () -> {
            throw new StoreUnavailableException("the connection broke");
        });
        KillSwitch.KillBook book = new KillSwitch.KillBook(broken);
        Kill kill = one.kills.kill(AGENT, "it deletes", "root").kill();
        assertThat(book.follow()).containsExactly(kill);
        assertThatThrownBy(() -> book.lift(kill, "maya", clock.instant()))
                .isInstanceOf(StoreUnavailableException.class);
        book.follow();
        assertThat(book.of(AGENT)).contains(kill);
        assertThat(book.settle()).isTrue();
        assertThat(new Node(database, new Random(3)).kills.active())
                .containsExactly(new KillSwitch.ActiveKill(kill, true));
    }

    /** Returns the store, with {@code then} after each call of {@code method}. */
    private LeaseStore around(String method, Runnable then) {
        return (LeaseStore) Proxy.newProxyInstance(
                LeaseStore.class.getClassLoader(), new Class<?>[] {LeaseStore.class}, (_, called, arguments) -> {
                    Object result = called.invoke(new SqliteLeaseStore(database), arguments);
                    if (called.getName().equals(method)) {
                        then.run();
                    }
                    return result;
                });
    }

    @Test
    void aLiftDoesNotLiftTheKillThatReplacedIt() {
        String first = one.kills.kill(AGENT, "it deletes", "root").kill().id();
        two.reload();
        Kill second = two.kills.kill(AGENT, "it sends data away", "carol").kill();
        assertThat(one.lift(first)).isFalse();
        assertThat(one.kills.active()).hasSize(1);
        one.follow(LeaseStore.KILL, second.id());
        assertThat(one.kills.active()).containsExactly(new KillSwitch.ActiveKill(second, true));
        assertThat(one.lift(second.id())).isTrue();
        two.follow(LeaseStore.KILL, second.id());
        assertThat(two.kills.active()).isEmpty();
    }

    // Machines and elevations.

    private RemoteMachine machine(Node at) {
        var now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        String id = at.leases.machines().newId();
        RemoteMachine machine = new RemoteMachine(
                id,
                "print of " + id,
                LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT),
                "root",
                now,
                now.plus(Duration.ofDays(9)),
                Optional.of("key of " + id),
                Optional.empty());
        at.leases.machines().add(machine);
        return machine;
    }

    private RemoteMachine renewed(Node at, RemoteMachine machine, String print) {
        RemoteMachine renewed = machine.renewed(print, "jer", machine.added(), machine.expires());
        at.leases.machines().renew(renewed);
        return renewed;
    }

    @Test
    void aMachineIsAddedRenewedAndEndedForAll() {
        RemoteMachine machine = machine(one);
        two.follow(LeaseStore.MACHINE, machine.id());
        assertThat(two.leases.machines().withCertificate(machine.fingerprint())).contains(machine);
        RemoteMachine renewed = renewed(one, machine, "new");
        two.follow(LeaseStore.MACHINE, machine.id());
        assertThat(two.leases.machines().withCertificate("new")).contains(renewed);

        Leases.LeaseResult.IssuedLease unknown =
                (Leases.LeaseResult.IssuedLease) two.leases.issueToMachine(SEAL, machine.id());
        one.leases.endMachine(machine.id(), "lost");
        assertThat(two.follow(LeaseStore.MACHINE, machine.id())).containsExactly(machine.id());
        assertThat(cuts.get()).isPositive();
        assertThat(two.leases.machines().withCertificate("new")).isEmpty();
        assertThat(two.leases.notEnded(unknown.lease().id())).isEmpty();
        assertThat(two.follow(LeaseStore.MACHINE, machine.id())).as("once").isEmpty();
    }

    @Test
    void aMachineThatIsEndedOrRenewedElsewhereIsNotRenewed() {
        RemoteMachine machine = machine(one);
        two.reload();
        renewed(one, machine, "new");
        assertThatThrownBy(() -> renewed(two, machine, "newer")).hasMessageContaining("another gateway");
        RemoteMachine ended = machine(one);
        two.reload();
        one.leases.endMachine(ended.id(), "lost");
        assertThatThrownBy(() -> renewed(two, ended, "newest")).hasMessageContaining("another gateway");
    }

    @Test
    void anEndOfAMachineThatCouldNotBeStoredStays() {
        RemoteMachine machine = machine(one);
        two.reload();
        breakTable("identity_machine");
        assertThat(two.leases.endMachine(machine.id(), "lost").durable()).isFalse();
        mend("identity_machine");
        two.follow(LeaseStore.MACHINE, machine.id());
        assertThat(two.leases.machines().withCertificate(machine.fingerprint())).isEmpty();
    }

    private LeaseElevation elevation(String hold, Lease lease) {
        return new LeaseElevation(
                hold,
                lease.id(),
                SEAL.id(),
                new Elevation(Set.of("production"), Set.of(Impact.READ), Set.of(), Duration.ofMinutes(30)),
                clock.instant().plus(Duration.ofMinutes(30)).truncatedTo(ChronoUnit.SECONDS),
                clock.instant().plus(Duration.ofMinutes(30)).truncatedTo(ChronoUnit.SECONDS),
                List.of(new LeaseElevation.ElevationSigner("maya", "key")));
    }

    @Test
    void anElevationHoldsForAllAndIsAddedOnce() {
        Lease lease = one.issued(Optional.empty()).lease();
        LeaseElevation elevation = elevation("H-1", lease);
        one.leases.widenings().add(elevation);
        two.leases.widenings().add(elevation("H-1", lease));
        two.follow(LeaseStore.ELEVATION, "H-1");
        assertThat(two.leases.widenings().of(lease, SEAL, clock.instant())).containsExactly(elevation);
    }

    @Test
    void anElevationIsEndedForAll() {
        Lease lease = one.issued(Optional.empty()).lease();
        one.leases.widenings().add(elevation("H-1", lease)); // of which the other has not heard yet
        two.leases.endElevations(new Kill("K-1", AGENT, "", "root", clock.instant()));
        assertThat(two.leases.widenings().of(lease, SEAL, clock.instant())).isEmpty();
        one.follow(LeaseStore.ELEVATION, "H-1");
        assertThat(one.leases.widenings().of(lease, SEAL, clock.instant())).isEmpty();
        one.leases.widenings().add(elevation("H-1", lease)); // nor is it given again
        assertThat(one.leases.widenings().of(lease, SEAL, clock.instant())).isEmpty();
    }

    // Random work.

    static List<Long> seeds() {
        long first = Long.getLong("interlock.seed", 20_261_128L);
        return LongStream.range(first, first + Long.getLong("interlock.seeds", CaseCount.of(60)))
                .boxed()
                .toList();
    }

    /** The identifiers that an operation has changed, as the store names them. */
    private record Work(Node at, RandomGenerator choices, Map<String, Set<String>> changed) {

        void changed(String kind, String id) {
            changed.computeIfAbsent(kind, _ -> new TreeSet<>()).add(id);
        }

        private <T> Optional<T> any(List<T> all) {
            return all.isEmpty() ? Optional.empty() : Optional.of(all.get(choices.nextInt(all.size())));
        }

        private Optional<Lease> anyLease() {
            return any(at.leases.list().stream().map(Leases.ListedLease::lease).toList());
        }
    }

    private void work(Work work) {
        List<LeaseEntry> before = work.at().leases.book().entries().toList();
        doWork(work);
        work.at()
                .leases
                .book()
                .entries()
                .sorted(LeaseRegistry.YOUNGEST_FIRST)
                .filter(entry -> !before.contains(entry))
                .forEach(entry -> work.changed(LeaseStore.LEASE, entry.lease().id()));
    }

    private void doWork(Work work) {
        Node at = work.at();
        switch (work.choices().nextInt(12)) {
            case 0, 1, 2 -> {
                boolean inSandbox = work.choices().nextBoolean();
                LeaseRequest request = LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT);
                at.leases.issue(
                        SEAL, inSandbox ? request.at("place " + work.choices().nextInt(4)) : request);
            }
            case 3, 4 -> work.anyLease().ifPresent(parent -> at.leases.derive(parent, ALL_OF_IT, parent.place()));
            case 5 -> work.anyLease().ifPresent(lease -> at.leases.revoke(lease.id(), "no more"));
            case 6 ->
                work.anyLease()
                        .flatMap(lease -> at.leases.renewal(SEAL, lease.id()))
                        .ifPresent(at.leases::extend);
            case 7 -> {
                Kill kill = at.kills
                        .kill(
                                work.any(List.of(
                                                AGENT,
                                                Kill.KillTarget.EVERYTHING,
                                                new Kill.KillTarget(Kill.KillScope.UPSTREAM, "railway")))
                                        .orElseThrow(),
                                "stop",
                                "root")
                        .kill();
                work.changed(LeaseStore.KILL, kill.id());
                if (kill.target().equals(Kill.KillTarget.EVERYTHING)) {
                    at.leases.revokeAll(kill.reason());
                } else {
                    at.leases.revoke(Leases.runs(at.kills.stopped(kill)), kill.reason());
                }
            }
            case 8, 9 ->
                work.any(at.kills.active()).map(stands -> stands.kill().id()).ifPresent(id -> {
                    at.lift(id);
                    work.changed(LeaseStore.KILL, id);
                });
            case 10 -> {
                Optional<RemoteMachine> known = work.any(at.leases.machines().all());
                if (known.isEmpty() || work.choices().nextInt(3) == 0) {
                    work.changed(LeaseStore.MACHINE, machine(at).id());
                } else if (work.choices().nextInt(3) == 0) {
                    work.changed(LeaseStore.MACHINE, known.get().id());
                    at.leases.endMachine(known.get().id(), "lost");
                } else {
                    at.leases.issueToMachine(SEAL, known.get().id());
                }
            }
            default ->
                work.anyLease().ifPresent(lease -> {
                    String hold = "H-" + work.choices().nextInt(5);
                    at.leases.widenings().add(elevation(hold, lease));
                    work.changed(LeaseStore.ELEVATION, hold);
                });
        }
    }

    /** Whoever is asked: two gateways that follow each other are one. */
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    @Tag("random")
    void twoGatewaysEndInTheStateOfOne(long seed) {
        try (Database alone = StoreEngine.open(directory.resolve("alone.db"), SqliteLeaseStore.SCHEMAS)) {
            Node lone = new Node(alone, new Random(seed));
            Random shared = new Random(seed);
            List<Node> both = List.of(new Node(database, shared), new Node(database, shared));
            Random who = new Random(seed);
            for (int step = 0; step < 40; step++) {
                long choice = who.nextLong();
                Work wanted = new Work(lone, new Random(choice), new TreeMap<>());
                work(wanted);
                int acting = who.nextInt(2);
                Work done = new Work(both.get(acting), new Random(choice), new TreeMap<>());
                work(done);
                assertThat(done.changed()).isEqualTo(wanted.changed());
                for (Node node : both) {
                    done.changed().forEach((kind, ids) -> node.follow(kind, ids.toArray(String[]::new)));
                    assertThat(node.state().lines().toList())
                            .as("step %d", step)
                            .containsExactlyElementsOf(lone.state().lines().toList());
                }
                clock.pass(Duration.ofSeconds(who.nextInt(600)));
            }
            assertThat(new Node(database, shared).state()).isEqualTo(lone.state());
        }
    }

    /** They hear of each other late, and in pieces. What one has stopped is stopped for both in the end. */
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    @Tag("random")
    void twoGatewaysThatFollowLateAgreeInTheEnd(long seed) {
        Random random = new Random(seed);
        List<Node> both = List.of(new Node(database, random), new Node(database, random));
        List<Map<String, Set<String>>> unheard = List.of(new TreeMap<>(), new TreeMap<>());
        Set<String> ended = new HashSet<>();
        for (int step = 0; step < 60; step++) {
            int acting = random.nextInt(2);
            Work done = new Work(both.get(acting), random, new TreeMap<>());
            work(done);
            done.changed()
                    .forEach((kind, ids) -> unheard.forEach(each ->
                            each.computeIfAbsent(kind, _ -> new TreeSet<>()).addAll(ids)));
            for (int i = 0; i < 2; i++) {
                if (random.nextInt(4) == 0) {
                    Node node = both.get(i);
                    unheard.get(i).forEach((kind, ids) -> node.follow(kind, ids.toArray(String[]::new)));
                    unheard.get(i).clear();
                }
                both.get(i)
                        .leases
                        .book()
                        .entries()
                        .sorted(LeaseRegistry.YOUNGEST_FIRST)
                        .filter(entry -> entry.end().isPresent())
                        .forEach(entry -> ended.add(entry.lease().id()));
            }
            clock.pass(Duration.ofSeconds(random.nextInt(60)));
        }
        for (int round = 0; round < 2; round++) { // what they owe, and then what the other one owed
            both.forEach(Node::reload);
            both.forEach(node -> assertThat(node.leases.settle()).isTrue());
        }
        both.forEach(Node::reload);
        assertThat(both.get(0).state()).isEqualTo(both.get(1).state());
        assertThat(new Node(database, random).state()).isEqualTo(both.get(0).state());
        List<String> living = new ArrayList<>(ended);
        living.removeIf(id -> both.get(0).leases.notEnded(id).isEmpty());
        assertThat(living).isEmpty();
    }

    /** Each works and follows at once, as the threads happen to run: what one reads, the other is about to change. */
    @Test
    @Tag("random")
    void twoGatewaysThatWorkAtOnceAgreeInTheEnd() throws Exception {
        long seed = Long.getLong("interlock.seed", System.nanoTime());
        System.err.println("seed " + seed);
        List<BlockingQueue<Map<String, Set<String>>>> unheard =
                List.of(new LinkedBlockingQueue<>(), new LinkedBlockingQueue<>());
        List<Node> both = List.of(one, two);
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Node node = both.get(i);
            Random random = new Random(seed + i);
            BlockingQueue<Map<String, Set<String>>> heard = unheard.get(i);
            threads.add(Thread.ofPlatform().unstarted(() -> {
                for (int step = 0; step < 60; step++) {
                    Work done = new Work(node, random, new TreeMap<>());
                    work(done);
                    if (!done.changed().isEmpty()) {
                        unheard.forEach(each -> each.add(done.changed()));
                    }
                }
                unheard.forEach(each -> each.add(Map.of()));
            }));
            threads.add(Thread.ofPlatform().unstarted(() -> {
                try {
                    for (int ends = 0; ends < 2; ) {
                        Map<String, Set<String>> changed = heard.take();
                        ends += changed.isEmpty() ? 1 : 0;
                        changed.forEach((kind, ids) -> node.follow(kind, ids.toArray(String[]::new)));
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }));
        }
        threads.forEach(thread -> thread.setUncaughtExceptionHandler((_, e) -> failures.add(e)));
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
        Set<String> ended = both.stream()
                .flatMap(node -> node.leases.book().entries().sorted(LeaseRegistry.YOUNGEST_FIRST))
                .filter(entry -> entry.end().isPresent())
                .map(entry -> entry.lease().id())
                .collect(Collectors.toSet());
        for (int round = 0; round < 2; round++) {
            both.forEach(Node::reload);
            both.forEach(node -> assertThat(node.leases.settle()).isTrue());
        }
        both.forEach(Node::reload);
        assertThat(one.state()).isEqualTo(two.state());
        assertThat(new Node(database, new Random(3)).state()).isEqualTo(one.state());
        assertThat(ended).allMatch(id -> two.leases.notEnded(id).isEmpty());
    }
}
