package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests logs of a gateway that lies. It has the log's key, so every record is sound; but it has nobody's signature for
 * what it says.
 */
class UntrustedGatewayTest {

    private static final String ORIGIN = "example.test/log";

    @TempDir
    private Path directory;

    private final SealSamples samples = new SealSamples();
    private final SealDocument seal = samples.document(true);
    private final SealDocument younger =
            SealDocument.read(samples.seal(true).with("sequence", 2).canonical());
    private final Statement statement = SealSamples.statement(seal, SealSamples.obligations(false, "1 of owners"));
    private SoftLog log = new SoftLog(ORIGIN);
    private int receipts;

    private void add(Receipt.Kind kind, Instant at, Json.Members members) {
        log.add(new Receipt(LogVerifierTest.id(receipts++), kind, at, ORIGIN, members));
    }

    private void intent(Json.Members members) {
        add(Receipt.Kind.INTENT, SealSamples.NOW, members);
    }

    private Json.Members confirmed() {
        return SealSamples.confirmed(seal, statement, samples.annHardware);
    }

    private Json.Members call(String environment, String impact) {
        return SealSamples.intent(seal, SealSamples.meaning(environment, impact));
    }

    private LogReport verify() throws Exception {
        log.write(directory, 100);
        LogReport report = new LogVerifier(List.of(log.key()), Map.of(seal.id(), seal, younger.id(), younger))
                .verify(directory, Optional.empty());
        assertThat(report.problems()).isEmpty();
        return report;
    }

    /** Returns the problems of a log with one such intent, after a seal and a lease of staging. */
    private List<String> problems(Json.Members... intents) throws Exception {
        log = new SoftLog(ORIGIN);
        SealSamples.begin(log, ORIGIN, seal, "staging");
        List.of(intents).forEach(this::intent);
        return found();
    }

    private List<String> found() throws Exception {
        List<String> problems = new ArrayList<>();
        LogReport report = verify();
        report.confirmations().problems().forEach(finding -> problems.add(finding.problem()));
        assertThat(report.confirmedActionsSigned())
                .isEqualTo(problems.isEmpty() ? LogReport.LogAnswer.YES : LogReport.LogAnswer.NO);
        return problems;
    }

    @Test
    void whatIsHonestVerifies() throws Exception {
        assertThat(problems(confirmed(), call("staging", "write"))).isEmpty();
    }

    // What people signed.

    @Test
    void aMeaningThatDiffersFromTheSignedOneIsNamed() throws Exception {
        Json.Members other = SealSamples.meaning("staging", "read");
        Json.Members radius = Json.object().withTexts("notes", List.of("nothing is lost"));
        for (Json.Members forged : List.of(
                confirmed().with("actions", new Json.Array(other.items("actions"))),
                confirmed().with("radius", radius),
                confirmed().with("upstream", "github"),
                confirmed().with("root", "L-02"))) {
            assertThat(problems(forged)).singleElement().asString().contains("differs from its digest");
        }
    }

    /** A long one has its actions only in the statement, so nothing in the receipt may say otherwise. */
    @Test
    void aLongIntentSaysWhatPeopleSigned() throws Exception {
        Json.Members shorter = confirmed().without(Set.of("actions", "radius"));
        assertThat(problems(shorter)).isEmpty();
        for (Json.Members forged : List.of(
                shorter.with("upstream", "github"),
                shorter.with("root", "L-02"),
                shorter.with("agent", "ann/cursor"),
                shorter.with("person", "ann"),
                shorter.with("task", "clean-up"))) {
            assertThat(problems(forged)).singleElement().asString().contains("for another statement");
        }
    }

