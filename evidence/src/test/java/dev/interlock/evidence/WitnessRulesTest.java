package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A seal that demands witnesses, and what a log must show of them. */
class WitnessRulesTest {

    private final SoftWitness ann = new SoftWitness(1);
    private final SoftWitness bob = new SoftWitness(2);
    private final SoftWitness eve = new SoftWitness(9);

    private final SealDocument seal = SealDocument.read(new SealSamples()
            .seal(true)
            .with("witnesses", SoftWitness.demand(2, List.of(ann, bob), "write"))
            .canonical());
    private final SoftLog log = new SoftLog(RichLog.ORIGIN);

    @TempDir
    private Path directory;

    private static WitnessRules rules(int quorum, String... keys) {
        return new WitnessRules(Set.of(keys), quorum, Set.of("destroy"));
    }

    @Test
    void aQuorumIsOfKeysThatDifferAndOfNoMoreThanThereAre() {
        String again = new SoftWitness(1, "other.example/ann").key.toString();
        assertThatThrownBy(() -> rules(2, ann.key.toString(), again)).hasMessageContaining("each of another key");
        assertThatThrownBy(() -> rules(0, ann.key.toString())).hasMessageContaining("`quorum`");
        assertThatThrownBy(() -> rules(2, ann.key.toString())).hasMessageContaining("`quorum`");
        assertThatThrownBy(() -> rules(1, log.key().toString())).hasMessageContaining("no witness's");
        assertThatThrownBy(() -> new WitnessRules(Set.of(ann.key.toString()), 1, Set.of("read")))
                .hasMessageContaining("`for`");
    }

    @Test
    void anImpactThatNobodyKnowsConcernsThem() {
        WitnessRules rules = rules(1, ann.key.toString());
        assertThat(rules.concern(List.of("read", "write"))).isFalse();
        assertThat(rules.concern(List.of("read", "destroy"))).isTrue();
        assertThat(rules.concern(List.of("unknown"))).isTrue();
    }

    @Test
    void theSignerOfASealLearnsWhatIsLooser() {
        WitnessRules before =
                new WitnessRules(Set.of(ann.key.toString(), bob.key.toString()), 2, Set.of("destroy", "execute"));
        assertThat(WitnessRules.looser(Optional.of(before), Optional.of(before)))
                .isEmpty();
        assertThat(WitnessRules.looser(Optional.of(before), Optional.empty())).isEmpty();
        assertThat(WitnessRules.looser(Optional.empty(), Optional.of(before))).hasSize(1);
        assertThat(WitnessRules.looser(
                        Optional.of(rules(1, ann.key.toString(), eve.key.toString())), Optional.of(before)))
                .containsExactly(
                        "no witness need see a call that can only execute",
                        "only 1 witnesses must see a call, and not 2",
                        "the witness `witness.example/9` counts too");
    }

    private int add(Receipt.Kind kind, Json.Members members) {
        int leaf = log.entries.size();
        log.add(new Receipt(LogVerifierTest.id(leaf), kind, SealSamples.NOW.plusMillis(leaf), RichLog.ORIGIN, members));
        return leaf;
    }

    private int intent() {
        if (log.entries.isEmpty()) {
            SealSamples.begin(log, RichLog.ORIGIN, seal, "staging");
        }
        return add(
                Receipt.Kind.INTENT,
                SealSamples.intent(seal, SealSamples.meaning("staging", "write"))
                        .with("witnesses", 2));
    }

    private Note cosigned(Note note, SoftWitness... witnesses) {
        Note all = note;
        for (SoftWitness witness : witnesses) {
            all = witness.cosign(all, SealSamples.NOW);
        }
        return all;
    }

    private void witnessed(int intent, Note... notes) {
        List<String> texts = new ArrayList<>();
        for (Note note : notes) {
            texts.add(new String(note.write(), StandardCharsets.UTF_8));
        }
        add(
                Receipt.Kind.ADMIN,
                Json.object()
                        .with("command", WitnessRules.ACT)
                        .with("intent", LogVerifierTest.id(intent))
                        .withTexts(WitnessRules.CHECKPOINTS, texts));
    }

    private void outcome(int intent, String result) {
        add(
                Receipt.Kind.OUTCOME,
                Json.object().with("intent", LogVerifierTest.id(intent)).with("result", result));
    }

    private LogReport verify(Map<String, SealDocument> seals) throws IOException {
        log.write(directory, 100);
        return new LogVerifier(List.of(log.key()), seals).verify(directory, Optional.empty());
    }

    private LogReport verify() throws IOException {
        return verify(Map.of(seal.id(), seal));
    }

    private void assertUnmet(String why) throws IOException {
        LogReport report = verify();
        assertThat(report.recordsSound()).isTrue();
        assertThat(report.confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.NO);
        assertThat(report.confirmations().problems())
                .anySatisfy(problem -> assertThat(problem.toString()).contains(why));
    }

    @Test
    void whatEnoughWitnessesSawBeforeItWasSentIsInOrder() throws IOException {
        int intent = intent();
        witnessed(intent, cosigned(log.checkpoint(), ann, bob));
        outcome(intent, "unknown"); // the gateway crashed afterwards
        assertThat(verify().confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.YES);
    }

    @Test
    void theyMayHaveSeenItInTwoCheckpoints() throws IOException {
        int intent = intent();
        Note first = cosigned(log.checkpoint(), ann);
        add(Receipt.Kind.REFUSED, Json.object().with("agent", "jer/cursor").with("refusal", "denied"));
        witnessed(intent, first, cosigned(log.checkpoint(), bob));
        outcome(intent, "done");
        assertThat(verify().confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.YES);
    }

