package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.gate.Credential;
import dev.interlock.gate.NotSentException;
import dev.interlock.testing.TestingCertificate;
import dev.interlock.testing.WaitLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests HTTP/2 towards an upstream that sends exactly the frames of a test. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class UpstreamStreamsTest {

    private static final Credential CREDENTIAL =
            _ -> Optional.of(new Header("Authorization", "Bearer " + FakeHandler.REAL));

    /** The first stream's number. The codec's client reserves 1 for an upgrade from HTTP/1.1 that is never made. */
    private static final int FIRST = 3;

    private static final int SECOND = 5;

    private TestingCertificate certificate;
    private UpstreamClient client;

    /** The requests' heads, in the order of their arrival. */
    private final List<RawHttp2Peer.Head> heads = new CopyOnWriteArrayList<>();

    @BeforeAll
    void make(@TempDir Path directory) throws Exception {
        certificate = TestingCertificate.forName("localhost");
    }

    @BeforeEach
    void open() {
        heads.clear();
        client = new UpstreamClient();
    }

    @AfterEach
    void close() {
        client.close();
    }

    @AfterAll
    void forget() {
        certificate = null;
    }

    interface Script {
        void run(RawHttp2Peer line) throws Exception;
    }

    private ScriptedUpstream upstream(Script script) throws Exception {
        return connections(line -> script.run(RawHttp2Peer.greeted(line)));
    }

    private ScriptedUpstream connections(ScriptedUpstream.Script script) throws Exception {
        return new ScriptedUpstream(certificate.listen("h2"), "https", script);
    }

    private RawHttp2Peer.Head request(RawHttp2Peer line) throws IOException {
        RawHttp2Peer.Head head = line.request();
        heads.add(head);
        return head;
    }

    private UpstreamAnswer send(ScriptedUpstream upstream, String method, String path, String body) throws IOException {
        return send(client, upstream, method, path, body);
    }

    private UpstreamAnswer send(
            UpstreamClient through, ScriptedUpstream upstream, String method, String path, String body)
            throws IOException {
        URI address = upstream.address("localhost");
        HttpCall call = new HttpCall(
                method,
                address.getRawAuthority(),
                path,
                List.of(),
                List.of(new Header("accept", "*/*")),
                Bytes.utf8(body));
        return passage(through, upstream).forward(call, CREDENTIAL);
    }

    private UpstreamExchange passage(UpstreamClient through, ScriptedUpstream upstream) {
        return through.to(FrontFixture.route(upstream.address("localhost"), Optional.of(certificate.pem())));
    }

    private CompletableFuture<String> begin(ScriptedUpstream upstream, String path) {
        CompletableFuture<String> text = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                text.complete(text(send(upstream, "POST", path, "")));
            } catch (IOException | RuntimeException e) {
                text.completeExceptionally(e);
            }
        });
        return text;
    }

    private static String text(UpstreamAnswer answer) throws IOException {
        try (answer) {
            StringBuilder text = new StringBuilder();
            Optional<byte[]> piece = answer.next();
            while (piece.isPresent()) {
                text.append(new String(piece.get(), StandardCharsets.UTF_8));
                piece = answer.next();
            }
            return text.toString();
        }
    }

    private static Throwable failure(CompletableFuture<String> call) throws InterruptedException {
        try {
            return new AssertionError("it was answered with " + call.get());
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    /** Requires a failure after which the call may have happened, and is not repeated. */
    private static void assertUnknown(Throwable failure) {
        assertThat(failure).isInstanceOf(IOException.class).isNotInstanceOf(NotSentException.class);
    }

    @Test
    void theRequestIsRewrittenAsInHttp1() throws Exception {
        CompletableFuture<String> body = new CompletableFuture<>();
        try (ScriptedUpstream upstream = upstream(line -> {
            RawHttp2Peer.Head head = request(line);
            body.complete(line.body());
            line.ok(head.stream());
            line.await(-1);
        })) {
            URI address = URI.create(upstream.address("localhost") + "/base/");
            HttpCall call = new HttpCall(
                    "POST",
                    address.getRawAuthority(),
                    "/a b;c+é/",
                    List.of(new Parameter("q", "1&2=+ \n"), new Parameter("flag", "")),
                    List.of(new Header("content-type", "application/json"), new Header("x-b", "2")),
                    Bytes.utf8("{}"));
            UpstreamAnswer answer = client.to(FrontFixture.route(address, Optional.of(certificate.pem())))
                    .forward(call, CREDENTIAL);
            assertThat(text(answer)).isEqualTo("ok");
            assertThat(heads.getFirst().fields())
                    .containsExactly(
                            ":method: POST",
                            ":scheme: https",
                            ":authority: " + address.getRawAuthority(),
                            ":path: /base/a%20b%3Bc%2B%C3%A9/?q=1%262%3D%2B%20%0A&flag=",
                            "user-agent: interlock",
                            "accept-encoding: identity",
                            "authorization: Bearer " + FakeHandler.REAL,
                            "content-type: application/json",
                            "x-b: 2",
                            "content-length: 2");
            assertThat(body.get()).isEqualTo("{}");
        }
    }

    /** The next call cannot measure what the connection's tables never contain (RFC 7541 §6.2.3). */
    @Test
    void noFieldIsRememberedByTheConnection() throws Exception {
        CompletableFuture<RawHttp2Peer.Frame> first = new CompletableFuture<>();
        try (ScriptedUpstream upstream = upstream(line -> {
            RawHttp2Peer.Frame head = line.await(RawHttp2Peer.HEADERS);
            first.complete(head);
            line.ok(head.stream());
            RawHttp2Peer.Frame second = line.await(RawHttp2Peer.HEADERS);
            line.head(second.stream(), 0, ":status", "200")
                    .data(
                            second.stream(),
                            RawHttp2Peer.END_STREAM,
                            Boolean.toString(Arrays.equals(second.payload(), head.payload())));
            line.await(-1);
        })) {
            assertThat(text(send(upstream, "GET", "/x", ""))).isEqualTo("ok");
            assertThat(text(send(upstream, "GET", "/x", ""))).isEqualTo("true");
            assertThat(new String(first.get().payload(), StandardCharsets.ISO_8859_1))
                    .contains(FakeHandler.REAL);
        }
    }

    @Test
    void manyCallsShareOneConnection() throws Exception {
        int many = 20;
        try (ScriptedUpstream upstream = upstream(line -> {
            for (int i = 0; i < many; i++) {
                request(line);
            }
            for (RawHttp2Peer.Head head : heads.reversed()) {
                line.head(head.stream(), 0, ":status", "200").data(head.stream(), RawHttp2Peer.END_STREAM, head.path());
            }
            line.await(-1);
        })) {
            List<CompletableFuture<String>> calls = new ArrayList<>();
            for (int i = 0; i < many; i++) {
                calls.add(begin(upstream, "/" + i));
            }
            for (int i = 0; i < many; i++) {
                assertThat(calls.get(i).get()).isEqualTo("/" + i);
            }
            assertThat(upstream.connections).hasSize(1);
        }
    }

    @Test
    void theUpstreamsStreamLimitIsRespected() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        try (ScriptedUpstream upstream = connections(connection -> {
            RawHttp2Peer line = RawHttp2Peer.greeted(connection, RawHttp2Peer.MAX_CONCURRENT_STREAMS, 1);
            RawHttp2Peer.Head head = request(line);
            both.countDown();
            both.await(); // the other call uses another connection
            line.ok(head.stream());
            line.ok(request(line).stream());
            line.await(-1);
        })) {
            CompletableFuture<String> first = begin(upstream, "/a");
            CompletableFuture<String> second = begin(upstream, "/b");
            assertThat(first.get()).isEqualTo("ok");
            assertThat(second.get()).isEqualTo("ok");
            assertThat(heads).extracting(RawHttp2Peer.Head::stream).containsExactly(FIRST, FIRST);
            assertThat(text(send(upstream, "GET", "/c", ""))).isEqualTo("ok");
            assertThat(upstream.connections).hasSize(2);
        }
    }

    /** Otherwise each call would leave one more open connection behind, until none can be opened any more. */
    @Test
    void aConnectionWithoutStreamsIsClosed() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        try (ScriptedUpstream upstream = connections(connection -> {
            RawHttp2Peer line = RawHttp2Peer.greeted(connection, RawHttp2Peer.MAX_CONCURRENT_STREAMS, 0);
            try {
                line.await(-1);
            } finally {
                closed.countDown();
            }
        })) {
            assertThatThrownBy(() -> send(upstream, "GET", "/a", ""))
                    .isInstanceOf(NotSentException.class)
                    .hasMessage("the upstream accepts no streams");
            closed.await();
        }
    }

    @Test
    void aLoweredStreamLimitIsRespected() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        try (ScriptedUpstream upstream = connections(connection -> {
            RawHttp2Peer line = RawHttp2Peer.greeted(connection);
            RawHttp2Peer.Head head = request(line);
            line.settings(RawHttp2Peer.MAX_CONCURRENT_STREAMS, 1);
            line.await(RawHttp2Peer.SETTINGS); // it is known there
            line.head(head.stream(), 0, ":status", "200").data(head.stream(), 0, "o");
            both.countDown();
            both.await();
            line.data(head.stream(), RawHttp2Peer.END_STREAM, "k");
            line.await(-1);
        })) {
            UpstreamAnswer first = send(upstream, "GET", "/a", "");
            CompletableFuture<String> second = begin(upstream, "/b");
            assertThat(second.get()).isEqualTo("ok");
            assertThat(text(first)).isEqualTo("ok");
            assertThat(upstream.connections).hasSize(2);
        }
    }

    /** Streams above the last one were not and will not be processed; the others may have been (RFC 9113 §6.8). */
    @Test
    void onlyCallsUnprocessedAtAGoAwayAreRetried() throws Exception {
        CountDownLatch moved = new CountDownLatch(1);
        try (ScriptedUpstream upstream = connections(connection -> {
            RawHttp2Peer line = RawHttp2Peer.greeted(connection);
            if (heads.isEmpty()) {
                request(line);
                request(line);
                request(line);
                line.goAway(SECOND, RawHttp2Peer.NO_ERROR);
                moved.await();
                line.ok(FIRST);
                return; // and the second stays unanswered
            }
            RawHttp2Peer.Head head = request(line);
            line.head(head.stream(), 0, ":status", "200").data(head.stream(), RawHttp2Peer.END_STREAM, "moved");
            moved.countDown();
            line.await(-1);
        })) {
            List<CompletableFuture<String>> calls =
                    List.of(begin(upstream, "/a"), begin(upstream, "/b"), begin(upstream, "/c"));
            CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new))
                    .exceptionally(_ -> null)
                    .get();
            assertThat(calls.get(path(2)).get()).isEqualTo("moved");
            assertThat(calls.get(path(0)).get()).isEqualTo("ok");
            assertUnknown(failure(calls.get(path(1))));
            assertThat(heads).hasSize(4);
            assertThat(heads.get(3).path()).isEqualTo(heads.get(2).path());
            assertThat(upstream.connections).hasSize(2);
        }
    }

    /** Returns which of the calls a, b and c arrived as number {@code index}. */
    private int path(int index) {
        return heads.get(index).path().charAt(1) - 'a';
    }

    @Test
    void aConnectionAfterAGoAwayGetsNoCall() throws Exception {
        try (ScriptedUpstream upstream = connections(connection -> {
            RawHttp2Peer line = RawHttp2Peer.greeted(connection);
            RawHttp2Peer.Head head = request(line);
            line.goAway(Integer.MAX_VALUE, RawHttp2Peer.NO_ERROR);
            line.ok(head.stream());
            line.await(-1);
        })) {
            for (int i = 0; i < 2; i++) {
                assertThat(text(send(upstream, "POST", "/x", ""))).isEqualTo("ok");
            }
            assertThat(upstream.connections).hasSize(2);
        }
    }

    @Test
    void anUnprocessedCallIsSentTwiceAtMost() throws Exception {
        try (ScriptedUpstream upstream = upstream(line -> {
            request(line);
            line.goAway(0, RawHttp2Peer.NO_ERROR);
            line.await(-1);
        })) {
            assertThatThrownBy(() -> send(upstream, "POST", "/x", "")).isInstanceOf(NotSentException.class);
            assertThat(heads).hasSize(2);
        }
    }

    @Test
    void aStreamThatIsRefusedWasNotSentAndIsNotTriedAgain() throws Exception {
        try (ScriptedUpstream upstream = upstream(line -> {
            line.reset(request(line).stream(), RawHttp2Peer.REFUSED_STREAM);
            line.ok(request(line).stream());
            line.await(-1);
        })) {
            assertThatThrownBy(() -> send(upstream, "POST", "/x", ""))
                    .isInstanceOf(NotSentException.class)
                    .hasMessageContaining("refused the stream");
            assertThat(heads).hasSize(1);
            assertThat(text(send(upstream, "POST", "/y", ""))).isEqualTo("ok");
            assertThat(upstream.connections).hasSize(1);
        }
    }

    /** Its pieces were sent, and are stored nowhere. */
    @Test
    void aStreamedBodyIsSentOnce() throws Exception {
        List<Script> denials = List.of(
                line -> line.goAway(0, RawHttp2Peer.NO_ERROR), line -> line.reset(FIRST, RawHttp2Peer.REFUSED_STREAM));
        for (Script denial : denials) {
            try (ScriptedUpstream upstream = upstream(line -> {
                        request(line);
                        line.await(RawHttp2Peer.DATA);
                        denial.run(line);
                        line.await(-1);
                    });
                    FrontFixture setting =
                            new FrontFixture(upstream.address("localhost"), Optional.of(certificate.pem()));
                    RawClient agent = setting.client()) {
                agent.send(setting.request("PUT", "/up/files/a", "Content-Length: 2000000\r\n"))
                        .send(new byte[1000]);
                assertThat(agent.reply().status()).isEqualTo(403);
                assertThat(setting.handler.failures).singleElement().isInstanceOf(NotSentException.class);
                assertThat(upstream.connections).hasSize(1);
            }
        }
    }

    /** Half a body must not pass for a whole one, and no other call is affected. */
    @Test
    void aClientThatBreaksOffItsUploadResetsTheStream() throws Exception {
        CompletableFuture<RawHttp2Peer.Frame> reset = new CompletableFuture<>();
        try (ScriptedUpstream upstream = upstream(line -> {
                    request(line);
                    line.await(RawHttp2Peer.DATA);
                    RawHttp2Peer.Frame next = line.next();
                    while (next.type() == RawHttp2Peer.DATA && !next.isEnd()) {
                        next = line.next();
                    }
                    reset.complete(next);
                    line.ok(request(line).stream());
                    line.await(-1);
                });
                FrontFixture setting =
                        new FrontFixture(upstream.address("localhost"), Optional.of(certificate.pem()))) {
            try (RawClient agent = setting.client()) {
                agent.send(setting.request("PUT", "/up/files/a", "Content-Length: 2000000\r\n"))
                        .send(new byte[1000]);
                while (heads.isEmpty()) { // the class's time limit ends it
                    WaitLoop.pause();
                }
            }
            assertThat(reset.get().type()).isEqualTo(RawHttp2Peer.RST_STREAM);
            assertThat(reset.get().code()).isEqualTo(RawHttp2Peer.CANCEL);
            try (RawClient agent = setting.client()) {
                agent.send(setting.request("GET", "/up/x", ""));
                assertThat(agent.reply().body()).isEqualTo("ok");
            }
            assertUnknown(setting.handler.failures.getFirst());
            assertThat(upstream.connections).hasSize(1);
        }
    }

    @Test
    void aCallThatTheUpstreamMayHaveDoneIsUnknownAndNotTriedAgain() throws Exception {
        List<Script> ends = new ArrayList<>();
        ends.add(this::request);
        ends.add(line -> line.goAway(request(line).stream(), RawHttp2Peer.INTERNAL_ERROR));
        for (int code : List.of(RawHttp2Peer.NO_ERROR, RawHttp2Peer.INTERNAL_ERROR, RawHttp2Peer.CANCEL, 0xd)) {
            ends.add(line -> {
                line.reset(request(line).stream(), code);
                line.await(-1);
            });
        }
        for (String status : List.of("100", "200")) {
            ends.add(line -> {
                RawHttp2Peer.Head head = request(line);
                line.head(head.stream(), 0, ":status", status);
                line.reset(head.stream(), RawHttp2Peer.REFUSED_STREAM);
                line.await(-1);
            });
        }
        for (Script end : ends) {
            heads.clear();
            try (ScriptedUpstream upstream = upstream(end)) {
                assertUnknown(catchThrowable(() -> text(send(upstream, "POST", "/x", ""))));
                assertThat(upstream.connections).hasSize(1);
                assertThat(heads).hasSize(1);
            }
        }
    }

    /** Received frames are read before anything is written, as in HTTP/1.1. */
    @Test
    void aClosedConnectionIsNoticedBeforeWriting() throws Exception {
        for (boolean goodbye : List.of(true, false)) {
            CountDownLatch leave = new CountDownLatch(1);
            CountDownLatch left = new CountDownLatch(1);
            CountDownLatch free = new CountDownLatch(1);
            MultiThreadIoEventLoopGroup one = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
            try (UpstreamClient single = new UpstreamClient(UpstreamLimits.DEFAULT, one);
                    ScriptedUpstream upstream = connections(connection -> {
                        RawHttp2Peer line = RawHttp2Peer.greeted(connection);
                        line.ok(request(line).stream());
                        leave.await();
                        if (goodbye) {
                            line.goAway(FIRST, RawHttp2Peer.NO_ERROR);
                        } else {
                            line.say(RawHttp2Peer.PING, 0, 0, new byte[8]);
                            connection.hangUp();
                        }
                        left.countDown();
                        line.await(-1);
                    })) {
                assertThat(text(send(single, upstream, "POST", "/1", ""))).isEqualTo("ok");
                SingleThreadEventExecutor loop = (SingleThreadEventExecutor) one.next();
                CountDownLatch busy = new CountDownLatch(1);
                loop.execute(() -> {
                    busy.countDown();
                    awaitQuietly(free); // the loop is busy while the peer disconnects
                });
                busy.await();
                leave.countDown();
                left.await();
                FutureTask<String> second = new FutureTask<>(() -> text(send(single, upstream, "POST", "/2", "")));
                Thread.startVirtualThread(second);
                while (loop.pendingTasks() == 0) {
                    WaitLoop.pause();
                }
                free.countDown();
                assertThat(second.get()).isEqualTo("ok");
                assertThat(upstream.connections).hasSize(2);
            }
        }
        assertThat(heads).extracting(RawHttp2Peer.Head::path).containsExactly("/1", "/2", "/1", "/2");
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aCutEndsOneStreamAndNoOther() throws Exception {
        CompletableFuture<RawHttp2Peer.Frame> reset = new CompletableFuture<>();
        CountDownLatch both = new CountDownLatch(1);
        try (ScriptedUpstream upstream = upstream(line -> {
            RawHttp2Peer.Head first = request(line);
            line.head(first.stream(), 0, ":status", "200").data(first.stream(), 0, "x");
            RawHttp2Peer.Head second = request(line);
            both.countDown();
            reset.complete(line.await(RawHttp2Peer.RST_STREAM));
            line.ok(second.stream());
            line.await(-1);
        })) {
            URI address = upstream.address("localhost");
            UpstreamExchange passage = passage(client, upstream);
            try (UpstreamAnswer events = passage.forward(UpstreamClientTest.call(address, "GET", ""), CREDENTIAL)) {
                assertThat(events.next()).isPresent();
                CompletableFuture<String> other = begin(upstream, "/other");
                both.await();
                passage.cut();
                assertThat(reset.get().stream()).isEqualTo(FIRST);
                assertThat(reset.get().code()).isEqualTo(RawHttp2Peer.CANCEL);
                assertThatThrownBy(() -> text(events)).hasMessage("the call was aborted");
                assertThat(other.get()).isEqualTo("ok");
            }
        }
    }

    @Test
    void aCutBeforeTheHeadOfTheAnswerResetsTheStream() throws Exception {
        CompletableFuture<RawHttp2Peer.Frame> reset = new CompletableFuture<>();
        CountDownLatch asked = new CountDownLatch(1);
        try (ScriptedUpstream upstream = upstream(line -> {
            request(line);
            asked.countDown();
            reset.complete(line.await(RawHttp2Peer.RST_STREAM));
            line.await(-1);
        })) {
            UpstreamExchange passage = passage(client, upstream);
            FutureTask<UpstreamAnswer> call = new FutureTask<>(() ->
                    passage.forward(UpstreamClientTest.call(upstream.address("localhost"), "POST", ""), CREDENTIAL));
            Thread.startVirtualThread(call);
            asked.await();
            passage.cut();
            assertThatThrownBy(call::get).hasRootCauseMessage("the call was aborted");
            assertThat(reset.get().code()).isEqualTo(RawHttp2Peer.CANCEL);
        }
    }

    @Test
    void anUnreadAnswerIsReset() throws Exception {
        CompletableFuture<RawHttp2Peer.Frame> reset = new CompletableFuture<>();
        try (ScriptedUpstream upstream = upstream(line -> {
            line.head(request(line).stream(), 0, ":status", "200").data(FIRST, 0, "x");
            reset.complete(line.await(RawHttp2Peer.RST_STREAM));
            line.ok(request(line).stream());
            line.await(-1);
        })) {
            send(upstream, "GET", "/x", "").close();
            assertThat(reset.get().code()).isEqualTo(RawHttp2Peer.CANCEL);
            assertThat(text(send(upstream, "GET", "/y", ""))).isEqualTo("ok");
            assertThat(upstream.connections).hasSize(1);
        }
    }

    /** A server that counts resets would end the connection under all its other calls. */
    @Test
    void aConnectionWithManyOwnResetsGetsNoFurtherCall() throws Exception {
        AtomicInteger connections = new AtomicInteger();
        CountDownLatch moved = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        try (ScriptedUpstream upstream = connections(connection -> {
            RawHttp2Peer line = RawHttp2Peer.greeted(connection);
            if (connections.incrementAndGet() > 1) {
                line.ok(request(line).stream());
                line.await(-1);
            }
            line.head(request(line).stream(), 0, ":status", "200").data(FIRST, 0, "o");
            for (int i = 0; i < UpstreamStreams.MAX_RESETS; i++) {
                int left = request(line).stream();
                line.head(left, 0, ":status", "200").data(left, 0, "x").awaitReset(left);
            }
            moved.await();
            line.data(FIRST, RawHttp2Peer.END_STREAM, "k");
            try {
                line.await(-1);
            } finally {
                closed.countDown();
            }
        })) {
            UpstreamAnswer first = send(upstream, "GET", "/long", "");
            for (int i = 0; i < UpstreamStreams.MAX_RESETS; i++) {
                assertThat(upstream.connections).hasSize(1);
                send(upstream, "GET", "/left", "").close();
            }
            assertThat(text(send(upstream, "GET", "/next", ""))).isEqualTo("ok");
            assertThat(upstream.connections).hasSize(2);
            moved.countDown();
            assertThat(text(first)).isEqualTo("ok");
            closed.await();
        }
    }

    @Test
    void interimAnswersAndTrailersAreLeftOut() throws Exception {
        try (ScriptedUpstream upstream = upstream(line -> {
            int stream = request(line).stream();
            line.head(stream, 0, ":status", "100").head(stream, 0, ":status", "103", "link", "x");
            line.head(stream, 0, ":status", "200", "x", "1").data(stream, 0, "ok");
            line.head(stream, RawHttp2Peer.END_STREAM, "x-checksum", "1", "interlock-receipt", "R-forged");
            line.await(-1);
        })) {
            UpstreamAnswer answer = send(upstream, "GET", "/x", "");
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.headers()).containsExactly(new Header("x", "1"));
            assertThat(text(answer)).isEqualTo("ok");
        }
    }

    @Test
    void anAnswerToHeadHasNoBodyWhateverItsLengthSays() throws Exception {
        try (ScriptedUpstream upstream = upstream(line -> {
            for (int i = 0; i < 2; i++) {
                line.head(request(line).stream(), RawHttp2Peer.END_STREAM, ":status", "200", "content-length", "1000");
            }
            line.await(-1);
        })) {
            for (int i = 0; i < 2; i++) {
                assertThat(text(send(upstream, "HEAD", "/x", ""))).isEmpty();
            }
        }
    }

    @Test
    void anUpstreamMayAnswerBeforeItHasReadTheRequest() throws Exception {
        CompletableFuture<RawHttp2Peer.Frame> reset = new CompletableFuture<>();
        try (ScriptedUpstream upstream = upstream(line -> {
            int stream = request(line).stream();
            line.head(stream, 0, ":status", "413", "content-length", "2").data(stream, RawHttp2Peer.END_STREAM, "no");
            reset.complete(
                    line.await(RawHttp2Peer.RST_STREAM)); // it opens no window: the rest would lie there for ever
            line.ok(request(line).stream());
            line.await(-1);
        })) {
            UpstreamAnswer answer = send(upstream, "POST", "/x", "x".repeat(1024 * 1024));
            assertThat(answer.status()).isEqualTo(413);
            assertThat(text(answer)).isEqualTo("no");
            assertThat(reset.get().stream()).isEqualTo(FIRST);
            assertThat(text(send(upstream, "GET", "/y", ""))).isEqualTo("ok");
            assertThat(upstream.connections).hasSize(1);
        }
    }

    @Test
    void ambiguousAnswersAreRefused() throws Exception {
        List<Script> wrong = List.of(
                line -> line.head(FIRST, RawHttp2Peer.END_STREAM, "x", "no status"),
                line -> line.head(FIRST, RawHttp2Peer.END_STREAM, ":status", "200", ":status", "404"),
                line -> line.head(FIRST, RawHttp2Peer.END_STREAM, ":status", "20"),
                line -> line.head(FIRST, RawHttp2Peer.END_STREAM, ":status", "101"),
                line -> line.head(FIRST, RawHttp2Peer.END_STREAM, ":status", "100"),
                line -> line.head(FIRST, RawHttp2Peer.END_STREAM, ":status", "200", ":path", "/"),
                line -> line.head(FIRST, RawHttp2Peer.END_STREAM, ":status", "200", "X-Upper", "1"),
                line -> line.head(FIRST, RawHttp2Peer.END_STREAM, ":status", "200", "a b", "1"),
                line -> line.head(FIRST, RawHttp2Peer.END_STREAM, ":status", "200", "x", "a\r\nset-cookie: b"),
                line -> line.head(FIRST, RawHttp2Peer.END_STREAM, ":status", "200", "x", "a\0b"),
                line -> line.head(FIRST, RawHttp2Peer.END_STREAM, ":status", "200", "connection", "close"),
                line -> line.head(FIRST, RawHttp2Peer.END_STREAM, ":status", "200", "transfer-encoding", "chunked"),
                line -> line.head(FIRST, 0, ":status", "200", "content-length", "2x")
                        .data(FIRST, RawHttp2Peer.END_STREAM, "ok"),
                line -> line.head(FIRST, 0, ":status", "200", "content-length", "2", "content-length", "3")
                        .data(FIRST, RawHttp2Peer.END_STREAM, "ok"),
                line -> line.head(FIRST, 0, ":status", "200", "content-length", "3")
                        .data(FIRST, RawHttp2Peer.END_STREAM, "ok"),
                line -> line.head(FIRST, 0, ":status", "200", "content-length", "1")
                        .data(FIRST, RawHttp2Peer.END_STREAM, "ok"),
                line -> line.head(FIRST, RawHttp2Peer.END_STREAM, ":status", "200", "content-length", "2"),
                line -> line.head(FIRST, 0, ":status", "204").data(FIRST, RawHttp2Peer.END_STREAM, "ok"),
                line -> line.data(FIRST, RawHttp2Peer.END_STREAM, "ok"),
                line -> line.head(FIRST, 0, ":status", "200")
                        .head(FIRST, 0, ":status", "200")
                        .data(FIRST, RawHttp2Peer.END_STREAM, "ok"));
        for (int i = 0; i < wrong.size(); i++) {
            Script script = wrong.get(i);
            try (ScriptedUpstream upstream = upstream(line -> {
                request(line);
                script.run(line);
                line.ok(request(line).stream());
                line.await(-1);
            })) {
                Throwable failure = catchThrowable(() -> text(send(upstream, "GET", "/x", "")));
                assertThat(failure).as("answer " + i).isInstanceOf(IOException.class);
                assertUnknown(failure);
                assertThat(text(send(upstream, "GET", "/y", "")))
                        .as("after answer " + i)
                        .isEqualTo("ok");
                assertThat(upstream.connections).as("after answer " + i).hasSize(1);
            }
        }
    }

    @Test
    void aHeadThatIsTooLongIsRefusedAlone() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        String kilobyte = "x".repeat(1000);
        String[] fields = new String[2 + 2 * 70];
        Arrays.fill(fields, kilobyte);
        for (int i = 0; i < fields.length; i += 2) {
            fields[i] = i == 0 ? ":status" : "x-" + i;
        }
        fields[1] = "200";
        byte[] section = RawHttp2Peer.section(fields);
        try (ScriptedUpstream upstream = upstream(line -> {
            request(line);
            request(line);
            int half = 16_000;
            line.say(RawHttp2Peer.HEADERS, RawHttp2Peer.END_STREAM, FIRST, Arrays.copyOf(section, half));
            for (int from = half; from < section.length; from += half) {
                int to = Math.min(section.length, from + half);
                line.say(
                        RawHttp2Peer.CONTINUATION,
                        to == section.length ? RawHttp2Peer.END_HEADERS : 0,
                        FIRST,
                        Arrays.copyOfRange(section, from, to));
            }
            line.ok(SECOND);
            both.await();
        })) {
            List<CompletableFuture<String>> calls = List.of(begin(upstream, "/a"), begin(upstream, "/b"));
            CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new))
                    .exceptionally(_ -> null)
                    .get();
            assertUnknown(failure(calls.get(path(0))));
            assertThat(calls.get(path(1)).get()).isEqualTo("ok");
            assertThat(upstream.connections).hasSize(1);
        }
    }

    /** Each of these would go on for ever without a limit. */
    @Test
    void excessiveFramesEndTheConnection() throws Exception {
        List<Script> floods = List.of(
                line -> line.say(RawHttp2Peer.SETTINGS, 0, 0),
                line -> line.say(RawHttp2Peer.PING, 0, 0, new byte[8]),
                line -> line.say(RawHttp2Peer.CONTINUATION, 0, FIRST, RawHttp2Peer.section("x", "y")),
                line -> line.data(FIRST, 0, ""),
                line -> line.flood(RawHttp2Peer.WINDOW_UPDATE, 0, 0, new byte[] {0, 0, 0, 1}),
                line -> line.flood(RawHttp2Peer.PRIORITY, 0, 1001, new byte[] {0, 0, 0, 0, 16}),
                line -> line.flood(RawHttp2Peer.UNKNOWN, 0, 0, new byte[1000]),
                line -> line.flood(RawHttp2Peer.UNKNOWN, 0, FIRST),
                line -> line.say(RawHttp2Peer.PUSH_PROMISE, RawHttp2Peer.END_HEADERS, FIRST, new byte[] {0, 0, 0, 2}));
        for (int i = 0; i < floods.size(); i++) {
            Script flood = floods.get(i);
            boolean inHead = i == 2;
            CountDownLatch ended = new CountDownLatch(1);
            try (ScriptedUpstream upstream = upstream(line -> {
                request(line);
                if (inHead) {
                    line.say(RawHttp2Peer.HEADERS, 0, FIRST, RawHttp2Peer.section(":status", "200"));
                } else {
                    line.head(FIRST, 0, ":status", "200");
                }
                try {
                    while (true) {
                        flood.run(line);
                    }
                } finally {
                    ended.countDown();
                }
            })) {
                assertUnknown(catchThrowable(() -> text(send(upstream, "GET", "/x", ""))));
                ended.await();
            }
        }
    }

    @Test
    void manyUnreadSmallFramesFailOnlyTheirCall() throws Exception {
        CompletableFuture<RawHttp2Peer.Frame> reset = new CompletableFuture<>();
        try (ScriptedUpstream upstream = upstream(line -> {
            line.head(request(line).stream(), 0, ":status", "200");
            for (int i = 0; i < 5000; i++) {
                line.data(FIRST, 0, "x");
            }
            reset.complete(line.awaitReset(FIRST));
            line.ok(request(line).stream());
            line.await(-1);
        })) {
            UpstreamAnswer unread = send(upstream, "GET", "/x", "");
            reset.get();
            assertUnknown(catchThrowable(() -> text(unread)));
            assertThat(text(send(upstream, "GET", "/y", ""))).isEqualTo("ok");
            assertThat(upstream.connections).hasSize(1);
        }
    }

    @Test
    void unknownFramesAreNotStored() throws Exception {
        int pieces = 250;
        long before = StreamRestraintTest.buffered();
        CompletableFuture<Long> kept = new CompletableFuture<>();
        try (ScriptedUpstream upstream = upstream(line -> {
            line.head(request(line).stream(), 0, ":status", "200");
            byte[] full = new byte[16 * 1024];
            for (int i = 0; i < pieces; i++) {
                for (int j = 0; j < 16; j++) {
                    line.say(RawHttp2Peer.UNKNOWN, 0, FIRST, full);
                }
                line.data(FIRST, i + 1 < pieces ? 0 : RawHttp2Peer.END_STREAM, "x");
            }
            line.settle();
            kept.complete(StreamRestraintTest.buffered() - before);
            line.await(-1);
        })) {
            UpstreamAnswer unread = send(upstream, "GET", "/x", "");
            assertThat(kept.get()).isLessThan(16 * 1024 * 1024);
            assertThat(text(unread)).isEqualTo("x".repeat(pieces));
        }
    }

    @Test
    void anUnreadAnswerBlocksNoOther() throws Exception {
        int frame = 16 * 1024;
        int frames = 2000;
        CompletableFuture<Integer> before = new CompletableFuture<>();
        try (ScriptedUpstream upstream = connections(connection -> {
            RawHttp2Peer line = RawHttp2Peer.greeted(connection);
            int window = line.window();
            request(line);
            line.head(FIRST, 0, ":status", "200");
            byte[] piece = new byte[frame];
            int sent = 0;
            for (; window >= frame; window -= frame, sent++) {
                line.say(RawHttp2Peer.DATA, 0, FIRST, piece);
            }
            before.complete(sent);
            line.ok(request(line).stream()); // while the first has not been read at all
            for (; sent < frames; sent++, window -= frame) {
                while (window < frame) {
                    RawHttp2Peer.Frame update = line.await(RawHttp2Peer.WINDOW_UPDATE);
                    window += update.stream() == FIRST ? update.code() : 0;
                }
                line.say(RawHttp2Peer.DATA, 0, FIRST, piece);
            }
            line.say(RawHttp2Peer.DATA, RawHttp2Peer.END_STREAM, FIRST);
            line.await(-1);
        })) {
            UpstreamAnswer slow = send(upstream, "GET", "/slow", "");
            assertThat(before.get() * frame).isLessThanOrEqualTo(UpstreamStreams.WINDOW);
            assertThat(text(send(upstream, "GET", "/quick", ""))).isEqualTo("ok");
            long read = 0;
            try (slow) {
                Optional<byte[]> piece = slow.next();
                while (piece.isPresent()) {
                    read += piece.get().length;
                    piece = slow.next();
                }
                assertThat(slow.body().peak()).isLessThanOrEqualTo(2 * UpstreamStreams.WINDOW);
            }
            assertThat(read).isEqualTo((long) frames * frame);
        }
    }

    /** Before them it is not certain that it speaks HTTP/2, nor how many streams it accepts. */
    @Test
    void withoutSettingsNothingIsSent() throws Exception {
        Duration moment = Duration.ofSeconds(3); // for the handshake, and once more for the wait that fails
        UpstreamLimits hasty = new UpstreamLimits(moment, moment, moment, moment, 1);
        MultiThreadIoEventLoopGroup one = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        CountDownLatch ended = new CountDownLatch(1);
        try (UpstreamClient impatient = new UpstreamClient(hasty, one);
                ScriptedUpstream upstream = connections(connection -> {
                    try {
                        request(RawHttp2Peer.of(connection));
                    } finally {
                        ended.countDown();
                    }
                })) {
            assertThatThrownBy(() -> send(impatient, upstream, "POST", "/x", ""))
                    .isInstanceOf(NotSentException.class)
                    .hasMessageContaining("does not speak the protocol");
            ended.await();
            assertThat(heads).isEmpty();
        }
    }

    @Test
    void anUnansweredCallTimesOut() throws Exception {
        Duration patient = Duration.ofSeconds(20);
        UpstreamLimits hasty = new UpstreamLimits(patient, Duration.ofMillis(50), patient, patient, 1);
        MultiThreadIoEventLoopGroup one = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (UpstreamClient impatient = new UpstreamClient(hasty, one);
                ScriptedUpstream upstream = upstream(line -> line.await(-1))) {
            for (int i = 0; i < 2; i++) { // the second shows that the first released its only slot
                assertThatThrownBy(() -> send(impatient, upstream, "GET", "/x", ""))
                        .hasMessageContaining("silent")
                        .isNotInstanceOf(NotSentException.class);
            }
            assertThat(upstream.connections).hasSize(1);
        }
    }

    @Test
    void aConnectionUnderOneTrustIsNotUsedUnderAnother() throws Exception {
        try (ScriptedUpstream upstream = upstream(line -> {
            line.ok(request(line).stream());
            line.await(-1);
        })) {
            assertThat(text(send(upstream, "GET", "/x", ""))).isEqualTo("ok");
            URI address = upstream.address("localhost");
            assertThatThrownBy(() -> client.to(FrontFixture.route(address))
                            .forward(UpstreamClientTest.call(address, "GET", ""), CREDENTIAL))
                    .isInstanceOf(NotSentException.class);
            assertThat(heads).hasSize(1);
        }
    }
}
