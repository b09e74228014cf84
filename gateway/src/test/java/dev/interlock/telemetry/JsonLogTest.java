package dev.interlock.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.action.Alert;
import dev.interlock.action.LoopThreads;
import dev.interlock.evidence.Json;
import dev.interlock.log.JsonLog;
import dev.interlock.shapes.CredentialShapes;
import dev.interlock.testing.TestingClock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class JsonLogTest {

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final JsonLog log = new JsonLog(
            new PrintStream(written, true, StandardCharsets.UTF_8),
            new TestingClock(),
            line -> CredentialShapes.known().starOut(line));

    private List<Json.Members> lines() {
        return written.toString(StandardCharsets.UTF_8)
                .lines()
                .map(line -> Json.readObject(line.getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    @Test
    void anAlertIsOneObjectOnOneLine() {
        log.alert(new Alert(
                Alert.AlertKind.PROBE,
                Alert.Severity.ALARM,
                "one\ntwo \"x\" \ud800",
                Map.of("front", "a\nb"),
                Optional.of("R-1")));
        assertThat(lines()).hasSize(1);
        assertThat(lines().getFirst().text("level")).isEqualTo("alarm");
        assertThat(lines().getFirst().object("alert").text("rule")).isEqualTo("probe");
        assertThat(lines().getFirst().object("alert").text("receipt")).isEqualTo("R-1");
    }

    /** As with a full disk, which every refused call finds. */
    @Test
    void aFailureOfTheWorldIsOneShortLine() {
        LogRecord said = new LogRecord(Level.SEVERE, "refused, because the ledger cannot append");
        said.setThrown(new IllegalStateException("no store", new IOException("No space\nleft " + "x".repeat(5_000))));
        log.handler().publish(said);
        assertThat(lines().getFirst().text("error"))
                .startsWith("java.lang.IllegalStateException: no store, caused by java.io.IOException: No space left x")
                .hasSizeLessThan(1_100)
                .doesNotContain("\n", "JsonLogTest");
    }

    @Test
    void whatHasTheFormOfACredentialIsStarredOut() {
        String token = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";
        log.alarm("found " + token + " there");
        assertThat(lines().getFirst().text("message")).isEqualTo("found " + "*".repeat(token.length()) + " there");
    }

    /** Whoever reads the log may be slow, and a loop that waited for them would serve nobody. */
    @Test
    void anEventLoopWritesNoLog() throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", LoopThreads.class.getModule()))
                .isTrue();
        FutureTask<String> logging = new FutureTask<>(() -> {
            log.handler().publish(new LogRecord(Level.WARNING, "nothing was sent"));
            return Thread.currentThread().toString();
        });
        try (ExecutorService loop = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("loop").factory())) {
            LoopThreads.unstarted(loop, logging).start();
            assertThat(logging.get()).doesNotContain("loop");
        }
        assertThat(lines()).hasSize(1);
    }

    @Test
    void aLogRecordIsOneObjectWithItsTrace() {
        LogRecord said = new LogRecord(Level.WARNING, "the link died: {0}");
        said.setLoggerName("dev.interlock.gate.Gate");
        said.setParameters(new Object[] {"why"});
        said.setThrown(new IllegalStateException("broken\nin two"));
        log.handler().publish(said);
        Json.Members line = lines().getFirst();
        assertThat(lines()).hasSize(1);
        assertThat(line.text("level")).isEqualTo("warning");
        assertThat(line.text("message")).isEqualTo("the link died: why");
        assertThat(line.text("logger")).isEqualTo("dev.interlock.gate.Gate");
        assertThat(line.text("error")).contains("IllegalStateException", "JsonLogTest");
    }

    @Test
    void printedLinesBecomeObjects() {
        PrintStream others = new PrintStream(log.lines(), true, StandardCharsets.UTF_8);
        others.print("half ");
        others.println("a line é");
        others.println();
        others.printf("%s%n%s%n", "{\"not\": 1", "x");
        assertThat(lines())
                .extracting(line -> line.text("message"))
                .containsExactly("half a line é", "{\"not\": 1", "x");
    }
}
