package dev.interlock.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.WaitLoop;
import dev.interlock.watch.ReceiverServer.ReceivedMessage;
import dev.interlock.watch.ReceiverServer.ReceiverReaction;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests real receivers that hang, refuse, break and come back. */
@Timeout(300)
class ReceiversTest {

    private static final String KEY =
            Base64.getEncoder().encodeToString("0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.UTF_8));

    private final ByteArrayOutputStream terminal = new ByteArrayOutputStream();
    private final TestingClock clock = new TestingClock();
    private final Map<String, AlertChannel> ways = new TreeMap<>();
    private final WebhookClient post = new WebhookClient();

    @TempDir
    private Path directory;

    private ReceiverServer listening;

    @BeforeEach
    void open() throws IOException {
        listening = new ReceiverServer();
    }

    @AfterEach
    void close() {
        listening.close();
        post.close();
    }

    private WebhookChannel webhook() {
        return WebhookChannel.at(post, listening.url(), new Secret("whsec_" + KEY), clock.utc());
    }

    private SlackChannel slack() {
        return SlackChannel.at(
                post,
                new Secret(listening.url().resolve("/services/T0/B0/s3cret").toString()));
    }

    private AlertDispatcher watch() throws IOException {
        return new AlertDispatcher(
                        AlertLog.lines(new PrintStream(terminal, true, StandardCharsets.UTF_8)),
                        clock.utc(),
                        clock::nanos,
                        "interlock.example/log",
                        directory.resolve("alerts"),
                        ways)
                .start();
    }

    private static Alert alert(String summary) {
        return new Alert(
                Alert.AlertKind.FOREIGN_CREDENTIAL,
                Alert.Severity.ALARM,
                summary,
                Map.of("agent", "jer/cursor"),
                Optional.of("R-1"));
    }

    private AlertDispatcher.ReceiverStatus standing(AlertDispatcher watch, String name) {
        return watch.receiverStatuses().stream()
                .filter(standing -> standing.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private void await(String what, java.util.concurrent.Callable<Boolean> condition) throws Exception {
        while (!condition.call()) {
            WaitLoop.pause();
        }
        assertThat(what).isNotEmpty();
    }

    @Test
    void theReceiverCanAuthenticateSenderTimeAndContent() throws Exception {
        ways.put("siem", webhook());
        listening.manner = ReceiverReaction.REFUSE;
        try (AlertDispatcher watch = watch()) {
            watch.raise(alert("said"));
            ReceivedMessage first = listening.received.take();
            listening.manner = ReceiverReaction.TAKE;
            ReceivedMessage again = listening.received.take();

            assertThat(again.header("Webhook-id"))
                    .isEqualTo(first.header("Webhook-id"))
                    .startsWith("msg_")
                    .doesNotContain(".");
            assertThat(again.header("Webhook-timestamp"))
                    .isEqualTo(Long.toString(clock.instant().getEpochSecond()));
            assertThat(again.header("Webhook-signature")).isEqualTo("v1," + hmac(again));
            assertThat(again.json().object("data").text("rule")).isEqualTo("foreign_credential");
            await("it is forgotten", () -> standing(watch, "siem").waiting() == 0);
            assertThat(standing(watch, "siem").last()).isPresent();
        }
        assertThat(terminal.toString(StandardCharsets.UTF_8)).doesNotContain(KEY);
    }

    // Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body` under the decoded secret.
    private static String hmac(ReceivedMessage received) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Base64.getDecoder().decode(KEY), "HmacSHA256"));
        mac.update((received.header("Webhook-id") + "." + received.header("Webhook-timestamp") + ".")
                .getBytes(StandardCharsets.UTF_8));
        return Base64.getEncoder().encodeToString(mac.doFinal(received.body().toArray()));
    }

    @Test
    @Tag("process")
    void aHangingReceiverBlocksNoOther() throws Exception {
        try (ReceiverServer hanging = new ReceiverServer()) {
            hanging.manner = ReceiverReaction.HANG;
            ways.put("a-hanging", WebhookChannel.at(post, hanging.url(), new Secret("whsec_" + KEY), clock.utc()));
            ways.put("siem", webhook());
            Path broken = Files.writeString(directory.resolve("broken"), "#!/bin/sh\nexec sleep 1000\n");
            Files.setPosixFilePermissions(broken, PosixFilePermissions.fromString("rwx------"));
            ways.put("b-hanging", new ProgramChannel(broken, _ -> {}, ProgramChannel.PATIENCE));
            try (AlertDispatcher watch = watch()) {
                watch.raise(alert("one"));
                hanging.received.take();
                watch.raise(alert("two"));
                assertThat(listening.received.take().json().object("data").text("summary"))
                        .isEqualTo("one");
                assertThat(listening.received.take().json().object("data").text("summary"))
                        .isEqualTo("two");
                assertThat(standing(watch, "a-hanging").waiting()).isEqualTo(2);
            }
        }
    }

