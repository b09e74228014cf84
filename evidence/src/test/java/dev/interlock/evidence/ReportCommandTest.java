package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandTest {

    private static final String ORIGIN = "example.test/log";
    private static final String HOSTILE = "=HYPERLINK(\"http://x\")<script>alert(1)</script>&\u202e'";

    @TempDir
    private Path directory;

    private final SealSamples samples = new SealSamples();
    private final SealDocument seal = samples.document(true);
    private final Statement statement = SealSamples.statement(seal, SealSamples.obligations(false, "1 of owners"));
    private final SoftLog log = new SoftLog(ORIGIN);
    private int receipts;

    private Printed run(String... args) {
        return Printed.of(List.of(args), log);
    }

    private String add(Receipt.Kind kind, Duration after, Json.Members members) {
        String id = LogVerifierTest.id(receipts++);
        log.add(new Receipt(id, kind, SealSamples.NOW.plus(after), ORIGIN, members));
        return id;
    }

    private static Json.Members counted(String operation) {
        Json.Members meaning = SealSamples.meaning("staging", "write");
        Json.Members fact =
                Json.object().with("name", "count.rows").with("value", "12").with("provenance", "resolved");
        Json.Members action = meaning.objects("actions")
                .getFirst()
                .with("operation", operation)
                .with("reversibility", "reversible")
                .with("facts", new Json.Array(List.of(fact)));
        return meaning.with("actions", new Json.Array(List.of(action)));
    }

    private static Json.Members outcome(String intent) {
        return Json.object()
                .with("intent", intent)
                .with("result", "done")
                .with("answer", Json.object().with("status", 204));
    }

    @BeforeEach
    void write() throws IOException {
        SealSamples.begin(log, ORIGIN, seal, "staging");
        add(
                Receipt.Kind.HELD,
                Duration.ZERO,
                SealSamples.intent(seal, statement.meaning())
                        .with("hold", "H-01JD")
                        .with("refusal", "held")
                        .with("reason", "An owner must confirm it."));
        Json.Members sign = Json.object()
                .with("command", "hold.sign")
                .with("hold", "H-01JD")
                .with("peer", "jer")
                .with("result", "accepted")
                .with("signer", "ann")
                .with("key_class", "hardware")
                .with("key", SshPublicKey.parse(samples.annHardware.line()).fingerprint())
                .with("complete", true);
        add(Receipt.Kind.ADMIN, Duration.ofSeconds(40), sign);
        String confirmed = add(
                Receipt.Kind.INTENT,
                Duration.ofSeconds(50),
                SealSamples.confirmed(seal, statement, samples.annHardware));
        String permitted =
                add(Receipt.Kind.INTENT, Duration.ofSeconds(51), SealSamples.intent(seal, counted("rowsUpdate")));
        add(Receipt.Kind.OUTCOME, Duration.ofSeconds(52), outcome(permitted));
        add(Receipt.Kind.OUTCOME, Duration.ofSeconds(53), outcome(confirmed));
        add(
                Receipt.Kind.REFUSED,
                Duration.ofDays(2),
                SealSamples.intent(seal, counted(HOSTILE))
                        .with("task", HOSTILE)
                        .with("refusal", "policy")
                        .with("reason", HOSTILE));
        add(
                Receipt.Kind.ADMIN,
                Duration.ofDays(2),
                Json.object()
                        .with("command", "kill")
                        .with("kill", "K-1")
                        .with("name", HOSTILE)
                        .with("peer", "jer"));
        log.write(directory.resolve("log"), 100);
    }

    private Printed report(String format, String... more) {
        List<String> args =
                new ArrayList<>(List.of("report", directory.resolve("log").toString(), "--format", format));
        args.addAll(List.of(more));
        return run(args.toArray(String[]::new));
    }

    private static Json.Members call(Json.Members report, String verdict) {
        return report.objects("calls").stream()
                .filter(row -> row.text("verdict").equals(verdict))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void eachCallIsARowWithItsQuantityAndOutcome() {
        Json.Members report = report("json").json();
        assertThat(report.objects("calls")).hasSize(4);
        Json.Members permitted = call(report, "permitted");
        assertThat(permitted.object("quantity").whole("rows")).isEqualTo(12);
        assertThat(permitted.texts("operations")).containsExactly("rowsUpdate");
        assertThat(permitted.object("outcome").text("result")).isEqualTo("done");
        assertThat(permitted.object("outcome").whole("status")).isEqualTo(204);
        assertThat(call(report, "refused").object("outcome").text("result")).isEqualTo("not sent");
        assertThat(call(report, "confirmed").flag("irreversible")).isTrue();
        assertThat(report.object("irreversible").whole("count")).isEqualTo(2);
        assertThat(report.object("kills").whole("count")).isEqualTo(1);
        assertThat(report.object("gaps").text("answer")).isEqualTo("none");
    }

    @Test
    void manyRowsStayInTheOrderOfTheLogInEveryForm() throws IOException {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 2 * CallSpool.MOST_AT_ONCE + 1; i++) {
            Json.Members call =
                    SealSamples.intent(seal, counted("rows" + i)).with("reason", i % 3 == 0 ? HOSTILE : "No.");
            ids.add(add(Receipt.Kind.REFUSED, Duration.ofDays(3).plusMillis(i), call));
        }
        String more = directory.resolve("more").toString();
        log.write(Path.of(more), 100);
        List<Json.Members> rows = run("report", more, "--format", "json").json().objects("calls");
        assertThat(rows).extracting(row -> row.text("receipt")).endsWith(ids.toArray(String[]::new));
        StringBuilder csv = new StringBuilder(CsvLine.of(CsvLine.COLUMNS));
        rows.forEach(row -> csv.append(CsvLine.of(CallRow.cells(row).values())));
        assertThat(run("report", more, "--format", "csv").text()).isEqualTo(csv.toString());
        assertThat(run("report", more).text()).containsSubsequence(ids);
    }

    @Test
    void aQuestionSaysHowItEndedAndAfterWhatTime() {
        Json.Members questions = report("json").json().object("questions");
        assertThat(questions.whole("confirmed")).isEqualTo(1);
        assertThat(questions.whole("median_seconds_to_answer")).isEqualTo(40);
    }

    @Test
    void aDeniedQuestionSaysWhoDeniedIt() throws IOException {
        add(
                Receipt.Kind.HELD,
                Duration.ofSeconds(60),
                SealSamples.intent(seal, statement.meaning()).with("hold", "H-01JE"));
        Json.Members deny = Json.object()
                .with("command", "hold.deny")
                .with("hold", "H-01JE")
                .with("peer", "eve");
        add(Receipt.Kind.ADMIN, Duration.ofSeconds(61), deny);
        log.write(directory.resolve("log"), 100);
        assertThat(report("json")
                        .json()
                        .object("questions")
                        .objects("listed")
                        .getLast()
                        .text("denied_by"))
                .isEqualTo("eve");
        assertThat(report("html").text()).contains("<td>denied by eve</td>");
    }

    @Test
    void anElevationSaysWhatItGaveAndADrillWhatItFound() throws IOException {
        Json.Members give = Json.object()
                .with("command", "elevation.give")
                .with("agent", "jer/cursor")
                .withTexts("environments", Stream.of("production"))
                .withTexts("impacts", Stream.of("read", "write"))
                .with("minutes", 15)
                .withTexts("signers", Stream.of("ann"));
        add(Receipt.Kind.ADMIN, Duration.ofSeconds(60), give);
        Json.Members policy = Json.object().with("summary", "24 incidents.");
        add(
                Receipt.Kind.ADMIN,
                Duration.ofSeconds(61),
                Json.object()
                        .with("command", "drill.report")
                        .with("report", Json.object().with("policy", policy)));
        add(
                Receipt.Kind.ADMIN,
                Duration.ofSeconds(62),
                Json.object().with("command", "drill.report").with("report", 1));
        log.write(directory.resolve("log"), 100);
        assertThat(report("html").text())
                .contains("environments production · impacts read, write · minutes 15 · signers ann")
                .contains("drill.report · summary 24 incidents.");
    }

    @Test
    void aRowThatOnlyAnElevationAllowedNamesIt() throws IOException {
        add(
                Receipt.Kind.INTENT,
                Duration.ofSeconds(60),
                SealSamples.intent(seal, counted("rowsRead")).with("elevation", "H-01JF"));
        log.write(directory.resolve("log"), 100);
        assertThat(report("csv").text()).contains("\"elevation H-01JF\"");
    }

    @Test
    void anUnattestedKeyIsOfUnknownKind() {
        Json.Members by =
                call(report("json").json(), "confirmed").objects("approved_by").getFirst();
        assertThat(by.text("person")).isEqualTo("ann");
        assertThat(by.text("key_class")).isEqualTo("unknown");
        assertThat(by.flag("checked")).isFalse();
        assertThat(report("html").text()).doesNotContain("hardware");
    }

    @Test
    void withoutSealsTheSecondVerdictIsUncheckedAndSaysWhichSeal() {
        Printed report = report("json");
        assertThat(report.code()).isEqualTo(Main.UNUSABLE);
        List<Json.Members> verdicts = report.json().objects("verdicts");
        assertThat(verdicts.getFirst().text("answer")).isEqualTo("yes");
        assertThat(verdicts.getLast().text("answer")).isEqualTo("unchecked");
        assertThat(verdicts.getLast().texts("missing_seals")).containsExactly(seal.id());
    }

    @Test
    void signaturesAreCheckedWithTheSeal() throws IOException {
        try (CallSpool spool = new CallSpool()) {
            ReportQuestions questions = new ReportQuestions();
            ReportPass pass = new ReportPass(
                    new CallFilter(
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            java.util.Optional.of(CallVerdict.CONFIRMED)),
                    spool,
                    questions,
                    false);
            LogReport report = new LogVerifier(List.of(log.key()), Map.of(seal.id(), seal))
                    .verify(Map.of(directory.resolve("log"), List.of()), List.of(pass))
                    .getFirst();
            assertThat(report.confirmedActionsSigned()).isEqualTo(LogReport.LogAnswer.YES);
            assertThat(ReportPass.head(List.of(pass), List.of(report), true)
                            .object("counts")
                            .whole("calls"))
                    .isEqualTo(1);
            List<String> checked = new ArrayList<>();
            CallSpool.forEach(
                    List.of(spool),
                    row -> Boolean.toString(
                            row.objects("approved_by").getFirst().flag("checked")),
                    checked::add);
            assertThat(checked).containsExactly("true");
            Json.Members question =
                    questions.json(Optional.empty()).objects("listed").getFirst();
            assertThat(question.objects("signed_by").getFirst().flag("checked")).isTrue();
        }
    }

    @Test
    void filtersByTimeAgentAndVerdict() {
        assertThat(report("json", "--from", "2026-11-21").json().objects("calls"))
                .hasSize(1);
        assertThat(report("json", "--to", "2026-11-21").json().objects("calls")).hasSize(3);
        assertThat(report("json", "--agent", "jer/other").json().objects("calls"))
                .isEmpty();
        assertThat(run(
                                "receipts",
                                directory.resolve("log").toString(),
                                "--since",
                                "2026-11-20",
                                "--verdict",
                                "permitted")
                        .text())
                .startsWith("R-")
                .contains("permitted  jer/cursor  rowsUpdate  12 rows  staging  done (204)")
                .contains("# the records are sound: yes")
                .doesNotContain("refused");
        assertThat(report("json", "--verdict", "maybe").code()).isEqualTo(Main.UNUSABLE);
        assertThat(report("json", "--from", "yesterday").code()).isEqualTo(Main.UNUSABLE);
    }

    @Test
    void hostileTextsStayTextsOnThePage() {
        String page = report("html").text();
        assertThat(page)
                .contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;\\u{202e}&#39;")
                .doesNotContain("<script")
                .doesNotContain("\u202e")
                .doesNotContain("href=")
                .doesNotContain("src=")
                .contains("usable for")
                .doesNotContainIgnoringCase("complies");
    }

    @Test
    void hostileTextsAreNoFormulasInTheTable() {
        assertThat(report("csv").text())
                .contains("\"'=HYPERLINK(\"\"http://x\"\")")
                .doesNotContain("\"=")
                .startsWith("\"time\",\"agent\"");
        for (String formula : List.of("=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\uff1d1")) {
            assertThat(CsvLine.of(List.of(formula))).startsWith("\"'");
        }
        assertThat(CsvLine.of(List.of("1 - 2", ""))).isEqualTo("\"1 - 2\",\"\"\r\n");
    }

    @Test
    void aTamperedCopyNamesTheReceipt() throws IOException {
        Path bundle = directory.resolve("log/tile/entries/000.p/" + log.entries.size());
        byte[] bytes = Files.readAllBytes(bundle);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        bytes[text.indexOf("rowsUpdate")] = 'R';
        Files.write(bundle, bytes);
        Printed report = report("json");
        assertThat(report.code()).isEqualTo(Main.FAILS);
        Json.Members sound = report.json().objects("verdicts").getFirst();
        assertThat(sound.text("answer")).isEqualTo("no");
        assertThat(sound.objects("problems").getFirst().text("receipt"))
                .isEqualTo(call(report.json(), "permitted").text("receipt"));
        assertThat(report.json().object("gaps").text("answer")).isEqualTo("unknown");
    }

    @Test
    void aCutEndIsNotSeenWithoutAReplicaAndTheReportSaysSo() throws IOException {
        Path whole = directory.resolve("whole");
        log.write(whole, 100);
        Path cut = directory.resolve("cut");
        log.entries.subList(4, log.entries.size()).clear();
        log.write(cut, 100);
        Json.Members alone = run("report", cut.toString(), "--format", "json").json();
        assertThat(alone.objects("verdicts").getFirst().text("answer")).isEqualTo("yes");
        assertThat(alone.texts("cannot_be_known")).contains(LogReport.CUT_END);
        assertThat(run("verify", cut.toString()).text()).contains("not known: Whether receipts after the last one");
        Json.Members compared = run("report", cut.toString(), "--format", "json", "--replica", whole.toString())
                .json();
        assertThat(compared.objects("verdicts").getFirst().text("answer")).isEqualTo("no");
        assertThat(compared.texts("cannot_be_known")).doesNotContain(LogReport.CUT_END);
    }

    @Test
    void eachUseNamesReceiptsThatTheLogHas() {
        Json.Members report = report("json").json();
        assertThat(report.objects("usable_for"))
                .extracting(use -> use.text("framework"))
                .contains("EU AI Act", "NIST AI RMF", "SOC 2", "ISO/IEC 42001", "CISA Secure by Design");
        Json.Members oversight = report.objects("usable_for").stream()
                .filter(use -> use.text("clause").equals("14"))
                .findFirst()
                .orElseThrow();
        assertThat(oversight.texts("receipts")).isNotEmpty().allMatch(Receipt::isId);
    }

    @Test
    void anUnreadableCallIsARowAllTheSame() throws IOException {
        log.add(new Receipt(
                LogVerifierTest.id(receipts++),
                Receipt.Kind.REFUSED,
                Instant.parse("2026-11-25T00:00:00Z"),
                ORIGIN,
                Json.object().with("actions", "none").with("agent", "jer/cursor")));
        log.write(directory.resolve("more"), 100);
        Json.Members report = run("report", directory.resolve("more").toString(), "--format", "json")
                .json();
        assertThat(report.objects("calls").getLast().text("problem")).contains("cannot be read");
    }

    private Printed with(Receipt.Kind kind, String at, Json.Members members) throws IOException {
        log.add(new Receipt(LogVerifierTest.id(receipts++), kind, Instant.parse(at), ORIGIN, members));
        log.write(directory.resolve("more"), 100);
        return run("report", directory.resolve("more").toString(), "--format", "json");
    }

    @Test
    void aQuestionWhoseEndIsNoTimeIsAQuestionAllTheSame() throws IOException {
        Json.Members held = SealSamples.intent(seal, statement.meaning()).with("hold", "H-02JD");
        Json.Members questions = with(Receipt.Kind.HELD, "2026-11-25T00:00:00Z", held.with("expires", "soon"))
                .json()
                .object("questions");
        assertThat(questions.whole("asked")).isEqualTo(2);
        assertThat(questions.whole("unanswered")).isEqualTo(1);
    }

    @Test
    void aTimeBeyondFourDigitYearsIsNoTime() throws IOException {
        Json.Members lease =
                SealSamples.issue("L-9", List.of("write"), "staging").with("expires", Instant.MAX.toString());
        assertThat(with(Receipt.Kind.ADMIN, "2026-11-25T00:00:00Z", lease).code())
                .isEqualTo(Main.FAILS);
        Json.Members call = SealSamples.intent(seal, counted("rowsUpdate")).with("lease", "L-9");
        assertThat(with(Receipt.Kind.INTENT, "2026-11-25T00:00:00Z", call).code())
                .isEqualTo(Main.FAILS);
        assertThat(with(Receipt.Kind.INTENT, Instant.MAX.toString(), call)
                        .json()
                        .objects("verdicts")
                        .getFirst()
                        .text("answer"))
                .isEqualTo("no");
    }

    @Test
    void aRowSaysByWhichPoliciesUnderWhichSealAndWhatAnObservingSealWouldHaveSaid() throws IOException {
        Json.Members observed = SealSamples.intent(seal, counted("rowsUpdate"))
                .withTexts("policies", List.of("rows", "night"))
                .with("observed", Json.object().with("verdict", "refuse").with("reason", "It is night."));
        Json.Members row =
                call(with(Receipt.Kind.INTENT, "2026-11-25T00:00:00Z", observed).json(), "observed");
        assertThat(row.texts("policies")).containsExactly("rows", "night");
        assertThat(row.text("seal")).isEqualTo(seal.id());
        assertThat(row.text("reason")).isEqualTo("It is night.");
        assertThat(CallRow.cells(row)).containsEntry("policies", "rows, night");
    }

    @Test
    void whatPassedInTheNameOfAProbeIsListed() throws IOException {
        Json.Members probe = SealSamples.intent(seal, counted("rowsUpdate")).with("agent", Receipt.PROBE);
        assertThat(with(Receipt.Kind.REFUSED, "2026-11-25T00:00:00Z", probe)
                        .json()
                        .objects("calls"))
                .hasSize(4);
        assertThat(with(Receipt.Kind.INTENT, "2026-11-25T00:00:00Z", probe)
                        .json()
                        .objects("calls"))
                .hasSize(5);
    }

    @Test
    void aReportThatCannotBeWrittenWhollyDoesNotHold() {
        PrintStream full = new PrintStream(new java.io.OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        });
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int code = new Main(full, new PrintStream(said, true, StandardCharsets.UTF_8))
                .run(List.of(
                        "report",
                        directory.resolve("log").toString(),
                        "--vkey",
                        log.key().toString()));
        assertThat(code).isEqualTo(Main.UNUSABLE);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("could not be written wholly");
    }

    @Test
    void anOpenReportLeavesNoFileWithAName() throws IOException {
        try (CallSpool spool = new CallSpool();
                var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            spool.clear();
            assertThat(files).noneMatch(file -> file.getFileName().toString().startsWith("interlock-report"));
        }
    }

    @Test
    void aCheckpointOfAnAbsurdSizeIsNotReadToItsEnd() throws IOException {
        Path huge = directory.resolve("log/checkpoint");
        for (long size : new long[] {1L << 49, 1L << 60}) {
            Files.write(
                    huge,
                    log.sign(new Checkpoint(ORIGIN, size, Hash.emptyRoot())).write());
            assertThat(report("json").code()).isEqualTo(Main.FAILS);
        }
    }

    @Test
    void aLineOfTheTableSpellsOutWhatNobodySees() {
        assertThat(CsvLine.of(List.of("a\u202eb\nc\u3164"))).isEqualTo("\"a\\u{202e}b\\u{a}c\\u{3164}\"\r\n");
        assertThat(ReportPage.escaped("\u2800\ufe00")).isEqualTo("\\u{2800}\\u{fe00}");
    }

    @Test
    void theTextNamesWhatIsWrong() throws IOException {
        Path bundle = directory.resolve("log/tile/entries/000.p/" + log.entries.size());
        Files.delete(bundle);
        assertThat(report("text").text()).contains("# the records are sound: no", "#   ", "the file is missing");
        assertThat(report("json", "--from", "2026-11-21", "--to", "2026-11-20").code())
                .isEqualTo(Main.UNUSABLE);
    }
}
