package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two gateways of a fleet, each with a log of its own: what is issued and signed at one is used at the other. */
class SeveralLogsTest {

    private static final String ONE = "example.test/gateway-1";
    private static final String TWO = "example.test/gateway-2";

    @TempDir
    private Path directory;

    private final SealSamples samples = new SealSamples();
    private final SealDocument seal = samples.document(true);
    private final Statement statement = SealSamples.statement(seal, SealSamples.obligations(false, "1 of owners"));
    private final SoftLog one = new SoftLog(ONE);
    private final SoftLog two = new SoftLog(TWO);
    private int receipts;

    private String add(String origin, Receipt.Kind kind, int seconds, Json.Members members) {
        String id = LogVerifierTest.id(receipts++);
        Receipt receipt = new Receipt(id, kind, SealSamples.NOW.plusSeconds(seconds), origin, members);
        (origin.equals(ONE) ? one : two).add(receipt);
        return id;
    }

    private String confirmed(String origin, int seconds) {
        return add(origin, Receipt.Kind.INTENT, seconds, SealSamples.confirmed(seal, statement, samples.annHardware));
    }

    private void outcome(String origin, String intent, int seconds, Receipt.Result result) {
        add(
                origin,
                Receipt.Kind.OUTCOME,
                seconds,
                Json.object().with("intent", intent).with("result", result.word()));
    }

    private void close(String origin, String intent, Receipt.Result result) {
        add(
                origin,
                Receipt.Kind.ADMIN,
                60,
                Json.object()
                        .with("command", "fleet.close")
                        .with("peer", "jer")
                        .with("closed", intent)
                        .with("outcome", result.word()));
    }

    @BeforeEach
    void begin() {
        SealSamples.begin(one, ONE, seal, "staging");
    }

    private List<Path> write() throws IOException {
        one.write(directory.resolve(ONE), 100);
        two.write(directory.resolve(TWO), 100);
        return List.of(directory.resolve(ONE), directory.resolve(TWO));
    }

    private List<LogReport> verify() throws IOException {
        List<Path> logs = write();
        LogVerifier verifier = new LogVerifier(List.of(one.key(), two.key()), Map.of(seal.id(), seal));
        return verify(verifier, logs);
    }

    private static List<LogReport> verify(LogVerifier verifier, List<Path> logs) throws IOException {
        Map<Path, List<Path>> alone = new LinkedHashMap<>();
        logs.forEach(log -> alone.put(log, List.of()));
        return verifier.verify(alone, Collections.nCopies(logs.size(), ReceiptReader.NOBODY));
    }

    private static List<String> problems(LogReport report) {
        return report.confirmations().problems().stream()
                .map(LogFinding::problem)
                .toList();
    }

    private static void assertSigned(List<LogReport> reports) {
        assertThat(reports).allSatisfy(report -> {
            assertThat(report.problems()).isEmpty();
            assertThat(problems(report)).isEmpty();
            assertThat(report.confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.YES);
        });
    }

    @Test
    void aCallRestsOnTheLeaseAndTheSealOfAnotherLog() throws IOException {
        confirmed(TWO, 1);
        assertSigned(verify());
        LogReport alone = new LogVerifier(List.of(two.key()), Map.of(seal.id(), seal))
                .verify(directory.resolve(TWO), java.util.Optional.empty());
        assertThat(problems(alone).getFirst())
                .contains("no earlier receipt puts its seal in force", "no earlier receipt issues its lease");
    }

    @Test
    void aLeaseThatAnotherLogRenewedHasNotExpired() throws IOException {
        Json.Members renewal = Json.object().with("command", "run.renew").with("lease", "L-01JD");
        add(TWO, Receipt.Kind.ADMIN, 1, renewal.with("expires", later(3)));
        add(ONE, Receipt.Kind.ADMIN, 2, renewal.with("expires", later(2)));
        Json.Members write = SealSamples.intent(seal, SealSamples.meaning("staging", "write"));
        add(ONE, Receipt.Kind.INTENT, 9_000, write);
        add(TWO, Receipt.Kind.INTENT, 9_000, write);
        assertSigned(verify());
        add(TWO, Receipt.Kind.INTENT, 12_000, write);
        assertThat(problems(verify().getLast())).containsExactly("its lease had expired");
    }

