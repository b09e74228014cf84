package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.CallSession;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Obligations;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.SaltedDigests;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.Statement;
import dev.interlock.store.StoreUnavailableException;
import dev.interlock.testing.CaseCount;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfirmationsTest {

    private static final ResolvedAttempt DELETION = TestingWorld.deletion("vol_1", "production");
    private static final Obligations TWO = ConfirmationsFixture.owners(2);
    private static final Obligations ONE = ConfirmationsFixture.owners(1);

    @TempDir
    Path directory;

    private ConfirmationsFixture room;

    @BeforeEach
    void openRoom() {
        room = new ConfirmationsFixture(directory, new TestingWorld());
    }

    @AfterEach
    void closeRoom() {
        room.close();
    }

    private static void assertRejected(HoldSigning.SignatureResult signing, String because) {
        assertThat(signing).isInstanceOf(HoldSigning.SignatureResult.RejectedSignature.class);
        assertThat(((HoldSigning.SignatureResult.RejectedSignature) signing).reason())
                .contains(because);
    }

    private static HoldSigning.SignatureResult.AcceptedSignature accepted(HoldSigning.SignatureResult signing) {
        assertThat(signing).isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
        return (HoldSigning.SignatureResult.AcceptedSignature) signing;
    }

    // The usual course.

    @Test
    void twoPeopleConfirmAndItIsUsedOnce() {
        assertThat(room.ready(DELETION, TWO)).isEqualTo(new HoldReadiness.NoHoldYet());
        HoldTicket ticket = room.park(DELETION, TWO);
        assertThat(ticket.missing()).anyMatch(missing -> missing.contains("2 of owners"));

        HoldSigning.SignatureResult.AcceptedSignature first = accepted(room.sign(ticket.id(), room.world.ann));
        assertThat(first.person()).isEqualTo("ann");
        assertThat(first.owner().keyClass()).isEqualTo(KeyClass.HARDWARE);
        assertThat(first.ticket().missing()).containsExactly("2 of owners must sign, and 1 did");
        assertThat(room.ready(DELETION, TWO)).isInstanceOf(HoldReadiness.WaitingHold.class);

        assertThat(accepted(room.sign(ticket.id(), room.world.bob)).ticket().missing())
                .isEmpty();
        Confirmation confirmation = room.confirmation(DELETION, TWO);
        // The intent is written from the confirmation before that is used.
        Confirmation.ConsumedConfirmation consumed =
                room.gate.consume(confirmation, "R-1").orElseThrow();
        assertThat(confirmation.statement()).isEqualTo(consumed.statement());
        assertThat(confirmation.signatures()).isEqualTo(consumed.signatures()).hasSize(2);
        assertThat(consumed.hold()).isEqualTo(ticket.id());
        assertThat(consumed.signers())
                .extracting(Confirmation.ConfirmationSigner::person)
                .containsExactly("ann", "bob");
        assertThat(consumed.signers()).noneMatch(signer -> signer.keyClass() == KeyClass.SOFTWARE);
        assertThat(consumed.statement().toArray()).isEqualTo(room.statement(ticket.id()));

        assertThat(room.gate.consume(confirmation, "R-2")).isEmpty();
        assertThat(room.ready(DELETION, TWO)).isEqualTo(new HoldReadiness.NoHoldYet());
        assertThat(room.park(DELETION, TWO).id()).isNotEqualTo(ticket.id());
    }

    @Test
    void theSameRequestFindsTheSameHold() {
        HoldTicket ticket = room.park(DELETION, TWO);
        assertThat(room.open(DELETION, TWO)).isEqualTo(new Confirmations.ParkResult.ParkedAttempt(ticket, false));
        room.restart();
        assertThat(room.park(DELETION, TWO).id()).isEqualTo(ticket.id());
    }

    @Test
    void aSignatureForOneRequestOrLeaseDoesNotReleaseAnother() {
        accepted(room.sign(room.park(DELETION, ONE).id(), room.world.ann));
        ResolvedAttempt body =
                TestingWorld.resolved("L-1", "volumeDelete", Impact.DESTROY, "vol_1", "{ }", "production");
        ResolvedAttempt lease = TestingWorld.resolved(
                "L-2", "volumeDelete", Impact.DESTROY, "vol_1", TestingWorld.body("vol_1"), "production");
        assertThat(lease.requestDigest()).isEqualTo(DELETION.requestDigest());
        assertThat(room.ready(body, ONE)).isEqualTo(new HoldReadiness.NoHoldYet());
        assertThat(room.ready(lease, ONE)).isEqualTo(new HoldReadiness.NoHoldYet());
        assertThat(room.ready(DELETION, ONE)).isInstanceOf(HoldReadiness.ReadyHold.class);
    }

    // What an upstream has counted.

    private static ResolvedAttempt counted(String rows, String deleted) {
        return DELETION.with(DELETION.actions().stream()
                .map(action -> {
                    List<Fact> facts = new ArrayList<>(action.facts());
                    facts.add(new Fact("count.rows", rows, Provenance.RESOLVED));
                    facts.add(new Fact("rows.delete", deleted, Provenance.RESOLVED));
                    return action.withFacts(facts);
                })
                .toList());
    }

    @Test
    void peopleAnswerForNoGreaterNumbersToo() {
        ResolvedAttempt asked = counted("159", "40 orders, 119 shop.lines (cascade)");
        assertThat(room.gate.asked(asked)).isSameAs(asked);
        accepted(room.sign(room.park(asked, ONE).id(), room.world.ann));
        for (ResolvedAttempt fewer : List.of(
                asked,
                counted("150", "40 orders, 110 shop.lines (cascade)"),
                counted("40", "40 orders"),
                counted("158", "119 shop.lines (cascade), 39 orders"))) {
            assertThat(room.gate.asked(fewer).meaningDigest()).isEqualTo(asked.meaningDigest());
        }
        for (ResolvedAttempt other : List.of(
                counted("160", "41 orders, 119 shop.lines (cascade)"),
                counted("159", "41 orders, 118 shop.lines (cascade)"),
                counted("41", "40 orders, 1 invoices (trigger)"),
                counted("41", "40 orders, 1 shop.lines (trigger)"),
                counted("unknown", "40 orders"),
                counted("40", "20 orders, 20 orders"),
                counted("40", "40 \"orders, x\""))) {
            assertThat(room.gate.asked(other)).isSameAs(other);
        }
        assertThat(room.ready(room.gate.asked(counted("40", "40 orders")), ONE))
                .isInstanceOf(HoldReadiness.ReadyHold.class);
        assertThat(room.ready(counted("160", "41 orders, 119 shop.lines (cascade)"), ONE))
                .isInstanceOf(HoldReadiness.VoidedHold.class);
    }

    // Changes that void a hold.

    @Test
    void aChangedMeaningVoidsTheHold() {
        HoldTicket ticket = room.park(DELETION, ONE);
        accepted(room.sign(ticket.id(), room.world.ann));
        ResolvedAttempt moved = TestingWorld.deletion("vol_1", "production", "staging");
        assertThat(moved.requestDigest()).isEqualTo(DELETION.requestDigest());
        assertThat(room.ready(moved, ONE)).isInstanceOf(HoldReadiness.VoidedHold.class);
        // Undoing the change does not restore the signature.
        assertThat(room.ready(DELETION, ONE)).isInstanceOf(HoldReadiness.VoidedHold.class);
        assertThat(room.park(DELETION, ONE).id()).isNotEqualTo(ticket.id());
    }

    @Test
    void aChangedMeaningAfterReadinessVoidsTheConfirmationInHand() {
        accepted(room.sign(room.park(DELETION, ONE).id(), room.world.ann));
        Confirmation inHand = room.confirmation(DELETION, ONE);
        assertThat(room.ready(TestingWorld.deletion("vol_1", "staging"), ONE))
                .isInstanceOf(HoldReadiness.VoidedHold.class);
        assertThat(room.gate.consume(inHand, "R-1")).isEmpty();
    }

    @Test
    void changedObligationsVoidTheHold() {
        accepted(room.sign(room.park(DELETION, ONE).id(), room.world.ann));
        assertThat(room.ready(DELETION, TWO)).isInstanceOf(HoldReadiness.VoidedHold.class);
    }

    @Test
    void aNewSealVoidsTheHold() {
        HoldTicket ticket = room.park(DELETION, ONE);
        accepted(room.sign(ticket.id(), room.world.ann));
        room.seal = new TestingWorld(false, 2).seal();
        assertThat(room.ready(DELETION, ONE))
                .isEqualTo(new HoldReadiness.VoidedHold(
                        ticket.id(), "A new seal came into force after this hold was" + " opened."));
    }

    @Test
    void aSignatureUnderANewSealVoidsTheHold() {
        HoldTicket ticket = room.park(DELETION, TWO);
        accepted(room.sign(ticket.id(), room.world.ann));
        String armored = room.world.bob.sign(Statement.NAMESPACE, room.statement(ticket.id()));
        room.seal = new TestingWorld(false, 2).seal();
        assertRejected(
                room.people.sign(room.seal, ticket.id(), armored, Optional.empty(), room.heard::add),
                "A new seal" + " came into force");
        assertThat(room.ready(DELETION, TWO)).isInstanceOf(HoldReadiness.VoidedHold.class);
    }

    @Test
    void forgedSignaturesInTheStoreDoNotCount() {
        HoldTicket ticket = room.park(DELETION, ONE);
        long now = room.clock.instant().toEpochMilli();
        room.database().write(sql -> sql.update("UPDATE confirm_hold SET state = 'signed', signed_at = ?", now));
        assertThat(room.ready(DELETION, ONE))
                .isEqualTo(new HoldReadiness.VoidedHold(ticket.id(), "The signatures of this hold do not confirm it."));
    }

    // The people who may sign.

    @Test
    void rejectsInvalidSignaturesWithAReason() {
        String hold = room.park(DELETION, TWO).id();
        byte[] statement = room.statement(hold);
        Optional<String> none = Optional.empty();
        assertRejected(room.people.sign(room.seal, hold, "not armored", none, room.heard::add), "armor");
        assertRejected(
                room.people.sign(room.seal, hold, room.world.ann.sign("git", statement), none, room.heard::add),
                "namespace `git`");
        assertRejected(
                room.people.sign(
                        room.seal, hold, room.world.ann.sign(Statement.NAMESPACE, new byte[1]), none, room.heard::add),
                "does not match the signed message");
        assertRejected(
                room.people.sign(
                        room.seal,
                        hold,
                        room.world.ann.signUntouched(Statement.NAMESPACE, statement),
                        none,
                        room.heard::add),
                "nobody touched");
        assertRejected(room.sign(hold, TestingKey.hardware()), "not a key of any known person");
        assertRejected(room.sign(hold, room.world.cat), "without a hardware key");
        assertRejected(room.people.sign(room.seal, "H-none", "", none, room.heard::add), "no hold");
        accepted(room.sign(hold, room.world.ann));
        assertRejected(room.sign(hold, room.world.ann), "signed already");
    }

    @Test
    void thePersonBehindTheLeaseSignsWithHardwareOrNotAtAll() {
        closeRoom();
        room = new ConfirmationsFixture(directory.resolve("."), new TestingWorld(true, 1));
        String hold = room.park(DELETION, TWO).id();
        assertRejected(room.sign(hold, room.world.jerSoftware), "must sign with a hardware key");
        assertThat(accepted(room.sign(hold, room.world.jer)).person()).isEqualTo("jer");
        assertThat(accepted(room.sign(hold, room.world.cat)).owner().keyClass()).isEqualTo(KeyClass.SOFTWARE);
        assertThat(room.gate
                        .consume(room.confirmation(DELETION, TWO), "R-1")
                        .orElseThrow()
                        .signers())
                .anyMatch(signer -> signer.keyClass() == KeyClass.SOFTWARE);
    }

    @Test
    void thePersonBehindTheLeaseDoesNotSignWhereSomebodyOtherMust() {
        Obligations other = ConfirmationsFixture.obligations(1, Duration.ZERO, false, true);
        String hold = room.park(DELETION, other).id();
        assertRejected(room.sign(hold, room.world.jer), "so another person must sign");
        accepted(room.sign(hold, room.world.ann));
    }

    @Test
    void whoSignedForTheLeaseDoesNotSignWhereSomebodyOtherMust() {
        ResolvedAttempt signed = of(DELETION, DELETION.lease().signedBy("ann", false));
        String hold = room.park(signed, ConfirmationsFixture.obligations(1, Duration.ZERO, false, true))
                .id();
        HoldSigning.HoldSheet sheet = room.people.show(room.seal, hold).orElseThrow();
        assertThat(sheet.line().ticket().summary()).contains("for jer (task fix-staging, lease signed by ann)");
        assertThat(sheet.text()).contains("lease by ann, who signed for it and is behind it too");
        assertRejected(room.sign(hold, room.world.ann), "so another person must sign");
        assertRejected(room.sign(hold, room.world.jer), "so another person must sign");
        accepted(room.sign(hold, room.world.bob));
    }

    @Test
    void aHoldThatHidesWhoSignedForTheLeaseIsVoid() {
        Obligations one = ConfirmationsFixture.owners(1);
        String hold = room.park(DELETION, one).id();
        accepted(room.sign(hold, room.world.ann));
        ResolvedAttempt signed = of(DELETION, DELETION.lease().signedBy("ann", false));
        assertThat(room.gate.ready(room.seal, signed, room.verdict(one), Optional.empty()))
                .isInstanceOfSatisfying(
                        HoldReadiness.VoidedHold.class,
                        void_ -> assertThat(void_.hold()).isEqualTo(hold));
    }

    private static ResolvedAttempt of(ResolvedAttempt sensed, Lease lease) {
        return new ResolvedAttempt(
                sensed.attempt(),
                lease,
                sensed.actions(),
                sensed.placements(),
                sensed.radius(),
                sensed.outgoing(),
                SaltedDigests.OPEN);
    }

    @Test
    void aSignerTypesTheExactNameWhereAsked() {
        Obligations typed = ConfirmationsFixture.obligations(1, Duration.ZERO, true, false);
        String hold = room.park(DELETION, typed).id();
        String name = "railway:volume/vol_1";
        HoldSigning.HoldSheet sheet = room.people.show(room.seal, hold).orElseThrow();
        assertThat(sheet.nameToType()).contains(name);
        assertThat(sheet.text()).contains("type exactly: " + name + "\n");
        assertThat(sheet.line().ticket().missing()).contains("each signer types: " + name);
        assertRejected(room.sign(hold, room.world.ann), "requires each signer to type");
        assertRejected(room.sign(hold, room.world.ann, Optional.of(" ")), "requires each signer to type");
        assertRejected(room.sign(hold, room.world.ann, Optional.of("railway:volume/vol_2")), "exactly: " + name);
        accepted(room.sign(hold, room.world.ann, Optional.of(name)));
        assertThat(room.gate
                        .consume(room.confirmation(DELETION, typed), "R-1")
                        .orElseThrow()
                        .signers())
                .extracting(Confirmation.ConfirmationSigner::typed)
                .containsExactly(name);
    }

    @Test
    void anIneligibleSignerIsNotAskedToTypeAgain() {
        String hold = room.park(DELETION, ConfirmationsFixture.obligations(1, Duration.ZERO, true, false))
                .id();
        assertRejected(room.sign(hold, TestingKey.hardware()), "not a key of any known person");
    }

    @Test
    void theResultOfASignatureNamesItsOwner() {
        String hold = room.park(DELETION, TWO).id();
        TestingKey stranger = TestingKey.hardware();
        room.sign(hold, stranger);
        room.sign(hold, room.world.cat);
        room.sign(hold, room.world.ann);
        room.sign(hold, room.world.ann);
        room.sign(hold, room.world.bob);
        room.people.sign(room.seal, hold, "not armored", Optional.empty(), room.heard::add);
        assertThat(room.heard.get(0))
                .isInstanceOfSatisfying(
                        HoldSigning.SignatureResult.RejectedSignature.class,
                        rejected -> assertThat(rejected.owner())
                                .get()
                                .satisfies(hand -> assertThat(hand.person()).isEmpty())
                                .satisfies(
                                        hand -> assertThat(hand.fingerprint()).startsWith("SHA256:")));
        assertThat(room.heard.get(1))
                .isInstanceOfSatisfying(
                        HoldSigning.SignatureResult.RejectedSignature.class,
                        rejected -> assertThat(rejected.owner().orElseThrow().person())
                                .contains("cat"));
        assertThat(room.heard.get(2))
                .isInstanceOfSatisfying(
                        HoldSigning.SignatureResult.AcceptedSignature.class,
                        first -> assertThat(first.complete()).isFalse());
        assertRejected(room.heard.get(3), "signed already");
        assertThat(room.heard.get(4))
                .isInstanceOfSatisfying(
                        HoldSigning.SignatureResult.AcceptedSignature.class,
                        second -> assertThat(second.complete()).isTrue());
        assertThat(room.heard.get(5))
                .isInstanceOfSatisfying(
                        HoldSigning.SignatureResult.RejectedSignature.class,
                        rejected -> assertThat(rejected.owner()).isEmpty());
    }

    @Test
    void aSignatureWithoutWitnessDoesNotCount() {
        String hold = room.park(DELETION, ONE).id();
        String armored = room.world.ann.sign(Statement.NAMESPACE, room.statement(hold));
        assertThatThrownBy(() -> room.people.sign(room.seal, hold, armored, Optional.empty(), _ -> {
                    throw new IllegalStateException("no space left");
                }))
                .hasMessage("no space left");
        assertThat(room.ready(DELETION, ONE)).isInstanceOf(HoldReadiness.WaitingHold.class);
    }

    @Test
    void nobodyIsAskedToSignForALeaseThatHasEnded() {
        for (boolean signed : List.of(false, true)) {
            String hold = room.park(DELETION, ONE).id();
            String armored = room.world.ann.sign(Statement.NAMESPACE, room.statement(hold));
            if (signed) {
                accepted(room.sign(hold, room.world.ann));
            }
            room.endedLeases.add(DELETION.lease().root());
            assertRejected(
                    room.people.sign(room.seal, hold, armored, Optional.empty(), room.heard::add),
                    "lease that requested it is no longer valid");
            assertThat(room.people.list(room.seal))
                    .filteredOn(line -> line.ticket().id().equals(hold))
                    .singleElement()
                    .matches(line -> line.state().equals("void"));
            room.endedLeases.clear();
        }
    }

    @Test
    void nobodyIsAskedToSignUnderAnOlderSeal() {
        String hold = room.park(DELETION, ONE).id();
        room.seal = new TestingWorld(false, 2).seal();
        assertThat(room.people.list(room.seal))
                .singleElement()
                .matches(line ->
                        line.state().equals("void") && line.ticket().id().equals(hold));
    }

    @Test
    void theNextStepIsCorrectInEachState() {
        Obligations cooling = ConfirmationsFixture.obligations(1, Duration.ofMinutes(10), false, false);
        HoldTicket open = room.park(DELETION, cooling);
        assertThat(open.next()).startsWith("Wait until people have confirmed");
        HoldTicket signed = accepted(room.sign(open.id(), room.world.ann)).ticket();
        assertThat(signed.next())
                .startsWith("Every required person has signed")
                .contains("Wait until " + room.clock.instant().plus(Duration.ofMinutes(10)));
        HoldSigning.HoldSummary line = room.people.list(room.seal).getFirst();
        assertThat(line.usable())
                .contains(new HoldSigning.UsableWindow(
                        room.clock.instant().plus(Duration.ofMinutes(10)),
                        room.clock.instant().plus(Duration.ofMinutes(25))));
        room.clock.pass(Duration.ofMinutes(10));
        assertThat(room.people.list(room.seal).getFirst().ticket().next()).startsWith("Send the identical request");
    }

    @Test
    void aDenialWithoutReasonSaysSo() {
        room.people.deny(room.seal, room.park(DELETION, ONE).id(), "bob", " ");
        assertThat(((HoldReadiness.DeniedHold) room.ready(DELETION, ONE)).reason())
                .contains("bob denied it without a reason.");
    }

    @Test
    void anUnprovableObligationStaysUnmet() {
        for (Obligations unprovable : List.of(
                new Obligations(
                        ONE.quorums(),
                        Duration.ZERO,
                        Optional.of(Duration.ofHours(24)),
                        OptionalLong.empty(),
                        false,
                        false),
                new Obligations(ONE.quorums(), Duration.ZERO, Optional.empty(), OptionalLong.of(9), false, false))) {
            HoldTicket ticket = room.park(DELETION, unprovable);
            accepted(room.sign(ticket.id(), room.world.ann));
            assertThat(room.ready(DELETION, unprovable)).isInstanceOf(HoldReadiness.WaitingHold.class);
            assertThat(((HoldReadiness.WaitingHold) room.ready(DELETION, unprovable))
                            .ticket()
                            .missing())
                    .anyMatch(missing -> missing.matches(".*(a backup is required|a backup of|cannot supply).*"));
            assertThat(ticket.next()).startsWith("Signatures alone ");
        }
    }

    @Test
    void aHoldWithoutObligationsIsNotOpened() {
        assertThat(room.open(DELETION, Obligations.NONE)).isInstanceOf(Confirmations.ParkResult.UnaskableAttempt.class);
    }

    @Test
    void aHoldWithoutQuorumStillNeedsASigner() {
        Obligations slow =
                new Obligations(Set.of(), Duration.ofMinutes(1), Optional.empty(), OptionalLong.empty(), false, false);
        HoldTicket ticket = room.park(DELETION, slow);
        room.clock.pass(Duration.ofMinutes(2));
        assertThat(room.ready(DELETION, slow)).isInstanceOf(HoldReadiness.WaitingHold.class);
        accepted(room.sign(ticket.id(), room.world.bob));
        room.clock.pass(Duration.ofMinutes(1));
        assertThat(room.ready(DELETION, slow)).isInstanceOf(HoldReadiness.ReadyHold.class);
    }

    @Test
    void aCallTooLongToShowIsNotHeld() {
        ResolvedAttempt endless = TestingWorld.deletion("v".repeat(9000), "production");
        assertThat(room.open(endless, ONE)).isInstanceOf(Confirmations.ParkResult.UnaskableAttempt.class);
    }

    /** It ends by itself, and is no part of what is signed. */
    @Test
    void aDiffDoesNotMakeACallTooLong() {
        Action action = DELETION.actions().getFirst();
        Fact diff = new Fact(Fact.DIFF, "+run\n".repeat(3_000), Provenance.RESOLVED, true);
        ResolvedAttempt pushed = DELETION.with(List.of(action.withFacts(List.of(diff))));
        assertThat(room.open(pushed, ONE)).isInstanceOf(Confirmations.ParkResult.ParkedAttempt.class);
    }

    // Time.

    @Test
    void aConfirmationIsUsableForALimitedTimeAfterItsCooldown() {
        Obligations slow = ConfirmationsFixture.obligations(1, Duration.ofMinutes(10), false, false);
        String hold = room.park(DELETION, slow).id();
        accepted(room.sign(hold, room.world.ann));
        room.clock.pass(Duration.ofMinutes(10).minusMillis(1));
        assertThat(room.ready(DELETION, slow)).isInstanceOf(HoldReadiness.WaitingHold.class);
        room.clock.pass(Duration.ofMillis(1));
        Confirmation confirmation = room.confirmation(DELETION, slow);
        room.clock.pass(Hold.USABLE);
        assertThat(room.gate.consume(confirmation, "R-1")).isEmpty();
        assertThat(room.ready(DELETION, slow)).isInstanceOf(HoldReadiness.ExpiredHold.class);
    }

    @Test
    void anUnansweredHoldExpiresAndIsReported() {
        HoldTicket ticket = room.park(DELETION, ONE);
        String armored = room.world.ann.sign(Statement.NAMESPACE, room.statement(ticket.id()));
        assertThat(room.gate.expire(room.seal)).isEmpty();
        room.clock.pass(Hold.DEFAULT_LIFE);
        assertThat(room.gate.expire(room.seal)).extracting(HoldTicket::id).containsExactly(ticket.id());
        assertRejected(room.people.sign(room.seal, ticket.id(), armored, Optional.empty(), room.heard::add), "expired");
        assertThat(room.ready(DELETION, ONE)).isInstanceOf(HoldReadiness.ExpiredHold.class);
        assertThat(room.park(DELETION, ONE).id()).isNotEqualTo(ticket.id());
    }

    @Test
    void aRepeatedRequestDoesNotHideAnExpiry() {
        HoldTicket ticket = room.park(DELETION, ONE);
        room.clock.pass(Hold.DEFAULT_LIFE);
        assertThat(room.park(DELETION, ONE).id()).isNotEqualTo(ticket.id());
        assertThat(room.gate.expire(room.seal)).extracting(HoldTicket::id).containsExactly(ticket.id());
        assertThat(room.gate.expire(room.seal)).isEmpty();
    }

    @Test
    void anOverdueHoldBlocksNoNewOne() {
        HoldTicket ticket = room.park(DELETION, ONE);
        room.clock.pass(Duration.ofDays(1));
        assertThat(room.ready(DELETION, ONE)).isInstanceOf(HoldReadiness.ExpiredHold.class);
        assertThat(room.park(DELETION, ONE).id()).isNotEqualTo(ticket.id());
    }

    @Test
    void aClockSetBackGivesNoTime() {
        accepted(room.sign(room.park(DELETION, ONE).id(), room.world.ann));
        Confirmation confirmation = room.confirmation(DELETION, ONE);
        room.clock.set(TestingWorld.START.minus(Duration.ofDays(1)));
        room.clock.pass(Hold.USABLE);
        assertThat(room.gate.consume(confirmation, "R-1")).isEmpty();
    }

    @Test
    void aClockSetBackBeforeARestartGivesNoTime() {
        accepted(room.sign(room.park(DELETION, ONE).id(), room.world.ann));
        room.clock.pass(Hold.USABLE.minusMinutes(1));
        room.gate.expire(room.seal); // as every few seconds: it stores the time
        Confirmation confirmation = room.confirmation(DELETION, ONE);
        room.clock.set(TestingWorld.START);
        room.restart();
        room.clock.pass(Duration.ofMinutes(1));
        assertThat(room.gate.consume(confirmation, "R-1")).isEmpty();
    }

    @Test
    void aClockSetBackAfterASignatureGivesNoTime() {
        String hold = room.park(DELETION, ONE).id();
        room.clock.pass(Hold.DEFAULT_LIFE.minusMinutes(1));
        accepted(room.sign(hold, room.world.ann));
        room.clock.set(TestingWorld.START);
        room.restart();
        room.clock.pass(Hold.USABLE);
        assertThat(room.ready(DELETION, ONE)).isInstanceOf(HoldReadiness.ExpiredHold.class);
    }

    @Test
    void aClockSetBackAfterADenialChangesNothing() {
        String hold = room.park(DELETION, ONE).id();
        room.clock.pass(Hold.DEFAULT_LIFE.minusMinutes(1));
        room.people.deny(room.seal, hold, "bob", "no");
        room.clock.set(TestingWorld.START);
        room.restart();
        room.clock.pass(Hold.USABLE.plusMinutes(1));
        assertThat(room.ready(DELETION, ONE)).isEqualTo(new HoldReadiness.NoHoldYet());
    }

    @Test
    void anEndedHoldDoesNotHideALiveOneOfTheSameMillisecond() {
        // Identifiers have no order within a millisecond: with ten, the live one is hardly the last.
        for (int i = 0; i < 10; i++) {
            accepted(room.sign(room.park(DELETION, ONE).id(), room.world.ann));
            assertThat(room.gate.consume(room.confirmation(DELETION, ONE), "R-" + i))
                    .isPresent();
        }
        HoldTicket lives = room.park(DELETION, ONE);
        assertThat(room.ready(DELETION, ONE))
                .isInstanceOfSatisfying(
                        HoldReadiness.WaitingHold.class,
                        waiting -> assertThat(waiting.ticket().id()).isEqualTo(lives.id()));
    }

    @Test
    void theReasonOfAnEndIsReported() {
        HoldTicket unanswered = room.park(DELETION, ONE);
        room.clock.pass(Hold.DEFAULT_LIFE);
        assertThat(room.ready(DELETION, ONE))
                .isEqualTo(new HoldReadiness.ExpiredHold(
                        unanswered.id(), "Nobody confirmed it in time; that counts as a denial."));
        HoldTicket unused = room.park(DELETION, ONE);
        assertThat(unused.expires()).isEqualTo(room.clock.instant().plus(Hold.DEFAULT_LIFE));
        HoldTicket signed = accepted(room.sign(unused.id(), room.world.ann)).ticket();
        assertThat(signed.expires()).isEqualTo(room.clock.instant().plus(Hold.USABLE));
        assertThat(room.park(DELETION, ONE)).isEqualTo(signed);
        room.clock.pass(Hold.USABLE);
        // The newest of several ended holds is reported.
        assertThat(room.ready(DELETION, ONE))
                .isEqualTo(new HoldReadiness.ExpiredHold(unused.id(), "It was confirmed but not used in time."));
    }

    // Denials.

    @Test
    void twoDenialsAreNoApproval() {
        ResolvedAttempt variant =
                TestingWorld.resolved("L-1", "volumeDelete", Impact.DESTROY, "vol_1", "{ }", "production");
        String first = room.park(DELETION, ONE).id();
        room.clock.pass(Duration.ofMinutes(1));
        String second = room.park(variant, ONE).id();
        room.people.deny(room.seal, first, "bob", "Not today.");
        room.people.deny(room.seal, second, "ann", "Never.");
        assertThat(room.ready(DELETION, ONE)).isInstanceOfSatisfying(HoldReadiness.DeniedHold.class, no -> {
            assertThat(no.reason()).contains("ann denied it: Never.");
            assertThat(no.covers()).containsExactly("railway/volumeDelete on railway:volume/vol_1");
        });
    }

    @Test
    void aDenialCoversChangedResourcesAndNotReadOnes() {
        ResolvedAttempt look = TestingWorld.resolved("L-1", "volume", Impact.READ, "vol_1", "{ }", "production");
        room.people.deny(room.seal, room.park(together(look, DELETION), ONE).id(), "bob", "no");
        assertThat(room.ready(DELETION, ONE)).isInstanceOf(HoldReadiness.DeniedHold.class);
        assertThat(room.ready(look, ONE)).isEqualTo(new HoldReadiness.NoHoldYet());
    }

    @Test
    void aDenialOfAReadCoversReads() {
        ResolvedAttempt look = TestingWorld.resolved("L-1", "volume", Impact.READ, "vol_1", "{ }", "production");
        ResolvedAttempt again = TestingWorld.resolved("L-1", "volume", Impact.READ, "vol_1", "{  }", "production");
        room.people.deny(room.seal, room.park(look, ONE).id(), "bob", "no");
        assertThat(room.ready(again, ONE)).isInstanceOf(HoldReadiness.DeniedHold.class);
    }

    /** The provider may read it as the same name, and people must not be called for each spelling. */
    @Test
    void aDenialCoversOtherSpellingsOfAName() {
        room.people.deny(room.seal, room.park(DELETION, ONE).id(), "bob", "no");
        for (String spelling : List.of("VOL_1", "vol_1.")) {
            assertThat(room.ready(TestingWorld.deletion(spelling, "production"), ONE))
                    .as(spelling)
                    .isInstanceOf(HoldReadiness.DeniedHold.class);
        }
        assertThat(room.ready(TestingWorld.deletion("vol_10", "production"), ONE))
                .isEqualTo(new HoldReadiness.NoHoldYet());
    }

    /** What was read when it was found decides, unless the store has changed until it is used. */
    @Test
    void aDenialOfAVariantAfterItWasFoundStopsASignedHold() {
        accepted(room.sign(room.park(DELETION, ONE).id(), room.world.ann));
        String variant =
                room.park(TestingWorld.deletion("VOL_1", "production"), ONE).id();
        Confirmation found = room.confirmation(DELETION, ONE);
        room.people.deny(room.seal, variant, "bob", "no");
        HoldReadiness again = room.gate.ready(room.seal, DELETION, room.verdict(ONE), Optional.of(found));
        assertThat(room.gate.consume(((HoldReadiness.ReadyHold) again).confirmation(), "R-1"))
                .isEmpty();
    }

    @Test
    void whatWasFoundSignedIsNotReadyIfItMeansSomethingElse() {
        accepted(room.sign(room.park(DELETION, ONE).id(), room.world.ann));
        Confirmation found = room.confirmation(DELETION, ONE);
        ResolvedAttempt moved = TestingWorld.deletion("vol_1", "production", "staging");
        assertThat(room.gate.ready(room.seal, moved, room.verdict(ONE), Optional.of(found)))
                .isInstanceOf(HoldReadiness.VoidedHold.class);
        assertThat(room.gate.consume(found, "R-1")).isEmpty();
    }

    private static ResolvedAttempt together(ResolvedAttempt look, ResolvedAttempt change) {
        return new ResolvedAttempt(
                change.attempt(),
                change.lease(),
                List.of(look.actions().getFirst(), change.actions().getFirst()),
                change.placements(),
                change.radius(),
                change.outgoing(),
                SaltedDigests.OPEN);
    }

    @Test
    void onlyALiveHoldCanBeDenied() {
        String hold = room.park(DELETION, ONE).id();
        room.people.deny(room.seal, hold, "bob", "no");
        assertThat(room.people.deny(room.seal, hold, "ann", "no"))
                .isEqualTo(new HoldSigning.DenialResult.NothingToDeny("The hold is denied."));
        assertThat(room.people.deny(room.seal, "H-none", "ann", "no"))
                .isEqualTo(new HoldSigning.DenialResult.NothingToDeny("There is no hold with that name."));
    }

    @Test
    void theLengthOfAReasonIsLimited() {
        for (int length : new int[] {300, 301}) {
            ResolvedAttempt asked = TestingWorld.deletion("vol_" + length, "production");
            room.people.deny(room.seal, room.park(asked, ONE).id(), "bob", "x".repeat(length));
            assertThat(((HoldReadiness.DeniedHold) room.ready(asked, ONE)).reason())
                    .contains("bob denied it: " + "x".repeat(300) + (length == 300 ? ". " : "... "));
        }
    }

    @Test
    void aDenialCoversVariantsUntilTheHoldsExpiry() {
        HoldTicket ticket = room.park(DELETION, ONE);
        assertThat(room.people.deny(room.seal, ticket.id(), "bob", "Not today."))
                .isInstanceOf(HoldSigning.DenialResult.DeniedAndEnded.class);
        ResolvedAttempt variant =
                TestingWorld.resolved("L-1", "volumeDelete", Impact.DESTROY, "vol_1", "{ }", "production");
        assertThat(room.open(variant, ONE)).isInstanceOf(Confirmations.ParkResult.DeniedAttempt.class);
        assertThat(room.ready(variant, ONE)).isInstanceOf(HoldReadiness.DeniedHold.class);
        assertThat(((HoldReadiness.DeniedHold) room.ready(DELETION, ONE)).reason())
                .contains("bob denied it: Not" + " today.");

        ResolvedAttempt another = TestingWorld.deletion("vol_2", "production");
        ResolvedAttempt elsewhere =
                TestingWorld.resolved("L-2", "volumeDelete", Impact.DESTROY, "vol_1", "{ }", "production");
        assertThat(room.open(another, ONE)).isInstanceOf(Confirmations.ParkResult.ParkedAttempt.class);
        assertThat(room.open(elsewhere, ONE)).isInstanceOf(Confirmations.ParkResult.ParkedAttempt.class);

        room.clock.pass(Hold.DEFAULT_LIFE.plus(Hold.USABLE));
        assertThat(room.open(DELETION, ONE)).isInstanceOf(Confirmations.ParkResult.ParkedAttempt.class);
    }

    /**
     * A person denied the action, not the policy. The refusal says so, or they would wonder why sealing did not help.
     */
    @Test
    void aDenialOutlastsANewSealAndSaysSo() {
        HoldTicket ticket = room.park(DELETION, TWO);
        room.people.deny(room.seal, ticket.id(), "bob", "Not today.");
        room.seal = new TestingWorld(false, 2).seal();
        Instant until = room.clock.instant().plus(Hold.DEFAULT_LIFE).plus(Hold.USABLE);
        assertThat(room.ready(DELETION, ONE))
                .isInstanceOfSatisfying(
                        HoldReadiness.DeniedHold.class,
                        no -> assertThat(no.reason())
                                .endsWith("bob denied it: Not today. Until " + until
                                        + " it and its variants are refused under"
                                        + " this lease without asking people again, also if a new seal comes into force that"
                                        + " still asks them."));
        room.clock.pass(Duration.between(room.clock.instant(), until));
        assertThat(room.ready(DELETION, ONE)).isEqualTo(new HoldReadiness.NoHoldYet());
    }

    @Test
    void aDenialDuringTheCooldownStopsASignedHold() {
        Obligations slow = ConfirmationsFixture.obligations(1, Duration.ofMinutes(10), false, false);
        String hold = room.park(DELETION, slow).id();
        accepted(room.sign(hold, room.world.ann));
        room.clock.pass(Duration.ofMinutes(10));
        Confirmation inHand = room.confirmation(DELETION, slow);
        assertThat(room.people.deny(room.seal, hold, "bob", "wait"))
                .isInstanceOf(HoldSigning.DenialResult.DeniedAndEnded.class);
        assertThat(room.gate.consume(inHand, "R-1")).isEmpty();
        assertThat(room.ready(DELETION, slow)).isInstanceOf(HoldReadiness.DeniedHold.class);
    }

    @Test
    void theNumberOfHoldsIsLimited() {
        Instant start = room.clock.instant();
        List<String> holds = new ArrayList<>();
        for (int i = 0; i < Confirmations.MAX_HOLDS_PER_AGENT; i++) {
            holds.add(room.park(TestingWorld.deletion("vol_" + i, "production"), differing(i))
                    .id());
            room.clock.pass(Duration.ofMinutes(1));
        }
        assertThat(room.open(TestingWorld.deletion("vol_x", "production"), ONE))
                .isInstanceOfSatisfying(Confirmations.ParkResult.LimitReached.class, reached -> {
                    assertThat(reached.asked()).contains("vol_x");
                    assertThat(reached.open()).hasSameSizeAs(holds);
                    assertThat(reached.open().getLast())
                            .startsWith(holds.getLast() + " (")
                            .contains("vol_7");
                    assertThat(reached.next()).isEqualTo(start.plus(Hold.DEFAULT_LIFE));
                });
        assertThat(room.open(TestingWorld.deletion("vol_0", "production"), differing(0)))
                .isInstanceOf(Confirmations.ParkResult.ParkedAttempt.class);
        room.clock.pass(Hold.DEFAULT_LIFE.minusMinutes(Confirmations.MAX_HOLDS_PER_AGENT));
        assertThat(room.open(TestingWorld.deletion("vol_x", "production"), ONE))
                .isInstanceOf(Confirmations.ParkResult.ParkedAttempt.class);
    }

    /** Each answer frees a place at once: no hour must pass. */
    @Test
    void onlyQuestionsThatWaitCount() {
        List<String> holds = new ArrayList<>();
        for (int i = 0; i < Confirmations.MAX_HOLDS_PER_AGENT; i++) {
            holds.add(room.park(TestingWorld.deletion("vol_" + i, "production"), differing(i))
                    .id());
        }
        room.people.deny(room.seal, holds.get(0), "bob", "no");
        accepted(room.sign(holds.get(1), room.world.ann));
        for (String more : List.of("vol_a", "vol_b")) {
            assertThat(room.open(TestingWorld.deletion(more, "production"), differing(more.hashCode())))
                    .as(more)
                    .isInstanceOf(Confirmations.ParkResult.ParkedAttempt.class);
        }
        assertThat(room.open(TestingWorld.deletion("vol_c", "production"), ONE))
                .isInstanceOf(Confirmations.ParkResult.LimitReached.class);
    }

    @Test
    void whatAPersonUndoesIsNoQuestionOfTheAgent() {
        for (int i = 0; i < Confirmations.MAX_HOLDS_PER_AGENT; i++) {
            assertThat(room.open(undone(TestingWorld.deletion("vol_" + i, "production")), ONE))
                    .isInstanceOf(Confirmations.ParkResult.ParkedAttempt.class);
        }
        for (int i = 0; i < Confirmations.MAX_HOLDS_PER_AGENT; i++) {
            room.park(TestingWorld.deletion("other_" + i, "production"), differing(i));
        }
        assertThat(room.open(undone(TestingWorld.deletion("vol_x", "production")), ONE))
                .isInstanceOf(Confirmations.ParkResult.ParkedAttempt.class);
    }

    /** Returns obligations with which a call is asked about by itself: those of one kind are one question. */
    private static Obligations differing(int kind) {
        return ConfirmationsFixture.obligations(1, Duration.ofSeconds(1 + Math.floorMod(kind, 1000)), false, false);
    }

    private static ResolvedAttempt undone(ResolvedAttempt sensed) {
        return new ResolvedAttempt(
                sensed.attempt().undoing(new Attempt.UndoneCall("R-1", true), CallSession.NONE),
                sensed.lease(),
                sensed.actions(),
                sensed.placements(),
                sensed.radius(),
                sensed.outgoing(),
                sensed.digests());
    }

    /** Whatever leases an agent has, and whatever people answer, no more of its questions wait than under one lease. */
    @Test
    @Tag("random")
    void moreLeasesAskPeopleNoMoreAtOnce() {
        long seed = Long.getLong("interlock.seed", 20_261_124L);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        Map<String, Instant> ends = new HashMap<>(); // of the holds that wait
        boolean limited = false;
        for (int step = 0; step < CaseCount.of(500); step++) {
            List<String> waiting = ends.keySet().stream().sorted().toList();
            Optional<String> hold =
                    waiting.isEmpty() ? Optional.empty() : Optional.of(waiting.get(random.nextInt(waiting.size())));
            switch (random.nextInt(10)) {
                case 0 -> room.clock.pass(Duration.ofMinutes(random.nextInt(30)));
                case 1 -> room.restart();
                case 2 ->
                    hold.ifPresent(id -> {
                        room.people.deny(room.seal, id, "bob", "no");
                        ends.remove(id);
                    });
                case 3 ->
                    hold.ifPresent(id -> {
                        room.sign(id, room.world.ann);
                        Confirmation claim = new Confirmation(
                                id, Bytes.empty(), HoldPhrases.armored(stored(id)), Optional.empty(), List.of());
                        room.gate.consume(claim, "R-1");
                        ends.remove(id);
                    });
                default -> {
                    String lease = "L-" + random.nextInt(6);
                    String volume = "vol_" + step;
                    Confirmations.ParkResult result = room.open(
                            TestingWorld.resolved(
                                    lease,
                                    "volumeDelete",
                                    Impact.DESTROY,
                                    volume,
                                    TestingWorld.body(volume),
                                    "production"),
                            differing(step));
                    if (result instanceof Confirmations.ParkResult.ParkedAttempt(HoldTicket ticket, boolean _)) {
                        ends.put(ticket.id(), room.clock.instant().plus(Hold.DEFAULT_LIFE));
                    } else {
                        assertThat(result).isInstanceOf(Confirmations.ParkResult.LimitReached.class);
                        assertThat(ends).as("seed %s, step %s", seed, step).hasSize(Confirmations.MAX_HOLDS_PER_AGENT);
                        limited = true;
                    }
                }
            }
            ends.values().removeIf(end -> !room.clock.instant().isBefore(end));
            assertThat(ends)
                    .as("seed %s, step %s", seed, step)
                    .hasSizeLessThanOrEqualTo(Confirmations.MAX_HOLDS_PER_AGENT);
            assertThat(room.people.list(room.seal))
                    .as("seed %s, step %s", seed, step)
                    .filteredOn(one -> one.state().equals("open"))
                    .hasSizeLessThanOrEqualTo(Confirmations.MAX_HOLDS_PER_AGENT);
        }
        assertThat(limited).as("seed %s", seed).isTrue();
    }

    private Hold stored(String hold) {
        return ConfirmationsFixture.stored(room.database(), hold);
    }

    // Exactly once.

    @Test
    void oneOfAHundredRacingCopiesWinsWithARestartInTheMiddle() throws Exception {
        accepted(room.sign(room.park(DELETION, ONE).id(), room.world.ann));
        Confirmation confirmation = room.confirmation(DELETION, ONE);
        int won = race(confirmation, 50);
        room.restart();
        won += race(confirmation, 50);
        assertThat(won).isEqualTo(1);
        room.restart();
        assertThat(room.ready(DELETION, ONE)).isEqualTo(new HoldReadiness.NoHoldYet());
    }

    private static Confirmation claim(String hold) {
        return new Confirmation(hold, Bytes.empty(), List.of(), Optional.empty(), List.of());
    }

    private int race(Confirmation confirmation, int copies) throws Exception {
        List<Callable<Boolean>> racers = new ArrayList<>();
        for (int i = 0; i < copies; i++) {
            String intent = "R-" + i;
            racers.add(() -> room.gate.consume(confirmation, intent).isPresent());
        }
        int won = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Boolean> racer : threads.invokeAll(racers)) {
                won += racer.get() ? 1 : 0;
            }
        }
        return won;
    }

    @Test
    void anUnsignedHoldIsNotConsumedWhoeverClaimsIt() {
        String hold = room.park(DELETION, TWO).id();
        accepted(room.sign(hold, room.world.ann));
        assertThat(room.gate.consume(claim(hold), "R-1")).isEmpty();
        assertThat(room.gate.consume(claim("H-none"), "R-1")).isEmpty();
        // Nor a hold that everybody signed, if the intent carries other data than the signed one.
        accepted(room.sign(hold, room.world.bob));
        assertThat(room.gate.consume(claim(hold), "R-1")).isEmpty();
        assertThat(room.gate.consume(room.confirmation(DELETION, TWO), "R-1")).isPresent();
    }

    // The views of agents and of people.

    @Test
    void theAgentsSideNeverSeesTheNonce() {
        HoldTicket ticket = room.park(DELETION, ONE);
        String nonce = Statement.read(room.statement(ticket.id())).nonce();
        List<Object> seen = new ArrayList<>(List.of(ticket, room.ready(DELETION, ONE), room.open(DELETION, ONE)));
        room.people.deny(room.seal, ticket.id(), "ann", "no");
        seen.add(room.ready(DELETION, ONE));
        assertThat(seen.toString()).doesNotContain(nonce);
        assertThat(room.people.show(room.seal, ticket.id()).orElseThrow().text())
                .doesNotContain(nonce);
    }

    @Test
    void noncesDiffer() {
        String one = room.park(DELETION, ONE).id();
        String two =
                room.park(TestingWorld.deletion("vol_2", "production"), ONE).id();
        assertThat(Statement.read(room.statement(one)).nonce())
                .isNotEqualTo(Statement.read(room.statement(two)).nonce());
    }

    @Test
    void listsLiveAndEndedHolds() {
        HoldTicket open = room.park(DELETION, ONE);
        HoldTicket denied = room.park(TestingWorld.deletion("vol_2", "production"), ONE);
        room.people.deny(room.seal, denied.id(), "ann", "no");
        assertThat(room.people.list(room.seal))
                .extracting(line -> line.ticket().id() + " " + line.state())
                .containsExactly(open.id() + " open", denied.id() + " denied");
        assertThat(room.people.show(room.seal, "H-none")).isEmpty();
    }

    /** Viewing is a read: it waits for no writer, and changes nothing. */
    @Test
    void viewingIsARead() {
        HoldTicket open = room.park(DELETION, ONE);
        room.endedLeases.add(DELETION.lease().root());
        room.database().write(sql -> {
            assertThat(room.people.list(room.seal))
                    .extracting(HoldSigning.HoldSummary::state)
                    .containsExactly("void");
            assertThat(room.people.live(room.seal, Optional.empty(), 1)).hasSize(1);
            assertThat(room.people.show(room.seal, open.id())).isPresent();
            assertThat(room.people.count(room.seal)).isEqualTo(new HoldSigning.HoldCount(0, 0));
            return true;
        });
        assertThat(states()).containsExactly("open");
        room.people.settle(() -> Optional.of(room.seal));
        assertThat(states()).containsExactly("void");
    }

    private List<String> states() {
        return room.database()
                .read(sql -> sql.all(row -> row.getString(1), "SELECT state FROM confirm_hold ORDER BY id"));
    }

    @Test
    void viewingDoesNotStoreAnEnd() {
        room.park(DELETION, ONE);
        room.people.settle(Optional::empty);
        room.people.settle(() -> Optional.of(room.seal));
        assertThat(states()).containsExactly("open");
        room.seal = new TestingWorld(false, 2).seal();
        room.people.settle(() -> Optional.of(room.seal));
        assertThat(states()).containsExactly("void");
    }

    @Test
    void countsOpenHolds() {
        room.park(DELETION, ONE);
        ResolvedAttempt second = TestingWorld.deletion("vol_2", "production");
        accepted(room.sign(room.park(second, ONE).id(), room.world.ann));
        room.people.deny(
                room.seal,
                room.park(TestingWorld.deletion("vol_3", "production"), ONE).id(),
                "ann",
                "no");
        assertThat(room.people.count(room.seal)).isEqualTo(new HoldSigning.HoldCount(1, 1));
        room.clock.pass(Hold.USABLE);
        assertThat(room.people.count(room.seal)).isEqualTo(new HoldSigning.HoldCount(1, 0));
        room.clock.pass(Hold.DEFAULT_LIFE);
        assertThat(room.people.count(room.seal)).isEqualTo(new HoldSigning.HoldCount(0, 0));
    }

    /** Each hold appears once in all pages, even if several have the same time. */
    @Test
    void pagesShowEachHoldOnce() {
        List<String> opened = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            opened.add(room.park(TestingWorld.deletion("vol_" + i, "production"), ONE)
                    .id());
            if (i % 3 == 2) {
                room.clock.pass(Duration.ofMillis(1));
            }
        }
        assertThat(paged(after -> room.people.live(room.seal, after, 2)))
                .containsExactlyElementsOf(opened.stream().sorted().toList());
        opened.forEach(hold -> room.people.deny(room.seal, hold, "ann", "no"));
        assertThat(paged(after -> room.people.ended(room.seal, after, 2)))
                .containsExactlyInAnyOrderElementsOf(opened)
                .doesNotHaveDuplicates();
        assertThat(room.people.ended(room.seal, Optional.of("H-none"), 2)).isEmpty();
    }

    private static List<String> paged(Function<Optional<String>, List<HoldSigning.HoldSummary>> pages) {
        List<String> seen = new ArrayList<>();
        List<HoldSigning.HoldSummary> page = pages.apply(Optional.empty());
        while (!page.isEmpty()) {
            page.forEach(line -> seen.add(line.ticket().id()));
            page = pages.apply(Optional.of(seen.getLast()));
        }
        return seen;
    }

    @Test
    void aStatementIsDeletedAfterUse() {
        Obligations slow = ConfirmationsFixture.obligations(1, Duration.ofHours(3), false, false);
        String hold = room.park(DELETION, slow).id();
        Instant expires = Statement.read(room.statement(hold)).expires();
        room.clock.pass(Hold.DEFAULT_LIFE.minusMillis(1));
        accepted(room.sign(hold, room.world.ann));
        room.clock.pass(Duration.ofHours(3).plus(Hold.USABLE).minusMillis(1));
        assertThat(room.clock.instant()).isBefore(expires);
        assertThat(room.ready(DELETION, slow)).isInstanceOf(HoldReadiness.ReadyHold.class);
    }

    /** Closing the store under the racers looks like a crash from here: some never learn their result. */
    @Test
    void aCrashUnderRacingCopiesLetsAtMostOneThrough() throws Exception {
        for (int round = 0; round < 3; round++) {
            Path home = Files.createDirectory(directory.resolve("race" + round));
            try (ConfirmationsFixture room = new ConfirmationsFixture(home, new TestingWorld())) {
                ResolvedAttempt deletion = TestingWorld.deletion("vol_1", "production");
                room.sign(room.park(deletion, ConfirmationsFixture.owners(1)).id(), room.world.ann);
                Confirmation confirmation = room.confirmation(deletion, ConfirmationsFixture.owners(1));
                int won = race(room, confirmation, true);
                room.restart();
                won += race(room, confirmation, false);
                assertThat(won).isLessThanOrEqualTo(1);
                assertThat(room.ready(deletion, ConfirmationsFixture.owners(1)))
                        .isEqualTo(new HoldReadiness.NoHoldYet());
            }
        }
    }

    private static int race(ConfirmationsFixture room, Confirmation confirmation, boolean crash) throws Exception {
        List<Future<Boolean>> racers = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 50; i++) {
                String intent = "R-" + i;
                racers.add(threads.submit(() -> won(room, confirmation, intent)));
            }
            if (crash) {
                room.close();
            }
        }
        int won = 0;
        for (Future<Boolean> racer : racers) {
            won += racer.get() ? 1 : 0;
        }
        return won;
    }

    private static boolean won(ConfirmationsFixture room, Confirmation confirmation, String intent) {
        try {
            return room.gate.consume(confirmation, intent).isPresent();
        } catch (StoreUnavailableException _) {
            return false;
        }
    }
}
