package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that one person replaces the demands of policy only if the seal says so, only with hardware, and visibly. */
class BreakGlassTest {

    private static final String ORIGIN = "example.test/log";
    private static final String REASON = "the site is down, and ann cannot be reached";
    private static final BreakGlass ALL =
            new BreakGlass("owners", Set.of(BreakGlass.OTHER, BreakGlass.COOLDOWN, BreakGlass.BACKUP), 3);

    private final SealSamples samples = new SealSamples();
    private final SealDocument seal = document(ALL);

    @TempDir
    private Path directory;

    private SealDocument document(BreakGlass glass) {
        Json.Members sealed = Json.object()
                .with("by", glass.by())
                .withTexts("waives", glass.waives())
                .with("at_most", glass.atMost());
        return SealDocument.read(samples.seal(true).with("break_glass", sealed).canonical());
    }

    private static Json.Members demanded() {
        return SealSamples.obligations(true, "2 of owners").with("backup_seconds", 86_400);
    }

    private static Statement broken(SealDocument seal, BreakGlass glass) {
        return SealSamples.statement(seal, demanded()).breakGlass(glass, REASON);
    }

    private static ConfirmationResult check(SealDocument seal, Statement statement, SoftKey... keys) {
        List<String> signatures =
                Stream.of(keys).map(key -> SealSamples.sign(key, statement)).toList();
        return ConfirmationCheck.check(seal, statement, signatures, SealSamples.NOW);
    }

    @Test
    void oneHardwareKeyReplacesTheWaivedObligations() {
        Statement statement = broken(seal, ALL);
        assertThat(check(seal, statement, samples.jerHardware).isSatisfied()).isTrue();
        assertThat(Statement.read(statement.canonical())).isEqualTo(statement);
        assertThat(statement.policyObligations()).isEqualTo(demanded());
        assertThat(statement.obligations().flag("type_name")).isTrue();
    }

    @Test
    void aSoftwareKeyNeverSignsBreakGlass() {
        assertThat(check(seal, broken(seal, ALL), samples.annFile).rejected())
                .containsExactly("`ann` signed without a hardware key, but break-glass needs one");
    }

    @Test
    void aPersonOutsideTheGroupCannotUseBreakGlass() {
        BreakGlass dba = new BreakGlass("dba", ALL.waives(), 3);
        SealDocument named = document(dba);
        assertThat(check(named, broken(named, dba), samples.jerHardware).isSatisfied())
                .isFalse();
        assertThat(check(named, broken(named, dba), samples.annHardware).isSatisfied())
                .isTrue();
    }

    @Test
    void theSealMustAllowBreakGlass() {
        SealDocument silent = samples.document(true);
        assertThat(check(silent, broken(silent, ALL), samples.jerHardware).unmet())
                .containsExactly("the seal has no break-glass");
    }

