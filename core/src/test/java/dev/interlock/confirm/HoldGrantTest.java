package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.ConfirmationSignature;
import dev.interlock.evidence.PersonSignature;
import dev.interlock.evidence.Statement;
import dev.interlock.evidence.StatementList;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests that a signature grants no more calls, no other calls and no longer than a person signed and the seal lets
 * them.
 */
class HoldGrantTest {

    private static final Obligations ONE = ConfirmationsFixture.owners(1);

    @TempDir
    Path directory;

    private ConfirmationsFixture room;

    @BeforeEach
    void open() {
        room = new ConfirmationsFixture(directory, new TestingWorld());
        granting(3, Duration.ofHours(8));
    }

    @AfterEach
    void close() {
        room.close();
    }

    private void granting(long calls, Duration time) {
        room.seal = room.seal.with(parts ->
                parts.approvals = parts.approvals.granting(Optional.of(new CallGrant.GrantLimit(calls, time))));
    }

    /** Returns a call of one kind, whose body tells it from the others. */
    private static ResolvedAttempt call(String body) {
        return call("L-1", body, "vol_1", "staging");
    }

    private static ResolvedAttempt call(String lease, String body, String volume, String... environments) {
        return TestingWorld.resolved(lease, "volumeUpdate", Impact.WRITE, volume, title(body), environments);
    }

    /** Returns a body whose only text is one for people. */
    private static String title(String title) {
        return "{\"title\":\"" + title + "\"}";
    }

    private static ResolvedAttempt with(ResolvedAttempt sensed, Fact... facts) {
        Action action = sensed.actions().getFirst();
        return new ResolvedAttempt(
                sensed.attempt(),
                sensed.lease(),
                List.of(new Action(
                        action.operation(),
                        action.impacts(),
                        action.reversibility(),
                        action.resources(),
                        List.of(facts))),
                sensed.placements(),
                sensed.radius(),
                sensed.outgoing(),
                sensed.digests());
    }

    private HoldSigning.SignatureResult sign(String hold, TestingKey key, Optional<CallGrant> more) {
        HoldSigning.SetSheet shown = room.people.showSet(room.seal, hold, more).orElseThrow();
        byte[] signed = shown.statement().toArray();
        String made = key.sign(Statement.NAMESPACE, signed);
        String signature = more.isEmpty()
                ? made
                : new ConfirmationSignature(Optional.of(StatementList.read(signed)), PersonSignature.parse(made))
                        .text();
        return room.people.sign(room.seal, hold, signature, shown.nameToType(), room.heard::add);
    }

    private Optional<CallGrant> more(long calls, Duration time) {
        return Optional.of(new CallGrant(calls, room.clock.instant().plus(time)));
    }

    private String grant(ResolvedAttempt sensed, Obligations obligations) {
        String hold = room.park(sensed, obligations).id();
        assertThat(sign(hold, room.world.ann, more(3, Duration.ofHours(2))))
                .isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
        return hold;
    }

    private boolean goes(ResolvedAttempt sensed) {
        return goes(sensed, ONE);
    }

    private boolean goes(ResolvedAttempt sensed, Obligations obligations) {
        return room.ready(sensed, obligations) instanceof HoldReadiness.ReadyHold(Confirmation confirmation)
                && room.gate.consume(confirmation, "R-1").isPresent();
    }

    private static void assertRejected(HoldSigning.SignatureResult result, String because) {
        assertThat(result)
                .isInstanceOfSatisfying(
                        HoldSigning.SignatureResult.RejectedSignature.class,
                        rejected -> assertThat(rejected.reason()).contains(because));
    }

    @Test
    void asManyCallsGoAsWereGranted() {
        String hold = grant(call("{}"), ONE);
        assertThat(room.people.grants(room.seal)).singleElement().satisfies(grant -> {
            assertThat(grant.id()).isEqualTo(CallGrant.name(hold));
            assertThat(grant.like()).startsWith("railway/volumeUpdate: ").contains("vol_1", "staging");
            assertThat(grant.people()).containsExactly("ann");
        });
        assertThat(goes(call("{}"))).isTrue(); // the call itself
        assertThat(goes(call("{1}"))).isTrue();
        room.restart();
        assertThat(goes(call("{2}"))).isTrue();
        assertThat(room.people.grants(room.seal))
                .singleElement()
                .satisfies(grant -> assertThat(grant.used()).isEqualTo(2));
        assertThat(goes(call("{2}"))).isTrue(); // the same again
        assertThat(goes(call("{3}"))).isFalse();
        assertThat(room.people.grants(room.seal)).isEmpty();
    }

