package dev.interlock.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Attempt;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.identity.Kill.KillScope;
import dev.interlock.identity.Kill.KillTarget;
import dev.interlock.store.Database;
import dev.interlock.store.StoreUnavailableException;
import dev.interlock.testing.NoPasskeys;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests what a kill stops, for how long, and who may lift it. */
class KillSwitchStateTest {

    private static final TestingKey JER = TestingKey.software();
    private static final TestingKey JER_TOUCHED = TestingKey.hardware();
    private static final TestingKey MAYA = TestingKey.software();
    private static final TestingKey SAM = TestingKey.hardware();

    /**
     * A seal in which jer owns the agent and is one of the owners. Maya is an owner without an agent; sam is neither.
     */
    private static final Seal SEAL = IdentitySeals.withPerson(
            IdentitySeals.withPerson(
                    IdentitySeals.with(JER.line(), MAYA.line()),
                    new Seal.Person(
                            "jer", Set.of("owners"), List.of(JER.line(), JER_TOUCHED.line()), Optional.empty())),
            new Seal.Person("sam", Set.of("platform"), List.of(SAM.line()), Optional.empty()));

    private static final KillTarget AGENT = new KillTarget(KillScope.AGENT, IdentitySeals.AGENT);

    @TempDir
    Path directory;

    private final TestingClock clock = new TestingClock();
    private Database database;
    private Leases leases;
    private KillSwitch kills;
    private Identity identity;

    @BeforeEach
    void open() throws IOException {
        database = StoreEngine.open(directory.resolve("state.db"), SqliteLeaseStore.SCHEMAS);
        start();
    }

    private void start() throws IOException {
        leases = new Leases(new SqliteLeaseStore(database), clock, new Random(7), new NoPasskeys());
        kills = leases.kills();
        identity = new Identity(
                leases,
                KeyedFingerprints.open(directory.resolve("key"), new Random(1)),
                new Identity.KnownSecrets(_ -> Optional.empty(), (_, _) -> Optional.empty()),
                () -> Optional.of(SEAL));
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static LeaseRequest request() {
        return LeaseRequest.under(SEAL.tasks().get("fix-staging"), IdentitySeals.AGENT);
    }

    private Leases.LeaseResult.IssuedLease issue() {
        return (Leases.LeaseResult.IssuedLease) leases.issue(SEAL, request());
    }

    private CallIdentity caller(Secret token) {
        return identity.recognise(
                List.of(new Attempt.PresentedCredential("header authorization", token)),
                Optional.empty(),
                clock.instant());
    }

    private String stop(KillTarget target) {
        return kills.kill(target, "it deletes too much.", "root").kill().id();
    }

    private SignedOrders.OrderResult<Kill> lifting(String id, TestingKey key) {
        byte[] statement = kills.prepare(SEAL, id).orElseThrow();
        return kills.lifting(SEAL, statement, key.sign(KillSwitch.NAMESPACE, statement));
    }

    private static String denied(SignedOrders.OrderResult<Kill> lifting) {
        assertThat(lifting).isInstanceOf(SignedOrders.OrderResult.DeniedOrder.class);
        return ((SignedOrders.OrderResult.DeniedOrder<Kill>) lifting).reason();
    }

    @ParameterizedTest
    @CsvSource({"AGENT,jer/cursor", "TASK,fix-staging", "PERSON,jer", "ALL,''"})
    void aKillStopsLeasesAndNewOnesUntilItIsLifted(KillScope scope, String name) {
        Leases.LeaseResult.IssuedLease issued = issue();
        String id = stop(new KillTarget(scope, name));

        assertThat(caller(issued.token())).isInstanceOf(CallIdentity.KilledLease.class);
        Refusal refusal = ((CallIdentity.RejectedCaller) caller(issued.token())).refusal();
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.DENIED);
        assertThat(refusal.finality()).isEqualTo(Refusal.Finality.FINAL);
        assertThat(refusal.reason()).startsWith("A person has stopped").endsWith(": it deletes too much.");
        assertThat(refusal.next()).contains("`interlock kill --lift " + id + " --key KEY`");
        assertThat(leases.issue(SEAL, request()))
                .isInstanceOfSatisfying(Leases.LeaseResult.DeniedLease.class, denied -> {
                    assertThat(denied.reason()).contains("`root`", "it deletes too much");
                    assertThat(denied.next()).contains("owners", id);
                });
        assertThat(leases.renewal(SEAL, issued.lease().id())).isEmpty();
        assertThat(leases.current(Optional.of(SEAL)))
                .allMatch(current -> current.suspended().isPresent());
        assertThat(identity.stopReason(issued.lease(), "railway")).isPresent();

        assertThat(kills.lift((SignedOrders.OrderResult.SignedOrder<Kill>)
                        lifting(id, scope == KillScope.PERSON || scope == KillScope.AGENT ? MAYA : JER_TOUCHED)))
                .isTrue();
        assertThat(caller(issued.token())).isInstanceOf(CallIdentity.KnownCaller.class);
        assertThat(leases.issue(SEAL, request())).isInstanceOf(Leases.LeaseResult.IssuedLease.class);
        assertThat(kills.active()).isEmpty();
    }

