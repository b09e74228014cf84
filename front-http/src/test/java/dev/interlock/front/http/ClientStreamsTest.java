package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.testing.WaitLoop;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests HTTP/2 by prior knowledge, with the same requests and the same care. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
final class ClientStreamsTest {

    private ScriptedUpstream upstream;
    private FrontFixture setting;
    private StreamClient client;

    @BeforeEach
    void open() throws Exception {
        upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"));
        setting = new FrontFixture(upstream.address());
        client = new StreamClient(setting.address);
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        setting.close();
        upstream.close();
    }

    private Http2Headers head(String method, String path) {
        return StreamClient.head(method, path, setting.address);
    }

    @Test
    void aClientThatOffersHttp2IsAnsweredInHttp1() throws Exception {
        try (HttpClient jdk = HttpClient.newHttpClient()) { // offers h2c with its first request
            URI uri = URI.create("http://127.0.0.1:" + setting.address.getPort() + "/up/x");
            HttpResponse<String> answer =
                    jdk.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.body()).isEqualTo("ok");
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
            assertThat(setting.handler.call(0).headers()).isEmpty();
        }
    }

    @Test
    void http2RequestsReadLikeHttp1() throws Exception {
        Http2Headers head = head("POST", "/up/x?q=%31")
                .add("content-type", "application/json")
                .add("cookie", "a=1")
                .add("x-b", "2")
                .add("cookie", "b=2")
                .add("te", "trailers");
        assertThat(client.send(head, "{}").status()).isEqualTo("200");
        assertThat(setting.handler.call(0).headers())
                .containsExactly(new Header("content-type", "application/json"), new Header("x-b", "2"));
        assertThat(setting.handler.attempts.getFirst().presented())
                .extracting(presented -> presented.carrier())
                .allMatch(carrier -> carrier.contains("cookie"))
                .hasSize(2);
        assertThat(upstream.requests).hasSize(1);
    }

    @Test
    void manyStreamsAreAnsweredAtOnceInAnyOrder() throws Exception {
        CountDownLatch second = new CountDownLatch(1);
        try (ScriptedUpstream slow = new ScriptedUpstream(line -> {
                    while (line.request()) {
                        if (upstreamSaw(line, "first")) {
                            second.await();
                        }
                        line.say(ScriptedUpstream.ok("done"));
                    }
                });
                FrontFixture both = new FrontFixture(slow.address());
                StreamClient streams = new StreamClient(both.address)) {
            StreamClient.OpenRequest first =
                    streams.begin().head(StreamClient.head("GET", "/up/first", both.address), true);
            assertThat(streams.send(StreamClient.head("GET", "/up/second", both.address), "")
                            .body())
                    .isEqualTo("done");
            assertThat(first.reply).isNotDone();
            second.countDown();
            assertThat(first.reply.get().body()).isEqualTo("done");
        }
    }

    private static boolean upstreamSaw(ScriptedUpstream.Line line, String path) {
        return line.latest().contains("/" + path);
    }

    @Test
    void aLargeAnswerComesThroughTheClientsWindow() throws Exception {
        String large = "0123456789".repeat(50_000);
        try (ScriptedUpstream much = ScriptedUpstream.always(ScriptedUpstream.ok(large));
                FrontFixture one = new FrontFixture(much.address());
                StreamClient streams = new StreamClient(one.address)) {
            assertThat(streams.send(StreamClient.head("GET", "/up/x", one.address), "")
                            .body())
                    .isEqualTo(large);
        }
    }

    private static Arguments bad(String name, UnaryOperator<Http2Headers> change, String reason) {
        return Arguments.of(name, change, reason);
    }

    static Stream<Arguments> malformed() {
        return Stream.of(
                bad("extended CONNECT", h -> h.add(":protocol", "websocket"), "WebSocket"),
                bad("a second path", h -> h.add(":path", "/up/y"), "given twice"),
                bad("an unknown pseudo-header", h -> h.add(":x", "y"), "pseudo-header"),
                bad("another Host", h -> h.add("host", "evil.example"), "authority"),
                bad("another authority", h -> h.authority("evil.example"), "name of this listener"),
                bad("Connection", h -> h.add("connection", "x-b"), "HTTP/2 forbids"),
                bad("Transfer-Encoding", h -> h.add("transfer-encoding", "chunked"), "HTTP/2 forbids"),
                bad("TE", h -> h.add("te", "gzip"), "HTTP/2 forbids"),
                bad("upper case", h -> h.add("X-B", "1"), "lower case"),
                bad("a name with a blank", h -> h.add("x b", "1"), "name"),
                bad("CR and LF in a value", h -> h.add("x-b", "1\r\nx: 2"), "control character"),
                bad("a NUL in a value", h -> h.add("x-b", "1\0"), "control character"),
                bad("blanks around a value", h -> h.add("x-b", " 1"), "blanks"),
                bad("a blank in the path", h -> h.path("/up/x HTTP/1.1"), "blank"),
                bad("no path", h -> h.path(""), "path"),
                bad("another scheme", h -> h.scheme("ftp"), "scheme"),
                bad("a length that does not fit", h -> h.add("content-length", "3"), "Content-Length"),
                bad("an expectation", h -> h.add("expect", "magic"), "100-continue"),
                bad("announced trailers", h -> h.add("trailer", "x"), "trailer"),
                bad("many fields", h -> manyTo(h), "more than 100"));
    }

    private static Http2Headers manyTo(Http2Headers headers) {
        for (int i = 0; i < 120; i++) {
            headers.add("x-" + i, "1");
        }
        return headers;
    }

    @Test
    void anUnknownExpectationIsRefusedWithoutBody() throws Exception {
        StreamClient.Reply reply = client.send(head("GET", "/up/x").add("expect", "magic"), "");
        assertThat(reply.status()).isEqualTo("403");
        assertThat(reply.body()).contains("not_understood", "100-continue");
        assertThat(setting.handler.attempts).isEmpty();
    }

    private Http2Headers expecting() {
        return head("POST", "/up/x").add("expect", "100-continue");
    }

    @Test
    void continueIsSentOnceOnRequest() throws Exception {
        StreamClient.OpenRequest asking = client.begin().head(expecting(), false);
        asking.toldToGoOn.await();
        assertThat(setting.handler.attempts).isEmpty(); // the body has to be read before any decision
        asking.data("{", false).data("}", true);
        assertThat(asking.reply.get().status()).isEqualTo("200");
        assertThat(asking.continues).hasValue(1);
        assertThat(setting.handler.call(0).body()).isEqualTo(Bytes.utf8("{}"));
        assertThat(setting.handler.call(0).headers()).isEmpty();
    }

    @Test
    void continueIsNotSentForUnreadOrUnrequestedBodies() throws Exception {
        StreamClient.OpenRequest longer = client.begin().head(expecting().add("content-length", "2000000"), false);
        StreamClient.OpenRequest another = client.begin().head(expecting().add("expect", "100-continue"), false);
        for (StreamClient.OpenRequest refused : List.of(longer, another)) {
            assertThat(refused.reply.get().body()).contains("not_understood");
            assertThat(refused.continues).hasValue(0);
        }
        Http2Headers called =
                expecting().add("content-type", "application/grpc").add("te", "trailers");
        StreamClient.OpenRequest grpc = client.begin().head(called, false);
        assertThat(grpc.reply.get().headers().get("grpc-status")).hasToString("12");
        assertThat(grpc.continues).hasValue(0);
        assertThat(setting.handler.attempts).isEmpty();
        StreamClient.OpenRequest nothing = client.begin().head(expecting(), true);
        StreamClient.OpenRequest silent =
                client.begin().head(head("POST", "/up/x"), false).data("{}", true);
        for (StreamClient.OpenRequest passed : List.of(nothing, silent)) {
            assertThat(passed.reply.get().status()).isEqualTo("200");
            assertThat(passed.continues).hasValue(0);
        }
    }

    /** The codec refuses some of these by itself, by resetting the stream. None may become an attempt. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void anAmbiguousStreamIsRefusedAndOthersContinue(String name, UnaryOperator<Http2Headers> change, String why)
            throws Exception {
        StreamClient.Reply reply = client.send(change.apply(head("POST", "/up/x")), "{}");
        assertThat(reply.status()).isIn("400", "403", "reset");
        if (!reply.status().equals("reset")) {
            assertThat(reply.body()).contains("not_understood").contains(why);
        }
        assertThat(setting.handler.attempts).isEmpty();
        assertThat(upstream.requests).isEmpty();
        assertThat(client.send(head("GET", "/up/fine"), "").status()).isEqualTo("200");
    }

    /** The codec may notice it first, and then ends the connection. */
    @Test
    void twoLengthsAreRefused() throws Exception {
        Http2Headers head = head("POST", "/up/x").add("content-length", "2").add("content-length", "3");
        StreamClient.OpenRequest sending = client.begin();
        sending.stream.writeAndFlush(new DefaultHttp2HeadersFrame(head));
        assertThat(sending.reply.get().status()).isIn("400", "reset");
        assertThat(setting.handler.attempts).isEmpty();
    }

    @Test
    void trailersAreRefused() throws Exception {
        StreamClient.OpenRequest sending =
                client.begin().head(head("POST", "/up/x"), false).data("{}", false);
        sending.head(new DefaultHttp2Headers(false).add("x-late", "1"), true);
        assertThat(sending.reply.get().body()).contains("trailer");
        assertThat(setting.handler.attempts).isEmpty();
    }

    @Test
    void aBodyThatIsTooLongIsRefusedByName() throws Exception {
        StreamClient.OpenRequest sending = client.begin().head(head("POST", "/up/x"), false);
        String piece = "x".repeat(64 * 1024);
        for (int i = 0; i < 20 && !sending.reply.isDone(); i++) {
            sending.stream.writeAndFlush(new io.netty.handler.codec.http2.DefaultHttp2DataFrame(
                    io.netty.buffer.Unpooled.copiedBuffer(piece, StandardCharsets.UTF_8), false));
        }
        assertThat(sending.reply.get().body()).contains("longer than");
        assertThat(sending.reset.get()).isEqualTo(Http2Error.NO_ERROR.code()); // any other would void the answer
        assertThat(setting.handler.attempts).isEmpty();
    }

    @Test
    void aResetStreamClosesTheUpstreamConnection() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        CountDownLatch began = new CountDownLatch(1);
        try (ScriptedUpstream endless = new ScriptedUpstream(line -> {
                    line.request();
                    line.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
                    began.countDown();
                    try {
                        while (true) {
                            line.say("x".repeat(10_000));
                        }
                    } finally {
                        ended.countDown();
                    }
                });
                FrontFixture one = new FrontFixture(endless.address());
                StreamClient streams = new StreamClient(one.address)) {
            StreamClient.OpenRequest sending =
                    streams.begin().head(StreamClient.head("GET", "/up/x", one.address), true);
            began.await();
            sending.reset();
            ended.await();
        }
    }

    /** CVE-2023-44487: a reset frees a stream by the rules, and leaves its work behind. */
    @Test
    void excessiveResetsCloseTheConnection() throws Exception {
        int sent = 0;
        while (client.connection.isActive() && sent < 5_000) {
            StreamClient.OpenRequest sending;
            try {
                sending = client.begin();
                sending.head(head("POST", "/up/x"), false);
                sending.reset();
            } catch (Exception e) {
                break; // the peer is gone
            }
            sent++;
        }
        client.connection.closeFuture().sync();
        assertThat(sent).isLessThan(5_000);
        try (StreamClient other = new StreamClient(setting.address)) {
            assertThat(other.send(head("GET", "/up/x"), "").status()).isEqualTo("200");
        }
    }

    /**
     * Each is too small to be counted. With 32 on each of 512 connections they would be twice the heap, before any
     * authentication.
     */
    @Test
    void theStreamsOfOneConnectionCountTogetherAndSoDoTheirHeads() throws Exception {
        long all = setting.front.bodiesLeft();
        List<StreamClient.OpenRequest> open = new ArrayList<>();
        for (int i = 0; i < ClientStreams.MAX_STREAMS; i++) {
            Http2Headers said = head("POST", "/up/x").add("x-long", "y".repeat(6_000));
            open.add(client.begin().head(said, false).data("z".repeat(2_000), false));
        }
        await(() -> all - setting.front.bodiesLeft() >= ClientStreams.MAX_STREAMS * 8_000L);
        open.removeFirst().reset();
        await(() -> all - setting.front.bodiesLeft() < ClientStreams.MAX_STREAMS * 8_000L);
        for (StreamClient.OpenRequest sending : open) {
            sending.data("z", true);
            assertThat(sending.reply.get().status()).isEqualTo("200");
        }
        await(() -> setting.front.bodiesLeft() == all);
    }

    /**
     * A reset frees a stream by the rules. A call that may write goes on to its end, and its body stays in memory as
     * long.
     */
    @Test
    void aStreamThatIsResetHoldsItsBodyUntilItsCallHasEnded() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        try (ScriptedUpstream slow = slow(answer);
                FrontFixture one = new FrontFixture(slow.address());
                StreamClient streams = new StreamClient(one.address)) {
            long all = one.front.bodiesLeft();
            int length = 2 * BodyBudget.UNCOUNTED;
            StreamClient.OpenRequest sending = streams.begin()
                    .head(StreamClient.head("POST", "/up/x", one.address), false)
                    .data("z".repeat(length), true);
            await(() -> slow.requests.size() == 1);
            sending.reset();
            requireAnswer(streams, one); // the reset has been seen
            assertThat(all - one.front.bodiesLeft()).isGreaterThanOrEqualTo(length);
            answer.countDown();
            await(() -> one.front.bodiesLeft() == all);
        }
    }

    @Test
    void abandonedCallsAreLimited() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        try (ScriptedUpstream slow = slow(answer);
                FrontFixture one = new FrontFixture(slow.address());
                StreamClient streams = new StreamClient(one.address)) {
            for (int i = 1; i <= ClientStreams.MAX_ANSWERING; i++) {
                StreamClient.OpenRequest sending =
                        streams.begin().head(StreamClient.head("POST", "/up/x", one.address), true);
                int begun = i;
                await(() -> slow.requests.size() == begun);
                sending.reset();
            }
            StreamClient.OpenRequest more = streams.begin().head(StreamClient.head("POST", "/up/x", one.address), true);
            assertThat(more.reset.get()).isEqualTo(Http2Error.REFUSED_STREAM.code());
            assertThat(one.handler.attempts).hasSize(ClientStreams.MAX_ANSWERING);
            answer.countDown();
            await(() -> one.handler.endings.size() == ClientStreams.MAX_ANSWERING);
            await(() -> isAnswered(streams, one));
        }
    }

    /** The limit counts over all connections, and whether or not a client still waits. */
    @Test
    void concurrentCallsOfAllConnectionsAreLimited() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        try (ScriptedUpstream slow = slow(answer);
                FrontFixture few = new FrontFixture(slow.address(), answering(3));
                StreamClient one = new StreamClient(few.address);
                StreamClient two = new StreamClient(few.address);
                RawClient first = few.client()) {
            List<StreamClient.OpenRequest> sent = new ArrayList<>();
            for (StreamClient streams : List.of(one, two, two)) {
                sent.add(streams.begin().head(StreamClient.head("POST", "/up/x", few.address), true));
                await(() -> slow.requests.size() == sent.size());
            }
            sent.getLast().reset();
            for (StreamClient streams : List.of(one, two)) {
                StreamClient.OpenRequest more =
                        streams.begin().head(StreamClient.head("POST", "/up/x", few.address), true);
                assertThat(more.reply.get().status())
                        .as("no reset, which would count against whoever did nothing wrong")
                        .isEqualTo("403");
                assertThat(more.reply.get().body())
                        .as("or a probe would find that it was let through")
                        .contains("\"kind\":\"unavailable\"", "nothing was sent");
            }
            assertThat(few.handler.attempts).hasSize(3);
            first.send(few.request("GET", "/nobody/x", "")); // an HTTP/1.1 connection has one request at a time
            assertThat(first.reply().status()).isEqualTo(403);
            answer.countDown();
            assertThat(sent.getFirst().reply.get().body()).isEqualTo("ok");
            await(() -> few.handler.endings.size() == 3);
            await(() -> isAnswered(one, few));
        }
    }

    private static ClientLimits answering(int most) {
        return TestingLimits.usual(parts -> parts.answering = most);
    }

    /** Starts an upstream that answers nobody before {@code answer}. */
    private static ScriptedUpstream slow(CountDownLatch answer) throws Exception {
        return new ScriptedUpstream(line -> {
            while (line.request()) {
                answer.await();
                line.say(ScriptedUpstream.ok("ok"));
            }
        });
    }

    private static boolean isAnswered(StreamClient streams, FrontFixture one) {
        try {
            return streams.send(StreamClient.head("GET", "/nobody/x", one.address), "")
                    .status()
                    .equals("403");
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void requireAnswer(StreamClient streams, FrontFixture one) {
        assertThat(isAnswered(streams, one)).isTrue();
    }

    /** Fails once the class's time limit has interrupted the thread. */
    private static void requireTime() {
        if (Thread.currentThread().isInterrupted()) {
            throw new AssertionError("it was not so in time");
        }
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            requireTime();
            WaitLoop.pause();
        }
    }

    @Test
    void moreStreamsThanAllowedWait() throws Exception {
        List<StreamClient.OpenRequest> open = new ArrayList<>();
        for (int i = 0; i < ClientStreams.MAX_STREAMS; i++) {
            open.add(client.begin().head(head("POST", "/up/x"), false));
        }
        for (StreamClient.OpenRequest sending : open) {
            sending.data("{}", true);
            assertThat(sending.reply.get().status()).isEqualTo("200");
        }
        assertThat(client.send(head("GET", "/up/x"), "").status()).isEqualTo("200");
    }
}