    @Test
    void withoutAReceiptOfItThatIsMissing() throws IOException {
        outcome(intent(), "done");
        assertUnmet("no receipt shows that 2 of the seal's witnesses saw its intent before it was sent");
    }

    @Test
    void whatWasRefusedAndWhatHasNoOutcomeNeedsNoWitness() throws IOException {
        outcome(intent(), "refused");
        intent();
        assertThat(verify().confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.YES);
    }

    @Test
    void tooFewAreTooFew() throws IOException {
        int intent = intent();
        witnessed(intent, cosigned(log.checkpoint(), ann));
        outcome(intent, "done");
        assertUnmet("1 of the seal's 2 witnesses saw it before it was sent, and 2 must");
    }

    @Test
    void oneWhomTheSealDoesNotNameDoesNotCount() throws IOException {
        int intent = intent();
        witnessed(intent, cosigned(log.checkpoint(), ann, eve));
        outcome(intent, "done");
        assertUnmet("1 of the seal's 2 witnesses");
    }

    @Test
    void aCheckpointFromBeforeTheIntentDoesNotCount() throws IOException {
        intent();
        Note before = cosigned(log.checkpoint(), ann, bob);
        int intent = intent();
        witnessed(intent, before);
        outcome(intent, "done");
        assertUnmet("0 of the seal's 2 witnesses");
    }

    @Test
    void afterTheOutcomeItIsTooLate() throws IOException {
        int intent = intent();
        outcome(intent, "done");
        witnessed(intent, cosigned(log.checkpoint(), ann, bob));
        assertUnmet("no receipt shows that 2 of the seal's witnesses");
    }

    @Test
    void aFalseCosignatureIsAProblem() throws IOException {
        int intent = intent();
        Note other = cosigned(log.sign(new Checkpoint(RichLog.ORIGIN, 5, Hash.leaf(new byte[1]))), bob);
        Note note = cosigned(log.checkpoint(), ann);
        witnessed(intent, new Note(note.text(), other.lines()));
        outcome(intent, "done");
        assertUnmet("the cosignature by `witness.example/2` is not valid");
    }

    @Test
    void anotherHistoryThatWitnessesSawMakesTheRecordsUnsound() throws IOException {
        int intent = intent();
        Note other = log.sign(new Checkpoint(RichLog.ORIGIN, log.entries.size(), Hash.leaf(new byte[1])));
        witnessed(intent, cosigned(other, ann, bob));
        outcome(intent, "done");
        LogReport report = verify();
        assertThat(report.problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.toString()).contains("the witnesses saw another history"));
    }

    @Test
    void withoutTheSealNobodyKnowsWhoHadToSeeIt() throws IOException {
        int intent = intent();
        witnessed(intent, cosigned(log.checkpoint(), ann, bob));
        outcome(intent, "done");
        assertThat(verify(Map.of()).confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.UNCHECKED);
    }

    private ProofBundle proof(int intent, long outcome) throws Exception {
        log.write(directory, 100);
        ProofBundle proof = StaticLog.open(directory, List.of(log.key())).prove(intent, Optional.of(outcome));
        ProofBundle read = ProofBundle.read(proof.json().canonical());
        assertThat(read.json().canonicalText()).isEqualTo(proof.json().canonicalText());
        read.verify(List.of(log.key()));
        return read;
    }

    @Test
    void aProofShowsWhatTheySaw() throws Exception {
        int intent = intent();
        Note one = cosigned(log.checkpoint(), ann);
        add(Receipt.Kind.REFUSED, Json.object().with("agent", "jer/cursor").with("refusal", "denied"));
        witnessed(intent, one, cosigned(log.checkpoint(), bob));
        outcome(intent, "done");
        ProofBundle proof = proof(intent, intent + 3);
        assertThat(proof.witnessed()).hasSize(2);
        assertThat(proof.unwitnessed(seal)).isEmpty();
        assertThat(with(proof, proof.witnessed().subList(0, 1)).unwitnessed(seal))
                .hasValueSatisfying(why -> assertThat(why).contains("1 of the seal's 2"));
        assertThat(with(proof, List.of()).unwitnessed(seal)).isPresent();
    }

    private static ProofBundle with(ProofBundle proof, List<SeenIntent.WitnessedTree> seen) {
        return proof.with(proof.outcome().orElseThrow(), seen);
    }

    @Test
    void whatTheySawAfterTheOutcomeProvesNothing() throws Exception {
        int intent = intent();
        outcome(intent, "done");
        Note late = cosigned(log.checkpoint(), ann, bob);
        ProofBundle proof = proof(intent, intent + 1);
        ProofBundle with = with(
                proof, List.of(new SeenIntent.WitnessedTree(late, proof.call().path())));
        assertThat(with.unwitnessed(seal))
                .hasValueSatisfying(why -> assertThat(why).contains("0 of the seal's 2"));
    }

    @Test
    void aTreeThatDoesNotHoldTheCallProvesNothing() throws Exception {
        int intent = intent();
        outcome(intent, "done");
        ProofBundle proof = proof(intent, intent + 1);
        Note other = cosigned(log.sign(new Checkpoint(RichLog.ORIGIN, intent + 1, Hash.leaf(new byte[1]))), ann, bob);
        ProofBundle with = with(
                proof, List.of(new SeenIntent.WitnessedTree(other, proof.call().path())));
        assertThatThrownBy(() -> with.unwitnessed(seal)).isInstanceOf(BadSignatureException.class);
    }
}
