package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.ApprovalRules;
import dev.interlock.action.Obligations;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.evidence.BreakGlass;
import dev.interlock.evidence.BreakGlassReview;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingWorld;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests break-glass: only if the seal permits it, with a hardware key, for one hold, and only so often. */
final class BreakGlassHoldsTest {

    private static final String REASON = "the site is down, and nobody else can be reached";
    private static final Obligations DEMANDED = ConfirmationsFixture.obligations(2, Duration.ofMinutes(30), true, true);
    private static final Obligations OTHERS = ConfirmationsFixture.obligations(2, Duration.ofMinutes(30), true, false);

    @TempDir
    private Path directory;

    private ConfirmationsFixture room;
    private BreakGlassHolds glass;

    @BeforeEach
    void open() {
        room = new ConfirmationsFixture(directory, new TestingWorld());
        sealed(new BreakGlass("owners", Set.of(BreakGlass.OTHER, BreakGlass.COOLDOWN), 2));
        glass = room.gate.breakGlass(room.people);
    }

    @AfterEach
    void close() {
        room.close();
    }

    private void sealed(BreakGlass rule) {
        room.seal = room.seal.with(parts -> parts.approvals = ApprovalRules.USUAL.with(Optional.of(rule)));
    }

    private static ResolvedAttempt deletion(int number) {
        return TestingWorld.deletion("vol_" + number, "production");
    }

    private String park(int number, Obligations obligations) {
        return room.park(deletion(number), obligations).id();
    }

    private BreakGlassHolds.BreakGlassSheet sheet(String hold) {
        return ((BreakGlassHolds.BreakGlassOffer.OfferedSheet) glass.ask(room.seal, hold, REASON)).sheet();
    }

    private HoldSigning.SignatureResult sign(String hold, TestingKey key) {
        BreakGlassHolds.BreakGlassSheet sheet = sheet(hold);
        return sign(hold, key.sign(Statement.NAMESPACE, sheet.statement().toArray()), sheet.nameToType());
    }

    private HoldSigning.SignatureResult sign(String hold, String signature, String typed) {
        return glass.sign(
                room.seal, hold, REASON, signature, Optional.of(typed), (signing, _) -> room.heard.add(signing));
    }

    private static String why(HoldSigning.SignatureResult signing) {
        return ((HoldSigning.SignatureResult.RejectedSignature) signing).reason();
    }

    private String state(String hold) {
        return room.people.show(room.seal, hold).orElseThrow().line().state();
    }

    @Test
    void onePersonReleasesOneHoldOnce() {
        String hold = park(1, DEMANDED);
        assertThat(sign(hold, room.world.jer)).isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
        Confirmation confirmation = room.confirmation(deletion(1), DEMANDED);
        assertThat(room.gate.consume(confirmation, "R-1")).isPresent();
        assertThat(room.ready(deletion(1), DEMANDED)).isInstanceOf(HoldReadiness.NoHoldYet.class);
        assertThat(room.ready(deletion(2), DEMANDED)).isInstanceOf(HoldReadiness.NoHoldYet.class);
        assertThat(glass.list()).singleElement().satisfies(broken -> {
            assertThat(broken.person()).isEqualTo("jer");
            assertThat(broken.reason()).isEqualTo(REASON);
            assertThat(broken.reviewed()).isEmpty();
        });
    }

    @Test
    void preparingBreakGlassChangesNothing() {
        String hold = park(1, DEMANDED);
        byte[] before = room.statement(hold);
        sheet(hold);
        assertThat(room.statement(hold)).isEqualTo(before);
        assertThat(state(hold)).isEqualTo("open");
        assertThat(glass.list()).isEmpty();
    }

    /** An agent that runs as its owner's user reads the same files, and has access to the same socket. */
    @Test
    void aSoftwareKeyCannotUseBreakGlass() {
        room.close();
        room = new ConfirmationsFixture(
                directory.resolve("soft").toAbsolutePath().getParent(), new TestingWorld(true, 1));
        sealed(new BreakGlass("owners", Set.of(BreakGlass.OTHER, BreakGlass.COOLDOWN), 2));
        glass = room.gate.breakGlass(room.people);
        String hold = park(7, DEMANDED);
        assertThat(why(sign(hold, room.world.jerSoftware))).contains("hardware");
        assertThat(why(sign(hold, room.world.cat))).contains("break-glass needs one");
        assertThat(state(hold)).isEqualTo("open");
        assertThat(glass.list()).isEmpty();
    }

    @Test
    void holdAndBreakGlassSignaturesAreNotInterchangeable() {
        String hold = park(1, OTHERS);
        String ordinary = room.world.ann.sign(Statement.NAMESPACE, room.statement(hold));
        assertThat(why(sign(hold, ordinary, sheet(hold).nameToType()))).contains("does not open break-glass");
        String broken =
                room.world.ann.sign(Statement.NAMESPACE, sheet(hold).statement().toArray());
        assertThat(room.people.sign(
                        room.seal, hold, broken, Optional.of(sheet(hold).nameToType()), room.heard::add))
                .isInstanceOf(HoldSigning.SignatureResult.RejectedSignature.class);
        assertThat(room.ready(deletion(1), OTHERS)).isInstanceOf(HoldReadiness.WaitingHold.class);
    }

