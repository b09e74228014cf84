package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.Attempt.PresentedCredential;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.action.Provenance;
import dev.interlock.action.Refusal;
import dev.interlock.action.Resource;
import dev.interlock.action.TraceContext;
import dev.interlock.testing.WaitLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
class HttpFrontTest {

    private ScriptedUpstream upstream;
    private FrontFixture setting;

    @BeforeEach
    void open() throws IOException {
        upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"));
        setting = new FrontFixture(upstream.address());
    }

    @AfterEach
    void close() throws IOException {
        setting.close();
        upstream.close();
    }

    @Test
    void passesTheCallOnAndAnswersWithTheReceipt() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request("POST", "/up/a%20b/c?x=1&y&x=%2B+", "Content-Length: 3\r\nX-Y: z\r\n") + "abc");
            RawClient.Reply reply = client.reply();

            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.body()).isEqualTo("ok");
            assertThat(reply.header("interlock-receipt")).contains("R-done");
        }
        assertThat(setting.handler.attempts.getFirst().at()).isEqualTo(FrontFixture.NOW);
        assertThat(setting.handler.call(0).path()).isEqualTo("/a b/c");
        assertThat(setting.handler.call(0).query())
                .containsExactly(new Parameter("x", "1"), new Parameter("y", ""), new Parameter("x", "+ "));
        assertThat(setting.handler.call(0).headers()).containsExactly(new Header("x-y", "z"));
        assertThat(setting.handler.call(0).body().toArray()).asString().isEqualTo("abc");
    }

    @Test
    void onlyShortRequestsAreReadOnTheEventLoop() throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", HttpFront.class.getModule()))
                .isTrue();
        String longer = "a".repeat(Exchange.SHORT + 1);
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/x", "")).reply();
            client.send(setting.request("POST", "/up/x", "Content-Length: " + longer.length() + "\r\n") + longer);
            client.reply();
        }
        assertThat(setting.handler.threads.getFirst()).contains("@multiThreadIoEventLoopGroup");
        assertThat(setting.handler.threads.getLast()).doesNotContain("EventLoop");
    }

    /** Each would keep the other calls of the loop waiting: it is unpacked, streamed, recorded, or asks the gateway. */
    @Test
    void whatMayTakeLongLeavesTheEventLoop() throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", HttpFront.class.getModule()))
                .isTrue();
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write('a');
        }
        int streamed = ClientLimits.DEFAULT.body() + 1;
        for (String request : List.of(
                setting.request("POST", "/up/x", "Content-Encoding: gzip\r\nContent-Length: " + packed.size() + "\r\n")
                        + packed.toString(StandardCharsets.ISO_8859_1),
                setting.request("PUT", "/up/files/x", "Content-Length: " + streamed + "\r\n"),
                setting.request("GET", "/unknown/x", ""),
                setting.request("GET", "/up/x", "Transfer-Encoding: gzip\r\n"),
                setting.request("GET", "/.interlock/whoami", ""))) {
            setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
            setting.handler.threads.clear();
            try (RawClient client = setting.client()) {
                client.send(request).reply();
            }
            assertThat(setting.handler.threads)
                    .as(request)
                    .isNotEmpty()
                    .noneMatch(thread -> thread.contains("EventLoop"));
        }
    }

    @Test
    void onlyAShortAnswerIsSearchedOnTheEventLoop() throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", HttpFront.class.getModule()))
                .isTrue();
        List<String> threads = new CopyOnWriteArrayList<>();
        setting.handler.lookout = (_, _) -> threads.add(Thread.currentThread().toString());
        try (ScriptedUpstream other = new ScriptedUpstream(line -> {
                    while (line.request()) {
                        line.say(ScriptedUpstream.ok(
                                "a".repeat(line.latest().contains("/long") ? ScannedBody.AT_ONCE + 1 : 9)));
                    }
                });
                FrontFixture front = new FrontFixture(other.address());
                RawClient client = front.client()) {
            front.handler.lookout = setting.handler.lookout;
            client.send(front.request("GET", "/up/first", "")).reply();
            client.send(front.request("GET", "/up/short", "")).reply();
            assertThat(threads.getLast()).contains("EventLoop");
            client.send(front.request("GET", "/up/long", "")).reply();
            assertThat(threads.getLast()).doesNotContain("EventLoop");
        }
    }

    @Test
    void everyCredentialCarrierIsRemovedFromTheCall() throws Exception {
        String basic = "dXNlcjpwYXNz"; // user:pass
        try (RawClient client = setting.client()) {
            client.send(setting.request(
                    "GET",
                    "/up/x?token=t1&plain=1",
                    "Authorization: Bearer t2\r\nProxy-Authorization: Basic " + basic
                            + "\r\nX-Api-Key: t3\r\nCookie: a=t4; b=t5\r\nProject-Access-Token: t6\r\n"));
            client.reply();
        }
        List<PresentedCredential> presented =
                setting.handler.attempts.getFirst().presented();
        assertThat(presented.stream().map(p -> p.carrier() + "=" + p.secret().<String>use(s -> s)))
                .containsExactlyInAnyOrder(
                        "query token=t1",
                        "header authorization=t2",
                        "header proxy-authorization user=user",
                        "header proxy-authorization password=pass",
                        "header x-api-key=t3",
                        "cookie=t4",
                        "cookie=t5",
                        "header project-access-token=t6");
        assertThat(setting.handler.call(0).headers()).isEmpty();
        assertThat(setting.handler.call(0).query()).containsExactly(new Parameter("plain", "1"));
        assertThat(setting.handler.attempts.toString()).doesNotContain("t1", "t2", "t3", "t4", "t5", "t6", basic);
    }

    @Test
    void hopAndRetryHeadersAreNotPartOfTheCall() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request(
                    "GET",
                    "/up/x",
                    "Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nUser-Agent: curl\r\n"
                            + "traceparent: 1\r\nAccept-Encoding: gzip\r\nX-Forwarded-For: 1\r\nForwarded: x\r\n"
                            + "Accept: */*\r\nX-HTTP-Method-Override: DELETE\r\n"));
            client.reply();
        }
        assertThat(setting.handler.call(0).headers())
                .containsExactly(new Header("accept", "*/*"), new Header("x-http-method-override", "DELETE"));
    }

    @Test
    void theReasonIsReadBesideTheCall() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/x", "Interlock-Reason:  the schema changed \r\n"));
            client.reply();
            client.send(setting.request("GET", "/up/x", "Interlock-Reason: \r\n"));
            client.reply();
            client.send(setting.request("GET", "/up/x", "Interlock-Reason: " + "x".repeat(600) + "\r\n"));
            client.reply();
        }
        assertThat(setting.handler.attempts)
                .extracting(Attempt::reason)
                .containsExactly(
                        Optional.of("the schema changed"), Optional.empty(), Optional.of("x".repeat(500) + "…"));
        assertThat(setting.handler.attempts).allSatisfy(attempt -> {
            assertThat(((HttpCall) attempt.call()).headers()).isEmpty();
            assertThat(((HttpCall) attempt.call()).withheld()).isEmpty();
        });
    }

    @Test
    void theTraceIsReadBesideTheCall() throws Exception {
        String field = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        try (RawClient client = setting.client()) {
            client.send(setting.request(
                    "GET", "/up/x", "TraceParent: " + field + "\r\ntracestate: a=b\r\ntracestate: c=d\r\n"));
            client.reply();
        }
        assertThat(setting.handler.call(0).headers()).isEmpty();
        assertThat(setting.handler.attempts.getFirst().trace())
                .isEqualTo(TraceContext.read(List.of(field), List.of("a=b,c=d")))
                .isPresent();
    }

    @Test
    void anUpstreamThatTheSealDoesNotNameIsRefusedWithTheCredentialReported() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/stripe/x", "Authorization: Bearer found\r\n"));
            RawClient.Reply reply = client.reply();

            assertThat(reply.status()).isEqualTo(403);
            assertThat(reply.body()).contains("\"kind\":\"denied\"").contains("`stripe`");
        }
        assertThat(setting.unread.getFirst().presented().getFirst().secret().<String>use(s -> s))
                .isEqualTo("found");
    }

    @Test
    void withoutASealEverythingIsRefused() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/early/x", ""));
            RawClient.Reply reply = client.reply();

            assertThat(reply.status()).isEqualTo(403);
            assertThat(reply.header("retry-after")).isPresent();
            assertThat(reply.body()).contains("\"kind\":\"unavailable\"").contains("No seal is in force.");
        }
    }

    @Test
    void aFailingGateIsARefusal() throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.THROW;
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/x", ""));

            assertThat(client.reply().body())
                    .contains("\"kind\":\"unavailable\"")
                    .doesNotContain("a bug");
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrderAndNeverOverlap() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (ScriptedUpstream slow = new ScriptedUpstream(line -> {
                    for (int i = 0; line.request(); i++) {
                        if (i == 0) {
                            release.await();
                        }
                        line.say(ScriptedUpstream.ok("answer " + i));
                    }
                });
                FrontFixture piped = new FrontFixture(slow.address());
                RawClient client = piped.client()) {
            client.send(piped.request("GET", "/up/0", "") + piped.request("GET", "/up/1", "")
                    + piped.request("POST", "/up/2", "Content-Length: 2\r\n") + "ab");
            while (slow.requests.isEmpty()) {
                WaitLoop.pause();
            }
            assertThat(piped.handler.attempts).hasSize(1);
            release.countDown();

            assertThat(client.reply().body()).isEqualTo("answer 0");
            assertThat(client.reply().body()).isEqualTo("answer 1");
            assertThat(client.reply().body()).isEqualTo("answer 2");
            assertThat(slow.connections).hasSize(1);
        }
    }

    @Test
    void aDryRunIsAnsweredAndNotSent() throws Exception {
        Set<Resource> lost = new TreeSet<>();
        for (int i = 0; i < 120; i++) {
            lost.add(new Resource("railway", "volume", "v" + (1_000 + i)));
        }
        Backup left = new Backup(
                "b1",
                lost.iterator().next(),
                Instant.EPOCH,
                "hetzner:box/u1",
                Provenance.SEALED,
                Optional.of(Instant.EPOCH.plusSeconds(60)));
        setting.handler.radius = new BlastRadius(Set.of("staging"), lost, List.of(), List.of(left), List.of());
        try (RawClient client = setting.client()) {
            client.send(setting.request("DELETE", "/up/x", "Prefer: handling=dry-run\r\n"));
            RawClient.Reply reply = client.reply();
            assertThat(reply.body()).contains("\"dry_run\":true", "\"verdict\":\"hold\"", "R-tried");
            assertThat(reply.body())
                    .contains("\"lost_count\":120", "railway:volume/v1000", "railway:volume/v1099", "\"id\":\"b1\"")
                    .contains("\"restored_at\":\"1970-01-01T00:01:00Z\"")
                    .doesNotContain("railway:volume/v1100")
                    .as("who could delete it must not be told where it is")
                    .doesNotContain("hetzner:box");
            client.send(setting.request("DELETE", "/up/x", "Prefer: handling=dry-fun\r\n"));
            assertThat(client.reply().body()).contains("not_understood", "dry-run");
        }
        assertThat(setting.handler.attempts).hasSize(1);
    }

    @Test
    void aClientThatHasEndedItsOutputStillGetsItsAnswer() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/x", "") + setting.request("GET", "/up/y", ""))
                    .endOutput();

            assertThat(client.reply().body()).isEqualTo("ok");
            assertThat(client.reply().body()).isEqualTo("ok");
            assertThat(client.rest()).isEmpty();
        }
    }

    @Test
    void aClientThatAsksGetsTheContinueBeforeItsBody() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request("POST", "/up/x", "Content-Length: 2\r\nExpect: 100-continue\r\n"));
            assertThat(client.head()).containsExactly("HTTP/1.1 100 Continue");

            client.send("ab");
            assertThat(client.reply().body()).isEqualTo("ok");
        }
        assertThat(setting.handler.call(0).headers()).isEmpty();
    }

    @Test
    void anyOtherExpectationIsRefused() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request("POST", "/up/x", "Content-Length: 2\r\nExpect: 200-ok\r\n"));

            assertThat(client.reply().status()).isEqualTo(403);
            assertThat(client.rest()).isEmpty();
        }
    }

    @Test
    void aBodyThatIsTooLongIsRefusedBeforeItIsRead() throws Exception {
        try (FrontFixture small = new FrontFixture(upstream.address(), FrontFixture.impatient(Duration.ofSeconds(5)));
                RawClient declared = small.client();
                RawClient chunked = small.client()) {
            declared.send(small.request("POST", "/up/x", "Content-Length: 1025\r\n"));
            chunked.send(small.request("POST", "/up/x", "Transfer-Encoding: chunked\r\n") + "401\r\n");

            for (RawClient client : List.of(declared, chunked)) {
                RawClient.Reply reply = client.reply();
                assertThat(reply.status()).isEqualTo(403);
                assertThat(reply.body()).contains("longer than 1024 bytes");
            }
            assertThat(small.handler.attempts).isEmpty();
        }
    }

    @Test
    void anIncompleteRequestAndAnIdleConnectionTimeOut() throws Exception {
        try (FrontFixture hasty = new FrontFixture(upstream.address(), FrontFixture.impatient(Duration.ofMillis(50)));
                RawClient idle = hasty.client();
                RawClient slow = hasty.client()) {
            slow.send("GET /up/x HT");

            assertThat(slow.reply().body()).contains("was incomplete after");
            assertThat(idle.rest()).isEmpty();
        }
    }

    @Test
    void theLongestIdleConnectionIsClosedForNewOnes() throws Exception {
        try (FrontFixture small = new FrontFixture(upstream.address(), FrontFixture.impatient(Duration.ofMinutes(5)));
                RawClient first = small.client();
                RawClient second = small.client()) {
            second.send(small.request("GET", "/up/x", "")).reply();
            try (RawClient third = small.client()) {
                third.send(small.request("GET", "/up/x", ""));
                assertThat(third.reply().status()).isEqualTo(200);
                assertThat(first.rest()).isEmpty();
            }
            assertThat(second.send(small.request("GET", "/up/x", "")).reply().status())
                    .isEqualTo(200);
        }
    }

    @Test
    void aListenerWithOnlyBusyConnectionsAcceptsNoOther() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (ScriptedUpstream slow = new ScriptedUpstream(line -> {
                    line.request();
                    release.await();
                    line.say(ScriptedUpstream.ok("late"));
                });
                FrontFixture small = new FrontFixture(slow.address(), FrontFixture.impatient(Duration.ofMinutes(5)));
                RawClient first = small.client();
                RawClient second = small.client()) {
            first.send(small.request("GET", "/up/x", ""));
            second.send(small.request("GET", "/up/x", ""));
            while (slow.requests.size() < 2) {
                WaitLoop.pause();
            }
            try (RawClient third = small.client()) {
                assertThatThrownBy(() ->
                                third.send(small.request("GET", "/up/x", "")).reply())
                        .isInstanceOf(IOException.class);
            }
            release.countDown();
            assertThat(first.reply().body()).isEqualTo("late");
            assertThat(second.reply().body()).isEqualTo("late");
        }
    }

    @Test
    void anUnusedConnectionIsClosedSoonerThanAUsedOne() throws Exception {
        Duration forever = Duration.ofMinutes(5);
        ClientLimits limits = TestingLimits.patient(forever, parts -> {
            parts.head = Duration.ofMillis(50);
            parts.drain = Duration.ofSeconds(5);
            parts.connections = 2;
            parts.handshakes = 2;
        });
        try (FrontFixture hasty = new FrontFixture(upstream.address(), limits);
                RawClient silent = hasty.client();
                RawClient slow = hasty.client()) {
            slow.send("GET /up/x HT");
            assertThat(silent.rest()).isEmpty();
            assertThat(slow.reply().body()).contains("was incomplete after");
        }
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) { // the class's time limit ends it
            WaitLoop.pause();
        }
    }

    private static final int LARGE = 2 * BodyBudget.UNCOUNTED;

    private static ClientLimits roomFor(int bodies) {
        Duration patience = Duration.ofSeconds(30);
        return TestingLimits.patient(patience, parts -> {
            parts.body = 2 * LARGE;
            parts.bodies = bodies;
        });
    }

    @Test
    void bodiesBeyondTheTotalBudgetAreRefused() throws Exception {
        try (FrontFixture crowded = new FrontFixture(upstream.address(), roomFor(2 * LARGE));
                RawClient large = crowded.client();
                RawClient other = crowded.client();
                RawClient chunked = crowded.client();
                RawClient ordinary = crowded.client()) {
            large.send(crowded.request("POST", "/up/x", "Content-Length: " + LARGE + "\r\nExpect: 100-continue\r\n"));
            assertThat(large.head().getFirst()).contains("100");
            large.send("x".repeat(LARGE - 1));
            // The decoder holds a partial body before it reads anything after it, on any event loop.
            await(() -> crowded.front.bodiesLeft() < LARGE + LARGE / 2);

            other.send(crowded.request("POST", "/up/x", "Content-Length: " + LARGE + "\r\n") + "x".repeat(LARGE - 1));
            chunked.send(crowded.request("POST", "/up/x", "Transfer-Encoding: chunked\r\n") + Integer.toHexString(LARGE)
                    + "\r\n" + "x".repeat(LARGE - 1));
            for (RawClient client : List.of(other, chunked)) {
                RawClient.Reply reply = client.reply();
                assertThat(reply.status()).isEqualTo(403);
                assertThat(reply.header("retry-after")).isPresent();
                assertThat(reply.body()).contains("\"kind\":\"unavailable\"", "no memory is left");
            }
            ordinary.send(crowded.request("POST", "/up/x", "Content-Length: 3\r\n") + "abc");
            assertThat(ordinary.reply().status()).isEqualTo(200);
            large.send("x");
            assertThat(large.reply().status()).isEqualTo(200);
        }
    }

    /** Bodies arrive before their sender is known. Bodies to an agent's own listener count there. */
    @Test
    void bodiesAtOneListenerLeaveBudgetForOthers(@TempDir Path directory) throws Exception {
        int all = 4 * LARGE;
        String endless = "POST /up/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + LARGE + "\r\n\r\n"
                + "x".repeat(LARGE - 1);
        Path socket = directory.resolve("agent.sock");
        try (FrontFixture crowded = new FrontFixture(upstream.address(), roomFor(all))) {
            crowded.front.openPlace("place-1", socket, _ -> true);
            try (PlaceRelay place = new PlaceRelay(socket);
                    RawClient first = new RawClient(place.address());
                    RawClient second = new RawClient(place.address());
                    RawClient third = new RawClient(place.address());
                    RawClient elsewhere = crowded.client()) {
                first.send(endless);
                await(() -> crowded.front.bodiesLeft() <= all - LARGE + 1);
                second.send(endless);
                await(() -> crowded.front.bodiesLeft() <= all - 2 * LARGE + 2);
                third.send(endless);
                assertThat(third.reply().body()).contains("no memory is left");

                elsewhere.send(crowded.request("POST", "/up/x", "Content-Length: " + LARGE + "\r\n"));
                elsewhere.send("x".repeat(LARGE));
                assertThat(elsewhere.reply().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void theMemoryOfABodyIsGivenBackHoweverItEnds() throws Exception {
        try (FrontFixture crowded = new FrontFixture(upstream.address(), roomFor(2 * LARGE))) {
            String request = crowded.request("POST", "/up/x", "Content-Length: " + LARGE + "\r\n");
            try (RawClient answered = crowded.client()) {
                answered.send(request + "x".repeat(LARGE)).reply();
                answered.send(request + "x".repeat(LARGE)).reply();
            }
            try (RawClient gone = crowded.client()) {
                gone.send(request + "x".repeat(LARGE / 2 + 1));
            }
            await(() -> crowded.front.bodiesLeft() == 2 * LARGE);
        }
    }

    @Test
    void aRequestInFlightIsFinishedWhenTheFrontCloses() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (ScriptedUpstream slow = new ScriptedUpstream(line -> {
                    line.request();
                    release.await();
                    line.say(ScriptedUpstream.ok("late"));
                });
                FrontFixture closing = new FrontFixture(slow.address(), FrontFixture.impatient(Duration.ofMinutes(1)));
                RawClient busy = closing.client();
                RawClient idle = closing.client()) {
            busy.send(closing.request("GET", "/up/x", ""));
            while (slow.requests.isEmpty()) {
                WaitLoop.pause();
            }
            Thread closer = Thread.startVirtualThread(closing.front::close);
            assertThat(idle.rest()).isEmpty();
            release.countDown();

            assertThat(busy.reply().body()).isEqualTo("late");
            assertThat(busy.rest()).isEmpty();
            busy.close();
            closer.join();
        }
    }

    @Test
    void aBrokenAnswerNeverLooksComplete() throws Exception {
        try (ScriptedUpstream dying = new ScriptedUpstream(line -> {
                    line.request();
                    line.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n...\r\n");
                });
                FrontFixture broken = new FrontFixture(dying.address());
                RawClient client = broken.client()) {
            client.send(broken.request("GET", "/up/x", ""));

            assertThat(client.head()).first().isEqualTo("HTTP/1.1 200 OK");
            assertThat(client.rest()).isEqualTo("3\r\n...\r\n");
        }
    }

    @Test
    void aDisconnectedClientClosesTheUpstreamConnection() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        try (ScriptedUpstream endless = new ScriptedUpstream(line -> {
                    line.request();
                    line.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
                    try {
                        while (true) {
                            line.say(new byte[64 * 1024]);
                        }
                    } finally {
                        ended.countDown();
                    }
                });
                FrontFixture left = new FrontFixture(endless.address())) {
            try (RawClient client = left.client()) {
                client.send(left.request("GET", "/up/x", "")).head();
            }
            ended.await();
        }
    }

    @Test
    void eventsArriveOneByOne() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        try (ScriptedUpstream events = new ScriptedUpstream(line -> {
                    line.request();
                    line.say(
                            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
                    line.say("9\r\ndata: 1\n\n\r\n");
                    seen.await();
                    line.say("9\r\ndata: 2\n\n\r\n0\r\n\r\n");
                });
                FrontFixture streaming = new FrontFixture(events.address());
                RawClient client = streaming.client()) {
            client.send(streaming.request("GET", "/up/x", "Accept: text/event-stream\r\n"))
                    .head();
            assertThat(client.chunk()).isEqualTo("data: 1\n\n");
            seen.countDown();
            assertThat(client.chunk()).isEqualTo("data: 2\n\n");
            assertThat(client.chunk()).isEmpty();
        }
    }

    @Test
    void hopHeadersOfTheUpstreamDoNotReachTheAgent() throws Exception {
        String answer =
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=b\r\nAlt-Svc: h3\r\nRefresh: 0;url=https://evil.example\r\nConnection: X-Hop\r\n"
                        + "X-Hop: 1\r\nProxy-Status: x\r\nInterlock-Receipt: R-forged\r\nX-Echo: Bearer "
                        + FakeHandler.REAL
                        + "\r\nX-Kept: y\r\n\r\nok";
        try (ScriptedUpstream talkative = ScriptedUpstream.always(answer);
                FrontFixture quiet = new FrontFixture(talkative.address());
                RawClient client = quiet.client()) {
            RawClient.Reply reply =
                    client.send(quiet.request("GET", "/up/x", "")).reply();

            assertThat(reply.head())
                    .containsExactlyInAnyOrder(
                            "HTTP/1.1 200 OK",
                            "x-kept: y",
                            "content-length: 2",
                            "interlock-receipt: R-done",
                            "connection: keep-alive");
        }
    }

    @Test
    void onlyTheGatewayTellsWhyAnAnswerIsWithheld() throws Exception {
        String answer =
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Encoding: br\r\nInterlock-Note: fine\r\n\r\nok";
        try (ScriptedUpstream packed = ScriptedUpstream.always(answer);
                FrontFixture reading = new FrontFixture(packed.address());
                RawClient client = reading.client()) {
            RawClient.Reply reply =
                    client.send(reading.request("GET", "/up/x", "")).reply();
            assertThat(reply.head().stream().filter(line -> line.startsWith("interlock-note")))
                    .containsExactly(
                            "interlock-note: the upstream's answer was withheld: its compression is not supported");
        }
    }

    @Test
    void aRedirectLeadsThroughTheFrontOrIsRemoved() throws Exception {
        for (String out : List.of(
                "HTTPS://EVIL.example/x",
                "\\\\evil.example/x",
                "javascript:alert(1)",
                "//user@127.0.0.1/x",
                "/../other/x",
                "/%2e%2e/other/x",
                "/.%2E/other/x",
                "/..;a/other/x",
                "/a%2f../x",
                "//evil.example/x",
                "http://127.0.0.1:1/x")) {
            assertThat(redirect(out)).as(out).noneMatch(line -> line.startsWith("location"));
        }
        assertThat(redirect("/there?x=1")).contains("location: /up/there?x=1");
        assertThat(redirect("there")).contains("location: /up/there");
        assertThat(redirect("https://evil.example/x")).anyMatch(line -> line.startsWith("interlock-note: "));
    }

    private static List<String> redirect(String location) throws Exception {
        String answer = "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n";
        try (ScriptedUpstream moved = ScriptedUpstream.always(answer);
                FrontFixture following = new FrontFixture(moved.address());
                RawClient client = following.client()) {
            List<String> head =
                    client.send(following.request("GET", "/up/x", "")).reply().head();
            assertThat(moved.requests).hasSize(1);
            return head;
        }
    }

    @Test
    void aHeadRequestAndAnAnswerWithoutBodyKeepTheConnection() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/nowhere/x", "")).reply();
            client.send(setting.request("HEAD", "/nowhere/x", ""));
            assertThat(client.head()).anyMatch(line -> line.startsWith("content-length: "));
            assertThat(client.send(setting.request("GET", "/up/x", "")).reply().body())
                    .isEqualTo("ok");
        }
    }

    @Test
    void aPlaceHasItsOwnSocketThatClosesWithIt(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("agent.sock");
        setting.front.openPlace("place-1", socket, _ -> true);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-rw-rw-");

        try (SocketChannel agent = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            agent.connect(UnixDomainSocketAddress.of(socket));
            agent.write(ByteBuffer.wrap(
                    "GET /up/x HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer answer = ByteBuffer.allocate(4096);
            agent.read(answer);
            assertThat(setting.handler.attempts.getFirst().place()).contains("place-1");

            setting.front.closePlace("place-1");
            int read = 0;
            while (read >= 0) {
                read = agent.read(answer);
            }
        }
        assertThat(socket).doesNotExist();
        setting.front.openPlace("place-1", socket, _ -> true);
    }

    @Test
    void theReverseFrontListensOnLoopbackOnly() {
        assertThatThrownBy(() -> setting.front.listen(new InetSocketAddress("0.0.0.0", 0)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** An operator who starts a second gateway has to learn which of its addresses is in use. */
    @Test
    void aListenFailureNamesTheConfiguredAddress() {
        String taken = "127.0.0.1:" + setting.address.getPort();
        assertThatThrownBy(() -> setting.front.listen(new InetSocketAddress("127.0.0.1", setting.address.getPort())))
                .isInstanceOf(IOException.class)
                .hasMessage("cannot listen on `" + taken + "`: Address already in use");
    }

    @Test
    void aHoldIsExplainedInProblemJsonAndGraphql() throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.HOLD;
        try (RawClient client = setting.client()) {
            RawClient.Reply plain =
                    client.send(setting.request("GET", "/up/x", "")).reply();
            RawClient.Reply graphql = client.send(
                            setting.request("GET", "/up/graphql/v2", "Accept: application/json\r\n"))
                    .reply();

            assertThat(plain.status()).isEqualTo(403);
            assertThat(plain.header("content-type")).contains("application/problem+json");
            assertThat(plain.header("link")).contains("</holds/H-1>; rel=\"hold\"");
            assertThat(plain.header("retry-after")).isPresent();
            assertThat(plain.body()).contains("\"hold\":\"H-1\"").doesNotContain("errors");
            assertThat(graphql.status()).isEqualTo(403);
            assertThat(graphql.header("content-type")).contains("application/json");
            assertThat(graphql.body()).contains("\"data\":null", "\"errors\":[{", "\"hold\":\"H-1\"");
        }
    }

    private RawClient.Reply refused(Refusal.Kind kind, Refusal.Finality finality) throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.ANSWER_REFUSAL;
        setting.handler.refusal = new Refusal(kind, finality, "Why.", "Next.", List.of(), Optional.empty());
        try (RawClient client = setting.client()) {
            return client.send(setting.request("GET", "/up/x", "")).reply();
        }
    }

    @Test
    void unknownOutcomesAreDistinctAndNotRetried() throws Exception {
        RawClient.Reply unknown = refused(Refusal.Kind.UNKNOWN, Refusal.Finality.FINAL);

        assertThat(unknown.header("retry-after")).isEmpty();
        assertThat(unknown.body())
                .contains("\"kind\":\"unknown\"", "\"policy\":false", "urn:interlock:problem:unknown")
                .contains("the call may have happened", "Do not send it again")
                .doesNotContain("refused this", "not a network or upstream error", "cannot decide");
    }

    @Test
    void aSendFailureNamesTheUpstreamAsCause() throws Exception {
        RawClient.Reply notSent = refused(Refusal.Kind.NOT_SENT, Refusal.Finality.RETRYABLE);

        assertThat(notSent.header("retry-after")).isPresent();
        assertThat(notSent.body())
                .contains("\"kind\":\"not_sent\"", "\"policy\":false")
                .doesNotContain("refused this", "not a network or upstream error", "cannot decide");
    }

    @ParameterizedTest
    @EnumSource(Refusal.Kind.class)
    void onlyRetryableRefusalsNameATime(Refusal.Kind kind) throws Exception {
        Set<Refusal.Kind> later = Set.of(Refusal.Kind.UNAVAILABLE, Refusal.Kind.NOT_SENT, Refusal.Kind.UNANSWERED);
        assertThat(refused(kind, Refusal.Finality.FINAL).header("retry-after")).isEmpty();
        assertThat(refused(kind, Refusal.Finality.RETRYABLE)
                        .header("retry-after")
                        .isPresent())
                .isEqualTo(later.contains(kind));
    }

    @Test
    void everyKindOfRefusalIsDescribed() throws IOException {
        String text = Files.readString(Path.of("..", "docs", "formats", "refusal.md"));
        for (Refusal.Kind kind : Refusal.Kind.values()) {
            assertThat(text).contains("| `" + kind.word() + "` |");
        }
    }
}
