package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the log's evidence about leases that were wider for a while. */
class ElevationPassTest {

    private static final String ORIGIN = "interlock.example/log";
    private static final Instant UNTIL = SealSamples.NOW.plus(Duration.ofMinutes(15));

    @TempDir
    Path directory;

    private final SealSamples samples = new SealSamples();
    private final SealDocument seal = samples.document(true);
    private final Statement signed = statement("write", "production", 15);
    private final SoftLog log = new SoftLog(ORIGIN);
    private int receipts;

    @BeforeEach
    void begin() {
        SealSamples.begin(log, ORIGIN, seal, "staging");
    }

    private static Json fact(String name, String value) {
        return Json.object().with("name", name).with("value", value).with("provenance", "resolved");
    }

    private Statement statement(String impact, String environment, long minutes) {
        Statement usual = SealSamples.statement(seal, SealSamples.obligations(false));
        Json.Members action = Json.object()
                .with("operation", "interlock/elevate")
                .withTexts("impacts", List.of("privilege"))
                .with("reversibility", "recoverable")
                .with("resources", new Json.Array(List.of()))
                .with(
                        "facts",
                        new Json.Array(List.of(
                                fact("gives environment", environment),
                                fact("gives impact", impact),
                                fact("gives minutes", Long.toString(minutes)),
                                fact("reason", "gives impact: destroy"))));
        return new Statement(
                usual.hold(),
                usual.seal(),
                usual.lease(),
                usual.agent(),
                usual.person(),
                usual.behind(),
                usual.task(),
                ElevationScope.UPSTREAM,
                usual.meaning()
                        .with("upstream", ElevationScope.UPSTREAM)
                        .with("actions", new Json.Array(List.of(action))),
                usual.request(),
                usual.summary(),
                Optional.empty(),
                usual.obligations(),
                usual.nonce(),
                usual.openedAt(),
                usual.expires(),
                Optional.empty());
    }

    private Json.Members given(Statement statement, SoftKey... keys) {
        List<String> signatures =
                Stream.of(keys).map(key -> SealSamples.sign(key, statement)).toList();
        return Json.object()
                .with("command", "elevation.give")
                .with("hold", statement.hold())
                .with("lease", statement.lease())
                .with("agent", statement.agent())
                .withTexts("environments", List.of("production"))
                .withTexts("impacts", List.of("write"))
                .withTexts("resources", List.of())
                .with("minutes", 15)
                .with("until", UNTIL.toString())
                .with(
                        "confirmation",
                        Json.object().with("statement", statement.json()).withTexts("signatures", signatures));
    }

    private Json.Members call(String environment, String impact) {
        return SealSamples.intent(seal, SealSamples.meaning(environment, impact))
                .with("elevation", "H-01JD");
    }

    private Receipt add(Receipt.Kind kind, Instant at, Json.Members members) {
        Receipt receipt = new Receipt(LogVerifierTest.id(receipts++), kind, at, ORIGIN, members);
        log.add(receipt);
        return receipt;
    }

    private void give(Json.Members members) {
        add(Receipt.Kind.ADMIN, SealSamples.NOW, members);
    }

    private void use(Instant at, Json.Members call) {
        add(Receipt.Kind.INTENT, at, call);
    }

    private LogReport verify(Map<String, SealDocument> seals) throws Exception {
        log.write(directory, 100);
        return new LogVerifier(List.of(log.key()), seals).verify(directory, Optional.empty());
    }

    private List<String> problems() throws Exception {
        LogReport report = verify(Map.of(seal.id(), seal));
        assertThat(report.recordsSound()).isTrue();
        List<String> problems = new ArrayList<>();
        report.confirmations().problems().forEach(finding -> problems.add(finding.problem()));
        assertThat(report.confirmedActionsSigned())
                .isEqualTo(problems.isEmpty() ? LogReport.LogAnswer.YES : LogReport.LogAnswer.NO);
        return problems;
    }

    @Test
    void aSignedElevationAndItsCallsAreFound() throws Exception {
        give(given(signed, samples.annFile));
        use(SealSamples.NOW.plus(Duration.ofMinutes(14)), call("production", "write"));
        assertThat(problems()).isEmpty();
        LogReport report = verify(Map.of(seal.id(), seal));
        assertThat(report.confirmations().confirmed()).isEqualTo(1);
        assertThat(report.confirmations().weak()).as("by a file").isEqualTo(1);
        assertThat(verify(Map.of()).confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.UNCHECKED);
    }

    /** Nobody can know any more whether somebody signed it. */
    @Test
    void anElevationWhoseTextIsErasedIsUnchecked() throws Exception {
        TextKeys keys = TextKeys.read(Files.write(directory.resolve("text.keys"), new byte[] {1}));
        Receipt whole = new Receipt(
                LogVerifierTest.id(receipts++),
                Receipt.Kind.ADMIN,
                SealSamples.NOW,
                ORIGIN,
                given(signed, samples.annFile));
        log.add(SealedTexts.seal(whole, () -> 0, keys));
        give(Json.object()
                .with("command", SealedTexts.ACT)
                .with("agent", SealedTexts.AGENT)
                .withTexts(SealedTexts.NUMBERS, List.of("0-0")));
        use(SealSamples.NOW.plus(Duration.ofMinutes(14)), call("production", "write"));
        LogReport report = verify(Map.of(seal.id(), seal));
        assertThat(report.confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.UNCHECKED);
        assertThat(report.confirmations().erased().orElseThrow()).contains("the texts of 1 receipt, last by");
        assertThat(report.confirmations().lost()).isEqualTo(1);
    }