    @Test
    void anotherReasonIsAnotherSignature() {
        String hold = park(1, DEMANDED);
        BreakGlassHolds.BreakGlassSheet sheet = sheet(hold);
        String signature =
                room.world.ann.sign(Statement.NAMESPACE, sheet.statement().toArray());
        HoldSigning.SignatureResult signing =
                glass.sign(room.seal, hold, "for fun", signature, Optional.of(sheet.nameToType()), (_, _) -> {});
        assertThat(signing).isInstanceOf(HoldSigning.SignatureResult.RejectedSignature.class);
        assertThat(why(glass.sign(room.seal, hold, "\u202e", signature, Optional.empty(), (_, _) -> {})))
                .contains("cannot be signed");
    }

    @Test
    void breakGlassAlwaysRequiresTheTypedName() {
        Obligations untyped = ConfirmationsFixture.obligations(2, Duration.ZERO, false, false);
        String hold = park(1, untyped);
        BreakGlassHolds.BreakGlassSheet sheet = sheet(hold);
        String signature =
                room.world.ann.sign(Statement.NAMESPACE, sheet.statement().toArray());
        assertThat(why(sign(hold, signature, "yes"))).contains("type exactly");
        assertThat(sign(hold, signature, sheet.nameToType()))
                .isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
    }

    @Test
    void onlyObligationsNamedByTheSealAreWaived() {
        sealed(new BreakGlass("owners", Set.of(), 2));
        String waits = park(1, OTHERS);
        assertThat(sign(waits, room.world.ann)).isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
        assertThat(room.ready(deletion(1), OTHERS)).isInstanceOf(HoldReadiness.WaitingHold.class); // its cooldown runs
        room.clock.pass(Duration.ofMinutes(30));
        assertThat(room.ready(deletion(1), OTHERS)).isInstanceOf(HoldReadiness.ReadyHold.class);
        assertThat(why(sign(park(2, DEMANDED), room.world.jer))).contains("another person must sign");
    }

    private String cooling() {
        String hold = park(1, OTHERS);
        Optional<String> name = Optional.of(sheet(hold).nameToType());
        assertThat(room.sign(hold, room.world.jer, name))
                .isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
        assertThat(room.sign(hold, room.world.ann, name))
                .isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
        assertThat(state(hold)).isEqualTo("signed");
        return hold;
    }

    /** All needed people have signed, and the outage would go on for the half hour of the cooldown. */
    @Test
    void breakGlassEndsACooldown() {
        String hold = cooling();
        assertThat(room.ready(deletion(1), OTHERS)).isInstanceOf(HoldReadiness.WaitingHold.class);

        assertThat(sign(hold, room.world.jer)).isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
        assertThat(room.ready(deletion(1), OTHERS)).isInstanceOf(HoldReadiness.ReadyHold.class);
        assertThat(room.gate.consume(room.confirmation(deletion(1), OTHERS), "R-1"))
                .isPresent();
        assertThat(glass.list())
                .singleElement()
                .satisfies(broken -> assertThat(broken.person()).isEqualTo("jer"));
    }

    @Test
    void aCooldownContinuesWithoutWaiverOrReview() {
        String hold = cooling();
        sealed(new BreakGlass("owners", Set.of(BreakGlass.OTHER), 2));
        assertThat(((BreakGlassHolds.BreakGlassOffer.RefusedOffer) glass.ask(room.seal, hold, REASON)).reason())
                .contains("does not waive the cooldown");
        assertThat(why(sign(hold, "rubbish", ""))).contains("does not waive the cooldown");
        assertThat(room.ready(deletion(1), OTHERS)).isInstanceOf(HoldReadiness.WaitingHold.class);

        sealed(new BreakGlass("owners", Set.of(BreakGlass.COOLDOWN), 1));
        sign(park(2, OTHERS), room.world.ann);
        assertThat(why(sign(hold, "rubbish", ""))).contains("limit of uses without a review (1)");
        assertThat(state(hold)).isEqualTo("signed");
    }

    /** A signature that does not count leaves the others' signatures and the cooldown as they were. */
    @Test
    void aFailedBreakGlassDoesNotChangeACooldown() {
        String hold = cooling();
        byte[] before = room.statement(hold);
        assertThat(why(sign(hold, room.world.cat))).contains("does not open break-glass");
        assertThat(room.statement(hold)).isEqualTo(before);
        assertThat(room.ready(deletion(1), OTHERS)).isInstanceOf(HoldReadiness.WaitingHold.class);
        room.clock.pass(Duration.ofMinutes(30));
        assertThat(room.ready(deletion(1), OTHERS)).isInstanceOf(HoldReadiness.ReadyHold.class);
        assertThat(((BreakGlassHolds.BreakGlassOffer.RefusedOffer) glass.ask(room.seal, hold, REASON)).reason())
                .contains("break-glass is not needed");
    }

