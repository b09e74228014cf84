package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Main;
import dev.interlock.evidence.Receipt;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an auditor reads about a ledger that the gateway wrote. */
class ReportTest {

    @TempDir
    private Path directory;

    @Test
    void anAuditorReadsWhoDidWhatAndWhoAllowedIt() throws Exception {
        String key;
        List<Receipt> written;
        try (GateFixture house = new GateFixture(directory)) {
            Outcome<String> first = house.send(GateFixture.deletion("vol-1"));
            house.sign(((Outcome.Held<String>) first).hold());
            house.send(GateFixture.deletion("vol-1"));
            written = house.receipts();
            key = house.ledger.verifierKey().toString();
        }
        Json.Members report = report(key);
        List<Json.Members> calls = report.objects("calls");
        assertThat(calls)
                .extracting(call -> call.text("receipt"))
                .containsExactlyElementsOf(written.stream()
                        .filter(receipt ->
                                receipt.kind() != Receipt.Kind.OUTCOME && receipt.kind() != Receipt.Kind.ADMIN)
                        .map(Receipt::id)
                        .toList());
        assertThat(calls.getFirst().text("verdict")).isEqualTo("asked");
        assertThat(calls.getLast().text("verdict")).isEqualTo("confirmed");
        assertThat(calls.getLast().object("outcome").text("result")).isEqualTo("done");
        assertThat(report.object("questions").whole("confirmed")).isEqualTo(1);
        assertThat(report.objects("verdicts").getFirst().text("answer")).isEqualTo("yes");
        assertThat(report.object("irreversible").whole("count")).isEqualTo(2);
    }

    private Json.Members report(String key) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new Main(new PrintStream(out, true, StandardCharsets.UTF_8), System.err)
                .run(List.of("report", directory.resolve("ledger").toString(), "--vkey", key, "--format", "json"));
        return Json.readWritten(out.toByteArray(), "the report");
    }
}