    @Test
    void aKillOfOneStopsNoOther() {
        Secret token = issue().token();
        for (KillTarget other : List.of(
                new KillTarget(KillScope.AGENT, "sam/bot"),
                new KillTarget(KillScope.TASK, "look"),
                new KillTarget(KillScope.PERSON, "sam"),
                new KillTarget(KillScope.UPSTREAM, "railway"))) {
            stop(other);
        }
        assertThat(caller(token)).isInstanceOf(CallIdentity.KnownCaller.class);
        assertThat(identity.killOf("railway")).isPresent();
        assertThat(identity.killOf("github")).isEmpty();
    }

    @Test
    void aKillOfATemplateStopsItUnderEveryName() {
        LeaseRequest named = new LeaseRequest(
                IdentitySeals.AGENT,
                "my-own-name",
                Optional.of("fix-staging"),
                Set.of("staging"),
                Set.of(Impact.READ),
                Set.of(),
                Optional.empty(),
                Duration.ofHours(1));
        Secret token = ((Leases.LeaseResult.IssuedLease) leases.issue(SEAL, named)).token();
        stop(new KillTarget(KillScope.TASK, "fix-staging"));
        assertThat(caller(token)).isInstanceOf(CallIdentity.KilledLease.class);
        assertThat(leases.issue(SEAL, named)).isInstanceOf(Leases.LeaseResult.DeniedLease.class);
    }

    @Test
    void aKilledPersonsSignaturesStopCounting() {
        LeaseRequest wide = LeaseRequest.readOnly(IdentitySeals.AGENT, "look", Set.of("production"));
        byte[] statement = leases.prepare(SEAL, wide);
        Leases.LeaseResult signed =
                leases.issue(SEAL, statement, MAYA.sign(Leases.NAMESPACE, statement), Optional.empty());
        byte[] open = leases.prepare(SEAL, wide);
        stop(new KillTarget(KillScope.PERSON, "maya"));
        assertThat(caller(((Leases.LeaseResult.IssuedLease) signed).token()))
                .isInstanceOf(CallIdentity.KilledLease.class);
        assertThat(leases.issue(SEAL, open, MAYA.sign(Leases.NAMESPACE, open), Optional.empty()))
                .isInstanceOf(Leases.LeaseResult.DeniedLease.class);
        assertThat(leases.issue(SEAL, open, JER_TOUCHED.sign(Leases.NAMESPACE, open), Optional.empty()))
                .isInstanceOf(Leases.LeaseResult.IssuedLease.class);
    }

    @Test
    void aSignatureGrantsNothingThatIsKilled() {
        byte[] statement = leases.prepare(SEAL, request());
        stop(AGENT);
        assertThat(leases.issue(SEAL, statement, MAYA.sign(Leases.NAMESPACE, statement), Optional.empty()))
                .isInstanceOf(Leases.LeaseResult.DeniedLease.class);
    }

    @Test
    void aKillOutlivesARestart() throws IOException {
        Secret token = issue().token();
        String id = stop(AGENT);
        start();
        assertThat(caller(token)).isInstanceOf(CallIdentity.KilledLease.class);
        assertThat(kills.active())
                .singleElement()
                .satisfies(stands -> assertThat(stands.kill().id()).isEqualTo(id))
                .satisfies(stands -> assertThat(stands.kill().reason()).isEqualTo("it deletes too much"));
        assertThat(kills.lift((SignedOrders.OrderResult.SignedOrder<Kill>) lifting(id, MAYA)))
                .isTrue();
        start();
        assertThat(caller(token)).isInstanceOf(CallIdentity.KnownCaller.class);
    }

    @Test
    void theStatementThatLiftsSaysWhoKilledAndNotWhoLifts() throws IOException {
        byte[] statement = kills.prepare(
                        SEAL,
                        kills.kill(AGENT, "it deletes too much", "root").kill().id())
                .orElseThrow();
        Json.Members signed = Json.readObject(statement);
        assertThat(signed.text("killed_by")).isEqualTo("root");
        assertThat(signed.text("killed_because")).isEqualTo("it deletes too much");
        assertThat(signed.get("by")).isEmpty();
    }