    /** People signed the order: each step leaves once, after the one before it has succeeded. */
    @Test
    void aPlanOutOfOrderIsNamed() throws Exception {
        List<Statement> steps = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            byte[] nonce = new byte[32];
            nonce[0] = (byte) i;
            steps.add(Statement.of(statement.json().with("nonce", Base64Text.writeUrl(nonce)))
                    .at(
                            "H-01JD" + i,
                            new PlanStep(
                                    "H-01JD0",
                                    i + 1L,
                                    3,
                                    i == 0 ? Optional.empty() : Optional.of(PlanStep.mark(steps.getLast())))));
        }
        assertThat(planned(steps, Receipt.Result.DONE, 0, 1, 2)).isEmpty();
        assertThat(planned(steps, Receipt.Result.DONE, 0, 2, 1))
                .singleElement()
                .asString()
                .contains("it is step 3 of a plan, and step 2 had not succeeded");
        assertThat(planned(steps, Receipt.Result.DONE, 1))
                .singleElement()
                .asString()
                .contains("step 1 had not");
        assertThat(planned(steps, Receipt.Result.DONE, 0, 1, 1))
                .singleElement()
                .asString()
                .contains("was used before");
        assertThat(planned(steps, Receipt.Result.FAILED, 0, 1))
                .singleElement()
                .asString()
                .contains("step 1 had not succeeded");
    }

    private List<String> planned(List<Statement> steps, Receipt.Result result, int... order) throws Exception {
        directory = Files.createTempDirectory(directory, "log"); // another length leaves other files
        log = new SoftLog(ORIGIN);
        SealSamples.begin(log, ORIGIN, seal, "staging");
        StatementList list = StatementList.of(steps, Optional.empty());
        String signature = new ConfirmationSignature(
                        Optional.of(list),
                        PersonSignature.parse(samples.annHardware.sign(list.canonical(), Statement.NAMESPACE)))
                .text();
        for (int step : order) {
            String intent = LogVerifierTest.id(receipts);
            intent(SealSamples.confirmed(seal, steps.get(step))
                    .with(
                            "confirmation",
                            Json.object()
                                    .with("statement", steps.get(step).json())
                                    .withTexts("signatures", List.of(signature))));
            add(
                    Receipt.Kind.OUTCOME,
                    SealSamples.NOW,
                    Json.object().with("intent", intent).with("result", result.word()));
        }
        return found();
    }

    @Test
    void anIntentWithoutMeaningIsNamed() throws Exception {
        assertThat(problems(call("staging", "write").without(Set.of("actions", "radius"))))
                .singleElement()
                .asString()
                .contains("it does not say what it does");
    }

    /** Another word for a destruction would need no signature. */
    @ParameterizedTest
    @ValueSource(strings = {"erase", "Destroy", ""})
    void anUnknownImpactIsNamed(String word) throws Exception {
        assertThat(problems(call("staging", word)))
                .singleElement()
                .asString()
                .contains("an impact that no verifier knows: `" + word + "`");
    }

    @Test
    void anActionWithoutImpactOrPlaceIsNamed() throws Exception {
        for (String left : List.of("impacts", "resources")) {
            Json.Members action = SealSamples.meaning("staging", "write")
                    .objects("actions")
                    .getFirst()
                    .with(left, new Json.Array(List.of()));
            Json.Members meaning =
                    SealSamples.meaning("staging", "write").with("actions", new Json.Array(List.of(action)));
            assertThat(problems(SealSamples.intent(seal, meaning)))
                    .singleElement()
                    .asString()
                    .contains("has no impact or no place");
        }
    }

    // The lease.

    @Test
    void anIntentBeyondItsLeaseIsNamed() throws Exception {
        for (Json.Members beyond : List.of(call("production", "write"), call("staging", "execute"))) {
            assertThat(problems(beyond)).containsExactly("its lease does not cover it");
        }
    }

    /** A read may go where the seal says that every lease may read, and nowhere else. */
    @Test
    void aReadBeyondItsLeaseIsNamed() throws Exception {
        assertThat(problems(call("production", "read"))).containsExactly("its lease does not cover it");
        SealDocument open = SealDocument.read(samples.seal(true)
                .with(
                        "environments",
                        Json.object()
                                .with(
                                        "production",
                                        Json.object().with("protected", true).with("readable", true))
                                .with("staging", Json.object().with("protected", false)))
                .canonical());
        log = new SoftLog(ORIGIN);
        SealSamples.begin(log, ORIGIN, open, "staging");
        intent(SealSamples.intent(open, SealSamples.meaning("production", "read")));
        intent(SealSamples.intent(open, SealSamples.meaning("production", "write")));
        log.write(directory, 100);
        LogReport report =
                new LogVerifier(List.of(log.key()), Map.of(open.id(), open)).verify(directory, Optional.empty());
        assertThat(report.confirmations().problems())
                .extracting(finding -> finding.leaf().orElseThrow())
                .containsExactly(3L);
    }

    @Test
    void aLeaseThatNobodyIssuedOrSomebodyElseHasIsNamed() throws Exception {
        Json.Members meaning = SealSamples.meaning("staging", "write");
        Json.Members invented = meaning.with("lease", "L-02");
        assertThat(problems(SealSamples.intent(seal, invented)))
                .containsExactly("no earlier receipt issues its lease `L-02`");
        assertThat(problems(call("staging", "write").with("task", "clean-up")))
                .containsExactly("its lease was issued to somebody else");
        assertThat(problems(SealSamples.intent(seal, meaning.with("agent", "ann/cursor"))))
                .containsExactly("its lease was issued to somebody else");
    }

    @Test
    void aLeaseEndsUnlessItIsRenewed() throws Exception {
        Instant late = SealSamples.NOW.plus(Duration.ofHours(2));
        SealSamples.begin(log, ORIGIN, seal, "staging");
        add(Receipt.Kind.INTENT, late, call("staging", "write"));
        assertThat(found()).containsExactly("its lease had expired");
        add(
                Receipt.Kind.ADMIN,
                SealSamples.NOW,
                Json.object()
                        .with("command", "run.renew")
                        .with("lease", "L-01JD")
                        .with("expires", late.plusSeconds(1).toString()));
        add(Receipt.Kind.INTENT, late, call("staging", "write"));
        assertThat(found()).hasSize(1);
    }

    @Test
    void aChildIsNoWiderThanItsParent() throws Exception {
        SealSamples.begin(log, ORIGIN, seal, "staging");
        add(Receipt.Kind.ADMIN, SealSamples.NOW, derived("L-02", "L-01JD", "staging"));
        Json.Members call = SealSamples.intent(seal, SealSamples.meaning("staging", "write"));
        intent(call.with("lease", "L-02").with("root", "L-01JD"));
        assertThat(found()).isEmpty();
        add(Receipt.Kind.ADMIN, SealSamples.NOW, derived("L-03", "L-01JD", "production"));
        add(Receipt.Kind.ADMIN, SealSamples.NOW, derived("L-04", "L-09", "staging"));
        add(Receipt.Kind.ADMIN, SealSamples.NOW, SealSamples.issue("L-02", List.of("write"), "production"));
        assertThat(found())
                .containsExactly(
                        "it derives a lease that is wider than `L-01JD`, or of somebody else",
                        "it derives a lease that is wider than `L-09`, or of somebody else",
                        "it issues the lease `L-02` a second time");
    }

    @Test
    void aChildIsOfTheSamePeopleAndEndsWithItsParent() throws Exception {
        Instant later = SealSamples.NOW.plus(Duration.ofHours(1)).plusMillis(1);
        for (Json.Members other : List.of(
                derived("L-02", "L-01JD", "staging").with("expires", later.toString()),
                derived("L-02", "L-01JD", "staging").with("agent", "ann/cursor"),
                derived("L-02", "L-01JD", "staging").with("root", "L-02"))) {
            log = new SoftLog(ORIGIN);
            SealSamples.begin(log, ORIGIN, seal, "staging");
            add(Receipt.Kind.ADMIN, SealSamples.NOW, other);
            assertThat(found()).singleElement().asString().contains("or of somebody else");
        }
    }

    /** A seal that nobody has may name any attester. */
    @Test
    void anAttestationUnderASealThatIsNotThereIsUnchecked() throws Exception {
        SealSamples.begin(log, ORIGIN, seal, "staging");
        add(
                Receipt.Kind.ADMIN,
                SealSamples.NOW,
                Json.object()
                        .with("command", "backup.attest")
                        .with("attestation", Json.object())
                        .with("signature", "")
                        .with("seal", "0a".repeat(32)));
        assertThat(verify().confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.UNCHECKED);
    }

    @Test
    void anOutcomeOfAnotherAgentsCallIsNamed() throws Exception {
        SealSamples.begin(log, ORIGIN, seal, "staging");
        intent(call("staging", "write"));
        add(
                Receipt.Kind.OUTCOME,
                SealSamples.NOW,
                Json.object()
                        .with("intent", LogVerifierTest.id(receipts - 1))
                        .with("agent", "ann/cursor")
                        .with("result", "done"));
        log.write(directory, 100);
        assertThat(new LogVerifier(List.of(log.key()), Map.of(seal.id(), seal))
                        .verify(directory, Optional.empty())
                        .problems())
                .singleElement()
                .asString()
                .contains("another agent");
    }

    private static Json.Members derived(String id, String parent, String environment) {
        return SealSamples.issue(id, List.of("write"), environment)
                .with("command", "lease.derive")
                .with("parent", parent)
                .with("root", "L-01JD");
    }

    // The seal.

    @Test
    void aSealThatIsNotInForceIsNamed() throws Exception {
        SealSamples.begin(log, ORIGIN, younger, "staging");
        intent(confirmed());
        intent(call("staging", "write"));
        assertThat(found())
                .hasSize(2)
                .allMatch(problem -> problem.contains("no earlier receipt puts its seal in force"));
    }

    /** A call that was judged under the seal before may still be on its way. */
    @Test
    void aSealThatWasReplacedDecidesOnlyWhatIsOnItsWay() throws Exception {
        Instant adopted = SealSamples.NOW.minus(Duration.ofMinutes(4));
        SealSamples.begin(log, ORIGIN, seal, "staging");
        add(Receipt.Kind.ADMIN, adopted, SealSamples.adoption(younger));
        intent(confirmed());
        assertThat(found()).isEmpty();
        add(Receipt.Kind.INTENT, adopted.plus(Duration.ofMinutes(16)), call("staging", "write"));
        assertThat(found()).containsExactly("its seal was no longer in force");
    }

    @Test
    void anOlderSealIsNotPutInForceAgain() throws Exception {
        SealSamples.begin(log, ORIGIN, younger, "staging");
        add(Receipt.Kind.ADMIN, SealSamples.NOW, SealSamples.adoption(seal));
        Json.Members order = Json.object().with("command", "seal.adopt").with("result", "refused");
        add(Receipt.Kind.ADMIN, SealSamples.NOW, order);
        assertThat(found()).containsExactly("it adopts a seal that is not newer than the one before");
    }

    // Backups.

    @Test
    void anAttestationThatNoAttesterSignedIsNamed() throws Exception {
        SoftKey attester = SoftKey.ed25519();
        Json.Members rules =
                Json.object().withTexts("attesters", List.of(attester.line())).with("plans", Json.object());
        SealDocument attesting =
                SealDocument.read(samples.seal(true).with("backups", rules).canonical());
        Json.Members said = Json.object().with("type", RestoreAttestation.TYPE).with("plan", "shop-db");
        for (SoftKey key : List.of(attester, samples.annHardware)) {
            add(
                    Receipt.Kind.ADMIN,
                    SealSamples.NOW,
                    Json.object()
                            .with("command", "backup.attest")
                            .with("attestation", said)
                            .with("signature", key.sign(said.canonical(), RestoreAttestation.NAMESPACE))
                            .with("seal", attesting.id()));
        }
        log.write(directory, 100);
        LogReport report = new LogVerifier(List.of(log.key()), Map.of(attesting.id(), attesting))
                .verify(directory, Optional.empty());
        assertThat(report.confirmations().problems()).singleElement().satisfies(finding -> {
            assertThat(finding.leaf()).hasValue(1);
            assertThat(finding.problem()).contains("not a key that the seal names for backups");
        });
    }

    // Passkeys.

    /** The gateway can invent them, so they are not worth more than its word. */
    @Test
    void passkeysByCodeAreWeak() {
        Signer byCode = new Signer("ann", KeyClass.HARDWARE, "passkey", Signer.KeyBasis.CODE);
        Signer sealed = new Signer("ann", KeyClass.HARDWARE, "key", Signer.KeyBasis.SEAL);
        Signer endorsed = new Signer("ann", KeyClass.HARDWARE, "passkey", Signer.KeyBasis.SIGNATURES);
        assertThat(new ConfirmationResult(List.of(byCode, sealed), List.of(), List.of()).isWeak())
                .isTrue();
        assertThat(new ConfirmationResult(List.of(sealed, endorsed), List.of(), List.of()).isWeak())
                .isFalse();
    }

    // The command.

    private String run(int exit, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream to = new PrintStream(out);
        assertThat(new Main(to, to).run(List.of(args))).isEqualTo(exit);
        return out.toString(StandardCharsets.UTF_8);
    }

    /** Returns what the command says of a proof of the intent, given that seal or none. */
    private String proof(int exit, Json.Members intent, Path... seals) throws Exception {
        problems(intent);
        ProofBundle proof = StaticLog.open(directory, List.of(log.key())).prove(2, Optional.empty());
        Path file = Files.write(directory.resolve("proof.json"), proof.json().canonical());
        List<String> args = new ArrayList<>(
                List.of("verify", file.toString(), "--vkey", log.key().toString()));
        for (Path one : seals) {
            args.addAll(List.of("--seal", one.toString(), "--seal-key", samples.annHardware.line()));
        }
        String said = run(exit, args.toArray(String[]::new));
        Files.delete(file);
        return said;
    }

    private Path sealed() throws Exception {
        Envelope unsigned =
                Envelope.of(SealDocument.PAYLOAD_TYPE, samples.seal(true).canonical());
        Envelope signed = unsigned.signedBy(samples.annHardware.sign(unsigned.pae(), SealDocument.NAMESPACE));
        return Files.write(directory.resolveSibling(directory.getFileName() + ".seal"), signed.write());
    }

    @Test
    void aProofIsJudgedAsStrictlyAsALog() throws Exception {
        Path seal = sealed();
        assertThat(proof(1, call("staging", "destroy"))).contains("it destroys without a confirmation");
        assertThat(proof(1, call("staging", "destroy"), seal)).contains("it destroys without a confirmation");
        assertThat(proof(1, call("staging", "erase"))).contains("no verifier knows");
        assertThat(proof(1, confirmed().with("upstream", "github"), seal)).contains("differs from its digest");
        assertThat(proof(1, confirmed().with("confirmation", Json.object()), seal))
                .contains("proven", "the confirmation cannot be read");
        assertThat(proof(2, confirmed())).contains("proven", "unchecked", "give `--seal`");
        assertThat(proof(0, confirmed(), seal)).contains("carries the signatures it needed: yes", "ann with");
        assertThat(proof(2, call("staging", "write"))).contains("proven", "unchecked", "give `--seal`");
        assertThat(proof(0, call("staging", "read"))).contains("proven");
        assertThat(proof(1, call("staging", "write").with("task", Json.object())))
                .contains("cannot be read");
        assertThat(proof(1, call("staging", "write").without(Set.of("person")))).contains("cannot be read");
    }

    @Test
    void aProofOfAnAttestationIsJudgedAsStrictlyAsALog() throws Exception {
        Path seal = sealed();
        Json.Members said = Json.object().with("type", RehearsalAttestation.TYPE);
        for (Map.Entry<SoftKey, Integer> signer :
                Map.of(samples.annFile, 0, samples.bobFile, 1).entrySet()) {
            Json.Members act = Json.object()
                    .with("command", "backup.rehearsal")
                    .with("rehearsal", said)
                    .with("signature", signer.getKey().sign(said.canonical(), RehearsalAttestation.NAMESPACE))
                    .with("person", "ann")
                    .with(
                            "seal",
                            SealDocument.read(samples.seal(true).canonical()).id());
            log.entries.clear();
            log.add(new Receipt("R-01JD0000000000000000000001", Receipt.Kind.ADMIN, SealSamples.NOW, ORIGIN, act));
            log.write(directory, 100);
            Path proof = Files.write(
                    directory.resolve("proof.json"),
                    StaticLog.open(directory, List.of(log.key()))
                            .prove(0, Optional.empty())
                            .json()
                            .canonical());
            String vkey = log.key().toString();
            assertThat(run(2, "verify", proof.toString(), "--vkey", vkey)).contains("unchecked", "give `--seal`");
            assertThat(run(
                            signer.getValue(),
                            "verify",
                            proof.toString(),
                            "--vkey",
                            vkey,
                            "--seal",
                            seal.toString(),
                            "--seal-key",
                            samples.annHardware.line()))
                    .contains("proven");
            Files.delete(proof);
        }
    }

    /** The receipt that people signed for the elevation is another one. */
    @Test
    void aProofOfAnElevatedCallLeavesItOpen() throws Exception {
        assertThat(proof(2, call("production", "write").with("elevation", "H-01JD")))
                .contains("verify the whole log");
    }

    /** Nothing was read, so nothing can be said of confirmations. */
    @Test
    void withAWrongKeyNothingIsConfirmed() throws Exception {
        problems(confirmed());
        String other = new SoftLog(ORIGIN).key().toString();
        assertThat(run(1, "verify", directory.toString(), "--vkey", other))
                .contains("records sound: no", "every confirmed action carries its signatures: unchecked");
    }

    @Test
    void anUnreadableSealIsNamed() throws Exception {
        problems(confirmed());
        Path broken = Files.writeString(directory.resolveSibling(directory.getFileName() + ".broken"), "{}");
        assertThat(run(
                        2,
                        "verify",
                        directory.toString(),
                        "--vkey",
                        log.key().toString(),
                        "--seal",
                        sealed().toString(),
                        "--seal",
                        broken.toString(),
                        "--seal-key",
                        samples.annHardware.line()))
                .contains(broken.toString());
    }
}
