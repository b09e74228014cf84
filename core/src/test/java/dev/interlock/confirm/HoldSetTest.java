package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.evidence.ConfirmationSignature;
import dev.interlock.evidence.PersonSignature;
import dev.interlock.evidence.Statement;
import dev.interlock.evidence.StatementList;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that one signature confirms the calls that were shown together, each once, and no other. */
class HoldSetTest {

    private static final Obligations ONE = ConfirmationsFixture.owners(1);

    @TempDir
    Path directory;

    private ConfirmationsFixture room;

    @BeforeEach
    void open() {
        room = new ConfirmationsFixture(directory, new TestingWorld());
    }

    @AfterEach
    void close() {
        room.close();
    }

    private static ResolvedAttempt call(int number, String... environments) {
        return TestingWorld.deletion(
                "vol_" + number, environments.length == 0 ? new String[] {"staging"} : environments);
    }

    private String park(ResolvedAttempt sensed, Obligations obligations) {
        room.clock.pass(Duration.ofMillis(10)); // names are in the order of time
        return room.park(sensed, obligations).id();
    }

    private List<String> park(int count) {
        List<String> holds = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            holds.add(park(call(i), ONE));
        }
        return holds;
    }

    private static String set(String hold) {
        return "S-" + hold.substring(2);
    }

    private HoldSigning.SetSheet shown(String set) {
        return room.people.showSet(room.seal, set, Optional.empty()).orElseThrow();
    }

    private static String signature(byte[] list, TestingKey key) {
        return new ConfirmationSignature(
                        Optional.of(StatementList.read(list)),
                        PersonSignature.parse(key.sign(Statement.NAMESPACE, list)))
                .text();
    }

    private HoldSigning.SignatureResult sign(HoldSigning.SetSheet shown, TestingKey key) {
        return sign(shown.name().id(), shown.statement().toArray(), key, shown.nameToType());
    }

    private HoldSigning.SignatureResult sign(String id, byte[] list, TestingKey key, Optional<String> typed) {
        return room.people.sign(room.seal, id, signature(list, key), typed, room.heard::add);
    }

    private static void assertSigned(HoldSigning.SignatureResult result, int holds) {
        assertThat(result)
                .isInstanceOfSatisfying(
                        HoldSigning.SignatureResult.AcceptedSignature.class,
                        accepted -> assertThat(accepted.tickets()).hasSize(holds));
    }

    private void assertRejected(HoldSigning.SignatureResult result, String because) {
        assertThat(result)
                .isInstanceOfSatisfying(
                        HoldSigning.SignatureResult.RejectedSignature.class,
                        rejected -> assertThat(rejected.reason()).contains(because));
        assertThat(room.people.list(room.seal)).allMatch(hold -> hold.signers().isEmpty());
    }

    private boolean goes(ResolvedAttempt sensed, Obligations obligations) {
        return room.ready(sensed, obligations) instanceof HoldReadiness.ReadyHold(Confirmation confirmation)
                && room.gate.consume(confirmation, "R-1").isPresent();
    }

    @Test
    void oneSignatureConfirmsEachCallOnce() {
        List<String> holds = park(7);
        HoldSigning.SetSheet shown = shown(set(holds.getFirst()));
        assertThat(shown.name().question())
                .isEqualTo("7 calls: Delete volume vol_0; delete volume vol_1; delete volume vol_2;"
                        + " and 4 more deletions in staging");
        assertThat(shown.holds()).extracting(hold -> hold.line().ticket().id()).containsExactlyElementsOf(holds);
        assertThat(room.people.list(room.seal))
                .extracting(hold -> hold.set().id())
                .allMatch(id -> id.startsWith(set(holds.getFirst())));
        assertSigned(sign(shown, room.world.ann), 7);
        assertThat(room.heard).hasSize(1);
        room.restart();
        for (int i = 6; i >= 0; i--) {
            assertThat(goes(call(i), ONE)).isTrue();
            assertThat(goes(call(i), ONE)).isFalse();
        }
        assertThat(room.ready(call(8), ONE)).isInstanceOf(HoldReadiness.NoHoldYet.class);
    }

    /** What would differ on the page, or in who may sign, is asked about by itself. */
    @Test
    void onlyCallsOfOneKindFormASet() {
        String first = park(call(1), ONE);
        String second = park(call(2), ONE);
        park(call(3, "production"), ONE);
        park(call(4), ConfirmationsFixture.owners(2));
        park(TestingWorld.resolved("L-2", "volumeDelete", Impact.DESTROY, "vol_5", "{}", "staging"), ONE);
        park(TestingWorld.resolved("L-1", "volumeUpdate", Impact.DESTROY, "vol_6", "{}", "staging"), ONE);
        park(TestingWorld.resolved("L-1", "volumeDelete", Impact.WRITE, "vol_7", "{}", "staging"), ONE);
        assertThat(room.people.list(room.seal))
                .extracting(hold -> hold.set().size())
                .containsExactly(2, 2, 1, 1, 1, 1, 1);
        assertThat(shown(set(first)).holds())
                .extracting(hold -> hold.line().ticket().id())
                .containsExactly(first, second);
    }

    @Test
    void aCallThatCameAfterThePageIsNotSigned() {
        List<String> holds = park(2);
        HoldSigning.SetSheet shown = shown(set(holds.getFirst()));
        park(call(9), ONE);
        assertSigned(sign(shown, room.world.ann), 2);
        assertThat(goes(call(9), ONE)).isFalse();
        assertThat(goes(call(0), ONE)).isTrue();
    }

    /** Somebody reads a list of two, and signs by its name: what came since was not looked at. */
    @Test
    void theNameOfAListedSetSignsWhatWasListed() {
        List<String> holds = park(2);
        String listed = shown(set(holds.getFirst())).name().id();
        String late = park(call(9), ONE);
        HoldSigning.SetSheet grown = shown(listed);
        assertThat(grown.holds()).hasSize(3);
        byte[] list = grown.statement().toArray();
        assertRejected(
                sign(listed, list, room.world.ann, Optional.empty()),
                "nothing was signed. Since then these came: " + late);
        room.people.deny(room.seal, holds.get(1), "bob", "no");
        assertRejected(
                sign(listed, shown(listed).statement().toArray(), room.world.ann, Optional.empty()),
                "One of its calls was answered");
        assertSigned(sign(shown(listed), room.world.ann), 2);
    }

    @Test
    void aTypedNameIsNeverOfSomethingElse() {
        List<String> holds = park(2);
        HoldSigning.SetSheet shown = shown(set(holds.getFirst()));
        byte[] list = shown.statement().toArray();
        String id = shown.name().id();
        assertThat(shown.nameToType()).isEmpty();
        assertRejected(sign(id, list, room.world.ann, Optional.of("3 in staging")), "something else");
        assertSigned(sign(id, list, room.world.ann, Optional.of("2 in staging")), 2);
    }

    @Test
    void nothingIsSignedIfACallOfThePageIsOver() {
        List<String> holds = park(3);
        HoldSigning.SetSheet shown = shown(set(holds.getFirst()));
        room.people.deny(room.seal, holds.get(1), "bob", "no");
        assertRejected(sign(shown, room.world.ann), "has changed since it was shown");
        HoldSigning.SetSheet anew = shown(set(holds.getFirst()));
        assertThat(anew.holds()).hasSize(2);
        assertSigned(sign(anew, room.world.ann), 2);
        assertThat(goes(call(1), ONE)).isFalse();
    }

    @Test
    void aCallThatChangesDropsOutAlone() {
        List<String> holds = park(3);
        HoldSigning.SetSheet shown = shown(set(holds.getFirst()));
        ResolvedAttempt changed = TestingWorld.deletion("vol_1", "staging", "production");
        ResolvedAttempt same = call(1);
        ResolvedAttempt meansMore = new ResolvedAttempt(
                same.attempt(),
                same.lease(),
                changed.actions(),
                changed.placements(),
                changed.radius(),
                same.outgoing(),
                same.digests());
        assertThat(room.ready(meansMore, ONE)).isInstanceOf(HoldReadiness.VoidedHold.class);
        assertRejected(sign(shown, room.world.ann), "has changed since it was shown");
        assertSigned(sign(shown(set(holds.getFirst())), room.world.ann), 2);
        assertThat(goes(call(0), ONE)).isTrue();
        assertThat(goes(call(2), ONE)).isTrue();
        assertThat(goes(call(1), ONE)).isFalse();
    }

    @Test
    void whatIsVoidedAfterSigningHarmsNoOther() {
        List<String> holds = park(3);
        assertSigned(sign(shown(set(holds.getFirst())), room.world.ann), 3);
        room.people.deny(room.seal, holds.get(1), "bob", "no");
        assertThat(goes(call(1), ONE)).isFalse();
        assertThat(goes(call(0), ONE)).isTrue();
        assertThat(goes(call(2), ONE)).isTrue();
    }

    /** A page of one set names no hold of another, whatever a client sends. */
    @Test
    void aListOfOtherHoldsIsRejected() {
        List<String> holds = park(2);
        String alone = park(call(5, "production"), ONE);
        List<Statement> mixed = new ArrayList<>();
        for (String hold : List.of(holds.get(0), alone)) {
            mixed.add(Statement.read(room.statement(hold)));
        }
        byte[] list = StatementList.of(mixed, Optional.empty()).canonical();
        assertRejected(sign(set(holds.get(0)), list, room.world.ann, Optional.empty()), "has changed since");
        byte[] unknown = new StatementList(List.of("0".repeat(64), "1".repeat(64)), Optional.empty()).canonical();
        assertRejected(sign(set(holds.get(0)), unknown, room.world.ann, Optional.empty()), "has changed since");
        assertRejected(
                room.people.sign(room.seal, set(holds.get(0)), "none", Optional.empty(), room.heard::add),
                "has changed since");
    }

    /** A signature that was rejected, because a call had changed, signs none of the others afterwards. */
    @Test
    void aListIsSignedWholeOrNotAtAll() {
        List<String> holds = park(3);
        HoldSigning.SetSheet shown = shown(set(holds.getFirst()));
        byte[] list = shown.statement().toArray();
        assertRejected(sign(holds.getFirst(), list, room.world.ann, Optional.empty()), "has changed since");
        room.people.deny(room.seal, holds.get(1), "bob", "no");
        assertRejected(sign(shown, room.world.ann), "has changed since");
        assertRejected(sign(holds.getFirst(), list, room.world.ann, Optional.empty()), "has changed since");
    }

    /** The signature is over the list: a list that was exchanged afterwards confirms nothing. */
    @Test
    void aListThatWasExchangedDoesNotCount() {
        List<String> holds = park(3);
        byte[] all = shown(set(holds.getFirst())).statement().toArray();
        List<String> digests = StatementList.read(all).statements();
        byte[] two = new StatementList(digests.subList(0, 2), Optional.empty()).canonical();
        String exchanged = new ConfirmationSignature(
                        Optional.of(StatementList.read(all)),
                        PersonSignature.parse(room.world.ann.sign(Statement.NAMESPACE, two)))
                .text();
        assertRejected(
                room.people.sign(room.seal, set(holds.getFirst()), exchanged, Optional.empty(), room.heard::add),
                "does not count");
    }

    @Test
    void aQuorumAndACooldownHoldForASetAsForOne() {
        Obligations strict = ConfirmationsFixture.obligations(2, Duration.ofMinutes(5), true, false);
        String first = park(call(1), strict);
        park(call(2), strict);
        HoldSigning.SetSheet shown = shown(set(first));
        assertThat(shown.nameToType()).contains("2 in staging");
        assertRejected(
                sign(set(first), shown.statement().toArray(), room.world.ann, Optional.of("railway:volume/vol_1")),
                "exactly: 2 in staging");
        assertSigned(sign(shown, room.world.ann), 2);
        assertThat(room.people.list(room.seal)).allMatch(hold -> hold.state().equals("open"));
        assertSigned(sign(shown(set(first)), room.world.bob), 2);
        assertThat(goes(call(1), strict)).isFalse();
        room.clock.pass(Duration.ofMinutes(5));
        assertThat(goes(call(1), strict)).isTrue();
        assertThat(goes(call(2), strict)).isTrue();
    }

    /** Who has signed some of the calls is asked about the others alone. */
    @Test
    void whatOnePersonHasSignedIsAnotherSet() {
        Obligations two = ConfirmationsFixture.owners(2);
        String first = park(call(1), two);
        park(call(2), two);
        assertSigned(sign(shown(set(first)), room.world.ann), 2);
        String later = park(call(3), two);
        assertThat(shown(set(later)).holds()).hasSize(1);
        assertSigned(sign(shown(set(first)), room.world.bob), 2);
    }

    @Test
    void allAreSignedOrNone() {
        List<String> holds = park(3);
        HoldSigning.SetSheet shown = shown(set(holds.getFirst()));
        assertThatThrownBy(() -> room.people.sign(
                        room.seal,
                        set(holds.getFirst()),
                        signature(shown.statement().toArray(), room.world.ann),
                        Optional.empty(),
                        _ -> {
                            throw new IllegalStateException("the ledger is full");
                        }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(room.people.list(room.seal)).allMatch(hold -> hold.signers().isEmpty());
    }

    @Test
    void aSetIsDeniedAtOnce() {
        List<String> holds = park(3);
        assertThat(room.people.deny(room.seal, set(holds.get(1)), "bob", "no"))
                .isInstanceOfSatisfying(
                        HoldSigning.DenialResult.DeniedAndEnded.class,
                        denied -> assertThat(denied.tickets()).hasSize(2)); // those after the first hold of its name
        assertThat(room.people
                        .show(room.seal, holds.getFirst())
                        .orElseThrow()
                        .line()
                        .state())
                .isEqualTo("open");
    }

    @Test
    void aSetIsOneQuestionAndOneSignature() {
        List<String> holds = park(StatementList.MAX + 1);
        assertThat(shown(set(holds.getFirst())).holds()).hasSize(StatementList.MAX);
        assertThat(shown(set(holds.getLast())).holds()).hasSize(1);
        for (int i = 2; i < Confirmations.MAX_HOLDS_PER_AGENT; i++) {
            park(call(100 + i), ConfirmationsFixture.obligations(1, Duration.ofMinutes(i), false, false));
        }
        assertThat(room.open(call(30, "production"), ONE)).isInstanceOf(Confirmations.ParkResult.LimitReached.class);
        assertThat(room.open(call(30), ONE)).isInstanceOf(Confirmations.ParkResult.ParkedAttempt.class);
        assertSigned(sign(shown(set(holds.get(2))), room.world.ann), StatementList.MAX);
        HoldStore store = new SqliteHoldStore(room.database());
        assertThat(store.<Long>read(
                        rows -> rows.signedSince("ann", room.clock.instant().minusSeconds(60))))
                .isEqualTo(1);
    }

    /** A plan that the limit refuses takes nothing away: what it would have replaced still waits. */
    @Test
    void aPlanBeyondTheLimitVoidsNothing() {
        List<String> holds = park(2);
        for (int i = 1; i < Confirmations.MAX_HOLDS_PER_AGENT; i++) {
            park(call(100 + i), ConfirmationsFixture.obligations(1, Duration.ofMinutes(i), false, false));
        }
        assertThat(room.gate.plans().open(room.seal, List.of(call(0), call(50)), ONE))
                .isInstanceOfSatisfying(
                        HoldPlans.PlanResult.UnaskedPlan.class,
                        unasked -> assertThat(unasked.why()).isInstanceOf(Confirmations.ParkResult.LimitReached.class));
        for (String hold : holds) {
            assertThat(room.people.show(room.seal, hold).orElseThrow().line().state())
                    .isEqualTo("open");
        }
        assertThat(room.gate.plans().open(room.seal, List.of(call(0), call(1)), ONE))
                .isInstanceOf(HoldPlans.PlanResult.AskedPlan.class); // it replaces the question about both
    }
}
