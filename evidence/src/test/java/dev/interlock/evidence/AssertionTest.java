package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AssertionTest {

    private final SealSamples samples = new SealSamples();
    private final SealDocument byCode = samples.document(false, "code", "2 of owners");
    private final SealDocument endorsed = samples.document(false);
    private final SealDocument lenient = samples.document(true);
    private final SoftPasskey ann = SoftPasskey.of("ann");
    private final SoftPasskey jer = SoftPasskey.of("jer");

    @ParameterizedTest
    @EnumSource(PasskeyAlgorithm.class)
    void aPasskeyConfirms(PasskeyAlgorithm algorithm) {
        SoftPasskey key = new SoftPasskey(algorithm, "jer");
        ConfirmationResult confirmed = check(byCode, key, key.byCode());
        assertThat(confirmed.unmet()).isEmpty();
        assertThat(confirmed.signers())
                .containsExactly(
                        new Signer("jer", KeyClass.HARDWARE, key.statement().name(), Signer.KeyBasis.CODE));
    }

    @ParameterizedTest
    @EnumSource(PasskeyAlgorithm.class)
    void aWrittenAssertionReadsBack(PasskeyAlgorithm algorithm) {
        SoftPasskey key = new SoftPasskey(algorithm, "ann");
        SoftPasskey further = SoftPasskey.of("ann");
        Enrolment enrolment = further.endorsedBy(key, key.endorsedBy(samples.annHardware));
        String text = further.sign(new byte[] {1}, enrolment).json().canonicalText();
        assertThat(PersonSignature.parse(text).json().canonicalText()).isEqualTo(text);
        assertThat(Enrolment.parse(enrolment.json().canonicalText()).json()).isEqualTo(enrolment.json());
    }

    // WebAuthn Level 3 §7.2, clause by clause.

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://localhost:7413",
                "http://localhost",
                "https://localhost:7412",
                "http://localhost:7412/",
                "http://evil.example:7412"
            })
    void anotherOriginOrPortDoesNotCount(String origin) {
        assertRejected(shape -> shape.withOrigin(origin), "not made at the key's origin");
    }

    @Test
    void anAssertionWithoutPresenceOrVerificationOrOfAnotherPartyDoesNotCount() {
        assertRejected(shape -> shape.withRp("evil.example"), "another relying party");
        assertRejected(shape -> shape.withFlags(SoftPasskey.VERIFIED), "nobody touched");
        assertRejected(shape -> shape.withFlags(SoftPasskey.PRESENT), "did not verify the user");
    }

    @ParameterizedTest
    @ValueSource(ints = {0x10, 0x02, 0x20, 0x40, 0x80})
    void anAssertionWithUnexpectedFlagsDoesNotCount(int flag) {
        assertRejected(
                shape -> shape.withFlags(SoftPasskey.PRESENT | SoftPasskey.VERIFIED | flag), "flags are not valid");
    }

    @Test
    void aSyncedPasskeyCounts() {
        assertThat(check(byCode, ann, ann.byCode(), shape -> shape.withFlags(0x1d))
                        .unmet())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"webauthn.create", "payment.get", ""})
    void anotherTypeDoesNotCount(String type) {
        assertRejected(shape -> shape.withType(type), "not of type `webauthn.get`");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ",\"crossOrigin\":true",
                ",\"crossOrigin\":false,\"topOrigin\":\"https://evil.example\"",
                ",\"topOrigin\":null"
            })
    void anAssertionFromAFramedPageDoesNotCount(String more) {
        assertRejected(shape -> shape.withMore(more), "embedded in another site");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ",\"origin\":\"http://localhost:7412\"",
                ",\"type\":\"webauthn.get\"",
                ",\"crossOrigin\":\"false\"",
                ",\"crossOrigin\":null",
                ",\"a\":1,\"a\":1",
                ",\"\\u0061\":1,\"a\":1",
                ",\"a\":01",
                ",\"a\":tru",
                ",\"a\":\"\\x\"",
                ",\"a\":\"\\ud800\"",
                ",\"a\":\"\n\"",
                ",",
                ",\"a\":{\"b\":1,\"b\":2}"
            })
    void ambiguousClientDataDoesNotCount(String more) {
        assertRejected(shape -> shape.withMore(more), "client data");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",\"crossOrigin\":false",
                ",\"other_keys_can_be_added_here\":\"do not compare clientDataJSON against a template\"",
                " , \"a\" : [1.5e3, {\"b\": null}, -0, \"\\u00e9\\ud83d\\ude00\"] ",
                ",\"tokenBinding\":{\"status\":\"supported\"}"
            })
    void membersThatBrowsersAddAreIgnored(String more) {
        assertThat(check(byCode, ann, ann.byCode(), shape -> shape.withMore(more))
                        .rejected())
                .isEmpty();
    }

    @Test
    void theAssertionOfAnotherStatementDoesNotCount() {
        Statement statement = SealSamples.statement(byCode, SealSamples.obligations(false, "2 of owners"));
        Statement easier = SealSamples.statement(byCode, SealSamples.obligations(false, "1 of owners"));
        String replayed = ann.sign(statement.canonical(), ann.byCode()).json().canonicalText();
        assertThat(ConfirmationCheck.check(byCode, easier, List.of(replayed), SealSamples.NOW)
                        .rejected())
                .containsExactly("the assertion does not cover the message that was to be signed");
    }

    @Test
    void changedBytesDoNotCount() {
        Statement statement = SealSamples.statement(byCode, SealSamples.obligations(false, "1 of owners"));
        Json.Members good = ann.sign(statement.canonical(), ann.byCode()).json();
        for (String member : List.of("authenticator_data", "client_data", "signature")) {
            byte[] bytes = Base64.getUrlDecoder().decode(good.text(member));
            for (int bit : new int[] {3, bytes.length * 8 - 1}) {
                byte[] changed = bytes.clone();
                changed[bit / 8] ^= (byte) (1 << bit % 8);
                String text = good.with(member, Base64Text.writeUrl(changed)).canonicalText();
                assertThat(ConfirmationCheck.check(byCode, statement, List.of(text), SealSamples.NOW)
                                .isSatisfied())
                        .as(member)
                        .isFalse();
            }
        }
    }

    @Test
    void clientDataChangedInAHarmlessWayDoesNotFitTheSignature() {
        Statement statement = SealSamples.statement(byCode, SealSamples.obligations(false, "1 of owners"));
        Json.Members good = ann.sign(statement.canonical(), ann.byCode()).json();
        String client = new String(Base64.getUrlDecoder().decode(good.text("client_data")), StandardCharsets.UTF_8);
        String changed = good.with(
                        "client_data",
                        Base64Text.writeUrl(client.replace("}", ",\"a\":1}").getBytes(StandardCharsets.UTF_8)))
                .canonicalText();
        assertThat(ConfirmationCheck.check(byCode, statement, List.of(changed), SealSamples.NOW)
                        .rejected())
                .containsExactly("the signature does not match the signed message");
    }

    @Test
    void anotherPersonsKeyDoesNotCount() {
        Statement statement = SealSamples.statement(byCode, SealSamples.obligations(false, "1 of owners"));
        // Ann's authenticator with Jer's enrolment, and then with Jer's identifier on it as well.
        Json.Members swapped = ann.sign(statement.canonical(), jer.byCode()).json();
        assertThat(ConfirmationCheck.check(byCode, statement, List.of(swapped.canonicalText()), SealSamples.NOW)
                        .rejected())
                .containsExactly("the assertion is not by the enrolled credential");
        String named = swapped.with("credential", jer.statement().credential()).canonicalText();
        assertThat(ConfirmationCheck.check(byCode, statement, List.of(named), SealSamples.NOW)
                        .rejected())
                .containsExactly("the signature does not match the signed message");
    }

    // The proof that a key belongs to a person.

    @Test
    void aCodeIsNotEnoughWhereTheSealWantsKeysEndorsed() {
        assertThat(check(endorsed, ann, ann.byCode()).rejected())
                .containsExactly("the key of `ann` was enrolled by a code, but the seal requires an endorsement");
    }

    @Test
    void aKeyIsNoStrongerThanItsEndorsement() {
        assertThat(check(endorsed, ann, ann.endorsedBy(samples.annHardware)).signers())
                .extracting(Signer::keyClass)
                .containsExactly(KeyClass.HARDWARE);
        Enrolment weak = ann.endorsedBy(samples.annHardware, samples.annFile);
        assertThat(check(endorsed, ann, weak).rejected())
                .containsExactly("`ann` signed without a hardware key, which the seal does not allow");
        assertThat(check(lenient, ann, weak).isWeak()).isTrue();
    }

    @Test
    void aWeakKeyWeakensItsEndorsementChain() {
        SoftPasskey second = SoftPasskey.of("ann");
        Enrolment enrolment = second.endorsedBy(ann, ann.endorsedBy(samples.annFile));
        assertThat(check(lenient, second, enrolment).signers())
                .extracting(Signer::keyClass)
                .containsExactly(KeyClass.SOFTWARE);
    }

    @Test
    void thePersonBehindTheLeaseNeedsAKeyWithoutFileEndorsement() {
        Enrolment weak = jer.endorsedBy(samples.jerFile);
        assertThat(check(lenient, jer, weak).rejected())
                .containsExactly("`jer` is behind the lease and must sign with a hardware key");
        assertThat(check(lenient, jer, jer.endorsedBy(samples.jerHardware)).unmet())
                .isEmpty();
    }

    @Test
    void keysEndorsedThroughACodeCountAsEnrolledByCode() {
        SoftPasskey second = SoftPasskey.of("ann");
        Enrolment enrolment = second.endorsedBy(ann, ann.byCode());
        assertThat(check(byCode, second, enrolment).signers())
                .extracting(Signer::basis)
                .containsExactly(Signer.KeyBasis.CODE);
        assertThat(check(endorsed, second, enrolment).signers()).isEmpty();
    }

    @Test
    void endorsementChainsAreLimited() {
        SoftPasskey second = SoftPasskey.of("ann");
        SoftPasskey third = SoftPasskey.of("ann");
        SoftPasskey fourth = SoftPasskey.of("ann");
        Enrolment two = second.endorsedBy(ann, ann.endorsedBy(samples.annHardware));
        Enrolment three = third.endorsedBy(second, two);
        assertThat(check(endorsed, third, three).unmet()).isEmpty();
        assertThat(check(endorsed, fourth, fourth.endorsedBy(third, three)).rejected())
                .containsExactly("more than 3 enrolments depend on each other");
    }

    @Test
    void oneOtherPersonDoesNotEndorseAlone() {
        assertThat(check(endorsed, ann, ann.endorsedBy(samples.jerHardware)).rejected())
                .containsExactly("`jer` alone cannot endorse a key of `ann`");
    }

    @Test
    void aForgedOrBorrowedEndorsementDoesNotCount() {
        Enrolment borrowed = new Enrolment(
                ann.statement(),
                SoftPasskey.of("ann").endorsedBy(samples.annHardware).basis());
        assertThat(check(endorsed, ann, borrowed).rejected())
                .containsExactly("the signature does not match the signed message");
        Enrolment stranger = ann.endorsedBy(SoftKey.hardware());
        assertThat(check(endorsed, ann, stranger).rejected().getFirst()).contains("not a key of any known person");
    }

    @Test
    void anEndorsementForAnotherPurposeDoesNotCount() {
        String lease = samples.annHardware.sign(ann.statement().canonical(), "interlock-lease@v1");
        Enrolment enrolment = new Enrolment(
                ann.statement(), new Enrolment.EnrolmentBasis.Signatures(List.of(SshSignature.parse(lease))));
        assertThat(check(endorsed, ann, enrolment).signers()).isEmpty();
    }

    @Test
    void anEnrolmentWithoutBasisDoesNotCount() {
        Statement statement = SealSamples.statement(byCode, SealSamples.obligations(false, "1 of owners"));
        Json.Members good = ann.sign(statement.canonical(), ann.byCode()).json();
        Json.Members enrolment = good.object("enrolment");
        for (Json.Members cut : List.of(
                enrolment.without(List.of("basis")),
                enrolment.with("basis", Json.object()),
                enrolment.with("basis", Json.object().with("by", "signatures")),
                enrolment.with(
                        "basis", Json.object().with("by", "signatures").with("signatures", new Json.Array(List.of()))),
                enrolment.with("basis", Json.object().with("by", "code").with("more", true)),
                enrolment.with("more", true))) {
            assertThat(ConfirmationCheck.check(
                                    byCode,
                                    statement,
                                    List.of(good.with("enrolment", cut).canonicalText()),
                                    SealSamples.NOW)
                            .signers())
                    .isEmpty();
        }
    }

    @Test
    void theRecoveryQuorumEnrolsANewKey() {
        SoftPasskey bob = SoftPasskey.of("bob");
        Enrolment enrolment = bob.recoveredBy(samples.annHardware, samples.jerHardware);
        Statement statement = SealSamples.statement(byCode, SealSamples.obligations(false, "1 of dba"));
        ConfirmationResult confirmed = ConfirmationCheck.check(
                byCode,
                statement,
                List.of(bob.sign(statement.canonical(), enrolment).json().canonicalText()),
                SealSamples.NOW);
        assertThat(confirmed.unmet()).isEmpty();
        assertThat(confirmed.signers()).extracting(Signer::basis).containsExactly(Signer.KeyBasis.RECOVERY);
    }

    @Test
    void recoveryNeedsTheWholeQuorumOfOthers() {
        SoftPasskey bob = SoftPasskey.of("bob");
        assertThat(rejection(byCode, bob, bob.recoveredBy(samples.annHardware)))
                .isEqualTo("2 of owners must endorse it, but 1 did");
        assertThat(rejection(byCode, bob, bob.recoveredBy(samples.annHardware, samples.annHardware)))
                .isEqualTo("2 of owners must endorse it, but 1 did");
        assertThat(rejection(byCode, bob, bob.recoveredBy(samples.annHardware, samples.bobFile)))
                .contains("signed without a hardware key");
        assertThat(rejection(byCode, ann, ann.recoveredBy(samples.annHardware, samples.jerHardware)))
                .isEqualTo("`ann` is not one of the others");
        assertThat(rejection(endorsed, bob, bob.recoveredBy(samples.annHardware, samples.jerHardware)))
                .isEqualTo("the seal lets nobody endorse the keys of others");
    }

    private static String rejection(SealDocument seal, SoftPasskey key, Enrolment enrolment) {
        return check(seal, key, enrolment).rejected().getFirst();
    }

    @Test
    void keysOfAPersonWhoLeftTheSealDoNotCount() {
        SoftPasskey eve = SoftPasskey.of("eve");
        assertThat(rejection(byCode, eve, eve.byCode())).isEqualTo("the seal does not know `eve`");
    }

    @Test
    void onePersonWithAnSshKeyAndAPasskeyIsOnePerson() {
        Statement statement = SealSamples.statement(byCode, SealSamples.obligations(false, "2 of owners"));
        ConfirmationResult confirmed = ConfirmationCheck.check(
                byCode,
                statement,
                List.of(
                        SealSamples.sign(samples.annHardware, statement),
                        ann.sign(statement.canonical(), ann.byCode()).json().canonicalText()),
                SealSamples.NOW);
        assertThat(confirmed.unmet()).containsExactly("2 of owners must sign, and 1 did");
    }

    @Test
    void onePasskeyIsNotTwoPeople() {
        Statement statement = SealSamples.statement(byCode, SealSamples.obligations(false, "2 of owners"));
        Json.Members hers = ann.sign(statement.canonical(), ann.byCode()).json();
        Json.Members his = hers.with("enrolment", hers.object("enrolment").with("person", "jer"));
        ConfirmationResult confirmed = ConfirmationCheck.check(
                byCode, statement, List.of(hers.canonicalText(), his.canonicalText()), SealSamples.NOW);
        assertThat(confirmed.unmet()).containsExactly("2 of owners must sign, and 1 did");
        assertThat(confirmed.rejected().getFirst()).endsWith("cannot be the key of two people");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://gateway.example",
                "https://gateway.example:443",
                "https://gateway.example/",
                "https://Gateway.example",
                "https://other.example",
                "https://notgateway.example",
                "http://127.0.0.1:7412",
                "https://gateway.example:0",
                "https://gateway.example:70000"
            })
    void invalidOriginsAreRefused(String origin) {
        assertThatThrownBy(() -> KeyStatement.requireOrigin(origin, "gateway.example"))
                .isInstanceOf(MalformedException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://gateway.example", "https://gateway.example:8443", "https://ops.gateway.example"})
    void originsOfTheRelyingPartyAreAccepted(String origin) {
        KeyStatement.requireOrigin(origin, "gateway.example");
    }

    @Test
    void aSealWithoutEnrolmentRulesIsRefused() {
        Json.Members confirm = Json.object().with("software_keys", true);
        Json.Members seal = samples.seal(true);
        for (Json.Members bad : List.of(
                confirm.with("first_passkey", "endorsed"),
                confirm.with("first_passkey", true),
                confirm.with("recovery", "owners"),
                confirm.with("recovery", "0 of owners"))) {
            assertThatThrownBy(() -> SealDocument.read(seal.with("confirm", bad).canonical()))
                    .isInstanceOf(MalformedException.class);
        }
    }

    private void assertRejected(UnaryOperator<SoftPasskey.Shape> twist, String why) {
        assertThat(check(byCode, ann, ann.byCode(), twist).rejected().getFirst())
                .contains(why);
        assertThat(check(byCode, ann, ann.byCode(), twist).isSatisfied()).isFalse();
    }

    private static ConfirmationResult check(SealDocument seal, SoftPasskey key, Enrolment enrolment) {
        return check(seal, key, enrolment, UnaryOperator.identity());
    }

    private static ConfirmationResult check(
            SealDocument seal, SoftPasskey key, Enrolment enrolment, UnaryOperator<SoftPasskey.Shape> twist) {
        Statement statement = SealSamples.statement(seal, SealSamples.obligations(false, "1 of owners"));
        String text = key.sign(statement.canonical(), enrolment, twist).json().canonicalText();
        return ConfirmationCheck.check(seal, statement, List.of(text), SealSamples.NOW);
    }
}
