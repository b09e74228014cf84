package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.gate.NotSentException;
import dev.interlock.testing.WaitLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Tests that a client that disconnects while the upstream is silent is noticed, in either protocol. A client that only
 * waits is left alone.
 */
@Timeout(300) // nothing here waits by the clock; what is not ended hangs until then
final class ClientDisconnectTest {

    private static final ClientLimits SOON = FrontFixture.lookingAfter(Duration.ofMillis(20));
    private static final ClientLimits LATE = FrontFixture.lookingAfter(Duration.ofMinutes(5));

    private static final String STREAM =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "9\r\ndata: 1\n\n\r\n";

    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    /** The upstream's side of the connection has ended. */
    private final CountDownLatch hungUp = new CountDownLatch(1);

    private ScriptedUpstream upstream;
    private FrontFixture setting;

    /** Starts an upstream that sends {@code beginning}, and then nothing. */
    private void silentAfter(String beginning, ClientLimits limits) throws IOException {
        open(limits, line -> {
            line.say(beginning);
            try {
                line.awaitEnd();
            } finally {
                hungUp.countDown();
            }
        });
    }

    private void open(ClientLimits limits, ScriptedUpstream.Script then) throws IOException {
        upstream = new ScriptedUpstream(line -> {
            line.head();
            asked.countDown();
            then.run(line);
        });
        setting = new FrontFixture(upstream.address(), limits);
    }

    @AfterEach
    void close() throws Exception {
        goOn.countDown();
        setting.close();
        upstream.close();
    }

    @Test
    void aQuietStreamEndsUpstreamWithItsClient() throws Exception {
        silentAfter(STREAM, SOON);
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/events", "")).head();
            assertThat(client.chunk()).isEqualTo("data: 1\n\n");
        }
        hungUp.await();
        setting.handler.landed.await();
        assertThat(setting.handler.endings).hasSize(1); // its outcome was on record before
    }

    /** HTTP/2 reports the end at once, and nobody has to wait through a silence. */
    @Test
    void aQuietStreamOfHttp2EndsUpstreamAtOnce() throws Exception {
        silentAfter(STREAM, LATE);
        try (StreamClient client = new StreamClient(setting.address)) {
            StreamClient.OpenRequest sending =
                    client.begin().head(StreamClient.head("GET", "/up/events", setting.address), true);
            sending.begun.await();
            sending.reset();
            hungUp.await();
            setting.handler.landed.await();
            assertThat(client.connection.isActive()).isTrue();
        }
    }

    @Test
    void aReadIsAbandonedWithoutItsClient() throws Exception {
        silentAfter("", SOON);
        setting.handler.looks = true;
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/slow", ""));
            asked.await();
        }
        hungUp.await();
    }

    @Test
    void aReadIsAbandonedWithoutItsStream() throws Exception {
        silentAfter("", LATE);
        setting.handler.looks = true;
        try (StreamClient client = new StreamClient(setting.address)) {
            StreamClient.OpenRequest sending =
                    client.begin().head(StreamClient.head("GET", "/up/slow", setting.address), true);
            asked.await();
            sending.reset();
            hungUp.await();
        }
        while (setting.handler.failures.isEmpty()) { // the class's time limit ends it
            WaitLoop.pause();
        }
        assertThat(setting.handler.failures).singleElement().isNotInstanceOf(NotSentException.class);
    }

    /** Its outcome must be recorded, even if nobody waits for it. */
    @Test
    void aWriteContinuesWithoutItsClient() throws Exception {
        open(SOON, line -> {
            goOn.await();
            line.say("HTTP/1.1 204 No Content\r\n\r\n");
        });
        try (StreamClient client = new StreamClient(setting.address)) {
            StreamClient.OpenRequest sending =
                    client.begin().head(StreamClient.head("DELETE", "/up/x", setting.address), true);
            asked.await();
            sending.reset();
            // Frames of a connection arrive in order: the reset has been seen when this is refused.
            setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
            assertThat(client.send(StreamClient.head("GET", "/up/y", setting.address), "")
                            .status())
                    .isEqualTo("403");
        }
        goOn.countDown();
        setting.handler.landed.await();
        assertThat(setting.handler.failures).isEmpty();
        assertThat(setting.handler.endings).hasSize(1);
    }

    /**
     * A client that waited is still watched when its call goes. The call goes on, and its body stays in memory as long.
     */
    @Test
    void aContinuingCallKeepsItsBodyBudget() throws Exception {
        open(LATE, line -> {
            goOn.await();
            line.say("HTTP/1.1 204 No Content\r\n\r\n");
        });
        setting.handler.does = FakeHandler.FakeBehaviour.WAIT_AND_FORWARD;
        setting.handler.decided.countDown();
        long all = setting.front.bodiesLeft();
        int length = 2 * BodyBudget.UNCOUNTED;
        try (RawClient client = setting.client()) {
            client.send(setting.request("POST", "/up/x", "Prefer: wait=9\r\nContent-Length: " + length + "\r\n"))
                    .send(new byte[length]);
            asked.await();
        }
        setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
        for (int i = 0; i < 4 * Runtime.getRuntime().availableProcessors(); i++) { // each event loop has seen it end
            try (RawClient later = setting.client()) {
                later.send(setting.request("GET", "/up/y", ""));
                assertThat(later.reply().status()).isEqualTo(403);
            }
        }
        assertThat(all - setting.front.bodiesLeft()).isGreaterThanOrEqualTo(length);
        goOn.countDown();
        while (setting.front.bodiesLeft() != all) { // the class's time limit ends it
            WaitLoop.pause();
        }
    }

    @Test
    void aHalfClosedClientGetsItsWholeStream() throws Exception {
        open(LATE, line -> {
            line.say(STREAM);
            goOn.await();
            line.say("9\r\ndata: 2\n\n\r\n0\r\n\r\n");
        });
        setting.handler.looks = true;
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/events", "")).endOutput().head();
            assertThat(client.chunk()).isEqualTo("data: 1\n\n");
            goOn.countDown();
            assertThat(client.chunk()).isEqualTo("data: 2\n\n");
            assertThat(client.chunk()).isEmpty();
        }
    }

    /** Watching for its end reads what it sends next, once. */
    @Test
    void aPresentClientGetsItsAnswers() throws Exception {
        CountDownLatch second = new CountDownLatch(1);
        open(SOON, line -> {
            line.say(STREAM);
            goOn.await();
            line.say("0\r\n\r\n");
            line.head();
            second.countDown();
            line.say("HTTP/1.1 204 No Content\r\n\r\n");
        });
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/events", "")).head();
            assertThat(client.chunk()).isEqualTo("data: 1\n\n");
            client.send(setting.request("GET", "/up/y", ""));
            goOn.countDown();
            assertThat(client.chunk()).isEmpty();
            assertThat(client.reply().status()).isEqualTo(204);
        }
        second.await();
    }
}
