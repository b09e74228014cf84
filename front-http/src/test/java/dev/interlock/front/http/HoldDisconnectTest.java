package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that the connection of a client that waits for people is watched meanwhile, in either protocol. */
@Timeout(300) // nothing here waits by the clock; a client whose end is not noticed hangs until then
final class HoldDisconnectTest {

    private ScriptedUpstream upstream;
    private FrontFixture setting;

    @BeforeEach
    void open() throws Exception {
        upstream = new ScriptedUpstream(line -> {
            line.head();
            line.say("HTTP/1.1 204 No Content\r\n\r\n");
        });
        setting = new FrontFixture(upstream.address());
    }

    @AfterEach
    void close() throws Exception {
        setting.handler.decided.countDown();
        setting.close();
        upstream.close();
    }

    @Test
    void theWaitLimitIsPassedOnAndNotPartOfTheCall() throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.HOLD;
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/x", "Prefer: wait=20, return=minimal\r\n"));
            RawClient.Reply reply = client.reply();
            assertThat(reply.status()).isEqualTo(403);
            assertThat(reply.header("preference-applied")).isEmpty(); // nobody waited
            assertThat(reply.body()).contains("Prefer: wait=300");
        }
        assertThat(setting.handler.attempts.getFirst().waitLimit()).isEqualTo(Duration.ofSeconds(20));
        assertThat(setting.handler.call(0).header("prefer")).contains("return=minimal");
    }

    @Test
    void theClientLearnsThatItWaited() throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.WAIT_AND_FORWARD;
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/x", "Prefer: wait=1000\r\n"));
            setting.handler.waiting.await();
            setting.handler.decided.countDown();
            RawClient.Reply reply = client.reply();
            assertThat(reply.status()).isEqualTo(204);
            assertThat(reply.header("preference-applied")).contains("wait=300");
            setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
            client.send(setting.request("GET", "/up/x", "")); // the connection goes on
            assertThat(client.reply().status()).isEqualTo(403);
        }
        assertThat(setting.handler.gone.getCount()).isOne();
    }

    @Test
    void aPipelinedRequestIsAnsweredAfterTheHeldOne() throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.WAIT_AND_FORWARD;
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/x", "Prefer: wait=9\r\n"));
            setting.handler.waiting.await();
            client.send(setting.request("GET", "/up/y", ""));
            setting.handler.decided.countDown();
            assertThat(client.reply().header("preference-applied")).contains("wait=9");
            assertThat(client.reply().status()).isEqualTo(204);
        }
    }

    @Test
    void aDisconnectEndsTheWait() throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.WAIT;
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/x", "Prefer: wait=9\r\n"));
            setting.handler.waiting.await();
        }
        setting.handler.gone.await();
    }

    @Test
    void aStreamResetEndsTheWait() throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.WAIT;
        try (StreamClient client = new StreamClient(setting.address)) {
            StreamClient.OpenRequest sending = client.begin()
                    .head(StreamClient.head("GET", "/up/x", setting.address).set("prefer", "wait=9"), true);
            setting.handler.waiting.await();
            sending.reset();
            setting.handler.gone.await();
            assertThat(client.connection.isActive()).isTrue();
        }
    }

    @Test
    void aStreamsClientLearnsThatItWaited() throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.WAIT_AND_FORWARD;
        try (StreamClient client = new StreamClient(setting.address)) {
            StreamClient.OpenRequest sending = client.begin()
                    .head(StreamClient.head("GET", "/up/x", setting.address).set("prefer", "wait=9"), true);
            setting.handler.waiting.await();
            setting.handler.decided.countDown();
            StreamClient.Reply reply = sending.reply.get();
            assertThat(reply.status()).isEqualTo("204");
            assertThat(reply.headers().get("preference-applied")).hasToString("wait=9");
        }
    }
}