    @Test
    void anEndlessAnswerCountsAsDelivered() throws Exception {
        listening.manner = ReceiverReaction.DRIP;
        ways.put("siem", webhook());
        try (AlertDispatcher watch = watch()) {
            watch.raise(alert("one"));
            watch.raise(alert("two"));
            listening.received.take();
            listening.received.take();
        }
    }

    @Test
    void undeliveredAlertsAreDeliveredAfterARestart() throws Exception {
        int port = listening.port();
        ways.put("siem", webhook());
        listening.close();
        try (AlertDispatcher watch = watch()) {
            watch.raise(alert("one"));
            await("it is kept", () -> standing(watch, "siem").waiting() == 1);
        }
        listening = new ReceiverServer(port);
        try (AlertDispatcher watch = watch()) {
            assertThat(listening.received.take().json().object("data").text("summary"))
                    .isEqualTo("one");
            await("it is forgotten", () -> standing(watch, "siem").waiting() == 0);
        }
        try (AlertDispatcher watch = watch()) {
            assertThat(standing(watch, "siem").last())
                    .as("a restart does not forget when it was")
                    .isPresent();
        }
    }

    private String taken() throws InterruptedException {
        return listening.received.take().json().object("data").text("summary");
    }

    /** Puts a file in the place of a directory: every write below it then fails for every user, as on a full disk. */
    private Path fillDisk(String receiver) throws IOException {
        Path spool = directory.resolve("alerts").resolve(receiver);
        Files.delete(spool);
        return Files.writeString(spool, "in the way");
    }

    /** Otherwise filling the disk would suppress all later alerts. */
    @Test
    void anUnspoolableAlertIsStillDeliveredAndReported() throws Exception {
        ways.put("siem", webhook());
        try (AlertDispatcher watch = watch()) {
            Path spool = fillDisk("siem");
            watch.raise(alert("one"));
            assertThat(taken()).isEqualTo("one");
            assertThat(taken()).contains("disk");
            assertThat(standing(watch, "siem").failing())
                    .hasValueSatisfying(why -> assertThat(why).contains("cannot be written"));
            assertThat(watch.reaches("siem")).isFalse();
            assertThat(watch.lost()).isZero();

            Files.delete(spool);
            Files.createDirectory(spool);
            watch.check();
            assertThat(standing(watch, "siem").failing()).isEmpty();
            assertThat(watch.reaches("siem")).isTrue();
            assertThat(taken()).contains("disk", "again");
            watch.raise(alert("two"));
            assertThat(taken()).isEqualTo("two");
        }
    }

    /** Old files must not suppress new messages. */
    @Test
    void anUnreadableSpoolFileBlocksNothingAndIsReported() throws Exception {
        Path old = directory.resolve("alerts/siem/0.old.json");
        Files.createDirectories(old.resolve("inside"));
        ways.put("siem", webhook());
        try (AlertDispatcher watch = watch()) {
            watch.raise(alert("one"));
            assertThat(taken()).isEqualTo("one");
            await("it shows", () -> !watch.reaches("siem"));
            watch.check();
            assertThat(taken()).contains("disk");

            Files.delete(old.resolve("inside"));
            Files.delete(old);
            watch.check();
            assertThat(taken()).contains("disk", "again");
            await("both are forgotten", () -> standing(watch, "siem").waiting() == 0);
        }
    }