    private static String later(int hours) {
        return SealSamples.NOW.plus(Duration.ofHours(hours)).toString();
    }

    @Test
    void aSealThatAnotherGatewayHasReplacedIsNoLongerInForce() throws IOException {
        SealDocument next = SealDocument.read(
                samples.seal(true).with("sequence", seal.sequence() + 1).canonical());
        add(TWO, Receipt.Kind.ADMIN, 1, SealSamples.adoption(next));
        Json.Members write = SealSamples.intent(seal, SealSamples.meaning("staging", "write"));
        add(ONE, Receipt.Kind.INTENT, 200, write);
        assertSigned(verify());
        add(ONE, Receipt.Kind.INTENT, 400, write);
        assertThat(problems(verify().getFirst())).containsExactly("its seal was no longer in force");
    }

    /** The other gateway served under an older seal, and ended before this one replaced it. */
    @Test
    void aSealThatThisGatewayHasReplacedIsNotInForceByAnotherLog() throws IOException {
        SealDocument next = SealDocument.read(
                samples.seal(true).with("sequence", seal.sequence() + 1).canonical());
        add(TWO, Receipt.Kind.ADMIN, 1, SealSamples.adoption(next));
        Json.Members write = SealSamples.intent(seal, SealSamples.meaning("staging", "write"));
        add(TWO, Receipt.Kind.INTENT, 200, write);
        assertSigned(verify());
        add(TWO, Receipt.Kind.INTENT, 400, write);
        assertThat(problems(verify().getLast())).containsExactly("its seal was no longer in force");
    }

    @Test
    void whatAnotherLogSaysMuchLaterCoversNothing() throws IOException {
        SealDocument next = SealDocument.read(
                samples.seal(true).with("sequence", seal.sequence() + 1).canonical());
        Json.Members issue = SealSamples.issue("L-02JD", List.of("write"), "staging");
        Json.Members write = SealSamples.intent(seal, SealSamples.meaning("staging", "write"));
        add(ONE, Receipt.Kind.INTENT, 10, write.with("lease", "L-02JD"));
        add(TWO, Receipt.Kind.ADMIN, 400, issue);
        assertThat(problems(verify().getFirst()).getFirst()).contains("no earlier receipt issues its lease");
        add(TWO, Receipt.Kind.ADMIN, 500, SealSamples.adoption(next));
        add(ONE, Receipt.Kind.INTENT, 120, SealSamples.intent(next, SealSamples.meaning("staging", "write")));
        assertThat(problems(verify().getFirst()).getLast()).contains("no earlier receipt puts its seal in force");
    }

    @Test
    void aClosingWithoutAnOutcomeIsAProblemOfItsOwnLog() throws IOException {
        String lost = confirmed(ONE, 1);
        Json.Members close = Json.object().with("command", "fleet.close").with("closed", lost);
        add(TWO, Receipt.Kind.ADMIN, 2, close);
        add(TWO, Receipt.Kind.ADMIN, 3, close.with("outcome", "fine"));
        write();
        Printed rows = run("receipts", directory.toString());
        assertThat(rows.text()).contains(ONE + ": the records are sound: yes", TWO + ": the records are sound: no");
        assertThat(verify().getFirst().openIntents()).containsExactly(lost);
    }

    @Test
    void aLeaseIsIssuedInOneLog() throws IOException {
        SealSamples.begin(two, TWO, seal, "production");
        assertThat(verify())
                .allSatisfy(report -> assertThat(problems(report))
                        .containsExactly("it issues the lease `L-01JD`, which another log issues too"));
    }