    /** The statement named the first kill's author and reason; its signer has not read the second one's. */
    @Test
    void aSecondKillReplacesTheFirstAndVoidsItsSignatures() throws IOException {
        Secret token = issue().token();
        String first = stop(AGENT);
        byte[] statement = kills.prepare(SEAL, first).orElseThrow();
        String signature = MAYA.sign(KillSwitch.NAMESPACE, statement);
        SignedOrders.OrderResult.SignedOrder<Kill> signed =
                (SignedOrders.OrderResult.SignedOrder<Kill>) kills.lifting(SEAL, statement, signature);
        Kill second = kills.kill(AGENT, "it sends data away", "carol").kill();
        assertThat(second.id()).isNotEqualTo(first);
        assertThat(denied(kills.lifting(SEAL, statement, signature)))
                .isEqualTo("`carol` has issued the kill again since: it sends data away.");
        assertThat(kills.lift(signed)).isFalse();
        assertThat(caller(token)).isInstanceOf(CallIdentity.KilledLease.class);
        start();
        assertThat(kills.active()).containsExactly(new KillSwitch.ActiveKill(second, true));

        assertThat(kills.lift((SignedOrders.OrderResult.SignedOrder<Kill>) lifting(second.id(), MAYA)))
                .isTrue();
        start();
        assertThat(kills.active()).as("neither comes back").isEmpty();
        assertThat(caller(token)).isInstanceOf(CallIdentity.KnownCaller.class);
    }

    /** The store is busy: between the lift's check and its turn to write, the same target is killed again. */
    @Test
    void aKillDuringALiftStays() throws Exception {
        SignedOrders.OrderResult.SignedOrder<Kill> signed =
                (SignedOrders.OrderResult.SignedOrder<Kill>) lifting(stop(AGENT), MAYA);
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch free = new CountDownLatch(1);
        Thread holder = Thread.ofVirtual()
                .start(() -> database.write(sql -> {
                    busy.countDown();
                    awaited(free);
                    return 0;
                }));
        awaited(busy);
        AtomicReference<Boolean> lifted = new AtomicReference<>();
        Thread lift = Thread.ofPlatform().start(() -> lifted.set(kills.lift(signed)));
        until(lift, Thread.State.TIMED_WAITING); // for its turn
        AtomicReference<KillSwitch.ActiveKill> second = new AtomicReference<>();
        Thread kill = Thread.ofPlatform().start(() -> second.set(kills.kill(AGENT, "it sends data away", "carol")));
        until(kill, Thread.State.BLOCKED); // by the lift
        free.countDown();
        for (Thread thread : List.of(holder, lift, kill)) {
            thread.join();
        }
        assertThat(lifted).hasValue(false);
        assertThat(second.get().durable()).isTrue();
        assertThat(kills.active()).containsExactly(second.get());
        start();
        assertThat(kills.active()).containsExactly(second.get());
    }

    @Test
    void aRepeatedUnstoredKillIsWrittenOnce() throws IOException {
        database.write(sql -> sql.update("ALTER TABLE identity_kill RENAME TO broken"));
        Kill first = kills.kill(AGENT, "", "root").kill();
        KillSwitch.ActiveKill second = kills.kill(AGENT, "again", "root");
        assertThat(second.durable()).isFalse();
        database.write(sql -> sql.update("ALTER TABLE broken RENAME TO identity_kill"));
        assertThat(leases.settle()).isTrue();
        start();
        assertThat(kills.active()).containsExactly(new KillSwitch.ActiveKill(second.kill(), true));
        assertThat(kills.prepare(SEAL, first.id())).isEmpty();
    }

