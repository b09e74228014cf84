package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests how a stranger with the seal and the ledger verifies who has rehearsed a recovery. */
class RehearsalAttestationTest {

    private static final String ORIGIN = "example.test/log";

    private final SealSamples samples = new SealSamples();
    private final SealDocument seal = samples.document(true, "code", "2 of owners");
    private final SoftPasskey jer = SoftPasskey.of("jer");
    private final SoftLog log = new SoftLog(ORIGIN);
    private int receipts;

    @TempDir
    private Path directory;

    private static Json.Members rehearsal(String backup) {
        return Json.object()
                .with("type", RehearsalAttestation.TYPE)
                .with("plan", "shop-db")
                .with("backup", backup)
                .with("restored", true);
    }

    private String touched(Json.Members said) {
        return jer.sign(said.canonical(), jer.byCode()).json().canonicalText();
    }

    private void add(Json.Members said, String signature, String person) {
        Json.Members act = Json.object()
                .with("command", "backup.rehearsal")
                .with("rehearsal", said)
                .with("signature", signature)
                .with("person", person)
                .with("seal", seal.id());
        log.add(new Receipt(
                "R-01JD0000000000000000000" + (100 + receipts++), Receipt.Kind.ADMIN, SealSamples.NOW, ORIGIN, act));
    }

    private List<LogFinding> problems(Map<String, SealDocument> seals) throws Exception {
        log.write(directory, 100);
        return new LogVerifier(List.of(log.key()), seals)
                .verify(directory, Optional.empty())
                .confirmations()
                .problems();
    }

    private List<LogFinding> problems() throws Exception {
        return problems(Map.of(seal.id(), seal));
    }

    @Test
    void aPasskeyAndAnOpenSshKeySignARehearsal() throws Exception {
        add(rehearsal("b1"), touched(rehearsal("b1")), "jer");
        add(rehearsal("b2"), samples.annFile.sign(rehearsal("b2").canonical(), RehearsalAttestation.NAMESPACE), "ann");
        assertThat(problems()).isEmpty();
    }

    @Test
    void aTouchIsForExactlyOneRehearsal() throws Exception {
        add(rehearsal("b2"), touched(rehearsal("b1")), "jer");
        assertThat(problems())
                .singleElement()
                .satisfies(one ->
                        assertThat(one.problem()).contains("does not cover the message that was to be" + " signed"));
        assertThat(problems(Map.of())).as("without the seal nobody can say").isEmpty();
    }

    @Test
    void aRehearsalCountsOnlyForItsSigner() throws Exception {
        add(rehearsal("b1"), touched(rehearsal("b1")), "ann");
        assertThat(problems())
                .singleElement()
                .satisfies(one -> assertThat(one.problem()).contains("a person other than the signer"));
    }

    @Test
    void aMalformedRehearsalDoesNotCount() throws Exception {
        Json.Members other = rehearsal("b1").with("type", "interlock-confirm@v1");
        add(other, touched(other), "jer");
        add(rehearsal("b1"), "nonsense", "jer");
        assertThat(problems()).hasSize(2);
    }

    /** A seal may exclude keys that are mere files. */
    @Test
    void aRehearsalSignedByAnInvalidKeyDoesNotCount() throws Exception {
        SealDocument strict = samples.document(false);
        log.add(new Receipt(
                "R-01JD0000000000000000000100",
                Receipt.Kind.ADMIN,
                SealSamples.NOW,
                ORIGIN,
                Json.object()
                        .with("command", "backup.rehearsal")
                        .with("rehearsal", rehearsal("b1"))
                        .with(
                                "signature",
                                samples.annFile.sign(rehearsal("b1").canonical(), RehearsalAttestation.NAMESPACE))
                        .with("person", "ann")
                        .with("seal", strict.id())));
        assertThat(problems(Map.of(strict.id(), strict)))
                .singleElement()
                .satisfies(one -> assertThat(one.problem()).contains("without a hardware key"));
    }
}