    @Test
    void aSessionIsRecordedInOneLog() throws IOException {
        for (String origin : List.of(ONE, TWO)) {
            Json.Members session =
                    Json.object().with("command", "session.record").with("lease", "L-01JD");
            String digest = (origin.equals(ONE) ? "a" : "b").repeat(64);
            add(origin, Receipt.Kind.ADMIN, 5, session.with("manifest_sha256", digest));
        }
        assertThat(verify())
                .allSatisfy(report -> assertThat(report.problems())
                        .extracting(LogFinding::problem)
                        .containsExactly("it records the session of `L-01JD`, as another log does"));
    }

    /** Nothing in another log rests on what no checkpoint covers: anybody who can write files can add it. */
    @Test
    void aLeaseThatNobodySignedCoversNothing() throws IOException {
        confirmed(TWO, 1);
        write();
        SoftLog empty = new SoftLog(ONE);
        Path forged = directory.resolve("forged");
        empty.write(forged, 100);
        Files.createDirectories(forged.resolve("segments"));
        Files.copy(
                directory.resolve(ONE).resolve("segments").resolve(Segment.fileName(0)),
                forged.resolve("segments").resolve(Segment.fileName(0)));
        List<Path> logs = List.of(forged, directory.resolve(TWO));
        LogVerifier verifier = new LogVerifier(List.of(empty.key(), two.key()), Map.of(seal.id(), seal));
        List<LogReport> reports = verify(verifier, logs);
        assertThat(reports.getFirst().unpublished()).isEqualTo(2);
        assertThat(problems(reports.getLast()).getFirst()).contains("no earlier receipt issues its lease");
    }

    @Test
    void oneConfirmationIsUsedOnceInAllLogs() throws IOException {
        outcome(ONE, confirmed(ONE, 1), 2, Receipt.Result.DONE);
        outcome(TWO, confirmed(TWO, 3), 4, Receipt.Result.DONE);
        List<LogReport> reports = verify();
        assertThat(problems(reports.getFirst())).isEmpty();
        assertThat(problems(reports.getLast()))
                .containsExactly("hold `H-01JD` was used before, by leaf 2 of log `" + ONE + "`");
        assertThat(reports.getLast().confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.NO);
    }

    @Test
    void aCopyThatWasRefusedAtOneGatewayLeavesTheHoldToAnother() throws IOException {
        outcome(ONE, confirmed(ONE, 1), 2, Receipt.Result.REFUSED);
        outcome(TWO, confirmed(TWO, 3), 4, Receipt.Result.DONE);
        assertSigned(verify());
    }

    @Test
    void whatAnotherGatewayRecordedForALostOneIsTheOutcome() throws IOException {
        String lost = confirmed(ONE, 1);
        confirmed(TWO, 2);
        assertThat(problems(verify().getLast()).getFirst()).contains("was used before");
        close(TWO, lost, Receipt.Result.UNKNOWN);
        assertThat(problems(verify().getLast()).getFirst()).contains("was used before");
        assertThat(verify().getFirst().openIntents()).isEmpty();
        close(TWO, lost, Receipt.Result.REFUSED);
        assertThat(problems(verify().getLast()).getFirst()).contains("was used before");
    }

    @Test
    void aHoldThatALostGatewayDidNotUseIsLeftToAnother() throws IOException {
        String lost = confirmed(ONE, 1);
        confirmed(TWO, 2);
        close(TWO, lost, Receipt.Result.REFUSED);
        assertSigned(verify());
    }

    private Printed run(String... args) {
        return Printed.of(List.of(args), one, two);
    }

