package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Receipt;
import dev.interlock.gate.Upstream;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests upstreams that answer an upload before they have all of it: no more is sent than the receipt says. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
final class EarlyAnswerTest {

    private static final int FIRST = 1000;

    /** The length of a body that is too long to be stored, and fits all buffers and windows on the way at once. */
    private static final int LENGTH = 60_000;

    /** Counts down when the client has sent all of it. */
    private final CountDownLatch sent = new CountDownLatch(1);

    /** The number of bytes after the head of the answer. */
    private final CompletableFuture<Integer> after = new CompletableFuture<>();

    private static ClientLimits keepingLittle() {
        return TestingLimits.usual(parts -> parts.body = FIRST);
    }

    @ParameterizedTest
    @CsvSource({"200, UNKNOWN", "413, FAILED", "503, UNKNOWN"})
    void http1SendsNoMoreThanAnnounced(int status, Receipt.Result result) throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream(line -> {
            line.head();
            line.read(FIRST);
            line.say("HTTP/1.1 " + status + " Early\r\nTransfer-Encoding: chunked\r\n\r\n");
            sent.await();
            line.say("2\r\nok\r\n0\r\n\r\n");
            after.complete(line.countToEnd());
        })) {
            assertStops(upstream, FrontFixture.route(upstream.address()), result);
        }
    }

    @ParameterizedTest
    @CsvSource({"200, UNKNOWN", "413, FAILED", "503, UNKNOWN"})
    void http2SendsNoMoreThanAnnounced(int status, Receipt.Result result) throws Exception {
        CompletableFuture<Integer> code = new CompletableFuture<>();
        try (ScriptedUpstream upstream = new ScriptedUpstream(line -> {
            RawHttp2Peer frames = RawHttp2Peer.greeted(line);
            int stream = frames.request().stream();
            for (int read = 0; read < FIRST; ) {
                read += frames.await(RawHttp2Peer.DATA).payload().length;
            }
            frames.head(stream, 0, ":status", Integer.toString(status));
            sent.await();
            frames.data(stream, RawHttp2Peer.END_STREAM, "ok");
            after.complete(count(frames, code));
        })) {
            assertStops(upstream, FrontFixture.priorKnowledge(upstream.address()), result);
            assertThat(code).isCompletedWithValue(RawHttp2Peer.CANCEL);
        }
    }

    /**
     * Returns the number of bytes until the body ends or is given up, and completes {@code code} with the reset's code.
     */
    private static int count(RawHttp2Peer frames, CompletableFuture<Integer> code) throws IOException {
        int count = 0;
        RawHttp2Peer.Frame frame = frames.next();
        while (frame.type() != RawHttp2Peer.RST_STREAM) {
            if (frame.type() == RawHttp2Peer.DATA) {
                count += frame.payload().length;
            }
            if (frame.type() == RawHttp2Peer.DATA && frame.isEnd()) {
                return count;
            }
            frame = frames.next();
        }
        code.complete(frame.code());
        return count;
    }

    private void assertStops(ScriptedUpstream upstream, UpstreamRoutes.UpstreamRoute route, Receipt.Result result)
            throws Exception {
        Upstream.AnswerOutcome ending;
        try (FrontFixture setting = new FrontFixture(route, keepingLittle());
                RawClient client = setting.client()) {
            client.send(put(setting)).send(new byte[FIRST]);
            assertThat(client.head()).isNotEmpty();
            client.send(new byte[LENGTH - FIRST]);
            requireHeard(setting);
            sent.countDown();
            assertThat(client.rest()).contains("ok");
            ending = setting.handler.endings.getFirst();
        }
        assertThat(after.get()).isZero();
        assertThat(upstream.connections).hasSize(1);
        assertThat(ending.result()).isEqualTo(result);
        assertThat(ending.sent().orElseThrow().canonical())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("{\"body_complete\":false,\"body_length\":" + FIRST + "}");
    }

    /** Makes enough requests that every thread of the front has read its connections since; it has fewer threads. */
    private static void requireHeard(FrontFixture setting) throws IOException {
        for (int i = 0; i < 50; i++) {
            try (RawClient other = setting.client()) {
                other.send(setting.request("GET", "/nobody/x", ""));
                assertThat(other.reply().status()).isEqualTo(403);
            }
        }
    }

    private static String put(FrontFixture setting) {
        return setting.request("PUT", "/up/files/a", "Content-Length: " + LENGTH + "\r\n");
    }

    /**
     * The answer arrives when all of the body was accepted and its last part has not left: the connection stays in use.
     */
    @Test
    void stoppingOneCallDoesNotStopTheNext() {
        Queue<ChannelPromise> leaving = new ArrayDeque<>();
        BodyPump pump = new BodyPump();
        EmbeddedChannel channel = new EmbeddedChannel(new OutputGate(leaving), pump);
        StreamedBody body = new StreamedBody(3, () -> {});
        ChannelFuture whole = channel.write(new StreamedRequest(HttpMethod.PUT, "/x", body));
        leaving.remove().setSuccess(); // the head
        body.put(new byte[3]);
        channel.runPendingTasks();
        pump.stop();
        leaving.remove().setSuccess(); // the body
        leaving.remove().setSuccess(); // its end
        assertThat(whole.isSuccess()).isTrue();

        StreamedBody next = new StreamedBody(3, () -> {});
        ChannelFuture half = channel.write(new StreamedRequest(HttpMethod.PUT, "/y", next));
        leaving.remove().setSuccess();
        next.fail("the client disconnected");
        channel.runPendingTasks();
        assertThat(half.cause()).hasMessage("the client disconnected");
        assertThat(channel.isOpen()).isFalse();
    }

    /** Holds all output back until a test releases it. */
    private static final class OutputGate extends ChannelOutboundHandlerAdapter {
        private final Queue<ChannelPromise> leaving;

        private OutputGate(Queue<ChannelPromise> leaving) {
            this.leaving = leaving;
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            ReferenceCountUtil.release(message);
            leaving.add(promise);
        }
    }

    /** An answer to the whole body stops nothing, and the connection serves the next call. */
    @Test
    void aCompleteCallsConnectionIsReused() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream(line -> {
                    while (!line.head().isEmpty()) {
                        line.read(LENGTH);
                        line.say(ScriptedUpstream.ok("ok"));
                    }
                });
                FrontFixture setting = new FrontFixture(FrontFixture.route(upstream.address()), keepingLittle())) {
            for (int i = 0; i < 20; i++) {
                try (RawClient client = setting.client()) {
                    client.send(put(setting)).send(new byte[LENGTH]);
                    assertThat(client.reply().body()).isEqualTo("ok");
                }
                Upstream.AnswerOutcome ending = setting.handler.endings.get(i);
                assertThat(ending.result()).isEqualTo(Receipt.Result.DONE);
                assertThat(ending.sent().orElseThrow().text("body_sha256")).hasSize(64);
            }
            assertThat(upstream.connections).hasSize(1);
        }
    }
}
