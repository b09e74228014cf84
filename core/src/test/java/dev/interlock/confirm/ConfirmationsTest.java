package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Obligations;
import dev.interlock.action.Sensed;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.Statement;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfirmationsTest {

    private static final Sensed DELETION = TestingWorld.deletion("vol_1", "production");
    private static final Obligations TWO = Room.owners(2);
    private static final Obligations ONE = Room.owners(1);

    @TempDir
    Path directory;

    private Room room;

    @BeforeEach
    void openRoom() {
        room = new Room(directory, new TestingWorld());
    }

    @AfterEach
    void closeRoom() {
        room.close();
    }

    private static void assertRejected(Confirmers.Signing signing, String because) {
        assertThat(signing).isInstanceOf(Confirmers.Signing.Rejected.class);
        assertThat(((Confirmers.Signing.Rejected) signing).reason()).contains(because);
    }

    private static Confirmers.Signing.Accepted accepted(Confirmers.Signing signing) {
        assertThat(signing).isInstanceOf(Confirmers.Signing.Accepted.class);
        return (Confirmers.Signing.Accepted) signing;
    }

    // The way through.

    @Test
    void twoPeopleConfirmAndItIsUsedOnce() {
        assertThat(room.ready(DELETION, TWO)).isEqualTo(new Readiness.Unasked());
        HoldTicket ticket = room.park(DELETION, TWO);
        assertThat(ticket.missing()).anyMatch(missing -> missing.contains("2 of owners"));

        Confirmers.Signing.Accepted first = accepted(room.sign(ticket.id(), room.world.ann));
        assertThat(first.person()).isEqualTo("ann");
        assertThat(first.hand().keyClass()).isEqualTo(KeyClass.HARDWARE);
        assertThat(first.ticket().missing()).containsExactly("2 of owners must sign, and 1 did");
        assertThat(room.ready(DELETION, TWO)).isInstanceOf(Readiness.Waiting.class);

        assertThat(accepted(room.sign(ticket.id(), room.world.bob)).ticket().missing())
                .isEmpty();
        Confirmation confirmation = room.confirmation(DELETION, TWO);
        Confirmation.Consumed consumed = room.gate.consume(confirmation, "R-1").orElseThrow();
        // The intent is written from what the confirmation says before it is used.
        assertThat(confirmation.statement()).isEqualTo(consumed.statement());
        assertThat(confirmation.signatures()).isEqualTo(consumed.signatures()).hasSize(2);
        assertThat(consumed.hold()).isEqualTo(ticket.id());
        assertThat(consumed.signers()).extracting(Confirmation.Signer::person).containsExactly("ann", "bob");
        assertThat(consumed.isWeak()).isFalse();
        assertThat(consumed.statement().toArray()).isEqualTo(room.statement(ticket.id()));

        assertThat(room.gate.consume(confirmation, "R-2")).isEmpty();
        assertThat(room.ready(DELETION, TWO)).isEqualTo(new Readiness.Unasked());
        assertThat(room.park(DELETION, TWO).id()).isNotEqualTo(ticket.id());
    }

    @Test
    void theSameRequestFindsTheSameHold() {
        HoldTicket ticket = room.park(DELETION, TWO);
        assertThat(room.open(DELETION, TWO)).isEqualTo(new Confirmations.Parking.Parked(ticket, false));
        room.restart();
        assertThat(room.park(DELETION, TWO).id()).isEqualTo(ticket.id());
    }

    @Test
    void aSignatureForOneRequestOrLeaseDoesNotReleaseAnother() {
        accepted(room.sign(room.park(DELETION, ONE).id(), room.world.ann));
        Sensed body = TestingWorld.sensed("L-1", "volumeDelete", Impact.DESTROY, "vol_1", "{ }", "production");
        Sensed lease = TestingWorld.sensed(
                "L-2", "volumeDelete", Impact.DESTROY, "vol_1", TestingWorld.body("vol_1"), "production");
        assertThat(lease.outgoing().digest()).isEqualTo(DELETION.outgoing().digest());
        assertThat(room.ready(body, ONE)).isEqualTo(new Readiness.Unasked());
        assertThat(room.ready(lease, ONE)).isEqualTo(new Readiness.Unasked());
        assertThat(room.ready(DELETION, ONE)).isInstanceOf(Readiness.Ready.class);
    }

    // What makes it void.

    @Test
    void aChangedMeaningVoidsItForGood() {
        HoldTicket ticket = room.park(DELETION, ONE);
        accepted(room.sign(ticket.id(), room.world.ann));
        Sensed moved = TestingWorld.deletion("vol_1", "production", "staging");
        assertThat(moved.outgoing().digest()).isEqualTo(DELETION.outgoing().digest());
        assertThat(room.ready(moved, ONE)).isInstanceOf(Readiness.Voided.class);
        // Moving it back does not bring the signature back.
        assertThat(room.ready(DELETION, ONE)).isInstanceOf(Readiness.Voided.class);
        assertThat(room.park(DELETION, ONE).id()).isNotEqualTo(ticket.id());
    }

    @Test
    void aChangedMeaningAfterReadinessVoidsTheConfirmationInHand() {
        accepted(room.sign(room.park(DELETION, ONE).id(), room.world.ann));
        Confirmation inHand = room.confirmation(DELETION, ONE);
        assertThat(room.ready(TestingWorld.deletion("vol_1", "staging"), ONE)).isInstanceOf(Readiness.Voided.class);
        assertThat(room.gate.consume(inHand, "R-1")).isEmpty();
    }

    @Test
    void changedObligationsVoidIt() {
        accepted(room.sign(room.park(DELETION, ONE).id(), room.world.ann));
        assertThat(room.ready(DELETION, TWO)).isInstanceOf(Readiness.Voided.class);
    }

    @Test
    void aNewSealVoidsIt() {
        HoldTicket ticket = room.park(DELETION, ONE);
        accepted(room.sign(ticket.id(), room.world.ann));
        room.seal = new TestingWorld(false, 2).seal();
        assertThat(room.ready(DELETION, ONE))
                .isEqualTo(new Readiness.Voided(ticket.id(), "The policy was sealed anew since this hold was opened."));
    }

    @Test
    void aSignatureUnderANewSealVoidsItToo() {
        HoldTicket ticket = room.park(DELETION, TWO);
        accepted(room.sign(ticket.id(), room.world.ann));
        String armored = room.world.bob.sign(Statement.NAMESPACE, room.statement(ticket.id()));
        room.seal = new TestingWorld(false, 2).seal();
        assertRejected(
                room.people.sign(room.seal, ticket.id(), armored, Optional.empty(), room.heard::add), "sealed anew");
        assertThat(room.ready(DELETION, TWO)).isInstanceOf(Readiness.Voided.class);
    }

    @Test
    void aStoreThatClaimsSignaturesWhichNobodyMadeIsNotBelieved() {
        HoldTicket ticket = room.park(DELETION, ONE);
        long now = room.clock.instant().toEpochMilli();
        room.database().write(sql -> sql.update("UPDATE confirm_hold SET state = 'signed', signed_at = ?", now));
        assertThat(room.ready(DELETION, ONE))
                .isEqualTo(new Readiness.Voided(ticket.id(), "Its signatures do not confirm it."));
    }

    // Who may sign.

    @Test
    void rejectsWhatDoesNotCountAndSaysWhy() {
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
                "does not fit");
        assertRejected(
                room.people.sign(
                        room.seal,
                        hold,
                        room.world.ann.signUntouched(Statement.NAMESPACE, statement),
                        none,
                        room.heard::add),
                "nobody touched");
        assertRejected(room.sign(hold, TestingKey.hardware()), "nobody's key");
        assertRejected(room.sign(hold, room.world.cat), "without hardware");
        assertRejected(room.people.sign(room.seal, "H-none", "", none, room.heard::add), "no hold");
        accepted(room.sign(hold, room.world.ann));
        assertRejected(room.sign(hold, room.world.ann), "signed already");
    }

    @Test
    void thePersonBehindTheLeaseSignsWithHardwareOrNotAtAll() {
        closeRoom();
        room = new Room(directory.resolve("."), new TestingWorld(true, 1));
        String hold = room.park(DELETION, TWO).id();
        assertRejected(room.sign(hold, room.world.jerSoftware), "must sign with hardware");
        assertThat(accepted(room.sign(hold, room.world.jer)).person()).isEqualTo("jer");
        assertThat(accepted(room.sign(hold, room.world.cat)).hand().keyClass()).isEqualTo(KeyClass.SOFTWARE);
        assertThat(room.gate
                        .consume(room.confirmation(DELETION, TWO), "R-1")
                        .orElseThrow()
                        .isWeak())
                .isTrue();
    }

    @Test
    void thePersonBehindTheLeaseDoesNotSignWhereSomebodyOtherMust() {
        Obligations other = Room.obligations(1, Duration.ZERO, false, true);
        String hold = room.park(DELETION, other).id();
        assertRejected(room.sign(hold, room.world.jer), "somebody else");
        accepted(room.sign(hold, room.world.ann));
    }

    @Test
    void whoSignedForTheLeaseDoesNotSignWhereSomebodyOtherMust() {
        Sensed signed = of(DELETION, DELETION.lease().signedBy("ann", false));
        String hold = room.park(signed, Room.obligations(1, Duration.ZERO, false, true))
                .id();
        Confirmers.Sheet sheet = room.people.show(room.seal, hold).orElseThrow();
        assertThat(sheet.line().ticket().summary()).contains("for jer (task fix-staging, lease signed by ann)");
        assertThat(sheet.text()).contains("lease by ann, who signed for it and is behind it too");
        assertRejected(room.sign(hold, room.world.ann), "somebody else");
        assertRejected(room.sign(hold, room.world.jer), "somebody else");
        accepted(room.sign(hold, room.world.bob));
    }

    @Test
    void aHoldThatHidesWhoSignedForTheLeaseIsVoid() {
        Obligations one = Room.owners(1);
        String hold = room.park(DELETION, one).id();
        accepted(room.sign(hold, room.world.ann));
        Sensed signed = of(DELETION, DELETION.lease().signedBy("ann", false));
        assertThat(room.gate.ready(room.seal, signed, room.verdict(one)))
                .isInstanceOfSatisfying(
                        Readiness.Voided.class,
                        void_ -> assertThat(void_.hold()).isEqualTo(hold));
    }

    private static Sensed of(Sensed sensed, Lease lease) {
        return new Sensed(
                sensed.attempt(), lease, sensed.actions(), sensed.placements(), sensed.radius(), sensed.outgoing());
    }

    @Test
    void aSignerTypesTheExactNameWhereAsked() {
        Obligations typed = Room.obligations(1, Duration.ZERO, true, false);
        String hold = room.park(DELETION, typed).id();
        String name = "railway:volume/vol_1";
        Confirmers.Sheet sheet = room.people.show(room.seal, hold).orElseThrow();
        assertThat(sheet.nameToType()).contains(name);
        assertThat(sheet.text()).contains("type exactly: " + name + "\n");
        assertThat(sheet.line().ticket().missing()).contains("each signer types: " + name);
        assertRejected(room.sign(hold, room.world.ann), "Nothing was typed");
        assertRejected(room.sign(hold, room.world.ann, Optional.of(" ")), "Nothing was typed");
        assertRejected(room.sign(hold, room.world.ann, Optional.of("railway:volume/vol_2")), "exactly: " + name);
        accepted(room.sign(hold, room.world.ann, Optional.of(name)));
        assertThat(room.gate
                        .consume(room.confirmation(DELETION, typed), "R-1")
                        .orElseThrow()
                        .signers())
                .extracting(Confirmation.Signer::typed)
                .containsExactly(name);
    }

    @Test
    void whoseSignatureCannotCountIsToldThatAndNotToTypeAgain() {
        String hold = room.park(DELETION, Room.obligations(1, Duration.ZERO, true, false))
                .id();
        assertRejected(room.sign(hold, TestingKey.hardware()), "nobody's key");
    }

    @Test
    void whatComesOfASignatureIsHeardWithWhoseHandItWas() {
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
                        Confirmers.Signing.Rejected.class,
                        rejected -> assertThat(rejected.hand())
                                .get()
                                .satisfies(hand -> assertThat(hand.person()).isEmpty())
                                .satisfies(
                                        hand -> assertThat(hand.fingerprint()).startsWith("SHA256:")));
        assertThat(room.heard.get(1))
                .isInstanceOfSatisfying(
                        Confirmers.Signing.Rejected.class,
                        rejected -> assertThat(rejected.hand().orElseThrow().person())
                                .contains("cat"));
        assertThat(room.heard.get(2))
                .isInstanceOfSatisfying(
                        Confirmers.Signing.Accepted.class,
                        first -> assertThat(first.complete()).isFalse());
        assertRejected(room.heard.get(3), "signed already");
        assertThat(room.heard.get(4))
                .isInstanceOfSatisfying(
                        Confirmers.Signing.Accepted.class,
                        second -> assertThat(second.complete()).isTrue());
        assertThat(room.heard.get(5))
                .isInstanceOfSatisfying(
                        Confirmers.Signing.Rejected.class,
                        rejected -> assertThat(rejected.hand()).isEmpty());
    }

    @Test
    void whatIsNotHeardDoesNotCount() {
        String hold = room.park(DELETION, ONE).id();
        String armored = room.world.ann.sign(Statement.NAMESPACE, room.statement(hold));
        assertThatThrownBy(() -> room.people.sign(room.seal, hold, armored, Optional.empty(), _ -> {
                    throw new IllegalStateException("no space left");
                }))
                .hasMessage("no space left");
        assertThat(room.ready(DELETION, ONE)).isInstanceOf(Readiness.Waiting.class);
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
                    "lease that it was asked for under is not in force");
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
    void whatComesNextIsTrueInEachState() {
        Obligations cooling = Room.obligations(1, Duration.ofMinutes(10), false, false);
        HoldTicket open = room.park(DELETION, cooling);
        assertThat(open.next()).startsWith("Wait until people have confirmed");
        HoldTicket signed = accepted(room.sign(open.id(), room.world.ann)).ticket();
        assertThat(signed.next())
                .startsWith("Everybody needed has signed")
                .contains("Wait until " + room.clock.instant().plus(Duration.ofMinutes(10)));
        Confirmers.Line line = room.people.list(room.seal).getFirst();
        assertThat(line.usable())
                .contains(new Confirmers.Usable(
                        room.clock.instant().plus(Duration.ofMinutes(10)),
                        room.clock.instant().plus(Duration.ofMinutes(25))));
        room.clock.pass(Duration.ofMinutes(10));
        assertThat(room.people.list(room.seal).getFirst().ticket().next()).startsWith("Send the identical request");
    }

    @Test
    void aNoWithoutAReasonSaysSo() {
        room.people.deny(room.seal, room.park(DELETION, ONE).id(), "bob", " ");
        assertThat(((Readiness.Denied) room.ready(DELETION, ONE)).reason())
                .contains("bob said no, and gave no reason.");
    }

    @Test
    void whatNothingCanProveIsMissingForEver() {
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
            assertThat(room.ready(DELETION, unprovable)).isInstanceOf(Readiness.Waiting.class);
            assertThat(((Readiness.Waiting) room.ready(DELETION, unprovable))
                            .ticket()
                            .missing())
                    .anyMatch(missing -> missing.matches(".*(a backup is asked for|a backup of|cannot give).*"));
            assertThat(ticket.next()).startsWith("Signatures alone ");
        }
    }

    @Test
    void aHoldThatAsksForNothingIsNotOpened() {
        assertThat(room.open(DELETION, Obligations.NONE)).isInstanceOf(Confirmations.Parking.Unaskable.class);
    }

    @Test
    void aHoldWithoutQuorumNeedsSomebodyAllTheSame() {
        Obligations slow =
                new Obligations(Set.of(), Duration.ofMinutes(1), Optional.empty(), OptionalLong.empty(), false, false);
        HoldTicket ticket = room.park(DELETION, slow);
        room.clock.pass(Duration.ofMinutes(2));
        assertThat(room.ready(DELETION, slow)).isInstanceOf(Readiness.Waiting.class);
        accepted(room.sign(ticket.id(), room.world.bob));
        room.clock.pass(Duration.ofMinutes(1));
        assertThat(room.ready(DELETION, slow)).isInstanceOf(Readiness.Ready.class);
    }

    @Test
    void whatIsTooLongToBeShownWholeIsNotAsked() {
        Sensed endless = TestingWorld.deletion("v".repeat(9000), "production");
        assertThat(room.open(endless, ONE)).isInstanceOf(Confirmations.Parking.Unaskable.class);
    }

    // Time.

    @Test
    void waitsForTheCooldownAndThenNotForLong() {
        Obligations slow = Room.obligations(1, Duration.ofMinutes(10), false, false);
        String hold = room.park(DELETION, slow).id();
        accepted(room.sign(hold, room.world.ann));
        room.clock.pass(Duration.ofMinutes(10).minusMillis(1));
        assertThat(room.ready(DELETION, slow)).isInstanceOf(Readiness.Waiting.class);
        room.clock.pass(Duration.ofMillis(1));
        Confirmation confirmation = room.confirmation(DELETION, slow);
        room.clock.pass(Hold.USABLE);
        assertThat(room.gate.consume(confirmation, "R-1")).isEmpty();
        assertThat(room.ready(DELETION, slow)).isInstanceOf(Readiness.Expired.class);
    }

    @Test
    void anUnansweredHoldExpiresAndTellsSo() {
        HoldTicket ticket = room.park(DELETION, ONE);
        String armored = room.world.ann.sign(Statement.NAMESPACE, room.statement(ticket.id()));
        assertThat(room.gate.expire(room.seal)).isEmpty();
        room.clock.pass(Hold.DEFAULT_LIFE);
        assertThat(room.gate.expire(room.seal)).extracting(HoldTicket::id).containsExactly(ticket.id());
        assertRejected(room.people.sign(room.seal, ticket.id(), armored, Optional.empty(), room.heard::add), "expired");
        assertThat(room.ready(DELETION, ONE)).isInstanceOf(Readiness.Expired.class);
        assertThat(room.park(DELETION, ONE).id()).isNotEqualTo(ticket.id());
    }

    @Test
    void anAgentThatAsksAgainDoesNotKeepAnExpiryFromBeingTold() {
        HoldTicket ticket = room.park(DELETION, ONE);
        room.clock.pass(Hold.DEFAULT_LIFE);
        assertThat(room.park(DELETION, ONE).id()).isNotEqualTo(ticket.id());
        assertThat(room.gate.expire(room.seal)).extracting(HoldTicket::id).containsExactly(ticket.id());
        assertThat(room.gate.expire(room.seal)).isEmpty();
    }

    @Test
    void aHoldThatNobodyEndedInTimeDoesNotStandInTheWay() {
        HoldTicket ticket = room.park(DELETION, ONE);
        room.clock.pass(Duration.ofDays(1));
        assertThat(room.ready(DELETION, ONE)).isInstanceOf(Readiness.Expired.class);
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
        assertThat(room.ready(DELETION, ONE)).isInstanceOf(Readiness.Expired.class);
    }

    @Test
    void aClockSetBackAfterANoMovesNothing() {
        String hold = room.park(DELETION, ONE).id();
        room.clock.pass(Hold.DEFAULT_LIFE.minusMinutes(1));
        room.people.deny(room.seal, hold, "bob", "no");
        room.clock.set(TestingWorld.START);
        room.restart();
        room.clock.pass(Hold.USABLE.plusMinutes(1));
        assertThat(room.ready(DELETION, ONE)).isEqualTo(new Readiness.Unasked());
    }

    @Test
    void whatEndedInTheSameMillisecondDoesNotHideWhatLives() {
        // Their identifiers are in no order within a millisecond: with ten the one that lives is hardly the last.
        for (int i = 0; i < 10; i++) {
            accepted(room.sign(room.park(DELETION, ONE).id(), room.world.ann));
            assertThat(room.gate.consume(room.confirmation(DELETION, ONE), "R-" + i))
                    .isPresent();
        }
        HoldTicket lives = room.park(DELETION, ONE);
        assertThat(room.ready(DELETION, ONE))
                .isInstanceOfSatisfying(
                        Readiness.Waiting.class,
                        waiting -> assertThat(waiting.ticket().id()).isEqualTo(lives.id()));
    }

    @Test
    void whyItEndedIsToldInWords() {
        HoldTicket unanswered = room.park(DELETION, ONE);
        room.clock.pass(Hold.DEFAULT_LIFE);
        assertThat(room.ready(DELETION, ONE))
                .isEqualTo(new Readiness.Expired(
                        unanswered.id(), "Nobody confirmed it in time, which counts as a denial."));
        HoldTicket unused = room.park(DELETION, ONE);
        assertThat(unused.expires()).isEqualTo(room.clock.instant().plus(Hold.DEFAULT_LIFE));
        HoldTicket signed = accepted(room.sign(unused.id(), room.world.ann)).ticket();
        assertThat(signed.expires()).isEqualTo(room.clock.instant().plus(Hold.USABLE));
        assertThat(room.park(DELETION, ONE)).isEqualTo(signed);
        room.clock.pass(Hold.USABLE);
        // Of several that ended, the newest is told.
        assertThat(room.ready(DELETION, ONE))
                .isEqualTo(new Readiness.Expired(unused.id(), "It was confirmed, and not used in time."));
    }

    // A no.

    @Test
    void twoNoesAreNotOneYes() {
        Sensed variant = TestingWorld.sensed("L-1", "volumeDelete", Impact.DESTROY, "vol_1", "{ }", "production");
        String first = room.park(DELETION, ONE).id();
        room.clock.pass(Duration.ofMinutes(1));
        String second = room.park(variant, ONE).id();
        room.people.deny(room.seal, first, "bob", "Not today.");
        room.people.deny(room.seal, second, "ann", "Never.");
        assertThat(room.ready(DELETION, ONE)).isInstanceOfSatisfying(Readiness.Denied.class, no -> {
            assertThat(no.reason()).contains("ann said no: Never.");
            assertThat(no.covers()).containsExactly("railway/volumeDelete on railway:volume/vol_1");
        });
    }

    @Test
    void aNoCoversWhatChangesAndNotWhatIsLookedAtBesideIt() {
        Sensed look = TestingWorld.sensed("L-1", "volume", Impact.READ, "vol_1", "{ }", "production");
        room.people.deny(room.seal, room.park(together(look, DELETION), ONE).id(), "bob", "no");
        assertThat(room.ready(DELETION, ONE)).isInstanceOf(Readiness.Denied.class);
        assertThat(room.ready(look, ONE)).isEqualTo(new Readiness.Unasked());
    }

    @Test
    void aNoToLookingCoversLooking() {
        Sensed look = TestingWorld.sensed("L-1", "volume", Impact.READ, "vol_1", "{ }", "production");
        Sensed again = TestingWorld.sensed("L-1", "volume", Impact.READ, "vol_1", "{  }", "production");
        room.people.deny(room.seal, room.park(look, ONE).id(), "bob", "no");
        assertThat(room.ready(again, ONE)).isInstanceOf(Readiness.Denied.class);
    }

    /** The provider may read it as the same name, and phones must not ring for each spelling. */
    @Test
    void aNoCoversAnotherSpellingOfTheSameName() {
        room.people.deny(room.seal, room.park(DELETION, ONE).id(), "bob", "no");
        for (String spelling : List.of("VOL_1", "vol_1.")) {
            assertThat(room.ready(TestingWorld.deletion(spelling, "production"), ONE))
                    .as(spelling)
                    .isInstanceOf(Readiness.Denied.class);
        }
        assertThat(room.ready(TestingWorld.deletion("vol_10", "production"), ONE))
                .isEqualTo(new Readiness.Unasked());
    }

    private static Sensed together(Sensed look, Sensed change) {
        return new Sensed(
                change.attempt(),
                change.lease(),
                List.of(look.actions().getFirst(), change.actions().getFirst()),
                change.placements(),
                change.radius(),
                change.outgoing());
    }

    @Test
    void onlyWhatLivesTakesANo() {
        String hold = room.park(DELETION, ONE).id();
        room.people.deny(room.seal, hold, "bob", "no");
        assertThat(room.people.deny(room.seal, hold, "ann", "no"))
                .isEqualTo(new Confirmers.Ending.Unmoved("The hold is denied."));
        assertThat(room.people.deny(room.seal, "H-none", "ann", "no"))
                .isEqualTo(new Confirmers.Ending.Unmoved("There is no hold of that name."));
    }

    @Test
    void aReasonIsANoteAndNoLetter() {
        for (int length : new int[] {300, 301}) {
            Sensed asked = TestingWorld.deletion("vol_" + length, "production");
            room.people.deny(room.seal, room.park(asked, ONE).id(), "bob", "x".repeat(length));
            assertThat(((Readiness.Denied) room.ready(asked, ONE)).reason())
                    .contains("bob said no: " + "x".repeat(300) + (length == 300 ? ". " : "... "));
        }
    }

    @Test
    void aNoCoversVariantsUntilTheHoldWouldHaveExpired() {
        HoldTicket ticket = room.park(DELETION, ONE);
        assertThat(room.people.deny(room.seal, ticket.id(), "bob", "Not today."))
                .isInstanceOf(Confirmers.Ending.Ended.class);
        Sensed variant = TestingWorld.sensed("L-1", "volumeDelete", Impact.DESTROY, "vol_1", "{ }", "production");
        assertThat(room.open(variant, ONE)).isInstanceOf(Confirmations.Parking.Denied.class);
        assertThat(room.ready(variant, ONE)).isInstanceOf(Readiness.Denied.class);
        assertThat(((Readiness.Denied) room.ready(DELETION, ONE)).reason()).contains("bob said no: Not today.");

        Sensed another = TestingWorld.deletion("vol_2", "production");
        Sensed elsewhere = TestingWorld.sensed("L-2", "volumeDelete", Impact.DESTROY, "vol_1", "{ }", "production");
        assertThat(room.open(another, ONE)).isInstanceOf(Confirmations.Parking.Parked.class);
        assertThat(room.open(elsewhere, ONE)).isInstanceOf(Confirmations.Parking.Parked.class);

        room.clock.pass(Hold.DEFAULT_LIFE.plus(Hold.USABLE));
        assertThat(room.open(DELETION, ONE)).isInstanceOf(Confirmations.Parking.Parked.class);
    }

    @Test
    void aNoDuringTheCooldownStopsWhatEverybodySigned() {
        Obligations slow = Room.obligations(1, Duration.ofMinutes(10), false, false);
        String hold = room.park(DELETION, slow).id();
        accepted(room.sign(hold, room.world.ann));
        room.clock.pass(Duration.ofMinutes(10));
        Confirmation inHand = room.confirmation(DELETION, slow);
        assertThat(room.people.deny(room.seal, hold, "bob", "wait")).isInstanceOf(Confirmers.Ending.Ended.class);
        assertThat(room.gate.consume(inHand, "R-1")).isEmpty();
        assertThat(room.ready(DELETION, slow)).isInstanceOf(Readiness.Denied.class);
    }

    @Test
    void aFloodOfHoldsIsRefused() {
        for (int i = 0; i < Confirmations.MAX_HOLDS_PER_LEASE; i++) {
            room.park(TestingWorld.deletion("vol_" + i, "production"), ONE);
        }
        assertThat(room.open(TestingWorld.deletion("vol_x", "production"), ONE))
                .isInstanceOf(Confirmations.Parking.Unaskable.class);
        assertThat(room.open(TestingWorld.deletion("vol_0", "production"), ONE))
                .isInstanceOf(Confirmations.Parking.Parked.class);
        room.clock.pass(Hold.DEFAULT_LIFE);
        assertThat(room.open(TestingWorld.deletion("vol_x", "production"), ONE))
                .isInstanceOf(Confirmations.Parking.Parked.class);
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
        assertThat(room.ready(DELETION, ONE)).isEqualTo(new Readiness.Unasked());
    }

    /** Somebody's bare word that a hold is satisfied. */
    private static Confirmation claim(String hold) {
        return new Confirmation(hold, Bytes.empty(), List.of());
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
        // Nor one that everybody signed, if the intent carries something else than what they signed with.
        accepted(room.sign(hold, room.world.bob));
        assertThat(room.gate.consume(claim(hold), "R-1")).isEmpty();
        assertThat(room.gate.consume(room.confirmation(DELETION, TWO), "R-1")).isPresent();
    }

    // What each side sees.

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
    void listsWhatLivesAndWhatEnded() {
        HoldTicket open = room.park(DELETION, ONE);
        HoldTicket denied = room.park(TestingWorld.deletion("vol_2", "production"), ONE);
        room.people.deny(room.seal, denied.id(), "ann", "no");
        assertThat(room.people.list(room.seal))
                .extracting(line -> line.ticket().id() + " " + line.state())
                .containsExactly(open.id() + " open", denied.id() + " denied");
        assertThat(room.people.show(room.seal, "H-none")).isEmpty();
    }

    /** A store in which somebody writes is looked at all the same: to look waits for nobody, and changes nothing. */
    @Test
    void toLookIsToRead() {
        HoldTicket open = room.park(DELETION, ONE);
        room.endedLeases.add(DELETION.lease().root());
        room.database().write(sql -> {
            assertThat(room.people.list(room.seal))
                    .extracting(Confirmers.Line::state)
                    .containsExactly("void");
            assertThat(room.people.live(room.seal, Optional.empty(), 1)).hasSize(1);
            assertThat(room.people.show(room.seal, open.id())).isPresent();
            assertThat(room.people.count(room.seal)).isEqualTo(new Confirmers.Count(0, 0));
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
    void whatAnotherSealHasEndedIsWrittenDownByNobodysLook() {
        room.park(DELETION, ONE);
        room.people.settle(Optional::empty);
        room.people.settle(() -> Optional.of(room.seal));
        assertThat(states()).containsExactly("open");
        room.seal = new TestingWorld(false, 2).seal();
        room.people.settle(() -> Optional.of(room.seal));
        assertThat(states()).containsExactly("void");
    }

    @Test
    void countsWhatIsNotOver() {
        room.park(DELETION, ONE);
        Sensed second = TestingWorld.deletion("vol_2", "production");
        accepted(room.sign(room.park(second, ONE).id(), room.world.ann));
        room.people.deny(
                room.seal,
                room.park(TestingWorld.deletion("vol_3", "production"), ONE).id(),
                "ann",
                "no");
        assertThat(room.people.count(room.seal)).isEqualTo(new Confirmers.Count(1, 1));
        room.clock.pass(Hold.USABLE);
        assertThat(room.people.count(room.seal)).isEqualTo(new Confirmers.Count(1, 0));
        room.clock.pass(Hold.DEFAULT_LIFE);
        assertThat(room.people.count(room.seal)).isEqualTo(new Confirmers.Count(0, 0));
    }

    /** Page by page each is seen once, whatever has the same time. */
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

    private static List<String> paged(Function<Optional<String>, List<Confirmers.Line>> pages) {
        List<String> seen = new ArrayList<>();
        List<Confirmers.Line> page = pages.apply(Optional.empty());
        while (!page.isEmpty()) {
            page.forEach(line -> seen.add(line.ticket().id()));
            page = pages.apply(Optional.of(seen.getLast()));
        }
        return seen;
    }

    @Test
    void aStatementOutlivesNoUse() {
        Obligations slow = Room.obligations(1, Duration.ofHours(3), false, false);
        String hold = room.park(DELETION, slow).id();
        Instant expires = Statement.read(room.statement(hold)).expires();
        room.clock.pass(Hold.DEFAULT_LIFE.minusMillis(1));
        accepted(room.sign(hold, room.world.ann));
        room.clock.pass(Duration.ofHours(3).plus(Hold.USABLE).minusMillis(1));
        assertThat(room.clock.instant()).isBefore(expires);
        assertThat(room.ready(DELETION, slow)).isInstanceOf(Readiness.Ready.class);
    }
}