    /** People search receipts by who signed. */
    @Test
    void aSignerWhoDidNotSignIsNamed() throws Exception {
        give(given(signed, samples.annFile).withTexts("signers", List.of("ann")));
        assertThat(problems()).isEmpty();
        give(given(signed, samples.annFile).withTexts("signers", List.of("ann", "jer")));
        assertThat(problems()).containsExactly("it names a signer who did not sign");
    }

    /** The gateway was killed after the confirmation was used and recorded: the next start grants it again. */
    @Test
    void anElevationRecordedTwiceAcrossACrashCountsOnce() throws Exception {
        give(given(signed, samples.jerHardware));
        add(Receipt.Kind.ADMIN, SealSamples.NOW.plus(Duration.ofMinutes(10)), given(signed, samples.jerHardware));
        assertThat(problems()).isEmpty();
    }

    @Test
    void anElevationWithoutEntitledSignerIsNamed() throws Exception {
        give(given(signed));
        give(given(signed, samples.jerFile));
        give(given(signed, samples.bobFile));
        give(given(signed, SoftKey.hardware()));
        give(given(signed, samples.annFile).with("confirmation", Json.object()));
        assertThat(problems())
                .hasSize(5)
                .satisfiesExactly(
                        none -> assertThat(none).contains("there is no valid signature"),
                        file -> assertThat(file).contains("there is no valid signature"),
                        stranger -> assertThat(stranger).isEqualTo("no signer may elevate the lease"),
                        unknown -> assertThat(unknown).contains("there is no valid signature"),
                        unread -> assertThat(unread).contains("its elevation record is not valid"));
    }

    @Test
    void anElevationBeyondTheSignedScopeIsNamed() throws Exception {
        Json.Members good = given(signed, samples.annFile);
        give(good.withTexts("environments", List.of("production", "staging")));
        give(good.withTexts("impacts", List.of("destroy", "write")));
        give(good.with("minutes", 60));
        give(good.with("lease", "L-02"));
        give(good.with("hold", "H-02"));
        Statement other = SealSamples.statement(seal, SealSamples.obligations(false));
        give(given(other, samples.annFile));
        give(good.with("until", UNTIL.plus(Duration.ofMinutes(2)).toString()));
        assertThat(problems())
                .satisfiesExactly(
                        wider -> assertThat(wider).contains("differs from what people signed"),
                        more -> assertThat(more).contains("differs from what people signed"),
                        longer -> assertThat(longer).contains("differs from what people signed"),
                        lease -> assertThat(lease).contains("differs from what people signed"),
                        hold -> assertThat(hold).contains("differs from what people signed"),
                        call -> assertThat(call).contains("not about an elevation"),
                        late -> assertThat(late).contains("lasts longer than people signed"));
    }

    @Test
    void aCallBeyondTheElevationIsNamed() throws Exception {
        use(SealSamples.NOW, call("production", "write"));
        give(given(signed, samples.annFile));
        use(SealSamples.NOW, call("production", "write"));
        use(SealSamples.NOW, call("staging", "write"));
        use(SealSamples.NOW, call("production", "read"));
        use(SealSamples.NOW, call("production", "write").with("lease", "L-02"));
        use(SealSamples.NOW, call("production", "write").with("elevation", "H-02"));
        use(SealSamples.NOW.plus(Duration.ofHours(1)), call("production", "write"));
        use(SealSamples.NOW, call("production", "write").with("elevation", 7));
        assertThat(problems())
                .satisfiesExactly(
                        early -> assertThat(early).contains("no earlier receipt grants it to that lease"),
                        where -> assertThat(where).contains("does not cover it"),
                        what -> assertThat(what).contains("does not cover it"),
                        whose -> assertThat(whose).contains("no earlier receipt grants it to that lease"),
                        which -> assertThat(which).contains("no earlier receipt grants it to that lease"),
                        late -> assertThat(late).contains("which had ended"),
                        unread -> assertThat(unread).contains("cannot be read"));
    }

    /** A new seal ends every elevation. */
    @Test
    void anElevationUnderAnotherSealIsNamed() throws Exception {
        SealDocument younger =
                SealDocument.read(samples.seal(true).with("sequence", 2).canonical());
        give(given(signed, samples.annFile));
        give(SealSamples.adoption(younger));
        Json.Members call = SealSamples.intent(younger, SealSamples.meaning("production", "write"));
        use(SealSamples.NOW, call.with("elevation", "H-01JD"));
        assertThat(problems()).singleElement().asString().contains("which people gave under another seal");
    }

    @Test
    void aRefusedCallUsesNoElevation() throws Exception {
        use(SealSamples.NOW, call("production", "write"));
        Json.Members refused =
                Json.object().with("intent", LogVerifierTest.id(0)).with("result", "refused");
        add(Receipt.Kind.OUTCOME, SealSamples.NOW, refused);
        assertThat(problems()).isEmpty();
    }

    @Test
    void aRefusedCommandGrantsNoElevation() throws Exception {
        give(Json.object().with("command", "elevation.give").with("result", "refused"));
        assertThat(problems()).isEmpty();
    }
}
