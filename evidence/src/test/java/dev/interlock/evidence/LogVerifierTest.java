package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LogVerifierTest {

    static final String ORIGIN = "interlock.example/log";

    @TempDir
    Path directory;

    @TempDir
    Path replica;

    private final SoftLog log = new SoftLog(ORIGIN);
    private final SealSamples samples = new SealSamples();
    private final SealDocument seal = samples.document(true);

    static String id(int number) {
        return "R-01JD0000000000000000" + String.format("%06d", number);
    }

    private static Receipt receipt(int number, Receipt.Kind kind, Json.Members members) {
        return new Receipt(id(number), kind, SealSamples.NOW, ORIGIN, members);
    }

    static Receipt refused(int number) {
        return receipt(number, Receipt.Kind.REFUSED, Json.object().with("agent", "jer/cursor"));
    }

    private static Receipt outcome(int number, int intent) {
        return outcome(number, intent, Receipt.Result.DONE);
    }

    private static Receipt outcome(int number, int intent, Receipt.Result result) {
        return receipt(
                number,
                Receipt.Kind.OUTCOME,
                Json.object().with("intent", id(intent)).with("result", result.word()));
    }

    private void fill(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            log.add(refused(i));
        }
        log.write(directory, 100);
    }

    private LogReport verify() throws Exception {
        return new LogVerifier(List.of(log.key()), Map.of(seal.id(), seal)).verify(directory, Optional.empty());
    }

    private LogReport verifyWithReplica() throws Exception {
        return new LogVerifier(List.of(log.key()), Map.of()).verify(directory, Optional.of(replica));
    }

    @Test
    void aSoundLogOfAnySizeVerifies() throws Exception {
        for (int size : new int[] {0, 1, 2, 100, 255, 256, 257, 513}) {
            SoftLog fresh = new SoftLog(ORIGIN);
            Path place = Files.createDirectory(directory.resolve("log" + size));
            for (int i = 0; i < size; i++) {
                fresh.add(refused(i));
            }
            fresh.write(place, 100);
            LogReport report = new LogVerifier(List.of(fresh.key()), Map.of()).verify(place, Optional.empty());
            assertThat(report.problems()).as("size %d", size).isEmpty();
            assertThat(report.checkpoint().size()).isEqualTo(size);
        }
    }

    /** A log that grows replaces the files at its edge while it is read. */
    @Test
    void theLeavesOfTheLastBundleAreReadOnce() throws Exception {
        fill(300);
        LogFiles files = new LogFiles(directory);
        Checkpoint end = StaticLog.open(directory, List.of(log.key())).checkpoint();
        CommittedLeaves.LeafBundles leaves =
                new CommittedLeaves(files, end).find().orElseThrow();
        Files.delete(directory.resolve("tile/0/001.p/44"));
        assertThat(leaves.from(0)).hasSize(256);
        assertThat(leaves.from(256)).hasSize(44);
    }

    private static Receipt session(int number, String lease, String digest) {
        return receipt(
                number,
                Receipt.Kind.ADMIN,
                Json.object()
                        .with("command", "session.record")
                        .with("peer", "jer")
                        .with("lease", lease)
                        .with("manifest_sha256", digest));
    }

    @Test
    void aSessionHasOneDigest() throws Exception {
        log.add(session(1, "L-1", "5e".repeat(32)));
        log.add(session(2, "L-2", "5e".repeat(32)));
        Json.Members deniedStart =
                Json.object().with("command", "session.record").with("result", "refused");
        log.add(receipt(3, Receipt.Kind.ADMIN, deniedStart));
        log.write(directory, 100);
        assertThat(verify().problems()).isEmpty();
        log.add(session(4, "L-1", "0f".repeat(32)));
        log.add(session(5, "L-3", "5E".repeat(32)));
        log.write(directory, 100);
        assertThat(verify().problems())
                .extracting(LogFinding::problem)
                .containsExactly(
                        "it records the session of `L-1` a second time",
                        "it records a session but names no lease or no digest");
    }

    @Test
    void theLogsKeyMustComeFromAnotherSource() throws Exception {
        fill(3);
        LogReport report =
                new LogVerifier(List.of(new SoftLog(ORIGIN).key()), Map.of()).verify(directory, Optional.empty());
        assertThat(report.problems()).extracting(LogFinding::file).containsExactly("checkpoint");
    }

    /** One byte changes in any file, at any position: the file is named, and no other. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyFlippedByteIsNamed(boolean isCompressed) throws Exception {
        fill(300);
        if (isCompressed) {
            SoftLog.compress(directory);
            assertThat(directory.resolve("tile/entries/000")).doesNotExist();
        }
        long seed = RandomGenerator.getDefault().nextLong();
        RandomGenerator random = new java.util.Random(seed);
        for (Path file : files()) {
            byte[] good = Files.readAllBytes(file);
            for (int round = 0; round < 6; round++) {
                byte[] bad = good.clone();
                int at = round == 0 ? 0 : round == 1 ? good.length - 1 : random.nextInt(good.length);
                bad[at] ^= (byte) (1 << random.nextInt(8));
                Files.write(file, bad);
                String name = directory.relativize(file).toString();
                assertThat(verify().problems())
                        .as("%s byte %d seed %d", name, at, seed)
                        .isNotEmpty()
                        .allMatch(finding -> finding.file().equals(name))
                        .allMatch(finding -> finding.cause() == LogFinding.Cause.ALTERATION
                                || LogPass.isZeroFrom(bad, at)
                                || finding.leaf().orElse(0) >= 300); // behind the last receipt
            }
            Files.write(file, good);
        }
        assertThat(verify().recordsSound()).isTrue();
    }

    /** A power cut leaves a new name without its contents, with a part of them, or with zeros. */
    @ParameterizedTest
    @ValueSource(
            strings = {"tile/entries/001.p/44", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/0/000"})
    void aDerivedFileWithoutItsContentsCanComeFromACrash(String name) throws Exception {
        fill(300);
        Path file = directory.resolve(name);
        byte[] good = Files.readAllBytes(file);
        byte[] cut = Arrays.copyOf(good, good.length / 2);
        for (byte[] left : List.of(new byte[0], cut, new byte[good.length], Arrays.copyOf(cut, good.length))) {
            Files.write(file, left);
            LogReport report = verify();
            assertThat(report.problems()).extracting(LogFinding::file).containsOnly(name);
            assertThat(report.isCrashPossible()).isTrue();
        }
        Files.delete(file);
        assertThat(verify().recordsSound()).isFalse();
        assertThat(verify().isCrashPossible()).isTrue();
    }

    @Test
    void whatACrashInterruptsIsToldFromAnAlteration() throws Exception {
        fill(300);
        Path segment = directory.resolve("segments").resolve(Segment.fileName(200));
        byte[] good = Files.readAllBytes(segment);
        byte[] torn = good.clone();
        int end = good.length;
        while (end > 0 && good[end - 1] == 0) {
            end--;
        }
        torn[end] = 7;
        torn[end + 5] = 7;
        Files.write(segment, torn);
        assertThat(verify().recordsSound()).isFalse();
        assertThat(verify().isCrashPossible()).isTrue();
        torn[end - 3] ^= 1;
        Files.write(segment, torn);
        assertThat(verify().isCrashPossible()).isFalse();
        Files.write(segment, good);
        SoftLog.put(directory, "segments/" + Segment.fileName(300), new byte[500]);
        assertThat(verify().isCrashPossible()).isTrue();
        Files.delete(directory.resolve("segments/" + Segment.fileName(300)));
        SoftLog.put(directory, "tile/0/001.p/77", new byte[3]);
        assertThat(verify().isCrashPossible()).isTrue();
        SoftLog.put(directory, "tile/notes", new byte[3]);
        assertThat(verify().isCrashPossible()).isFalse();
        Files.write(directory.resolve("checkpoint"), new byte[0]);
        assertThat(verify().isCrashPossible()).isTrue();
    }

    @Test
    void anAlteredReceiptIsNamedByItsIdWhereverItIsAltered() throws Exception {
        fill(300);
        for (String file : List.of("tile/entries/000", "segments/" + Segment.fileName(100))) {
            byte[] good = Files.readAllBytes(directory.resolve(file));
            byte[] bad = good.clone();
            int at = new String(good, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf(id(123));
            bad[at - 20] ^= 1;
            Files.write(directory.resolve(file), bad);
            assertThat(verify().problems()).singleElement().satisfies(finding -> {
                assertThat(finding.receipt()).contains(id(123));
                assertThat(finding.leaf()).hasValue(123);
            });
            Files.write(directory.resolve(file), good);
        }
        flip("tile/0/000", 32 * 200 + 5);
        assertThat(verify().problems())
                .singleElement()
                .satisfies(finding -> assertThat(finding.receipt()).contains(id(200)));
    }

    @Test
    void twoAlterationsInTwoKindsOfFileAreBothNamed() throws Exception {
        fill(300);
        flip("tile/entries/000", 500);
        flip("tile/0/000", 7000);
        assertThat(verify().problems())
                .extracting(LogFinding::file)
                .containsExactlyInAnyOrder("tile/entries/000", "tile/0/000");
    }

    /** An attacker who alters all three copies, but not the checkpoint, is caught by the root. */
    @Test
    void aReceiptAlteredInAllFilesContradictsTheRoot() throws Exception {
        fill(10);
        byte[] note = Files.readAllBytes(directory.resolve("checkpoint"));
        log.entries.set(4, refused(99).canonical());
        log.write(directory, 100);
        Files.write(directory.resolve("checkpoint"), note);
        assertThat(verify().recordsSound()).isFalse();
    }

    @Test
    void aLogWithoutSegmentsStillVerifies() throws Exception {
        fill(300);
        for (Path file : files()) {
            if (file.toString().endsWith(".segment")) {
                Files.delete(file);
            }
        }
        Files.delete(directory.resolve("segments"));
        assertThat(verify().recordsSound()).isTrue();
        flip("tile/entries/000", 500);
        assertThat(verify().problems()).extracting(LogFinding::file).containsOnly("tile/entries/000");
    }

    @Test
    void missingAndAdditionalFilesAreNamed() throws Exception {
        fill(300);
        Files.delete(directory.resolve("tile/0/000"));
        SoftLog.put(directory, "tile/0/007", new byte[8192]);
        assertThat(verify().problems())
                .extracting(LogFinding::file)
                .containsExactlyInAnyOrder("tile/0/000", "tile/0/007");
    }

    @Test
    void aTruncatedLogIsCaughtByItsReplica() throws Exception {
        fill(20);
        log.write(replica, 100);
        log.entries.subList(15, 20).clear();
        deleteFiles();
        log.write(directory, 100);
        assertThat(verify().recordsSound()).isTrue();
        assertThat(verifyWithReplica().problems())
                .singleElement()
                .satisfies(finding ->
                        assertThat(finding.problem()).contains("truncated").contains("leaf 15"));
    }

    @Test
    void aForkedReplicaIsAProblemAndALaggingOneIsNot() throws Exception {
        fill(10);
        log.write(replica, 100);
        log.add(refused(10));
        log.write(directory, 100);
        assertThat(verifyWithReplica().problems()).isEmpty();

        log.entries.set(6, refused(77).canonical());
        deleteFiles();
        log.write(directory, 100);
        assertThat(verifyWithReplica().problems())
                .singleElement()
                .satisfies(finding -> assertThat(finding.leaf()).hasValue(6));
    }

    @Test
    void everyOutcomeNamesAnEarlierIntentOnce() throws Exception {
        log.add(receipt(0, Receipt.Kind.INTENT, Json.object()));
        log.add(outcome(1, 0));
        log.add(receipt(2, Receipt.Kind.INTENT, Json.object()));
        log.add(outcome(3, 0));
        log.add(outcome(4, 7));
        log.add(refused(1));
        log.write(directory, 100);
        LogReport report = verify();
        assertThat(report.openIntents()).containsExactly(id(2));
        assertThat(report.problems())
                .extracting(finding -> finding.receipt().orElseThrow())
                .containsExactly(id(3), id(4), id(1));
    }

    @Test
    void aForeignReceiptIsNamed() throws Exception {
        log.entries.add(new byte[] {'{', '}'});
        log.add(new Receipt(id(1), Receipt.Kind.ADMIN, SealSamples.NOW, "another.example/log", Json.object()));
        log.write(directory, 100);
        assertThat(verify().problems()).extracting(f -> f.leaf().orElseThrow()).containsExactly(0L, 1L);
    }

    private void begin() {
        SealSamples.begin(log, ORIGIN, seal, "staging", "production");
    }

    private Statement begin(String quorum) {
        begin();
        return SealSamples.statement(seal, SealSamples.obligations(false, quorum));
    }

    private Receipt confirmedIntent(int number, Statement statement, SoftKey... keys) {
        return receipt(number, Receipt.Kind.INTENT, SealSamples.confirmed(seal, statement, keys));
    }

    @Test
    void aConfirmedIntentCarriesItsSignatures() throws Exception {
        Statement statement = begin("2 of owners");
        log.add(confirmedIntent(0, statement, samples.annFile, samples.jerHardware));
        log.write(directory, 100);
        LogReport report = verify();
        assertThat(report.recordsSound()).isTrue();
        assertThat(report.confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.YES);
        assertThat(report.confirmations().confirmed()).isEqualTo(1);
        assertThat(report.confirmations().weak()).isEqualTo(1);
        assertThat(verifyWithoutSeal().confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.UNCHECKED);
    }

    private LogReport verifyWithoutSeal() throws Exception {
        return new LogVerifier(List.of(log.key()), Map.of()).verify(directory, Optional.empty());
    }

    @Test
    void soundRecordsCanShowAnUnconfirmedAction() throws Exception {
        Statement statement = begin("2 of owners");
        log.add(confirmedIntent(0, statement, samples.annFile));
        assertUnconfirmed("1 did");
    }

    @Test
    void oneHoldReleasesOneIntent() throws Exception {
        Statement statement = begin("1 of owners");
        log.add(confirmedIntent(0, statement, samples.annFile));
        log.add(confirmedIntent(1, statement, samples.annFile));
        assertUnconfirmed("used before");
    }

    /** Copies race, and each has its intent before one of them uses the confirmation. */
    @Test
    void aRefusedIntentUsesNoHold() throws Exception {
        Statement statement = begin("1 of owners");
        log.add(confirmedIntent(0, statement, samples.annFile));
        log.add(confirmedIntent(1, statement, samples.annFile));
        log.add(confirmedIntent(2, statement, samples.annFile));
        log.add(outcome(3, 0, Receipt.Result.REFUSED));
        log.add(outcome(4, 1));
        log.add(outcome(5, 2, Receipt.Result.REFUSED));
        log.write(directory, 100);
        LogReport report = verify();
        assertThat(report.recordsSound()).isTrue();
        assertThat(report.confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.YES);
        assertThat(report.confirmations().confirmed()).isEqualTo(1);
        assertThat(report.confirmations().weak()).isEqualTo(1);
        assertThat(report.confirmations().signers().values()).containsExactly(1L);
    }

    @ParameterizedTest
    @EnumSource(names = "REFUSED", mode = EnumSource.Mode.EXCLUDE)
    void anIntentThatMayHaveBeenSentHasUsedItsHold(Receipt.Result first) throws Exception {
        Statement statement = begin("1 of owners");
        log.add(confirmedIntent(0, statement, samples.annFile));
        log.add(confirmedIntent(1, statement, samples.annFile));
        log.add(outcome(2, 0, first));
        log.add(outcome(3, 1));
        assertUnconfirmed("used before");
    }

    @Test
    void theLaterOfTwoUsesOfAHoldIsNamed() throws Exception {
        Statement statement = begin("1 of owners");
        log.add(confirmedIntent(0, statement, samples.annFile));
        log.add(confirmedIntent(1, statement, samples.annFile));
        log.add(outcome(2, 1));
        assertUnconfirmed("used before");
        assertThat(verify().confirmations().problems())
                .extracting(finding -> finding.receipt().orElseThrow())
                .containsExactly(id(1));
    }

    /** For example, a clock was set back: the vault stayed shut, and nothing was sent. */
    @Test
    void aRefusedIntentNeedsNoConfirmation() throws Exception {
        Statement statement = begin("1 of owners");
        Receipt good = confirmedIntent(0, statement, samples.annFile);
        Instant early = SealSamples.NOW.minus(Duration.ofHours(1));
        log.add(new Receipt(good.id(), good.kind(), early, ORIGIN, good.members()));
        log.add(unconfirmed(1, "production"));
        log.add(outcome(2, 1, Receipt.Result.REFUSED));
        assertUnconfirmed("not valid at");
        log.add(outcome(3, 0, Receipt.Result.REFUSED));
        log.write(directory, 100);
        assertThat(verify().confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.YES);
    }

    /** Only the one outcome of an earlier intent in this log withdraws a finding. */
    @Test
    void onlyAValidOutcomeWithdrawsAFinding() throws Exception {
        begin();
        log.add(outcome(5, 0, Receipt.Result.REFUSED));
        log.add(unconfirmed(0, "production"));
        log.add(outcome(1, 0));
        log.add(outcome(2, 0, Receipt.Result.REFUSED));
        log.add(unconfirmed(0, "staging"));
        log.write(directory, 100);
        LogReport report = verify();
        assertThat(report.problems()).hasSize(3);
        assertThat(report.confirmations().problems())
                .extracting(finding -> finding.leaf().orElseThrow())
                .containsExactly(3L, 6L);
    }

    @Test
    void signaturesForAnotherRequestDoNotCount() throws Exception {
        Statement statement = begin("1 of owners");
        Receipt good = confirmedIntent(0, statement, samples.annFile);
        log.add(receipt(0, Receipt.Kind.INTENT, good.members().with("request_sha256", Sha256.hex(new byte[0]))));
        assertUnconfirmed("for another statement");
    }

    @Test
    void aHeldIntentWithoutConfirmationIsNamed() throws Exception {
        begin();
        Json.Members write = SealSamples.intent(seal, SealSamples.meaning("staging", "write"));
        log.add(receipt(0, Receipt.Kind.INTENT, write.with("hold", "H-1")));
        assertUnconfirmed("no confirmation");
    }

    private Receipt unconfirmed(int number, String environment) {
        return receipt(
                number, Receipt.Kind.INTENT, SealSamples.intent(seal, SealSamples.meaning(environment, "destroy")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"production", "staging"})
    void everyDestructionNeedsAConfirmation(String environment) throws Exception {
        begin();
        log.add(unconfirmed(0, environment));
        assertUnconfirmed("without a confirmation");
    }

    /** A user who can write to the disk can add a frame: it needs no key, and no checkpoint covers it yet. */
    @Test
    void receiptsBeyondTheCheckpointAreReadAndReportedAsUnproven() throws Exception {
        fill(3);
        append(3, outcome(3, 1), unconfirmed(4, "production"));
        LogReport report = verify();
        assertThat(report.unpublished()).isEqualTo(2);
        assertThat(report.problems())
                .singleElement()
                .satisfies(finding -> assertThat(finding.problem()).contains("not an earlier intent"));
        assertThat(report.confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.NO);
    }

    /** Nobody needs a key to write it, so it does not count before a checkpoint. */
    @Test
    void anOutcomeBeyondTheCheckpointWithdrawsNothing() throws Exception {
        log.add(unconfirmed(0, "production"));
        log.write(directory, 100);
        append(
                1,
                outcome(1, 0, Receipt.Result.REFUSED),
                unconfirmed(2, "staging"),
                outcome(3, 2, Receipt.Result.REFUSED));
        LogReport report = verify();
        assertThat(report.unpublished()).isEqualTo(3);
        assertThat(report.problems()).isEmpty();
        assertThat(report.confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.NO);
        assertThat(report.confirmations().problems())
                .as("of an intent that is no more vouched for than what became of it, nothing is left")
                .singleElement()
                .satisfies(finding -> assertThat(finding.problem()).contains("without a confirmation", "verify again"));
    }

    /** The finding does not accuse the racing copy that was sent, and may soon be withdrawn. */
    @Test
    void aCopyThatWasPerhapsRefusedCountsAsTheLastUse() throws Exception {
        Statement statement = begin("1 of owners");
        log.add(confirmedIntent(0, statement, samples.annFile));
        log.add(confirmedIntent(1, statement, samples.annFile));
        log.write(directory, 100);
        append(4, outcome(2, 1), outcome(3, 0, Receipt.Result.REFUSED));
        LogReport report = verify();
        assertThat(report.confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.NO);
        assertThat(report.confirmations().problems()).singleElement().satisfies(finding -> {
            assertThat(finding.leaf()).hasValue(2);
            // It is not certified which of them it was, so the other is named as well.
            assertThat(finding.problem()).contains("used by leaf 3 too, unless this one was refused", "verify again");
        });
    }

    /** Appends behind the last frame of the only segment, where zeros are. */
    private void append(int leaf, Receipt... receipts) throws Exception {
        Path file = directory.resolve("segments/" + Segment.fileName(0));
        byte[] bytes = Files.readAllBytes(file);
        int end = bytes.length;
        while (bytes[end - 1] == 0) {
            end--;
        }
        byte[] longer = Arrays.copyOf(bytes, end);
        int at = leaf;
        for (Receipt receipt : receipts) {
            longer = SshWire.concat(longer, Segment.frame(at++, 0, receipt.canonical()));
        }
        Files.write(file, Arrays.copyOf(longer, longer.length + Segment.FRAME_OVERHEAD));
    }

    @Test
    void aLateConfirmationDoesNotCount() throws Exception {
        Statement statement = begin("1 of owners");
        Receipt good = confirmedIntent(0, statement, samples.annFile);
        log.add(new Receipt(good.id(), good.kind(), SealSamples.NOW.plus(Duration.ofHours(1)), ORIGIN, good.members()));
        assertUnconfirmed("not valid at");
    }

    private void assertUnconfirmed(String message) throws Exception {
        log.write(directory, 100);
        LogReport report = verify();
        assertThat(report.problems()).isEmpty();
        assertThat(report.confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.NO);
        assertThat(report.confirmations().problems())
                .singleElement()
                .satisfies(finding -> assertThat(finding.problem()).contains(message));
    }

    @Test
    void aProofVerifiesByItself() throws Exception {
        fill(300);
        ProofBundle proof = StaticLog.open(directory, List.of(log.key())).prove(270, Optional.empty());
        ProofBundle read = ProofBundle.read(proof.json().canonical());
        assertThat(read.verify(List.of(log.key())).size()).isEqualTo(300);
        assertThat(read.receipt().id()).isEqualTo(id(270));

        ProofBundle other = new ProofBundle(
                new ProofBundle.ProvenEntry(
                        refused(271), proof.call().index(), proof.call().path()),
                proof.checkpoint());
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> other.verify(List.of(log.key())))
                .isInstanceOf(BadSignatureException.class);
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> proof.verify(List.of(new SoftLog(ORIGIN).key())))
                .isInstanceOf(BadSignatureException.class);
    }

    @Test
    void aProofsOutcomeIsOfItsCall() throws Exception {
        Statement statement = begin("1 of owners");
        int first = log.entries.size();
        log.add(confirmedIntent(0, statement, samples.annFile));
        log.add(outcome(1, 0));
        log.add(outcome(2, 7));
        log.write(directory, 100);
        StaticLog open = StaticLog.open(directory, List.of(log.key()));
        ProofBundle good = open.prove(first, Optional.of(first + 1L));
        assertThat(ProofBundle.read(good.json().canonical())).isEqualTo(good);
        good.verify(List.of(log.key()));
        for (ProofBundle bad :
                List.of(open.prove(first, Optional.of(first + 2L)), open.prove(first + 1L, Optional.of(first + 2L)))) {
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> bad.verify(List.of(log.key())))
                    .isInstanceOf(BadSignatureException.class)
                    .hasMessageContaining("not of this call");
        }
    }

    @Test
    void aResumedLogContinuesTheSameTree() throws Exception {
        fill(600);
        StaticLog open = StaticLog.open(directory, List.of(log.key()));
        assertThat(open.compactRange().root()).isEqualTo(open.checkpoint().root());
        assertThat(open.tiles().size()).isEqualTo(600);
        for (int index : new int[] {0, 255, 256, 511, 512, 599}) {
            open.inclusion(index, 600)
                    .verify(Hash.leaf(log.entries.get(index)), open.checkpoint().root());
        }
    }

    /** As a copy of a log that grew meanwhile has them. */
    @Test
    void aRemovedPartialFileIsReadFromAWiderOne() throws Exception {
        fill(300);
        byte[] checkpoint = Files.readAllBytes(directory.resolve("checkpoint"));
        fill(90);
        Files.write(directory.resolve("checkpoint"), checkpoint);
        for (String kind : List.of("0", "entries")) {
            Files.delete(directory.resolve("tile/" + kind + "/001.p/44"));
        }
        StaticLog open = StaticLog.open(directory, List.of(log.key()));
        assertThat(open.compactRange().root()).isEqualTo(open.checkpoint().root());
        assertThat(open.prove(299, Optional.empty()).verify(List.of(log.key())).size())
                .isEqualTo(300);
    }

    @Test
    void theExitCodeOfTheAuditorsCommandIsTheResult() throws Exception {
        fill(20);
        String vkey = log.key().toString();
        String path = directory.toString();
        assertThat(run("verify", path, "--vkey", vkey)).isZero();
        assertThat(run("verify", path, "--vkey", vkey, "--json")).isZero();
        flip("tile/0/000.p/20", 3);
        assertThat(run("verify", path, "--vkey", vkey)).isEqualTo(1);
        assertThat(run("verify", path)).isEqualTo(2);
        assertThat(run("verify", path, "--vkey", "nonsense")).isEqualTo(2);
        assertThat(run("verify", path, "--vkey", vkey, "--trust", "it")).isEqualTo(2);
        assertThat(run("verify", path + "/nothing", "--vkey", vkey)).isEqualTo(2);
        assertThat(run("verify", path, "--vkey", vkey, "--replica", path + "/nothing"))
                .as("a name that leads nowhere is no log that somebody has emptied")
                .isEqualTo(2);
        assertThat(run("verify", path + "/checkpoint", "--vkey", vkey)).isEqualTo(1);
    }

    /** A daily check that cannot verify must not stay green. */
    @Test
    void anUncheckableLogIsNotSound() throws Exception {
        Statement statement = begin("1 of owners");
        log.add(confirmedIntent(0, statement, samples.annFile));
        log.write(directory, 100);
        Path key = Files.writeString(directory.resolveSibling(directory.getFileName() + ".vkey"), log.key() + "\n");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int exit = new Main(new PrintStream(out), System.err)
                .run(List.of("verify", directory.toString(), "--vkey", key.toString()));
        assertThat(exit).isEqualTo(2);
        assertThat(out.toString(java.nio.charset.StandardCharsets.UTF_8)).contains("give `--seal` with: " + seal.id());
        Files.delete(key);
    }

    private static int run(String... args) {
        PrintStream nowhere = new PrintStream(new ByteArrayOutputStream());
        return new Main(nowhere, nowhere).run(List.of(args));
    }

    private void flip(String path, int at) throws Exception {
        byte[] bytes = Files.readAllBytes(directory.resolve(path));
        bytes[at] ^= 1;
        Files.write(directory.resolve(path), bytes);
    }

    private List<Path> files() throws Exception {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }

    private void deleteFiles() throws Exception {
        for (Path file : files()) {
            Files.delete(file);
        }
    }
}
