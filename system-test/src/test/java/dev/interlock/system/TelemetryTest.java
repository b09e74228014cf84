package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the reports of a running and of a killed gateway to people and machines. */
@Timeout(300)
@Tag("process")
final class TelemetryTest {

    private static final String KEY =
            Base64.getEncoder().encodeToString("a-key-of-a-webhook-that-nobody-has".getBytes(StandardCharsets.UTF_8));
    private static final String SLACK = "/services/T0/B0/slacks3cret";
    private static final String COLLECTORS = "Bearer collectors3cret";
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

    private static Installation installation;
    private static HttpServer server;
    private static int metrics;
    private static int console;
    private static volatile int status = 204;
    private static final BlockingQueue<Json.Members> SIEM = new LinkedBlockingQueue<>();
    private static final BlockingQueue<Json.Members> PEOPLE = new LinkedBlockingQueue<>();
    private static final BlockingQueue<Json.Members> SPANS = new LinkedBlockingQueue<>();

    @BeforeAll
    static void open() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/siem", exchange -> take(exchange, SIEM, status));
        server.createContext(SLACK, exchange -> take(exchange, PEOPLE, 200));
        server.createContext("/v1/traces", exchange -> take(exchange, SPANS, 200));
        server.start();
        installation = Installation.open(false);
        installation.stop();
        metrics = Programs.freePort();
        console = Programs.freePort();
        String at = "http://127.0.0.1:" + server.getAddress().getPort();
        secret("siem.secret", "whsec_" + KEY);
        secret("slack.url", at + SLACK);
        secret("collector.secret", COLLECTORS);
        Path page = Files.writeString(installation.root().resolve("page"), "#!/bin/sh\ncat >/dev/null\n");
        Files.setPosixFilePermissions(page, PosixFilePermissions.fromString("rwx------"));
        String configuration = Files.readString(installation.configuration())
                .replace("console: off", "console: {listen: \"127.0.0.1:" + console + "\"}");
        Files.writeString(installation.configuration(), configuration + """

                alerts:
                  siem: {url: "%s/siem", secret-file: siem.secret}
                  people: {slack-url-file: slack.url}
                  pager: {exec: %s}
                metrics: 127.0.0.1:%d
                traces: {endpoint: "%s", authorization-file: collector.secret}
                log: json
                """.formatted(at, page, metrics, at));
        installation.up(List.of());
    }

    private static void secret(String name, String text) throws IOException {
        Path file = Files.writeString(installation.root().resolve(name), text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static void take(HttpExchange exchange, BlockingQueue<Json.Members> into, int answer) throws IOException {
        into.add(Json.readObject(exchange.getRequestBody().readAllBytes()));
        exchange.sendResponseHeaders(answer, -1);
        exchange.close();
    }

    @AfterAll
    static void close() throws Exception {
        installation.close();
        server.stop(0);
    }

    /** Returns the next message of {@code rule}. */
    private static Json.Members next(String rule) throws InterruptedException {
        while (true) {
            Json.Members message =
                    Optional.ofNullable(SIEM.poll(300, TimeUnit.SECONDS)).orElseThrow();
            if (message.text("type").equals("interlock." + rule)) {
                return message.object("data");
            }
        }
    }

    /** Returns the message about {@code hold}; another test of this class may have opened one too. */
    private static Json.Members holdOpened(String hold) throws InterruptedException {
        Json.Members opened = next("hold_opened");
        while (!opened.object("facts").text("hold").equals(hold)) {
            opened = next("hold_opened");
        }
        return opened;
    }

    private static boolean isKept(String receiver, String rule) throws IOException {
        try (Stream<Path> files =
                Files.list(installation.root().resolve("data/alerts").resolve(receiver))) {
            return files.anyMatch(file -> file.getFileName().toString().matches(".*\\." + rule + "-[a-z]+\\.json"));
        }
    }

    @Test
    void alertsAndTelemetryArriveWithoutSecrets() throws Exception {
        Agent agent = installation.agent();
        String hold = agent.ask(Agent.delete(TestingRailway.disposable(0))).hold();
        Json.Members told = holdOpened(hold);
        String shown = installation
                .interlock(List.of("hold", "show", hold, "--json"), "")
                .expect(0)
                .out();
        assertThat(told.text("link")).isEqualTo("http://localhost:" + console + "/holds/" + hold);
        Json.Members sheet = installation.admin("hold.show", Json.object().with("hold", hold));
        assertThat(told.object("facts").text("words")).isEqualTo(sheet.text("words"));
        assertThat(shown).contains(sheet.text("words"));
        String nonce = Json.readObject(sheet.text("statement").getBytes(StandardCharsets.UTF_8))
                .text("nonce");
        assertThat(told.canonicalText()).doesNotContain(nonce);
        String slack = "";
        while (!slack.contains(hold)) {
            slack = Optional.ofNullable(PEOPLE.poll(300, TimeUnit.SECONDS))
                    .orElseThrow()
                    .text("text");
        }
        assertThat(slack).contains(sheet.text("words"));

        agent.send(agent.request(Agent.read()).header("traceparent", "00-" + TRACE + "-b7ad6b7169203331-00"));
        String spans = "";
        while (!spans.contains(TRACE)) {
            spans = Optional.ofNullable(SPANS.poll(300, TimeUnit.SECONDS))
                    .orElseThrow()
                    .canonicalText();
        }
        assertThat(spans).contains("interlock.act", "interlock.receipt");

        String tested =
                installation.interlock(List.of("alert", "test", "--json"), "").out();
        assertThat(Json.readObject(tested.strip().getBytes(StandardCharsets.UTF_8))
                        .objects("receivers"))
                .hasSize(3)
                .allMatch(one -> one.flag("taken"));

        String counted = fetched();
        assertThat(counted)
                .contains(
                        "interlock_attempts_total{kind=\"confirmation_required\",upstream=\"railway\",verdict=\"held\"}",
                        "interlock_holds{state=\"open\"}",
                        "interlock_alerts_waiting{receiver=\"siem\"}",
                        "interlock_replica_lag_receipts");
        String stands = installation.admin("status", Json.object()).canonicalText();
        for (String told2 : List.of(counted, stands, installation.said(), spans, tested)) {
            assertThat(told2).doesNotContain(KEY, "slacks3cret", "collectors3cret", "ilk_", nonce);
        }
        assertThat(installation.said().lines().filter(line -> line.startsWith("{")))
                .isNotEmpty()
                .allSatisfy(line ->
                        Json.readObject(line.getBytes(StandardCharsets.UTF_8)).text("level"));
    }

    private static String fetched() throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            URI page = URI.create("http://127.0.0.1:" + metrics + "/metrics");
            return client.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    @Test
    void theNextGatewayDeliversPendingAlerts() throws Exception {
        status = 500;
        Agent agent = installation.agent();
        String hold = agent.ask(Agent.delete(TestingRailway.disposable(1))).hold();
        Programs.await("it is kept", () -> isKept("siem", "hold_opened"));
        installation.kill();
        SIEM.clear();
        status = 204;
        installation.up(List.of());
        holdOpened(hold);
        Programs.await("it is forgotten", () -> !isKept("siem", "hold_opened"));
    }
}
