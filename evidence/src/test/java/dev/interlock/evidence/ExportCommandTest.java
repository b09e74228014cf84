package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportCommandTest {

    @TempDir
    private Path directory;

    private final RichLog rich = new RichLog();
    private Path ledger;
    private Path cursor;

    private record Printed(int code, List<Json.Members> lines, String said) {}

    @BeforeEach
    void write() throws IOException {
        rich.log.add(new Receipt(
                LogVerifierTest.id(rich.log.entries.size()),
                Receipt.Kind.REFUSED,
                SealSamples.NOW.plusSeconds(1),
                RichLog.ORIGIN,
                Json.object()
                        .with("agent", "jer/cursor")
                        .with("actions", "none that anybody could read")
                        .withTexts("policies", List.of("night"))));
        ledger = directory.resolve("log");
        cursor = directory.resolve("cursor");
        rich.log.write(ledger, 100);
    }

    private Printed run(OutputStream to, SoftLog log, String... args) {
        List<String> all = new ArrayList<>(List.of("export", ledger.toString()));
        all.addAll(List.of(args));
        all.addAll(List.of("--vkey", log.key().toString()));
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int code = new Main(
                        new PrintStream(to, true, StandardCharsets.UTF_8),
                        new PrintStream(said, true, StandardCharsets.UTF_8))
                .run(all);
        List<Json.Members> lines = to.toString()
                .lines()
                .map(line -> Json.readObject(line.getBytes(StandardCharsets.UTF_8)))
                .toList();
        return new Printed(code, lines, said.toString(StandardCharsets.UTF_8));
    }

    private Printed run(String... args) {
        return run(
                new ByteArrayOutputStream() {
                    @Override
                    public String toString() {
                        return toString(StandardCharsets.UTF_8);
                    }
                },
                rich.log,
                args);
    }

    @Test
    void eachReceiptIsAValidEventOfOcsfWithAllThatItSays() throws IOException {
        Printed printed = run("--format", "ocsf");
        assertThat(printed.lines()).hasSameSizeAs(rich.log.entries);
        OcsfSchema schema = new OcsfSchema();
        Set<Long> dispositions = new HashSet<>();
        for (int i = 0; i < printed.lines().size(); i++) {
            Json.Members event = printed.lines().get(i);
            assertThat(schema.problems(event)).as(event.canonicalText()).isEmpty();
            Receipt receipt = Receipt.read(rich.log.entries.get(i));
            assertThat(event.object("unmapped")).isEqualTo(receipt.members());
            assertThat(event.object("metadata").text("uid")).isEqualTo(receipt.id());
            assertThat(event.object("metadata").whole("sequence")).isEqualTo(i);
            assertThat(event.whole("time")).isEqualTo(receipt.at().toEpochMilli());
            if (receipt.kind() == Receipt.Kind.OUTCOME) {
                assertThat(event.object("api").text("operation")).isEqualTo("volumeDelete");
                assertThat(event.object("metadata").text("correlation_uid"))
                        .isEqualTo(receipt.intent().orElseThrow());
                assertThat(event.whole("status_id"))
                        .isEqualTo(
                                switch (receipt.result().orElseThrow()) {
                                    case DONE -> 1;
                                    case FAILED, REFUSED -> 2;
                                    case UNKNOWN -> 0;
                                });
            }
            event.get("disposition_id").ifPresent(id -> dispositions.add(((Json.Whole) id).value()));
        }
        assertThat(dispositions).containsExactlyInAnyOrder(1L, 2L, 8L, 23L);
    }

    @Test
    void aCloudEventIsNamedByItsReceiptAndHoldsIt() {
        Set<String> names = new HashSet<>();
        String before = "";
        List<Json.Members> lines = run("--format", "cloudevents").lines();
        for (int i = 0; i < lines.size(); i++) {
            Json.Members event = lines.get(i);
            assertThat(event.members().keySet()).allMatch(name -> name.matches("[a-z0-9]{1,20}"));
            assertThat(event.text("specversion")).isEqualTo("1.0");
            assertThat(URI.create(event.text("source"))).hasToString("interlock:" + RichLog.ORIGIN);
            assertThat(names.add(event.text("id"))).isTrue();
            assertThat(event.text("type")).startsWith("dev.interlock.receipt.");
            assertThat(event.object("data").canonical()).isEqualTo(rich.log.entries.get(i));
            assertThat(event.text("sequence")).isGreaterThan(before);
            before = event.text("sequence");
        }
        assertThat(names).hasSameSizeAs(rich.log.entries);
    }

    @Test
    void theStatementOfInTotoProvesItsReceipt() throws Exception {
        List<Json.Members> lines = run("--format", "in-toto").lines();
        for (int i = 0; i < lines.size(); i++) {
            Json.Members statement = lines.get(i);
            assertThat(statement.text("_type")).isEqualTo("https://in-toto.io/Statement/v1");
            assertThat(URI.create(statement.text("predicateType")).isAbsolute()).isTrue();
            assertThat(statement.objects("subject").getFirst().object("digest").text("sha256"))
                    .isEqualTo(Sha256.hex(rich.log.entries.get(i)));
            ProofBundle proof = ProofBundle.read(statement.object("predicate").canonical());
            assertThat(proof.verify(List.of(rich.log.key())).size()).isEqualTo(rich.log.entries.size());
            assertThat(proof.receipt().canonical()).isEqualTo(rich.log.entries.get(i));
        }
        assertThat(lines).hasSameSizeAs(rich.log.entries);
    }

    @Test
    void aCursorGoesOnBehindWhatWasWritten() throws IOException {
        int first = rich.log.entries.size();
        assertThat(run("--format", "cloudevents", "--cursor", cursor.toString()).lines())
                .hasSize(first);
        assertThat(run("--format", "cloudevents", "--cursor", cursor.toString()).lines())
                .isEmpty();
        grow();
        List<Json.Members> more =
                run("--format", "cloudevents", "--cursor", cursor.toString()).lines();
        assertThat(more)
                .singleElement()
                .satisfies(event -> assertThat(event.text("sequence")).isEqualTo(String.format("%020d", first)));
    }

    private void grow() throws IOException {
        rich.log.add(new Receipt(
                LogVerifierTest.id(rich.log.entries.size()),
                Receipt.Kind.ADMIN,
                SealSamples.NOW,
                RichLog.ORIGIN,
                Json.object().with("command", "kill").with("peer", "jer")));
        deleteLog();
        rich.log.write(ledger, 100);
    }

    private void deleteLog() throws IOException {
        try (var files = Files.walk(ledger)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void whatCouldNotBeWrittenIsWrittenAgain() throws IOException {
        Printed full = run(
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        throw new IOException("No space left on device");
                    }

                    @Override
                    public String toString() {
                        return "";
                    }
                },
                rich.log,
                "--format",
                "ocsf",
                "--cursor",
                cursor.toString());
        assertThat(full.code()).isEqualTo(Main.UNUSABLE);
        assertThat(full.said()).contains("the cursor stays where it was");
        assertThat(cursor).doesNotExist();
        assertThat(run("--format", "ocsf", "--cursor", cursor.toString()).lines())
                .hasSameSizeAs(rich.log.entries);
    }

    @Test
    void aCursorOfAnotherLogAndALogThatShrankOrWasRewrittenExportNothing() throws IOException {
        run("--format", "ocsf", "--cursor", cursor.toString());
        String own = Files.readString(cursor);
        Files.writeString(cursor, own.replace(RichLog.ORIGIN, "example.test/other"));
        isRefused("the cursor is of log `example.test/other`");
        Files.writeString(cursor, own.replace("\n" + rich.log.entries.size() + "\n", "\n9999\n"));
        isRefused("some were cut off");
        Files.writeString(
                cursor, own.replace(own.split("\n")[2], Hash.leaf(new byte[1]).base64()));
        isRefused("it was rewritten");
        Files.writeString(cursor, "17");
        isRefused("a checkpoint is not three lines");
        assertThat(Files.readString(cursor)).isEqualTo("17");
    }

    private void isRefused(String why) {
        Printed refused = run("--format", "ocsf", "--cursor", cursor.toString());
        assertThat(refused.lines()).isEmpty();
        assertThat(refused.code()).isNotEqualTo(Main.HOLDS);
        assertThat(refused.said()).contains(why);
    }

    @Test
    void ofAnUnsoundLogNothingIsExportedAndTheCursorStays() throws IOException {
        run("--format", "ocsf", "--cursor", cursor.toString());
        String before = Files.readString(cursor);
        grow();
        Path bundle = ledger.resolve("tile/entries/000.p/" + rich.log.entries.size());
        byte[] bytes = Files.readAllBytes(bundle);
        bytes[bytes.length - 3] ^= 1;
        Files.write(bundle, bytes);
        Printed unsound = run("--format", "ocsf", "--cursor", cursor.toString());
        assertThat(unsound.lines()).isEmpty();
        assertThat(unsound.code()).isEqualTo(Main.FAILS);
        assertThat(unsound.said())
                .contains("the records are not sound", bundle.getFileName().toString());
        assertThat(Files.readString(cursor)).isEqualTo(before);
    }
}