    private static void awaited(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void until(Thread thread, Thread.State state) {
        while (thread.isAlive() && thread.getState() != state) {
            WaitLoop.pause();
        }
    }

    @Test
    void aKillWorksWithoutTheStoreAndIsStoredLater() throws IOException {
        Secret token = issue().token();
        database.write(sql -> sql.update("ALTER TABLE identity_kill RENAME TO broken"));
        assertThat(kills.kill(AGENT, "", "root").durable()).isFalse();
        assertThat(caller(token)).isInstanceOf(CallIdentity.KilledLease.class);
        assertThat(leases.settle()).isFalse();
        String id = kills.active().getFirst().kill().id();
        assertThat(kills.lift((SignedOrders.OrderResult.SignedOrder<Kill>) lifting(id, MAYA)))
                .isFalse();
        assertThat(kills.active().getFirst().durable()).isFalse();

        database.write(sql -> sql.update("ALTER TABLE broken RENAME TO identity_kill"));
        assertThat(leases.settle()).isTrue();
        assertThat(kills.active().getFirst().durable()).isTrue();
        start();
        assertThat(caller(token)).isInstanceOf(CallIdentity.KilledLease.class);
    }

    @Test
    void aKillThatCannotBeRemovedStays() throws IOException {
        Secret token = issue().token();
        SignedOrders.OrderResult.SignedOrder<Kill> signed =
                (SignedOrders.OrderResult.SignedOrder<Kill>) lifting(stop(AGENT), MAYA);
        database.write(sql -> sql.update("ALTER TABLE identity_kill RENAME TO broken"));
        assertThatThrownBy(() -> kills.lift(signed)).isInstanceOf(StoreUnavailableException.class);
        assertThat(caller(token)).isInstanceOf(CallIdentity.KilledLease.class);
        assertThat(kills.active().getFirst().durable()).isFalse(); // the commit may have come through
        database.write(sql -> sql.update("ALTER TABLE broken RENAME TO identity_kill"));
        assertThat(leases.settle()).isTrue();
        start();
        assertThat(caller(token)).isInstanceOf(CallIdentity.KilledLease.class);
    }

    @Test
    void killedPeopleCannotLiftAKill() {
        String person = stop(new KillTarget(KillScope.PERSON, "jer"));
        String other = stop(new KillTarget(KillScope.UPSTREAM, "railway"));
        for (TestingKey key : List.of(JER, JER_TOUCHED)) {
            assertThat(denied(lifting(person, key))).contains("`jer` is stopped by a kill");
            assertThat(denied(lifting(other, key))).contains("`jer` is stopped by a kill"); // nor any other kill
        }
        assertThat(lifting(person, MAYA)).isInstanceOf(SignedOrders.OrderResult.SignedOrder.class);
    }

    @Test
    void theOwnerOfAKilledAgentNeedsAHardwareKey() {
        for (KillTarget target : List.of(
                AGENT,
                new KillTarget(KillScope.TASK, "fix-staging"),
                new KillTarget(KillScope.UPSTREAM, "railway"),
                KillTarget.EVERYTHING)) {
            String id = stop(target);
            assertThat(denied(lifting(id, JER))).as(target.words()).contains("hardware key");
            assertThat(lifting(id, JER_TOUCHED)).isInstanceOf(SignedOrders.OrderResult.SignedOrder.class);
            assertThat(lifting(id, MAYA)).isInstanceOf(SignedOrders.OrderResult.SignedOrder.class);
        }
    }

    @Test
    void anAgentOwnerLiftsOnlyKillsOfTheirAgents() {
        assertThat(denied(lifting(stop(AGENT), SAM))).contains("not in `owners`");
        assertThat(denied(lifting(stop(KillTarget.EVERYTHING), SAM))).contains("not in `owners`");
        assertThat(lifting(stop(new KillTarget(KillScope.AGENT, "sam/bot")), SAM))
                .isInstanceOf(SignedOrders.OrderResult.SignedOrder.class);
    }

    @Test
    void aSignatureIsForThisKillUnderThisSealAndInTime() {
        String id = stop(AGENT);
        byte[] statement = kills.prepare(SEAL, id).orElseThrow();
        String signature = MAYA.sign(KillSwitch.NAMESPACE, statement);
        assertThat(denied(kills.lifting(SEAL, statement, MAYA.sign(Leases.NAMESPACE, statement))))
                .contains("does not count");
        assertThat(denied(kills.lifting(SEAL, statement, TestingKey.hardware().sign(KillSwitch.NAMESPACE, statement))))
                .contains("not a key of any known person");
        assertThat(denied(kills.lifting(IdentitySeals.with(JER.line(), MAYA.line()), statement, signature)))
                .contains("request it again");
        assertThat(denied(kills.lifting(IdentitySeals.withoutSoftwareKeys(SEAL), statement, signature)))
                .contains("only signatures by hardware keys");
        byte[] longer = new String(statement, StandardCharsets.UTF_8)
                .replaceFirst("\"expires\":\"[0-9]{4}", "\"expires\":\"2999")
                .getBytes(StandardCharsets.UTF_8);
        assertThat(denied(kills.lifting(SEAL, longer, MAYA.sign(KillSwitch.NAMESPACE, longer))))
                .contains("request it again");
        byte[] other = Json.object().with("kill", "K-0").canonical();
        assertThat(denied(kills.lifting(SEAL, other, MAYA.sign(KillSwitch.NAMESPACE, other))))
                .contains("No such kill");
        assertThat(denied(kills.lifting(SEAL, new byte[] {'{'}, signature))).contains("cannot be read");

        assertThat(kills.lifting(SEAL, statement, signature)).isInstanceOf(SignedOrders.OrderResult.SignedOrder.class);
        clock.pass(SignedOrders.SIGNING_TIME);
        assertThat(denied(kills.lifting(SEAL, statement, signature))).contains("has expired");
    }

    @Test
    void aStatementFromTheFutureIsNotWaitedFor() {
        String id = stop(AGENT);
        clock.pass(Duration.ofHours(1));
        byte[] later = kills.prepare(SEAL, id).orElseThrow();
        clock.pass(Duration.ofHours(-1));
        assertThat(denied(kills.lifting(SEAL, later, MAYA.sign(KillSwitch.NAMESPACE, later))))
                .contains("has expired");
    }

    @Test
    void aSignatureLiftsAKillOnce() {
        SignedOrders.OrderResult.SignedOrder<Kill> signed =
                (SignedOrders.OrderResult.SignedOrder<Kill>) lifting(stop(AGENT), MAYA);
        assertThat(kills.lift(signed)).isTrue();
        stop(AGENT);
        assertThat(kills.lift(signed)).isFalse();
        assertThat(kills.active()).hasSize(1);
    }

    @Test
    void onlyNamesOfSealOrLeasesCanBeKilled() {
        for (KillTarget sealed : List.of(AGENT, new KillTarget(KillScope.TASK, "fix-staging"))) {
            assertThat(kills.isKnown(Optional.of(SEAL), sealed)).isTrue();
        }
        Lease lease = issue().lease();
        for (KillTarget known : List.of(
                AGENT,
                new KillTarget(KillScope.TASK, lease.task()),
                new KillTarget(KillScope.PERSON, "maya"),
                KillTarget.EVERYTHING)) {
            assertThat(kills.isKnown(Optional.of(SEAL), known)).isTrue();
        }
        assertThat(kills.isKnown(Optional.empty(), AGENT)).isTrue(); // a lease knows it
        for (KillScope scope : List.of(KillScope.AGENT, KillScope.TASK, KillScope.PERSON, KillScope.UPSTREAM)) {
            assertThat(kills.isKnown(Optional.of(SEAL), new KillTarget(scope, "jer/cursr")))
                    .isFalse();
        }
    }

    @Test
    void aKillReportsWhatItStops() {
        Lease lease = issue().lease();
        Lease ended = issue().lease();
        leases.revoke(ended.id());
        Kill kill = kills.kill(AGENT, "it deletes too much.", "root").kill();
        assertThat(kills.stopped(kill)).containsExactly(lease);
        assertThat(leases.current(Optional.of(SEAL)))
                .singleElement()
                .satisfies(current ->
                        assertThat(current.suspended()).get().asString().contains("deletes too much"));
        clock.pass(Duration.ofHours(2));
        assertThat(kills.stopped(kill)).isEmpty();
        Kill other = kills.kill(new KillTarget(KillScope.AGENT, "sam/bot"), "just so", "root")
                .kill();
        assertThat(kills.stopped(other)).isEmpty();
    }

    @Test
    void aLeaseThatEndedUnderAKillIsKilled() {
        Leases.LeaseResult.IssuedLease issued = issue();
        leases.revoke(issued.lease().id());
        assertThat(caller(issued.token())).isInstanceOf(CallIdentity.RevokedLease.class);
        stop(AGENT);
        assertThat(caller(issued.token())).isInstanceOf(CallIdentity.KilledLease.class);
    }

    @Test
    void killedPeopleAreFoundByName() {
        stop(new KillTarget(KillScope.PERSON, "jer"));
        assertThat(identity.isKilled("jer")).isTrue();
        assertThat(identity.isKilled("maya")).isFalse();
    }

    @Test
    void theReasonOfALeasesEndSurvivesARestart() throws IOException {
        Leases.LeaseResult.IssuedLease issued = issue();
        leases.revoke(issued.lease().id(), "gone\nmad.");
        start();
        assertThat(((CallIdentity.RevokedLease) caller(issued.token()))
                        .refusal()
                        .reason())
                .endsWith(" by a person: gone mad.");
        assertThat(identity.stopReason(issued.lease(), "railway")).isPresent();
    }
}
