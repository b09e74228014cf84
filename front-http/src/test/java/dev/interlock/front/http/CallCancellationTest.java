package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.gate.NotSentException;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that a call that is cut off ends on both sides, in either protocol. */
@Timeout(300) // nothing here waits by the clock; what is not cut off hangs until then
final class CallCancellationTest {

    /** The upstream's side of the connection has ended. */
    private final CountDownLatch hungUp = new CountDownLatch(1);

    private final CountDownLatch asked = new CountDownLatch(1);
    private volatile String beginning = "";
    private ScriptedUpstream upstream;
    private FrontFixture setting;

    @BeforeEach
    void open() throws Exception {
        upstream = new ScriptedUpstream(line -> {
            line.head();
            asked.countDown();
            line.say(beginning);
            try {
                line.awaitEnd();
            } finally {
                hungUp.countDown();
            }
        });
        setting = new FrontFixture(upstream.address());
    }

    @AfterEach
    void close() throws Exception {
        setting.close();
        upstream.close();
    }

    private static String chunked(String chunk) {
        return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                + Integer.toHexString(chunk.length()) + "\r\n" + chunk + "\r\n";
    }

    @Test
    void aStreamOfEventsEndsInTheMiddle() throws Exception {
        beginning = chunked("data: 1\n\n");
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/events", ""));
            assertThat(client.head().getFirst()).contains("200");
            assertThat(client.chunk()).isEqualTo("data: 1\n\n");
            setting.handler.cut.run();
            assertThat(client.rest()).isEmpty(); // not even the last chunk that would complete it
        }
        hungUp.await();
        setting.handler.landed.await();
    }

    @Test
    void aStreamOfEventsEndsInTheMiddleInHttp2() throws Exception {
        beginning = chunked("data: 1\n\n");
        try (StreamClient client = new StreamClient(setting.address)) {
            StreamClient.OpenRequest sending =
                    client.begin().head(StreamClient.head("GET", "/up/events", setting.address), true);
            sending.begun.await();
            setting.handler.cut.run();
            StreamClient.Reply reply = sending.reply.get();
            assertThat(reply.status()).isEqualTo("reset");
            assertThat(reply.body()).isEqualTo("data: 1\n\n");
            assertThat(client.connection.isActive()).isTrue(); // its other streams are other calls
        }
        hungUp.await();
        setting.handler.landed.await();
    }

    /**
     * The thread that passes the answer on may be stuck with a client that does not read, and not watch the upstream.
     */
    @Test
    void theClientIsCutOffEvenIfItDoesNotRead() {
        EmbeddedChannel before = new EmbeddedChannel();
        EmbeddedChannel after = new EmbeddedChannel();
        UpstreamExchange passage = setting.upstreams.to(FrontFixture.route(upstream.address()));
        passage.passOnTo(new ClientWriter(before, Duration.ofDays(1), Duration.ofDays(1)));
        passage.cut();
        assertThat(before.isOpen()).isFalse();
        passage.passOnTo(new ClientWriter(after, Duration.ofDays(1), Duration.ofDays(1)));
        assertThat(after.isOpen()).isFalse();
    }

    @Test
    void aCallThatWaitsForItsAnswerIsAbandoned() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request("POST", "/up/x", "Content-Length: 0\r\n"));
            asked.await();
            setting.handler.cut.run();
            assertThat(client.reply().status()).isEqualTo(403); // which says that it may have happened
        }
        hungUp.await();
        assertThat(setting.handler.failures)
                .singleElement()
                .isNotInstanceOf(NotSentException.class)
                .extracting(IOException::getMessage)
                .isEqualTo("the call was aborted");
        assertThat(upstream.connections).hasSize(1); // never again
    }

    /** A bug of ours in the answers' scanner used to lose one connection slot at the upstream each time. */
    @Test
    void anUnscannableAnswerIsAbandoned() throws Exception {
        beginning = chunked("data: 1\n\n");
        setting.handler.lookout = (_, _) -> {
            throw new IllegalStateException("a bug");
        };
        try (RawClient client = setting.client()) {
            client.send(setting.request("POST", "/up/events", "Content-Length: 0\r\n"));
            assertThat(client.reply().status()).isEqualTo(403);
            hungUp.await();
        }
    }

    @Test
    void aCallCutBeforeSendingIsNotSent() {
        UpstreamExchange passage = setting.upstreams.to(FrontFixture.route(upstream.address()));
        passage.cut();
        assertThatThrownBy(() -> passage.forward(
                        UpstreamClientTest.call(upstream.address(), "GET", ""), setting.handler.credential))
                .isInstanceOf(NotSentException.class);
        assertThat(upstream.connections).isEmpty();
    }

    @Test
    void aFinishedCallIsNotCutOff() throws Exception {
        try (ScriptedUpstream quick = ScriptedUpstream.always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                FrontFixture own = new FrontFixture(quick.address());
                RawClient client = own.client()) {
            client.send(own.request("POST", "/up/x", "Content-Length: 0\r\n"));
            assertThat(client.reply().body()).isEqualTo("ok");
            own.handler.landed.await();
            own.handler.cut.run();
            client.send(own.request("POST", "/up/x", "Content-Length: 0\r\n"));
            assertThat(client.reply().body()).isEqualTo("ok");
        }
    }
}
