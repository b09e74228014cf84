package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ConfirmationCheckTest {

    private final SealSamples samples = new SealSamples();
    private final SealDocument strict = samples.document(false);
    private final SealDocument lenient = samples.document(true);

    @Test
    void twoOwnersWithHardwareConfirm() {
        Statement statement = SealSamples.statement(strict, SealSamples.obligations(false, "2 of owners"));
        ConfirmationResult confirmed = check(strict, statement, samples.jerHardware, samples.annHardware);
        assertThat(confirmed.isSatisfied()).isTrue();
        assertThat(confirmed.isWeak()).isFalse();
        assertThat(confirmed.signers()).extracting(Signer::person).containsExactly("ann", "jer");
    }

    @Test
    void possibleSignersAreThosePeopleWhoseSignaturesCouldConfirm() {
        assertThat(signers(false, "2 of owners")).containsExactly("ann", "jer");
        assertThat(signers(true, "2 of owners")).containsExactly("ann"); // jer is behind the lease
        assertThat(signers(false, "1 of owners", "1 of dba")).containsExactly("ann", "bob", "jer");
        assertThat(signers(false)).containsExactly("ann", "bob", "jer");
        assertThat(signers(true)).containsExactly("ann", "bob");
        assertThat(signers(false, "1 of nobodies")).isEmpty();
    }

    /** An elevation is for owners and the person behind the lease. */
    @Test
    void possibleSignersOfAnElevationMayWidenTheLease() {
        Statement call = SealSamples.statement(lenient, SealSamples.obligations(true));
        Statement elevation = new Statement(
                call.hold(),
                call.seal(),
                call.lease(),
                call.agent(),
                call.person(),
                call.behind(),
                call.task(),
                ElevationScope.UPSTREAM,
                call.meaning().with("upstream", ElevationScope.UPSTREAM),
                call.request(),
                call.summary(),
                call.reason(),
                call.obligations(),
                call.nonce(),
                call.openedAt(),
                call.expires(),
                Optional.empty());
        assertThat(ConfirmationCheck.possibleSigners(lenient, elevation)).containsExactly("ann");
    }

    private java.util.Set<String> signers(boolean other, String... quorums) {
        return ConfirmationCheck.possibleSigners(
                lenient, SealSamples.statement(lenient, SealSamples.obligations(other, quorums)));
    }

    @Test
    void onePersonWithTwoKeysIsOnePerson() {
        Statement statement = SealSamples.statement(lenient, SealSamples.obligations(false, "2 of owners"));
        ConfirmationResult confirmed = check(lenient, statement, samples.annFile, samples.annHardware);
        assertThat(confirmed.unmet()).containsExactly("2 of owners must sign, and 1 did");
        assertThat(confirmed.signers()).extracting(Signer::keyClass).containsExactly(KeyClass.HARDWARE);
    }

    @Test
    void everyQuorumMustBeMet() {
        Statement statement = SealSamples.statement(lenient, SealSamples.obligations(false, "1 of dba", "2 of owners"));
        assertThat(check(lenient, statement, samples.jerHardware, samples.bobFile)
                        .unmet())
                .containsExactly("2 of owners must sign, and 1 did");
        assertThat(check(lenient, statement, samples.jerHardware, samples.annFile)
                        .isSatisfied())
                .isTrue();
    }

    @Test
    void softwareKeysCountOnlyWhereTheSealAllowsThem() {
        Statement statement = SealSamples.statement(strict, SealSamples.obligations(false, "1 of owners"));
        assertThat(check(strict, statement, samples.annFile).rejected())
                .containsExactly("`ann` signed without a hardware key, which the seal does not allow");

        Statement weak = SealSamples.statement(lenient, SealSamples.obligations(false, "1 of owners"));
        assertThat(check(lenient, weak, samples.annFile).isSatisfied()).isTrue();
        assertThat(check(lenient, weak, samples.annFile).isWeak()).isTrue();
    }

    @Test
    void thePersonBehindTheLeaseNeedsHardware() {
        Statement statement = SealSamples.statement(lenient, SealSamples.obligations(false, "1 of owners"));
        assertThat(check(lenient, statement, samples.jerFile).isSatisfied()).isFalse();
        assertThat(check(lenient, statement, samples.jerHardware).isSatisfied()).isTrue();
    }

    @Test
    void thePersonBehindTheLeaseDoesNotCountWhereAnotherMustSign() {
        Statement statement = SealSamples.statement(strict, SealSamples.obligations(true, "1 of owners"));
        assertThat(check(strict, statement, samples.jerHardware).isSatisfied()).isFalse();
        assertThat(check(strict, statement, samples.annHardware).isSatisfied()).isTrue();
    }

    @Test
    void theSignerOfTheLeaseIsBehindItToo() {
        Statement other =
                SealSamples.behind(SealSamples.statement(strict, SealSamples.obligations(true, "1 of owners")), "ann");
        assertThat(check(strict, other, samples.annHardware).rejected())
                .containsExactly("`ann` is behind the lease, so another person must sign");
        assertThat(check(strict, other, samples.annHardware).isSatisfied()).isFalse();

        Statement any = SealSamples.behind(
                SealSamples.statement(lenient, SealSamples.obligations(false, "1 of owners")), "ann");
        assertThat(check(lenient, any, samples.annFile).rejected())
                .containsExactly("`ann` is behind the lease and must sign with a hardware key");
        assertThat(check(lenient, any, samples.annHardware).isSatisfied()).isTrue();
        assertThat(check(lenient, any, samples.jerFile).isSatisfied()).isFalse();
    }

    @Test
    void furtherPeopleBehindTheLeaseAreWrittenCanonically() {
        Statement nobody = SealSamples.statement(strict, SealSamples.obligations(true, "1 of owners"));
        assertThat(nobody.json().get("behind")).isEmpty();
        Statement two = SealSamples.behind(nobody, "ann", "bob");
        assertThat(Statement.read(two.canonical())).isEqualTo(two);
        assertThat(two.isBehind("bob")).isTrue();
        assertThat(two.isBehind("jer")).isTrue();
        assertThat(two.isBehind("eve")).isFalse();
        for (List<String> bad :
                List.of(List.<String>of(), List.of(""), List.of("jer"), List.of("bob", "ann"), List.of("ann", "ann"))) {
            byte[] bytes = nobody.json().withTexts("behind", bad).canonical();
            assertThatThrownBy(() -> Statement.read(bytes)).isInstanceOf(MalformedException.class);
        }
        byte[] text = nobody.json().with("behind", "ann").canonical();
        assertThatThrownBy(() -> Statement.read(text)).isInstanceOf(MalformedException.class);
    }

    @Test
    void aStatementWithoutQuorumStillNeedsASigner() {
        Statement statement = SealSamples.statement(strict, SealSamples.obligations(false));
        assertThat(check(strict, statement).unmet()).containsExactly("there is no valid signature");
        assertThat(check(strict, statement, samples.annHardware).isSatisfied()).isTrue();
    }

    @Test
    void signaturesOfStrangersDoNotCount() {
        Statement statement = SealSamples.statement(lenient, SealSamples.obligations(false, "1 of owners"));
        ConfirmationResult confirmed = check(lenient, statement, SoftKey.hardware());
        assertThat(confirmed.isSatisfied()).isFalse();
        assertThat(confirmed.rejected().getFirst()).contains("not a key of any known person");
    }

    @Test
    void aSignatureForAnotherStatementDoesNotCount() {
        Statement statement = SealSamples.statement(strict, SealSamples.obligations(false, "2 of owners"));
        Statement easier = SealSamples.statement(strict, SealSamples.obligations(false, "1 of owners"));
        ConfirmationResult confirmed = ConfirmationCheck.check(
                strict, easier, List.of(SealSamples.sign(samples.annHardware, statement)), SealSamples.NOW);
        assertThat(confirmed.isSatisfied()).isFalse();
    }

    @Test
    void aSignatureUnderAnotherSealDoesNotCount() {
        Statement statement = SealSamples.statement(lenient, SealSamples.obligations(false, "1 of owners"));
        assertThat(check(strict, statement, samples.annHardware).unmet())
                .containsExactly("the statement was made under another seal");
    }

    @Test
    void anExpiredSignatureDoesNotCount() {
        Statement statement = SealSamples.statement(strict, SealSamples.obligations(false, "1 of owners"));
        List<String> signatures = List.of(SealSamples.sign(samples.annHardware, statement));
        assertThat(at(statement, signatures, statement.openedAt())).isTrue();
        assertThat(at(statement, signatures, statement.openedAt().minusNanos(1)))
                .isFalse();
        assertThat(at(statement, signatures, statement.expires().minusNanos(1))).isTrue();
        assertThat(at(statement, signatures, statement.expires())).isFalse();
        assertThat(ConfirmationCheck.check(
                                strict, statement, signatures, strict.expires().plus(Duration.ofDays(1)))
                        .unmet())
                .contains("the seal has expired");
    }

    private boolean at(Statement statement, List<String> signatures, Instant now) {
        return ConfirmationCheck.check(strict, statement, signatures, now).isSatisfied();
    }

    private Statement numbered(int number) {
        byte[] nonce = new byte[32];
        nonce[0] = (byte) number;
        Statement statement = SealSamples.statement(strict, SealSamples.obligations(false, "1 of owners"));
        return Statement.of(statement.json().with("nonce", Base64Text.writeUrl(nonce)));
    }

    private StatementList list(int... numbers) {
        return StatementList.of(IntStream.of(numbers).mapToObj(this::numbered).toList(), Optional.empty());
    }

    private ConfirmationSignature signed(StatementList list) {
        String made = samples.annHardware.sign(list.canonical(), Statement.NAMESPACE);
        return new ConfirmationSignature(Optional.of(list), PersonSignature.parse(made));
    }

    private boolean confirms(ConfirmationSignature signature, int number) {
        return ConfirmationCheck.check(strict, numbered(number), List.of(signature.text()), SealSamples.NOW)
                .isSatisfied();
    }

    @Test
    void oneSignatureConfirmsTheStatementsOfItsListAndNoOther() {
        ConfirmationSignature signature = signed(list(1, 2, 3));
        assertThat(IntStream.rangeClosed(0, 4).filter(number -> confirms(signature, number)))
                .containsExactly(1, 2, 3);
        assertThat(ConfirmationSignature.parse(signature.text()).text()).isEqualTo(signature.text());
        // A list that was exchanged, extended, or put in another order was not signed.
        for (StatementList other : List.of(list(1, 4), list(1, 2, 3, 4), list(2, 1, 3), list(1, 2))) {
            assertThat(confirms(new ConfirmationSignature(Optional.of(other), signature.by()), 1))
                    .isFalse();
        }
        assertThat(confirms(new ConfirmationSignature(Optional.empty(), signature.by()), 1))
                .isFalse();
    }

    @Test
    void aListHasOneFormAndABoundedLength() {
        StatementList list = list(1, 2);
        assertThat(StatementList.read(list.canonical())).isEqualTo(list);
        Json.Members json = list.json();
        List<String> digests = list.statements();
        for (Json.Members bad : List.of(
                json.with("type", "interlock-statement@v1"),
                json.with("more", true),
                json.withTexts("statements", digests.subList(0, 1)),
                json.withTexts("statements", List.of(digests.get(0), digests.get(0))),
                json.withTexts("statements", List.of(digests.get(0), "H-01")),
                json.withTexts(
                        "statements",
                        IntStream.rangeClosed(0, StatementList.MAX).mapToObj("%064x"::formatted)))) {
            assertThatThrownBy(() -> StatementList.read(bad.canonical())).isInstanceOf(MalformedException.class);
        }
        String text = signed(list).text();
        assertThatThrownBy(() -> ConfirmationSignature.parse(text.replace("\"signature\"", "\"signatures\"")))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void malformedSignaturesAreRejectedAndOthersStillCount() {
        Statement statement = SealSamples.statement(strict, SealSamples.obligations(false, "1 of owners"));
        List<String> signatures = List.of("rubbish", SealSamples.sign(samples.annHardware, statement));
        ConfirmationResult confirmed = ConfirmationCheck.check(strict, statement, signatures, SealSamples.NOW);
        assertThat(confirmed.isSatisfied()).isTrue();
        assertThat(confirmed.rejected()).hasSize(1);
    }

    @Test
    void theNumberOfSignaturesIsLimited() {
        Statement statement = SealSamples.statement(strict, SealSamples.obligations(false, "1 of owners"));
        List<String> signatures = new ArrayList<>(Collections.nCopies(16, "rubbish"));
        signatures.add(SealSamples.sign(samples.annHardware, statement));
        assertThat(ConfirmationCheck.check(strict, statement, signatures, SealSamples.NOW)
                        .isSatisfied())
                .isFalse();
    }

    @Test
    void aStatementReadsBackAsItWasWritten() {
        Statement statement = SealSamples.statement(strict, SealSamples.obligations(false, "2 of owners"));
        assertThat(Statement.read(statement.canonical())).isEqualTo(statement);
    }

    @Test
    void aStatementThatContradictsItselfIsRefused() {
        Json.Members json = SealSamples.statement(strict, SealSamples.obligations(false, "2 of owners"))
                .json();
        for (Json.Members bad : List.of(
                json.with("x", 1),
                json.with("type", "interlock-statement@v2"),
                json.with("agent", "ann/cursor"),
                json.with("upstream", "github"),
                json.with("lease", "L-02"),
                json.with("meaning_sha256", Sha256.hex(new byte[0])),
                json.with("request_sha256", Sha256.hex(new byte[0])),
                json.with("request", Json.object().with("method", "GET")),
                json.with("obligations", SealSamples.obligations(false, "2 owners")),
                json.with("obligations", SealSamples.obligations(false, "0 of owners")),
                json.with("obligations", SealSamples.obligations(false).with("witness", true)),
                json.with("nonce", "AAAA"),
                json.with("expires", "2026-11-20T12:15:00.000Z"),
                json.with("expires", "2025-11-20T12:15:00Z"),
                json.with("summary", ""))) {
            assertThatThrownBy(() -> Statement.read(bad.canonical())).isInstanceOf(MalformedException.class);
        }
        byte[] spaced = ("{ " + json.canonicalText().substring(1)).getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> Statement.read(spaced)).isInstanceOf(MalformedException.class);
    }

    @Test
    void aSealInWhichTwoPeopleShareAKeyIsRefused() {
        Json.Members seal = samples.seal(false);
        Json.Members people = seal.object("people");
        Json.Members shared = seal.with("people", people.with("eve", people.object("ann")));
        assertThatThrownBy(() -> SealDocument.read(shared.canonical()))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("two people");
    }

    @Test
    void theSealNamesProtectedEnvironments() {
        assertThat(strict.protectedEnvironments()).containsExactly("production");
        assertThat(strict.id()).isEqualTo(Sha256.hex(samples.seal(false).canonical()));
    }

    private static ConfirmationResult check(SealDocument seal, Statement statement, SoftKey... keys) {
        List<String> signatures = new ArrayList<>();
        for (SoftKey key : keys) {
            signatures.add(SealSamples.sign(key, statement));
        }
        return ConfirmationCheck.check(seal, statement, signatures, SealSamples.NOW);
    }
}