    /** A question that is asked at one gateway, answered at the other and used at the first. */
    private void question() throws IOException {
        add(
                ONE,
                Receipt.Kind.HELD,
                0,
                SealSamples.intent(seal, statement.meaning())
                        .with("hold", "H-01JD")
                        .with("refusal", "held")
                        .with("reason", "An owner must confirm it."));
        Json.Members sign = Json.object()
                .with("command", "hold.sign")
                .with("hold", "H-01JD")
                .with("result", "accepted")
                .with("signer", "ann")
                .with("complete", true);
        add(TWO, Receipt.Kind.ADMIN, 10, sign);
        String lost = confirmed(ONE, 20);
        Json.Members write = SealSamples.intent(seal, SealSamples.meaning("staging", "write"));
        outcome(TWO, add(TWO, Receipt.Kind.INTENT, 5, write), 6, Receipt.Result.DONE);
        close(TWO, lost, Receipt.Result.UNKNOWN);
        write();
    }

    @Test
    void aReportMergesTheRowsOfAllLogsByTime() throws IOException {
        question();
        Printed csv = run("report", directory.toString(), "--format", "csv");
        List<String> lines = csv.text().lines().toList();
        assertThat(lines.getFirst()).endsWith(",\"log\"");
        assertThat(lines.subList(1, lines.size()).stream()
                        .map(line -> line.substring(line.lastIndexOf(',') + 1))
                        .toList())
                .containsExactly("\"" + ONE + "\"", "\"" + TWO + "\"", "\"" + ONE + "\"");
        assertThat(lines.getLast()).contains("\"unknown\"", "ann");
        Json.Members report =
                run("report", directory.toString(), "--format", "json").json();
        assertThat(report.objects("logs")).hasSize(2).allSatisfy(log -> {
            assertThat(log.object("gaps").text("answer")).isEqualTo("none");
            assertThat(log.objects("verdicts").getFirst().text("answer")).isEqualTo("yes");
        });
        assertThat(report.object("counts").whole("calls")).isEqualTo(3);
        assertThat(report.object("questions").whole("confirmed")).isEqualTo(1);
        assertThat(report.object("questions").whole("median_seconds_to_answer")).isEqualTo(10);
        assertThat(report.texts("calls_without_outcome")).isEmpty();
        String page = run("report", directory.toString()).text();
        assertThat(page).contains("<h2>Log " + ONE + "</h2>", "<h2>Log " + TWO + "</h2>", "<th>log</th>");
        assertThat(run("receipts", directory.toString()).text())
                .contains("# " + TWO + ": the records are sound: yes", "  " + TWO + "  permitted");
    }

    @Test
    void eachLogIsVerifiedByItself() throws IOException {
        question();
        String[] logs = {
            "verify", directory.resolve(ONE).toString(), directory.resolve(TWO).toString()
        };
        assertThat(run(logs).text()).contains("log " + ONE + ", 4 receipts", "log " + TWO + ", 4 receipts");
        Files.delete(directory.resolve(TWO).resolve("segments").resolve(Segment.fileName(0)));
        Files.delete(directory.resolve(TWO).resolve("tile/entries/000.p/4"));
        Printed broken = run(logs);
        assertThat(broken.code()).isEqualTo(Main.FAILS);
        assertThat(broken.text()).containsSubsequence("records sound: yes", "records sound: no");
    }

    @Test
    void allAreExportedAndEachGoesOnWhereItWas() throws IOException {
        question();
        Path cursor = directory.resolve("cursor");
        String[] command = {"export", directory.toString(), "--format", "cloudevents", "--cursor", cursor.toString()};
        assertThat(run(command).text().lines()).hasSize(one.entries.size() + two.entries.size());
        assertThat(run(command).text()).isEmpty();
        add(TWO, Receipt.Kind.ADMIN, 9, Json.object().with("command", "kill"));
        write();
        Printed more = run(command);
        assertThat(more.text().lines()).singleElement().asString().contains("\"interlock:" + TWO);
        assertThat(more.said()).contains("exported 0 receipts of log " + ONE, "exported 1 receipts of log " + TWO);
        command[1] = directory.resolve(ONE).toString();
        assertThat(run(command).said()).contains("the cursor is of log `" + TWO + "` too");
    }

