package dev.interlock.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.evidence.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class WatchTest {

    private static final String KEY =
            Base64.getEncoder().encodeToString("0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.UTF_8));

    private final ByteArrayOutputStream terminal = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(terminal, true, StandardCharsets.UTF_8);
    private final TestingClock clock = new TestingClock();

    @TempDir
    private Path directory;

    static final class TestingClock extends Clock {
        private Instant now = Instant.parse("2026-11-20T08:00:00Z");

        void pass(Duration time) {
            now = now.plus(time);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    private static Alert alert(String summary) {
        return new Alert(
                Alert.Rule.FOREIGN_CREDENTIAL,
                Alert.Severity.ALARM,
                summary,
                Map.of("agent", "jer/cursor"),
                Optional.of("R-1"));
    }

    private Watch quiet(Optional<Spool> spool) {
        return new Watch(out, clock, spool, Optional.empty());
    }

    private String said() {
        return terminal.toString(StandardCharsets.UTF_8);
    }

    @Test
    void anAlertIsOneReadableLine() {
        Watch watch = quiet(Optional.empty());
        watch.raise(alert("A credential that is no lease was used."));
        watch.drain();

        assertThat(said())
                .isEqualTo(
                        "interlock: alarm: foreign_credential: A credential that is no lease was used. {agent=jer/cursor}"
                                + " [R-1]" + System.lineSeparator());
    }

    @Test
    void wordsOfAnAgentCannotForgeALineOrDriveATerminal() {
        Watch watch = quiet(Optional.empty());
        watch.raise(alert("x\ninterlock: info: all is well\u001b[2J\u202e\u2028\ud800"));
        watch.drain();

        assertThat(said().lines()).hasSize(1);
        assertThat(said()).doesNotContain("\u001b", "\u202e", "\u2028");
    }

    @Test
    void theSameAlertIsToldOnceAWindow() {
        Watch watch = quiet(Optional.empty());
        watch.raise(alert("same"));
        watch.raise(alert("same"));
        watch.raise(alert("other"));
        clock.pass(Repeats.DEFAULT_WINDOW.plusSeconds(1));
        watch.raise(alert("same"));
        watch.drain();

        assertThat(said().lines()).hasSize(3);
    }

    @Test
    void aFloodIsBoundedAndToldAsANumber() {
        Watch watch = quiet(Optional.empty());
        for (int i = 0; i < Watch.MAX_WAITING + 7; i++) {
            watch.raise(alert("number " + i));
        }
        watch.drain();

        assertThat(said().lines())
                .hasSize(Watch.MAX_WAITING + 1)
                .last()
                .asString()
                .contains(" 7 alerts");
    }

    /** An agent makes warnings at will, one for each name that it thinks of. */
    @Test
    void warningsLeaveRoomForAlarms() throws Exception {
        Watch watch = quiet(Optional.of(new Spool(directory, 8)));
        for (int i = 0; i < 2 * Watch.MAX_WAITING; i++) {
            watch.raise(new Alert(
                    Alert.Rule.DENIED_DESTROY, Alert.Severity.WARNING, "number " + i, Map.of(), Optional.empty()));
        }
        watch.raise(alert("the one that matters"));
        watch.drain();

        assertThat(said()).contains("the one that matters");
        try (Stream<Path> kept = Files.list(directory)) {
            assertThat(kept.map(WatchTest::read)).anyMatch(message -> message.contains("the one that matters"));
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aSpoolThatIsFullKeepsWhatCameFirst() throws Exception {
        Spool spool = new Spool(directory, 2);
        assertThat(spool.keep("1", new byte[] {1}, 0)).isTrue();
        assertThat(spool.keep("2", new byte[] {2}, 0)).isTrue();
        assertThat(spool.keep("3", new byte[] {3}, 0)).isFalse();
        assertThat(spool.oldest()).contains("1");
    }

    @Test
    void halfAMessageIsNoMessage() throws Exception {
        Files.writeString(directory.resolve("0.part"), "{\"ty");
        assertThat(new Spool(directory, 2).oldest()).isEmpty();
    }

    @Test
    void whatOneProcessCouldNotDeliverTheNextOneDoesInOrder() throws Exception {
        Watch first = quiet(Optional.of(new Spool(directory, 10)));
        first.raise(alert("one"));
        first.raise(alert("two"));
        first.drain();

        List<String> delivered = new ArrayList<>();
        Spool spool = new Spool(directory, 10);
        Optional<Duration> pause = new Courier(
                        spool,
                        (_, message) -> delivered.add(
                                Json.readObject(message).object("data").text("summary")))
                .run();

        assertThat(delivered).containsExactly("one", "two");
        assertThat(pause).isEmpty();
        assertThat(spool.oldest()).isEmpty();
    }

    /** A disk that breaks while the directory is read, as often as there are permits. */
    private static Spool.Listing failing(Semaphore failures) {
        return directory -> failures.tryAcquire()
                ? Files.list(directory).map(_ -> {
                    throw new UncheckedIOException(new IOException("input/output error"));
                })
                : Files.list(directory);
    }

    /** Where a thread's lines can be waited for. */
    private static PrintStream lines(BlockingQueue<String> said) {
        return new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8) {
            @Override
            public void println(String line) {
                said.add(line);
            }
        };
    }

    @Test
    @Timeout(30)
    void anAlertThatCannotBeKeptSilencesNoOther() throws Exception {
        Files.writeString(directory.resolve("0.json"), "{}");
        Semaphore failures = new Semaphore(1);
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        Spool spool = new Spool(directory, 10, failing(failures));
        try (Watch watch = new Watch(lines(lines), clock, Optional.of(spool), Optional.empty()).start()) {
            watch.raise(alert("one"));
            assertThat(lines.take()).contains("one");
            assertThat(lines.take()).isEqualTo("interlock: alarm: an alert could not be kept: UncheckedIOException");
            watch.raise(alert("two"));
            assertThat(lines.take()).contains("two");
        }
        assertThat(Files.list(directory)).as("the second is kept").hasSize(2);
    }

    @Test
    @Timeout(30)
    void aSpoolThatCannotBeListedIsToldAndDeliveryGoesOn() throws Exception {
        Files.writeString(directory.resolve("0.json"), "{}");
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        Courier courier = new Courier(new Spool(directory, 10, failing(new Semaphore(1))), (_, _) -> true);
        try (Watch watch = new Watch(lines(lines), clock, Optional.empty(), Optional.of(courier))) {
            assertThat(watch.run(courier)).contains(Courier.LONGEST_PAUSE);
            assertThat(lines.take()).contains("the spool of alerts cannot be read: UncheckedIOException");
            assertThat(watch.run(courier)).as("delivered").isEmpty();
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aReceiverThatFailsIsTriedLessAndLessOften() throws Exception {
        Spool spool = new Spool(directory, 10);
        spool.keep("1", new byte[] {1}, 0);
        boolean[] up = {false};
        Courier courier = new Courier(spool, (_, _) -> up[0]);

        assertThat(courier.run()).contains(Duration.ofSeconds(1));
        assertThat(courier.run()).contains(Duration.ofSeconds(2));
        assertThat(courier.run()).contains(Duration.ofSeconds(4));
        for (int i = 0; i < 20; i++) {
            courier.run();
        }
        assertThat(courier.run()).contains(Courier.LONGEST_PAUSE);
        up[0] = true;
        assertThat(courier.run()).isEmpty();
        assertThat(spool.oldest()).isEmpty();
    }

    private record Received(Map<String, List<String>> headers, byte[] body) {
        String header(String name) {
            return headers.get(name).getFirst();
        }
    }

    @Test
    void theReceiverCanCheckWhoSentItAndWhen() throws Exception {
        BlockingQueue<Received> received = new LinkedBlockingQueue<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> receive(exchange, received));
        server.start();
        URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/hook");
        Path secret = Files.writeString(directory.resolve("secret"), "whsec_" + KEY + "\n");
        try (Webhook webhook = Webhook.at(url, secret, clock);
                Watch watch = Watch.withWebhook(out, clock, directory.resolve("spool"), webhook)) {
            watch.raise(alert("said"));
            Received first = received.take();
            Received again = received.take(); // the first was answered with 500

            assertThat(again.header("Webhook-id"))
                    .isEqualTo(first.header("Webhook-id"))
                    .startsWith("msg_");
            assertThat(again.header("Webhook-timestamp")).isEqualTo("1795161600");
            assertThat(again.header("Webhook-signature")).isEqualTo("v1," + hmac(again));
            assertThat(Json.readObject(again.body()).object("data").text("rule"))
                    .isEqualTo("foreign_credential");
        } finally {
            server.stop(0);
        }
        assertThat(said()).doesNotContain(KEY);
    }

    private void receive(HttpExchange exchange, BlockingQueue<Received> received) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        Path answered = directory.resolve("answered");
        received.add(new Received(Map.copyOf(exchange.getRequestHeaders()), body));
        exchange.sendResponseHeaders(Files.exists(answered) ? 204 : 500, -1);
        exchange.close();
        Files.writeString(answered, "once");
    }

    // Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body` under the decoded secret.
    private static String hmac(Received received) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Base64.getDecoder().decode(KEY), "HmacSHA256"));
        mac.update((received.header("Webhook-id") + "." + received.header("Webhook-timestamp") + ".")
                .getBytes(StandardCharsets.UTF_8));
        return Base64.getEncoder().encodeToString(mac.doFinal(received.body()));
    }

    @Test
    void aWeakSecretOrAnOpenAddressIsRefusedWithoutRepeatingIt() throws Exception {
        URI https = URI.create("https://alerts.example/hook");
        for (String secret : List.of("", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!not-base64-but-secret!!!", KEY)) {
            Path file = Files.writeString(directory.resolve("weak"), secret);
            assertThatThrownBy(() -> Webhook.at(https, file, clock))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasNoCause()
                    .hasMessageNotContaining("not-base64");
        }
        Path good = Files.writeString(directory.resolve("good"), "whsec_" + KEY);
        assertThatThrownBy(() -> Webhook.at(URI.create("http://alerts.example/hook"), good, clock))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