    @Test
    void aProgramReceivesUnspoolableAlerts() throws Exception {
        Path out = directory.resolve("out");
        Path script =
                Files.writeString(directory.resolve("page"), "#!/bin/sh\ncat >> " + out + "; echo >> " + out + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        ways.put("pager", ProgramChannel.at(script, _ -> {}));
        try (AlertDispatcher watch = watch()) {
            fillDisk("pager");
            watch.raise(alert("wake up"));
            await(
                    "it ran twice",
                    () -> Files.exists(out) && Files.readAllLines(out).size() == 2);
            await("it is forgotten", () -> standing(watch, "pager").waiting() == 0);
        }
        assertThat(Json.readObject(Files.readAllLines(out).getFirst().getBytes(StandardCharsets.UTF_8))
                        .object("data")
                        .text("summary"))
                .isEqualTo("wake up");
    }

    @Test
    @Tag("process")
    void aReceiverThatAcceptsNothingIsReported() throws Exception {
        BlockingQueue<String> troubles = new LinkedBlockingQueue<>();
        AlertSpool spool = new AlertSpool(directory.resolve("spool"), 10);
        spool.keep("1", "a", "{}".getBytes(StandardCharsets.UTF_8));
        try (AlertReceiver receiver = new AlertReceiver(
                "siem",
                new ProgramChannel(Path.of("/nowhere"), _ -> {}, ProgramChannel.PATIENCE),
                spool,
                clock.utc(),
                (name, why) -> troubles.add(name + " " + why.orElse("is back")))) {
            for (int i = 0; i < 10; i++) {
                receiver.run();
            }
            assertThat(troubles).containsExactly("siem it could not be started");
            assertThat(receiver.status().failing()).contains("it could not be started");
        }
    }

    @Test
    @Tag("process")
    void aTestAlertReportsItsResult() throws Exception {
        ways.put("siem", webhook());
        ways.put("people", slack());
        ways.put("pager", new ProgramChannel(Path.of("/bin/false"), _ -> {}, ProgramChannel.PATIENCE));
        try (AlertDispatcher watch = watch()) {
            assertThat(watch.test(Optional.empty()))
                    .containsExactlyInAnyOrder(
                            new AlertDispatcher.TestResult("pager", "exec", false, "exit 1"),
                            new AlertDispatcher.TestResult("people", "slack", true, "status 204"),
                            new AlertDispatcher.TestResult("siem", "webhook", true, "status 204"));
            listening.manner = ReceiverReaction.REFUSE;
            assertThat(watch.test(Optional.of("siem")))
                    .containsExactly(new AlertDispatcher.TestResult("siem", "webhook", false, "status 500"));
            assertThat(standing(watch, "siem").waiting())
                    .as("a test is not kept")
                    .isZero();
        }
    }

    /** A full disk may be the very reason why a person tests the receiver. */
    @Test
    void anUnspoolableTestAlertIsStillSent() throws Exception {
        ways.put("siem", webhook());
        try (AlertDispatcher watch = watch()) {
            fillDisk("siem");
            assertThat(watch.test(Optional.empty()))
                    .containsExactly(new AlertDispatcher.TestResult("siem", "webhook", true, "status 204"));
            assertThat(taken()).contains("This is a test");
        }
    }

    @Test
    void slackTextEscapesTheAgentsWords() throws Exception {
        ways.put("people", slack());
        try (AlertDispatcher watch = watch()) {
            watch.raise(new Alert(
                    Alert.AlertKind.HOLD_OPENED,
                    Alert.Severity.INFO,
                    "<!channel> *approved* ``` <https://evil.example|sign here> & more",
                    Map.of("words", "babab-babab", "task", "`_x_`"),
                    Optional.of("R-1")));
            ReceivedMessage received = listening.received.take();
            assertThat(received.path()).isEqualTo("/services/T0/B0/s3cret");
            assertThat(received.json().members()).containsOnlyKeys("text");
            assertThat(received.json().text("text")).isEqualTo("""
                    :information_source: *info* `hold_opened` · interlock.example/log
                    ```&lt;!channel&gt; *approved* ˋˋˋ &lt;https://evil.example|sign here&gt; &amp; more```
                    task: `ˋ_x_ˋ`
                    words: `babab-babab`
                    receipt: `R-1`""");
        }
        assertThat(terminal.toString(StandardCharsets.UTF_8)).doesNotContain("s3cret");
    }

    @Test
    void slackTextIsLimitedAndKeepsTheLink() {
        Json.Members facts = Json.object();
        for (int i = 0; i < 100; i++) {
            facts = facts.with("fact" + i, "😀".repeat(4_000));
        }
        String text = SlackChannel.payload(Json.object()
                        .with(
                                "data",
                                Json.object()
                                        .with("rule", "hold_opened")
                                        .with("severity", "alarm")
                                        .with("summary", "x".repeat(4_000))
                                        .with("gateway", "log")
                                        .with("facts", facts)
                                        .with("link", "https://console.example/holds/H-1")))
                .text("text");
        assertThat(text.length()).isLessThan(SlackChannel.MAX_TEXT + 200);
        assertThat(text)
                .contains("(cut off)")
                .endsWith("<https://console.example/holds/H-1|Open the hold, and compare its words>");
    }

    @Test
    void aProgramGetsTheMessageAndNothingElse() throws Exception {
        Path out = directory.resolve("out");
        Path script = Files.writeString(
                directory.resolve("page"),
                "#!/bin/sh\n{ cat; echo; env; echo \"args $#\"; pwd; } > " + out + ".new\nmv " + out + ".new " + out
                        + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        ways.put("pager", ProgramChannel.at(script, _ -> {}));
        try (AlertDispatcher watch = watch()) {
            watch.raise(alert("wake up"));
            await("it ran", () -> Files.exists(out));
            await("it is forgotten", () -> standing(watch, "pager").waiting() == 0);
        }
        List<String> lines = Files.readAllLines(out);
        assertThat(Json.readObject(lines.getFirst().getBytes(StandardCharsets.UTF_8))
                        .object("data")
                        .text("summary"))
                .isEqualTo("wake up");
        assertThat(lines).contains("args 0", "PATH=/usr/bin:/bin", "/");
        assertThat(lines.stream().filter(line -> line.contains("=")).map(line -> line.substring(0, line.indexOf('='))))
                .as("`sh` adds the last two by itself")
                .isSubsetOf("PATH", "PWD", "_", "OLDPWD");
    }

    @Test
    @Tag("process")
    void aHangingProgramIsEndedWithItsChildren() throws Exception {
        Path child = directory.resolve("child");
        Path script = Files.writeString(
                directory.resolve("hang"), "#!/bin/sh\nsleep 1000 &\necho $! > " + child + "\nwait\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        ProgramChannel program = new ProgramChannel(script, _ -> {}, Duration.ofSeconds(2));

        assertThat(program.deliver(new AlertChannel.AlertMessage("1", Bytes.empty())))
                .isEqualTo(new AlertChannel.DeliveryResult(false, "it did not end in time"));
        long pid = Long.parseLong(Files.readString(child).strip());
        await(
                "the child is gone",
                () -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
    }

    /** The text is longer than a pipe's buffer. */
    @Test
    @Tag("process")
    void aProgramThatReadsNothingBlocksNoOther() throws Exception {
        AlertChannel.AlertMessage much = new AlertChannel.AlertMessage("1", Bytes.of(new byte[1 << 20]));
        assertThat(new ProgramChannel(Path.of("/bin/true"), _ -> {}, ProgramChannel.PATIENCE).deliver(much))
                .isEqualTo(new AlertChannel.DeliveryResult(true, "exit 0"));
    }

    @Test
    @Tag("process")
    void aProgramThatOthersCanReplaceIsNotRun() throws Exception {
        ProgramChannel.ProgramTrust nobody = _ -> {
            throw new IllegalArgumentException("others could write it");
        };
        assertThatThrownBy(() -> ProgramChannel.at(Path.of("/bin/true"), nobody))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ProgramChannel.at(Path.of("bin/true"), _ -> {}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(new ProgramChannel(Path.of("/bin/true"), nobody, ProgramChannel.PATIENCE)
                        .deliver(new AlertChannel.AlertMessage("1", Bytes.empty()))
                        .taken())
                .isFalse();
    }

    @Test
    void aWeakSecretOrAnOpenAddressIsRefusedWithoutRepeatingIt() {
        URI https = URI.create("https://alerts.example/hook");
        for (String weak : List.of("", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!not-base64-but-secret!!!", KEY)) {
            assertThatThrownBy(() -> WebhookChannel.at(post, https, new Secret(weak), clock.utc()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasNoCause()
                    .hasMessageNotContaining("not-base64");
        }
        Secret good = new Secret("whsec_" + KEY);
        assertThatThrownBy(() -> WebhookChannel.at(post, URI.create("http://alerts.example/hook"), good, clock.utc()))
                .isInstanceOf(IllegalArgumentException.class);
        for (String address : List.of("", "http://hooks.example/s3cret", "https:// /s3cret", "ftp://x/s3cret")) {
            assertThatThrownBy(() -> SlackChannel.at(post, new Secret(address)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasNoCause()
                    .hasMessageNotContaining("s3cret");
        }
    }
}