    @Test
    void theSealMustAllowBreakGlass() {
        String hold = park(1, DEMANDED);
        room.seal = room.seal.with(parts -> parts.approvals = ApprovalRules.USUAL);
        assertThat(glass.ask(room.seal, hold, REASON))
                .isEqualTo(new BreakGlassHolds.BreakGlassOffer.RefusedOffer("The seal in force has no break-glass."));
        assertThat(why(sign(hold, "rubbish", ""))).contains("no break-glass");
    }

    @Test
    void aChangedHoldIsVoidDespiteBreakGlass() {
        String hold = park(1, DEMANDED);
        sign(hold, room.world.ann);
        assertThat(room.ready(deletion(1), OTHERS)).isInstanceOf(HoldReadiness.VoidedHold.class);
        assertThat(state(hold)).isEqualTo("void");
    }

    @Test
    void usedAndDeniedHoldsStayClosed() {
        String denied = park(1, DEMANDED);
        room.people.deny(room.seal, denied, "bob", "no");
        assertThat(glass.ask(room.seal, denied, REASON))
                .isInstanceOf(BreakGlassHolds.BreakGlassOffer.RefusedOffer.class);
        String signed = park(2, DEMANDED);
        sign(signed, room.world.ann);
        assertThat(glass.ask(room.seal, signed, REASON))
                .isInstanceOf(BreakGlassHolds.BreakGlassOffer.RefusedOffer.class);
    }

    private BreakGlassHolds.ReviewResult review(String hold, TestingKey key) {
        BreakGlassReview review = glass.review(room.seal, hold, "it was needed").orElseThrow();
        return glass.checkReview(
                room.seal, review.canonical(), key.sign(BreakGlassReview.NAMESPACE, review.canonical()));
    }

    @Test
    void unreviewedUsesAreLimitedAcrossRestartsAndClockChanges() {
        String first = park(1, DEMANDED);
        sign(first, room.world.jer);
        sign(park(2, DEMANDED), room.world.jer);
        String third = park(3, DEMANDED);
        room.restart();
        glass = room.gate.breakGlass(room.people);
        room.clock.set(Instant.parse("2026-11-20T07:00:00Z"));
        assertThat(glass.ask(room.seal, third, REASON))
                .isInstanceOf(BreakGlassHolds.BreakGlassOffer.RefusedOffer.class);
        assertThat(why(sign(third, "rubbish", ""))).contains("limit of uses without a review (2)");

        assertThat(review(first, room.world.jer)).isInstanceOf(BreakGlassHolds.ReviewResult.DeniedReview.class);
        BreakGlassHolds.ReviewResult.AllowedReview looked =
                (BreakGlassHolds.ReviewResult.AllowedReview) review(first, room.world.ann);
        assertThat(glass.recordReview(looked)).isTrue();
        assertThat(glass.recordReview(looked)).isFalse();
        assertThat(sign(third, room.world.jer)).isInstanceOf(HoldSigning.SignatureResult.AcceptedSignature.class);
        assertThat(glass.unreviewed()).hasSize(2);
    }

    @Test
    void aReviewCountsForItsStatementAndTime() {
        String hold = park(1, DEMANDED);
        sign(hold, room.world.jer);
        BreakGlassReview review = glass.review(room.seal, hold, "it was needed").orElseThrow();
        String signature = room.world.ann.sign(BreakGlassReview.NAMESPACE, review.canonical());
        byte[] other = new String(review.canonical(), StandardCharsets.UTF_8)
                .replace("\"by\":\"jer\"", "\"by\":\"bob\"")
                .getBytes(StandardCharsets.UTF_8);
        assertThat(glass.checkReview(room.seal, other, room.world.ann.sign(BreakGlassReview.NAMESPACE, other)))
                .isInstanceOf(BreakGlassHolds.ReviewResult.DeniedReview.class);
        assertThat(glass.checkReview(room.seal, Json.object().canonical(), signature))
                .isInstanceOf(BreakGlassHolds.ReviewResult.DeniedReview.class);
        room.clock.pass(BreakGlassReview.SIGNING_TIME);
        assertThat(glass.checkReview(room.seal, review.canonical(), signature))
                .isEqualTo(new BreakGlassHolds.ReviewResult.DeniedReview(
                        "The time to sign it has expired; request" + " it again."));
    }

    @Test
    void aMissingReviewIsReportedOnceADay() {
        sign(park(1, DEMANDED), room.world.jer);
        Duration day = Duration.ofDays(1);
        assertThat(glass.remind(day)).isEmpty();
        room.clock.pass(day);
        assertThat(glass.remind(day)).hasSize(1);
        assertThat(glass.remind(day)).isEmpty();
        room.clock.pass(day);
        assertThat(glass.remind(day)).hasSize(1);
    }
}