    /** Adds a copy of the first log, of its first {@code kept} receipts; that at {@code changed} tells another time. */
    private void copy(int kept, int changed) throws IOException {
        List<byte[]> all = List.copyOf(one.entries);
        one.entries.subList(kept, all.size()).clear();
        if (changed < kept) {
            Receipt real = Receipt.read(all.get(changed));
            Instant later = real.at().plusSeconds(1);
            one.entries.set(
                    changed, new Receipt(real.id(), real.kind(), later, real.origin(), real.members()).canonical());
        }
        one.write(directory.resolve("copy"), 100);
        one.entries.clear();
        one.entries.addAll(all);
    }

    @Test
    void aCopyThatOnlyLagsIsNoOtherLog() throws IOException {
        question();
        for (int kept = 0; kept <= one.entries.size(); kept++) {
            copy(kept, kept);
            List<Json.Members> logs =
                    run("verify", directory.toString(), "--json").json().objects("logs");
            assertThat(logs).hasSize(2);
            assertThat(logs).allSatisfy(log -> assertThat(log.items("problems")).isEmpty());
        }
        Printed both = run(
                "report",
                directory.resolve(ONE).toString(),
                directory.resolve("copy").toString());
        assertThat(both.text()).doesNotContain("were cut off");
    }

    /** Gateways show one replica what they hide from another: the log signed both. */
    @Test
    void aLogThatSignedTwoHistoriesIsFoundWithBothCheckpoints() throws IOException {
        question();
        Path signed = directory.resolve(ONE).resolve("checkpoint");
        for (int kept = 1; kept <= one.entries.size(); kept++) {
            copy(kept, kept / 2);
            Printed found = run("verify", directory.toString(), "--json");
            assertThat(found.code()).isEqualTo(Main.FAILS);
            List<Json.Members> problems = found.json().objects("logs").getFirst().objects("problems").stream()
                    .filter(each -> each.get("signed").isPresent())
                    .toList();
            assertThat(problems).hasSize(1);
            Json.Members problem = problems.getFirst();
            assertThat(problem.whole("leaf")).isEqualTo(kept / 2);
            assertThat(problem.text("file") + problem.text("problem"))
                    .contains("signed two histories", signed.toString())
                    .contains(directory.resolve("copy/checkpoint").toString());
            assertThat(problem.texts("signed")).hasSize(2).contains(Files.readString(signed));
            for (String note : problem.texts("signed")) {
                byte[] bytes = note.getBytes(StandardCharsets.UTF_8);
                assertThatCode(() -> Checkpoint.open(bytes, List.of(one.key()))).doesNotThrowAnyException();
            }
        }
        assertThat(run("verify", directory.toString()).text())
                .contains(
                        "signed two histories",
                        Files.readString(signed).strip().indent(4).strip());
    }

    /** A copy whose receipts are gone too: of the same size, the signed checkpoints are enough. */
    @Test
    void twoRootsOfOneSizeAreEnough() throws IOException {
        question();
        copy(one.entries.size(), 1);
        Path tiles = directory.resolve("copy/tile");
        try (Stream<Path> all = Files.walk(tiles)) {
            all.filter(Files::isRegularFile).forEach(file -> file.toFile().delete());
        }
        try (Stream<Path> all = Files.list(directory.resolve("copy/segments"))) {
            all.forEach(file -> file.toFile().delete());
        }
        assertThat(run("verify", directory.toString()).text()).contains("signed two histories");
    }

    @Test
    void aReplicaIsComparedWithOneLog() throws IOException {
        question();
        assertThat(run(
                                "verify",
                                directory.toString(),
                                "--replica",
                                directory.resolve(ONE).toString())
                        .said())
                .contains("`--replica` is compared with one log");
    }
}
