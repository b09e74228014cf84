package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.SaltedDigests;
import dev.interlock.front.tls.ServerIdentity;
import dev.interlock.gate.NotSentException;
import dev.interlock.testing.TestingCertificate;
import dev.interlock.testing.WaitLoop;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests bodies that are too long to be stored. After the decision they are passed on as they arrive, if nobody has to
 * read them.
 */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
final class LongBodyTest {

    /** The length of a body that fits no buffer on the way, and is quickly sent. */
    private static final long LENGTH = 48L * 1024 * 1024;

    /**
     * The bound for buffered bytes: one read of a socket and one more piece; over HTTP/2, the stream's window besides.
     */
    private static final int BOUND = 512 * 1024;

    private static final int LITTLE = 2 * 1024 * 1024;

    @TempDir
    private Path directory;

    private final CompletableFuture<String> received = new CompletableFuture<>();
    private final CompletableFuture<String> head = new CompletableFuture<>();
    private final CountDownLatch asked = new CountDownLatch(1);
    private ScriptedUpstream upstream;
    private FrontFixture setting;

    @BeforeEach
    void open() throws Exception {
        upstream = new ScriptedUpstream(line -> {
            String said = line.head();
            head.complete(said);
            asked.countDown();
            long length = Long.parseLong(said.replaceAll("(?s).*content-length: ([0-9]+).*", "$1"));
            received.complete(line.digest(length));
            line.say(ScriptedUpstream.ok("stored"));
        });
        setting = new FrontFixture(upstream.address());
    }

    @AfterEach
    void close() throws Exception {
        setting.close();
        upstream.close();
    }

    private StreamedBody inflow() {
        return ((LongBody) setting.handler.call(0).stream().orElseThrow()).inflow();
    }

    private Path file(long length) throws IOException {
        Path file = directory.resolve("long.bin");
        byte[] block = new byte[1024 * 1024];
        new Random(7).nextBytes(block);
        try (OutputStream out = Files.newOutputStream(file)) {
            for (long written = 0; written < length; written += block.length) {
                block[0]++;
                out.write(block);
            }
        }
        try (RandomAccessFile exact = new RandomAccessFile(file.toFile(), "rw")) {
            exact.setLength(length);
        }
        return file;
    }