    @Test
    void obligationsThatAreNotWaivedStay() {
        BreakGlass strict = new BreakGlass("owners", Set.of(), 3);
        SealDocument named = document(strict);
        Statement statement = broken(named, strict);
        assertThat(statement.obligations().whole("cooldown_seconds")).isEqualTo(600);
        assertThat(check(named, statement, samples.jerHardware).isSatisfied()).isFalse(); // somebody else must sign
        assertThat(check(named, statement, samples.annHardware).unmet()) // and a backup must exist
                .singleElement()
                .asString()
                .contains("backup");
        assertThat(check(named, broken(named, ALL), samples.annHardware).unmet())
                .contains("its obligations are not the policy's without those that break-glass waives");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\nb", "\u202egnp", "\u001b[2J"})
    void theReasonIsAVisibleSentence(String reason) {
        Statement statement = SealSamples.statement(seal, demanded());
        assertThatThrownBy(() -> statement.breakGlass(ALL, reason)).isInstanceOf(MalformedException.class);
    }

    @Test
    void breakGlassAppliesOnceAndWaivesOnlyNamedObligations() {
        Json.Members twice = ALL.remainingObligations(ALL.remainingObligations(demanded(), REASON), REASON);
        assertThatThrownBy(() -> SealSamples.statement(seal, twice)).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> new BreakGlass("owners", Set.of("rows"), 3)).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> new BreakGlass("owners", Set.of(), 0)).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> new BreakGlass("owners", Set.of(), 17)).isInstanceOf(MalformedException.class);
    }

    // ---- what an auditor sees

    private final SoftLog log = new SoftLog(ORIGIN);

    @BeforeEach
    void begin() {
        SealSamples.begin(log, ORIGIN, seal, "staging");
    }

    private void add(int number, Receipt.Kind kind, Json.Members members) {
        log.add(new Receipt("R-01JD0000000000000000000" + (100 + number), kind, SealSamples.NOW, ORIGIN, members));
    }

    private Json.Members confirmed(Statement statement, SoftKey... keys) {
        return SealSamples.confirmed(seal, statement, keys);
    }

    private static Json.Members act(String command, Json.Members members) {
        return members.with("command", command).with("result", "accepted");
    }

    private Json.Members review(Statement statement, String by, SoftKey key) {
        BreakGlassReview review = new BreakGlassReview(
                statement.hold(), Sha256.hex(statement.canonical()), by, "it had to be", seal.id(), Instant.EPOCH);
        return act(
                "break-glass.review",
                Json.object()
                        .with("review", review.json())
                        .with("signature", key.sign(review.canonical(), BreakGlassReview.NAMESPACE)));
    }

    private LogReport verify() throws Exception {
        log.write(directory, 100);
        return new LogVerifier(List.of(log.key()), Map.of(seal.id(), seal)).verify(directory, Optional.empty());
    }

    @Test
    void theAuditShowsUserReasonAndReviewOfBreakGlass() throws Exception {
        Statement statement = broken(seal, ALL);
        add(0, Receipt.Kind.ADMIN, act("break-glass.sign", confirmed(statement, samples.jerHardware)));
        add(1, Receipt.Kind.INTENT, confirmed(statement, samples.jerHardware));
        LogReport unreviewed = verify();
        assertThat(unreviewed.confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.YES);
        assertThat(unreviewed.confirmations().breakGlassUses()).singleElement().satisfies(glass -> {
            assertThat(glass.toString()).contains("by jer with", REASON, "2 of owners", "NOT REVIEWED");
            assertThat(glass.reviewedBy()).isEmpty();
        });

        add(2, Receipt.Kind.ADMIN, review(statement, "jer", samples.annFile));
        assertThat(verify().confirmations().breakGlassUses())
                .singleElement()
                .satisfies(glass ->
                        assertThat(glass.reviewedBy().orElseThrow().person()).isEqualTo("ann"));
    }

    @Test
    void onlyAnotherOwnerReviewsBreakGlass() throws Exception {
        Statement statement = broken(seal, ALL);
        add(0, Receipt.Kind.ADMIN, act("break-glass.sign", confirmed(statement, samples.jerHardware)));
        add(1, Receipt.Kind.ADMIN, review(statement, "jer", samples.jerHardware));
        add(2, Receipt.Kind.ADMIN, review(statement, "jer", samples.bobFile));
        add(3, Receipt.Kind.ADMIN, review(statement, "ann", samples.jerHardware));
        LogReport report = verify();
        assertThat(report.confirmations().breakGlassUses().getFirst().reviewedBy())
                .isEmpty();
        assertThat(report.confirmations().problems()).hasSize(3);
    }

    @Test
    void aSoleOwnerReviewsWithHardware() throws Exception {
        SealDocument alone = SealDocument.read(samples.seal(true)
                .with(
                        "people",
                        Json.object()
                                .with("jer", samples.seal(true).object("people").object("jer"))
                                .with("bob", samples.seal(true).object("people").object("bob")))
                .canonical());
        BreakGlassReview review =
                new BreakGlassReview("H-1", alone.id(), "jer", "it had to be", alone.id(), Instant.EPOCH);
        assertThat(review.check(alone, samples.jerHardware.sign(review.canonical(), BreakGlassReview.NAMESPACE))
                        .person())
                .isEqualTo("jer");
        assertThatThrownBy(
                        () -> review.check(alone, samples.jerFile.sign(review.canonical(), BreakGlassReview.NAMESPACE)))
                .isInstanceOf(BadSignatureException.class);
        assertThat(BreakGlassReview.of(review.json())).isEqualTo(review);
    }

    @Test
    void breakGlassIsRecordedBeforeItsCall() throws Exception {
        add(0, Receipt.Kind.INTENT, confirmed(broken(seal, ALL), samples.jerHardware));
        LogReport report = verify();
        assertThat(report.confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.NO);
        assertThat(report.confirmations().problems().getFirst().problem()).contains("no earlier receipt records that");
    }

    @Test
    void aBreakGlassReceiptWithoutValidSignatureIsAProblem() throws Exception {
        add(0, Receipt.Kind.ADMIN, act("break-glass.sign", confirmed(broken(seal, ALL), samples.annFile)));
        LogReport report = verify();
        assertThat(report.confirmations().breakGlassUses()).isEmpty();
        assertThat(report.confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.NO);
    }
}