    @Test
    void racingCallsUseNoMoreThanWasGranted() throws Exception {
        grant(call("{}"), ONE);
        List<Callable<Boolean>> racing = new ArrayList<>();
        for (int i = 1; i <= 30; i++) {
            ResolvedAttempt sensed = call("{" + i + "}");
            HoldReadiness ready = room.ready(sensed, ONE);
            assertThat(ready).isInstanceOf(HoldReadiness.ReadyHold.class);
            racing.add(() -> room.gate
                    .consume(((HoldReadiness.ReadyHold) ready).confirmation(), "R-1")
                    .isPresent());
        }
        int gone = 0;
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<Boolean> one : threads.invokeAll(racing)) {
                gone += one.get() ? 1 : 0;
            }
        }
        assertThat(gone).isEqualTo(3);
    }

    /** Each use has a number of its own, by which the vault counts too. */
    @Test
    void eachUseHasItsNumber() {
        grant(call("{}"), ONE);
        List<Long> numbers = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            numbers.add(room.gate
                    .consume(room.confirmation(call("{" + i + "}"), ONE), "R-" + i)
                    .orElseThrow()
                    .use()
                    .orElseThrow());
        }
        assertThat(numbers).containsExactly(1L, 2L, 3L);
    }

    @Test
    void onlyCallsLikeTheConfirmedOneGo() {
        grant(call("{}"), ONE);
        assertThat(goes(call("L-1", "{1}", "vol_2", "staging")))
                .as("another resource")
                .isFalse();
        assertThat(goes(call("L-2", "{1}", "vol_1", "staging")))
                .as("another lease")
                .isFalse();
        assertThat(goes(call("L-1", "{1}", "vol_1", "production")))
                .as("production")
                .isFalse();
        assertThat(goes(call("L-1", "{1}", "vol_1", "staging", "production")))
                .as("production too")
                .isFalse();
        assertThat(goes(TestingWorld.resolved("L-1", "volumeRename", Impact.WRITE, "vol_1", title("{1}"), "staging")))
                .as("another operation")
                .isFalse();
        assertThat(goes(TestingWorld.resolved("L-1", "volumeUpdate", Impact.DESTROY, "vol_1", title("{1}"), "staging")))
                .as("another impact")
                .isFalse();
        for (String body :
                List.of("{\"name\":\"{}\"}", "{\"title\":\"{}\",\"ref\":\"main\"}", "{\"title\":\" \"}", "{}")) {
            assertThat(goes(TestingWorld.resolved("L-1", "volumeUpdate", Impact.WRITE, "vol_1", body, "staging")))
                    .as(body)
                    .isFalse();
        }
        assertThat(goes(call("{1}"), ConfirmationsFixture.owners(2)))
                .as("a stricter rule")
                .isFalse();
        assertThat(goes(with(call("{1}"), new Fact("runs", "ci.yml", Provenance.RESOLVED))))
                .as("a fact that was not there")
                .isFalse();
        assertThat(goes(call("{1}"))).isTrue();
    }

    @Test
    void aGreaterNumberIsAskedAnew() {
        Fact two = new Fact("count.rows", "2", Provenance.RESOLVED);
        grant(with(call("{}"), two), ONE);
        for (String more : List.of("3", "24", "unknown")) {
            assertThat(goes(with(call("{1}"), new Fact("count.rows", more, Provenance.RESOLVED))))
                    .as(more)
                    .isFalse();
        }
        assertThat(goes(with(call("{1}"), two))).isTrue();
        assertThat(goes(with(call("{2}"), new Fact("count.rows", "1", Provenance.RESOLVED))))
                .isTrue();
    }

    @Test
    void aGrantEnds() {
        String hold = grant(call("{}"), ONE);
        room.clock.pass(Duration.ofHours(2).minusSeconds(1));
        assertThat(goes(call("{1}"))).isTrue(); // long after the statement
        room.clock.pass(Duration.ofSeconds(1));
        assertThat(goes(call("{2}"))).isFalse();
        assertThat(room.people.revoke(CallGrant.name(hold), "bob", "")).isTrue();
    }

    @Test
    void aGrantIsRevoked() {
        String hold = grant(call("{}"), ONE);
        Confirmation inHand = room.confirmation(call("{1}"), ONE);
        assertThat(room.people.revoke(CallGrant.name(hold), "bob", "no")).isTrue();
        assertThat(room.people.revoke(CallGrant.name(hold), "bob", "no")).isFalse();
        assertThat(room.people.revoke("G-none", "bob", "no")).isFalse();
        assertThat(room.gate.consume(inHand, "R-1")).isEmpty();
        assertThat(goes(call("{1}"))).isFalse();
        assertThat(goes(call("{}"))).isTrue(); // the confirmation stays
    }

    /** Who may stop the call during the cooldown may stop what it grants too. */
    @Test
    void aGrantWaitsForTheCooldownAfterTheLastSignature() {
        Obligations slow = ConfirmationsFixture.obligations(1, Duration.ofMinutes(10), false, false);
        String hold = room.park(call("{}"), slow).id();
        room.clock.pass(Duration.ofMinutes(20)); // more than a cooldown after it was opened
        sign(hold, room.world.ann, more(3, Duration.ofHours(2)));
        room.clock.pass(Duration.ofMinutes(10).minusSeconds(1));
        assertThat(goes(call("{1}"), slow)).isFalse();
        assertThat(room.people.grants(room.seal)).hasSize(1);
        room.clock.pass(Duration.ofSeconds(1));
        assertThat(goes(call("{1}"), slow)).isTrue();
    }

    @Test
    void aDenialOfTheHoldEndsItsGrant() {
        String hold = grant(call("{}"), ONE);
        room.people.deny(room.seal, hold, "bob", "no");
        room.clock.pass(Duration.ofMinutes(90)); // the denial itself is over
        assertThat(goes(call("{1}"))).isFalse();
        assertThat(room.people.grants(room.seal)).isEmpty();
    }

    /** Whoever says no to such a call wants none of them. */
    @Test
    void aDenialOfSuchACallEndsTheGrant() {
        grant(call("{}"), ONE);
        Confirmation inHand = room.confirmation(call("{1}"), ONE);
        ResolvedAttempt other =
                TestingWorld.resolved("L-1", "volumeUpdate", Impact.WRITE, "vol_1", "{\"name\":\"x\"}", "staging");
        room.people.deny(room.seal, room.park(other, ONE).id(), "bob", "no");
        assertThat(room.gate.consume(inHand, "R-1")).isEmpty();
        assertThat(room.people.grants(room.seal)).isEmpty();
    }

    @Test
    void anotherTargetIsAskedAbout() {
        Fact scratch = new Fact("target", "/srv/scratch", Provenance.RESOLVED);
        Fact out = new Fact("leaves-out", "label a", Provenance.RESOLVED);
        grant(with(call("{}"), scratch, out), ONE);
        assertThat(goes(with(call("{1}"), new Fact("target", "/srv/important", Provenance.RESOLVED), out)))
                .isFalse();
        assertThat(goes(with(call("{1}"), scratch, new Fact("leaves-out", "label b", Provenance.RESOLVED))))
                .isFalse();
        assertThat(goes(with(call("{1}"), scratch, out))).isTrue();
    }

    /** A store that is older than the ledger learns from it what ended. */
    @Test
    void theLedgerEndsAndCountsGrants() {
        String hold = grant(call("{}"), ONE);
        assertThat(room.gate.restoreGrantUse(CallGrant.name(hold), "R-1")).isTrue();
        assertThat(room.gate.restoreGrantUse(CallGrant.name(hold), "R-1")).isFalse();
        assertThat(room.gate.restoreGrantUse(CallGrant.name(hold), "R-2")).isTrue();
        assertThat(goes(call("{1}"))).isTrue();
        assertThat(goes(call("{2}"))).as("three were granted").isFalse();
        String second = grant(call("{7}"), ONE);
        assertThat(room.gate.restoreRevocation(CallGrant.name(second), "bob", "no"))
                .isTrue();
        assertThat(goes(call("{1}"))).isFalse();
        grant(call("{8}"), ONE);
        assertThat(room.gate.restoreDenial("H-none", "bob", "no")).isEqualTo(Confirmations.RestoredHold.MISSING);
        assertThat(goes(call("{1}"))).as("nobody knows what was denied").isFalse();
    }

    @Test
    void aNewSealEndsIt() {
        grant(call("{}"), ONE);
        room.seal = new TestingWorld(false, 2).seal();
        granting(3, Duration.ofHours(8));
        assertThat(goes(call("{1}"))).isFalse();
        assertThat(room.people.grants(room.seal)).isEmpty();
    }

    @Test
    void aLeaseThatIsOverHasNone() {
        grant(call("{}"), ONE);
        room.endedLeases.add("L-1");
        assertThat(room.people.grants(room.seal)).isEmpty(); // a call under it is refused before anybody asks
    }

    @Test
    void nobodyGrantsMoreThanTheSealLetsThem() {
        String hold = room.park(call("{}"), ONE).id();
        assertRejected(sign(hold, room.world.ann, more(4, Duration.ofHours(1))), "at most 3 calls");
        assertRejected(sign(hold, room.world.ann, more(3, Duration.ofHours(9))), "at most 3 calls");
        assertRejected(sign(hold, room.world.ann, more(3, Duration.ZERO)), "at most 3 calls");
        room.seal = room.seal.with(parts -> parts.approvals = parts.approvals.granting(Optional.empty()));
        assertRejected(sign(hold, room.world.ann, more(1, Duration.ofHours(1))), "lets nobody grant");
        assertThat(room.people.show(room.seal, hold).orElseThrow().line().signers())
                .isEmpty();
    }

    @Test
    void nothingInProductionAndNothingThatNeedsATypedNameIsGranted() {
        String production =
                room.park(call("L-1", "{}", "vol_1", "production"), ONE).id();
        assertRejected(sign(production, room.world.ann, more(1, Duration.ofHours(1))), "protected environments");
        String typed = room.park(call("{}"), ConfirmationsFixture.obligations(1, Duration.ZERO, true, false))
                .id();
        assertRejected(sign(typed, room.world.ann, more(1, Duration.ofHours(1))), "asked about by itself");
        assertThat(room.people.show(room.seal, production).orElseThrow().offer())
                .isEmpty();
    }

    @Test
    void allWhoMustSignGrantTheSame() {
        Obligations two = ConfirmationsFixture.owners(2);
        Optional<CallGrant> more = more(3, Duration.ofHours(1));
        String hold = room.park(call("{}"), two).id();
        sign(hold, room.world.ann, more);
        assertThat(room.people.grants(room.seal)).isEmpty();
        sign(hold, room.world.bob, Optional.empty());
        assertThat(room.people.grants(room.seal)).isEmpty();
        assertThat(goes(call("{1}"), two)).isFalse();
        String both = room.park(call("{5}"), two).id();
        sign(both, room.world.ann, more);
        sign(both, room.world.bob, more);
        assertThat(goes(call("{1}"), two)).isTrue();
    }

    @Test
    void whatWasAskedAboutACallThatWentIsOver() {
        List<String> asked = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            asked.add(room.park(call("{" + i + "}"), ONE).id());
            room.clock.pass(Duration.ofMillis(1));
        }
        String other = room.park(call("L-1", "{9}", "vol_2", "staging"), ONE).id();
        grant(call("{}"), ONE);
        assertThat(asked).extracting(this::state).containsExactly("void", "void", "void", "open"); // three were granted
        assertThat(state(other)).isEqualTo("open");
        assertThat(goes(call("{4}"))).isTrue();
        assertThat(state(asked.getLast())).isEqualTo("void");
    }

    private String state(String hold) {
        return room.people.show(room.seal, hold).orElseThrow().line().state();
    }

    /** The store is not evidence: a row of it grants nothing without the signatures. */
    @Test
    void aForgedGrantGrantsNothing() {
        String hold = room.park(call("{}"), ONE).id();
        sign(hold, room.world.ann, Optional.empty());
        room.database()
                .write(sql -> sql.update(
                        "INSERT INTO confirm_grant (hold, lease, calls, until) VALUES (?, 'L-1', 3, ?)",
                        hold,
                        Instant.MAX.getEpochSecond() / 1_000));
        assertThat(goes(call("{1}"))).isFalse();
    }
}