    private static String digest(Path file) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (DigestInputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private List<String> curl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "60", "-w", "\n%{http_code}"));
        command.addAll(List.of(arguments));
        Process curl = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<String> lines = curl.inputReader().readAllLines();
        curl.waitFor();
        return lines;
    }

    private void assertPassedOn(Path file, List<String> said) throws Exception {
        assertThat(said).containsExactly("stored", "200");
        assertThat(received.get()).isEqualTo(digest(file));
        assertThat(inflow().peak()).isPositive().isLessThan(BOUND);
        assertThat(setting.handler.endings.getFirst().sent().orElseThrow().text("body_sha256"))
                .isEqualTo(digest(file));
        assertThat(setting.handler.call(0).canonical(SaltedDigests.OPEN).toString())
                .doesNotContain("body_sha256");
        assertThat(head.get()).contains("content-length: " + LENGTH).doesNotContain("expect");
    }

    @Test
    @Tag("process")
    void curlUploadsOverHttp1() throws Exception {
        Path file = file(LENGTH);
        String url = "http://127.0.0.1:" + setting.address.getPort() + "/up/files/a";
        assertPassedOn(file, curl("-T", file.toString(), "--http1.1", url));
    }

    @Test
    @Tag("process")
    void curlUploadsOverHttp2() throws Exception {
        Path file = file(LENGTH);
        String url = "http://127.0.0.1:" + setting.address.getPort() + "/up/files/a";
        assertPassedOn(file, curl("-T", file.toString(), "--http2-prior-knowledge", url));
    }

    @Test
    @Tag("process")
    void curlUploadsOverTls() throws Exception {
        TestingCertificate certificate = TestingCertificate.forName("localhost");
        ServerIdentity identity = ServerIdentity.read(
                certificate.pem().getBytes(StandardCharsets.US_ASCII),
                certificate.key().getBytes(StandardCharsets.US_ASCII),
                Instant.now());
        Path file = file(LENGTH);
        for (String protocol : List.of("--http1.1", "--http2")) {
            try (FrontFixture encrypted = new FrontFixture(upstream.address(), ClientLimits.DEFAULT, () -> identity)) {
                String url = "https://localhost:" + encrypted.address.getPort() + "/up/files/a";
                assertThat(curl("-k", "-T", file.toString(), protocol, url)).containsExactly("stored", "200");
                assertThat(((LongBody) encrypted.handler.call(0).stream().orElseThrow())
                                .inflow()
                                .peak())
                        .isLessThan(BOUND);
            }
        }
        assertThat(received.get()).isEqualTo(digest(file));
    }

    private String put(String more) {
        return setting.request("PUT", "/up/files/a", "Content-Length: " + LITTLE + "\r\n" + more);
    }

    @Test
    void continueIsSentOnlyAfterPermission() throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
        try (RawClient client = setting.client()) {
            client.send(put("Expect: 100-continue\r\n"));
            assertThat(client.head().getFirst()).startsWith("HTTP/1.1 403");
        }
        setting.handler.does = FakeHandler.FakeBehaviour.FORWARD;
        try (RawClient client = setting.client()) {
            client.send(put("Expect: 100-continue\r\n"));
            assertThat(client.head().getFirst()).isEqualTo("HTTP/1.1 100 Continue");
            asked.await();
            client.send(new byte[LITTLE]);
            assertThat(client.reply().body()).isEqualTo("stored");
        }
    }

    @Test
    void http2ContinueIsSentOnceAfterPermission() throws Exception {
        try (StreamClient client = new StreamClient(setting.address)) {
            setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
            StreamClient.OpenRequest refused = client.begin().head(expecting(), false);
            assertThat(refused.reply.get().status()).isEqualTo("403");
            assertThat(refused.continues).hasValue(0);

            setting.handler.does = FakeHandler.FakeBehaviour.WAIT_AND_FORWARD;
            StreamClient.OpenRequest sending = client.begin().head(expecting(), false);
            setting.handler.waiting.await();
            // Frames of one connection arrive in order: nothing was sent before this.
            assertThat(client.send(StreamClient.head("GET", "/x/y", setting.address), "")
                            .status())
                    .isEqualTo("403");
            assertThat(sending.continues).hasValue(0);
            setting.handler.decided.countDown();
            sending.toldToGoOn.await();
            sending.data("x".repeat(LITTLE / 2), false).data("x".repeat(LITTLE / 2), true);
            assertThat(sending.reply.get().body()).isEqualTo("stored");
            assertThat(sending.continues).hasValue(1);
        }
        assertThat(head.get()).doesNotContain("expect");
    }

    @Test
    void http2ContinueIsSentOnlyOnRequest() throws Exception {
        try (StreamClient client = new StreamClient(setting.address)) {
            StreamClient.OpenRequest sending =
                    client.begin().head(headOfStream(), false).data("x".repeat(LITTLE), true);
            assertThat(sending.reply.get().body()).isEqualTo("stored");
            assertThat(sending.continues).hasValue(0);
        }
    }

    private Http2Headers expecting() {
        return headOfStream().add("expect", "100-continue");
    }

    @Test
    void aLongBodyThatMustBeReadIsRefused() throws Exception {
        for (String request : List.of(
                setting.request("POST", "/up/files/a", "Content-Length: " + LITTLE + "\r\n"),
                setting.request("PUT", "/up/graphql", "Content-Length: " + LITTLE + "\r\n"),
                put("Content-Encoding: gzip\r\n"),
                setting.request("PUT", "/elsewhere/files/a", "Content-Length: " + LITTLE + "\r\n"))) {
            try (RawClient client = setting.client()) {
                client.send(request);
                assertThat(client.reply().status()).isEqualTo(403);
                assertThat(client.rest()).isEmpty();
            }
        }
        assertThat(setting.handler.attempts).isEmpty();
        assertThat(setting.unread.getFirst().refusal().reason()).contains("longer than");
    }

    /** The length is in the digest that is decided on; a pipe does not know it, so the body is stored first. */
    @Test
    @Tag("process")
    void aBodyOfUnknownLengthIsStoredFirst() throws Exception {
        setting.handler.receives = true;
        Path file = file(LENGTH);
        String url = "http://127.0.0.1:" + setting.address.getPort() + "/up/files/a";
        for (String protocol : List.of("--http1.1", "--http2-prior-knowledge")) {
            Process curl = new ProcessBuilder("curl", "-sS", "--max-time", "60", protocol, "-T", "-", url)
                    .redirectErrorStream(true)
                    .redirectInput(file.toFile())
                    .start();
            assertThat(curl.inputReader().readAllLines()).containsExactly("stored");
            curl.waitFor();
        }
        assertThat(received.get()).isEqualTo(digest(file));
        assertThat(head.get()).contains("content-length: " + LENGTH).doesNotContain("chunked");
        assertThat(setting.handler.requests)
                .hasSize(2)
                .allSatisfy(request -> assertThat(request.whole("body_length")).isEqualTo(LENGTH))
                .allSatisfy(request -> assertThat(request.text("body_digest"))
                        .isEqualTo(SaltedDigests.OPEN.of(HexFormat.of().parseHex(received.join()))));
        assertThat(FrontFixture.SPOOLS).isEmptyDirectory();
        assertThat(inflow().peak()).isLessThan(2 * BodyFraming.DEFAULT_MAX_BODY);
    }

    @Test
    void aBodyBeyondTheDiskIsRefused() throws Exception {
        setting.handler.receives = true;
        try (RawClient client = setting.client()) {
            client.send(setting.request("PUT", "/up/files/a", "Content-Length: " + (BodySpool.LONGEST + 1) + "\r\n"));
            assertThat(client.reply().body()).contains("longer than " + BodySpool.LONGEST);
        }
        assertThat(upstream.connections).isEmpty();
    }

    @Test
    void aStoredBodyIsEncrypted() throws Exception {
        try (BodySpool.StoredBody stored = FrontFixture.spool().create()) {
            byte[] text = "a conversation ".repeat(10_000).getBytes(StandardCharsets.US_ASCII);
            try (OutputStream out = stored.write()) {
                out.write(text);
            }
            assertThat(stored.open().readAllBytes()).isEqualTo(text);
            java.nio.ByteBuffer raw = java.nio.ByteBuffer.allocate(text.length);
            stored.channel().read(raw, 0);
            assertThat(new String(raw.array(), StandardCharsets.ISO_8859_1)).doesNotContain("conversation");
            assertThat(stored.channel().size()).isEqualTo(text.length);
        }
    }

    @Test
    void aShortBodyIsBufferedAndDigested() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request("PUT", "/up/files/a", "Content-Length: 3\r\n") + "abc");
            assertThat(client.reply().status()).isEqualTo(200);
        }
        assertThat(setting.handler.call(0).isWhole()).isTrue();
        assertThat(setting.handler.endings.getFirst().sent()).isEmpty();
    }

    @Test
    void aBrokenUploadClosesTheUpstreamConnection() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(put("")).send(new byte[1000]);
            asked.await();
        }
        assertThat(received.get()).startsWith("ended ");
        awaitFailure();
    }

    @Test
    void aBrokenUploadStreamClosesTheUpstreamConnection() throws Exception {
        try (StreamClient client = new StreamClient(setting.address)) {
            StreamClient.OpenRequest sending =
                    client.begin().head(headOfStream(), false).data("some", false);
            asked.await();
            sending.reset();
        }
        assertThat(received.get()).startsWith("ended ");
        awaitFailure();
    }

    @Test
    void aStreamShorterThanItsLengthIsIncomplete() throws Exception {
        try (StreamClient client = new StreamClient(setting.address)) {
            client.begin().head(headOfStream(), false).data("some", true);
            assertThat(received.get()).startsWith("ended ");
            awaitFailure();
        }
    }

    private Http2Headers headOfStream() {
        return StreamClient.head("PUT", "/up/files/a", setting.address).add("content-length", Integer.toString(LITTLE));
    }

    /** The call may have happened: a failure of the client never means that nothing was sent. */
    private void awaitFailure() {
        while (setting.handler.failures.isEmpty()) { // the class's time limit ends it
            WaitLoop.pause();
        }
        assertThat(setting.handler.failures.getFirst()).isNotInstanceOf(NotSentException.class);
    }

    @Test
    void aStalledUploadTimesOut() throws Exception {
        Duration forever = Duration.ofMinutes(5);
        ClientLimits limits = TestingLimits.patient(forever, parts -> {
            parts.request = Duration.ofMillis(50);
            parts.linger = Duration.ofSeconds(1);
            parts.drain = Duration.ofSeconds(1);
        });
        try (FrontFixture hasty = new FrontFixture(upstream.address(), limits);
                RawClient client = hasty.client()) {
            client.send(hasty.request("PUT", "/up/files/a", "Content-Length: 5000\r\n"));
            assertThat(client.reply().status()).isEqualTo(403);
            assertThat(received.get()).startsWith("ended ");
            assertThat(hasty.handler.failures).hasSize(1);
        }
    }

    @Test
    void anEarlyAnswerIsDeliveredAndTheBodyIsIncomplete() throws Exception {
        try (ScriptedUpstream full = new ScriptedUpstream(line -> {
                    line.head();
                    line.say("HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nfull");
                    line.awaitEnd();
                });
                FrontFixture early = new FrontFixture(full.address());
                RawClient client = early.client()) {
            client.send(early.request("PUT", "/up/files/a", "Content-Length: " + LITTLE + "\r\n"));
            RawClient.Reply reply = client.reply();
            assertThat(reply.status()).isEqualTo(413);
            assertThat(reply.header("connection")).contains("close");
            assertThat(early.handler.endings.getFirst().sent().orElseThrow().canonical())
                    .asString(StandardCharsets.UTF_8)
                    .contains("\"body_complete\":false")
                    .doesNotContain("sha256");
        }
    }

    @Test
    void aCutEndsAnUploadOnBothSides() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(put("")).send(new byte[1000]);
            asked.await();
            setting.handler.cut.run();
            assertThat(received.get()).startsWith("ended ");
            assertThat(client.reply().status()).isEqualTo(403);
            assertThat(client.rest()).isEmpty();
        }
        awaitFailure();
    }

    @Test
    void bytesAfterTheBodyAreNotForwarded() throws Exception {
        byte[] body = new byte[LITTLE];
        try (RawClient client = setting.client()) {
            client.send(put("")).send(body).send("GET /up/x HTTP/1.1\r\n\r\n");
            assertThat(client.reply().body()).isEqualTo("stored");
            assertThat(client.rest()).isEmpty();
        }
        assertThat(received.get())
                .isEqualTo(HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(body)));
        assertThat(setting.handler.attempts).hasSize(1);
        assertThat(upstream.connections).hasSize(1);
    }
}
