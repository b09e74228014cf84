package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.Refusal;
import dev.interlock.action.TraceContext;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.gate.Credential;
import dev.interlock.gate.NotSentException;
import dev.interlock.testing.WaitLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.IllegalReferenceCountException;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
class UpstreamClientTest {

    private static final Credential CREDENTIAL =
            _ -> Optional.of(new Header("authorization", "Bearer " + FakeHandler.REAL));

    private final UpstreamClient client = new UpstreamClient();

    @AfterEach
    void close() {
        client.close();
    }

    private UpstreamAnswer send(ScriptedUpstream upstream, String method, String body) throws IOException {
        return send(upstream.address(), call(upstream.address(), method, body));
    }

    private UpstreamAnswer send(URI address, HttpCall call) throws IOException {
        return client.to(FrontFixture.route(address)).forward(call, CREDENTIAL);
    }

    static HttpCall call(URI address, String method, String body) {
        return new HttpCall(
                method,
                address.getRawAuthority(),
                "/x",
                List.of(),
                List.of(new Header("accept", "*/*")),
                Bytes.utf8(body));
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

    /** The headers that a server sends after it has begun do not show whether the call was done. */
    @ParameterizedTest
    @CsvSource({
        "200,DONE",
        "301,UNKNOWN",
        "302,UNKNOWN",
        "303,DONE",
        "304,DONE",
        "307,FAILED",
        "308,FAILED",
        "400,FAILED",
        "404,FAILED",
        "406,UNKNOWN",
        "408,UNKNOWN",
        "409,FAILED",
        "499,UNKNOWN",
        "500,UNKNOWN",
        "502,UNKNOWN"
    })
    void theStatusDecidesTheResult(int status, Receipt.Result result) {
        assertThat(UpstreamClient.result(status)).isEqualTo(result);
    }

    /** Other calls of the loop must not wait while certificates, tools or a whole answer are read. */
    @Test
    void whatTakesLongAroundACallLeavesTheEventLoop() throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", UpstreamClient.class.getModule()))
                .isTrue();
        FakeMessage pinned = new FakeMessage() {
            @Override
            public Optional<Json> id() {
                return Optional.empty();
            }

            @Override
            public boolean isToolCall() {
                return true;
            }

            @Override
            public Optional<McpReader.ToolCheck> check(HttpCall outgoing, boolean isRead) {
                return Optional.of(new McpReader.ToolCheck() {
                    @Override
                    public Optional<HttpCall> question() {
                        return Optional.empty();
                    }

                    @Override
                    public boolean isAnswer(Bytes message) {
                        return false;
                    }

                    @Override
                    public Optional<Refusal> refusal() {
                        return Optional.of(Refusal.unavailable("It has other tools.", "Wait."));
                    }
                });
            }
        };
        try (UpstreamClient single = new UpstreamClient(UpstreamLimits.DEFAULT, loops(1));
                ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("{}"))) {
            URI address = upstream.address();
            UpstreamExchange redacted = single.to(FrontFixture.route(address));
            redacted.redactAnswerBy(Optional.of(Optional::of));
            UpstreamExchange checked = single.to(FrontFixture.route(address));
            checked.setMessage(Optional.of(pinned));
            URI secure = URI.create("https://127.0.0.1:1");
            UpstreamExchange untrusted = single.to(FrontFixture.route(secure, Optional.of("no certificate")));
            ended(single, single.to(FrontFixture.route(address)), address); // connects
            assertThat(ended(single, single.to(FrontFixture.route(address)), address))
                    .startsWith("answered")
                    .contains("EventLoop");
            assertThat(ended(single, redacted, address)).startsWith("answered").doesNotContain("EventLoop");
            assertThat(ended(single, checked, address)).startsWith("not sent").doesNotContain("EventLoop");
            assertThat(ended(single, untrusted, secure)).startsWith("not sent").doesNotContain("EventLoop");
        }
    }

    /** Begins a call on the loop of {@code client}. Returns how, and on which thread and carrier, it has ended. */
    private static String ended(UpstreamClient client, UpstreamExchange upstream, URI address) throws Exception {
        FutureTask<String> sent = new FutureTask<>(() -> {
            String end = "answered ";
            try {
                text(upstream.forward(call(address, "GET", ""), Credential.none()));
            } catch (NotSentException _) {
                end = "not sent ";
            }
            return end + Thread.currentThread();
        });
        LoopThreads.unstarted(client.loops().next(), sent).start();
        return sent.get();
    }

    @Test
    void theRequestIsRewrittenInOneOrder() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"))) {
            URI address = URI.create(upstream.address() + "/base/");
            HttpCall call = new HttpCall(
                    "POST",
                    address.getRawAuthority(),
                    "/a b;c+é/",
                    List.of(new Parameter("q", "1&2=+ \n"), new Parameter("flag", "", false)),
                    List.of(new Header("content-type", "application/json"), new Header("x-b", "2")),
                    Bytes.utf8("{}"));
            assertThat(text(send(address, call))).isEqualTo("ok");
            assertThat(upstream.requests)
                    .containsExactly("POST /base/a%20b%3Bc%2B%C3%A9/?q=1%262%3D%2B%20%0A&flag= HTTP/1.1\r\n"
                            + "host: " + address.getRawAuthority() + "\r\n"
                            + "user-agent: interlock\r\n"
                            + "accept-encoding: identity\r\n"
                            + "authorization: Bearer " + FakeHandler.REAL + "\r\n"
                            + "content-type: application/json\r\n"
                            + "x-b: 2\r\n"
                            + "content-length: 2\r\n\r\n{}");
        }
    }

    /** The trace belongs to this try alone: it is written last, and is no part of the call. */
    @Test
    void theTraceIsWrittenBesideTheCall() throws Exception {
        String field = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"))) {
            UpstreamExchange passage = client.to(FrontFixture.route(upstream.address()));
            passage.traceBy(
                    TraceContext.read(List.of(field), List.of("vendor=x")).orElseThrow());
            assertThat(text(passage.forward(call(upstream.address(), "GET", ""), CREDENTIAL)))
                    .isEqualTo("ok");
            assertThat(upstream.requests.getFirst())
                    .endsWith("traceparent: " + field + "\r\ntracestate: vendor=x\r\n\r\n");
        }
    }

    /** An agent writes its trace: it would say more there than an address may. */
    @Test
    void hostsThatAgentsChooseGetNoTrace() {
        UpstreamRoutes.UpstreamRoute known = FrontFixture.route(URI.create("https://api.example.com"));
        UpstreamRoutes.UpstreamRoute web = new UpstreamRoutes.UpstreamRoute(
                UpstreamServer.ofWeb(known.address()),
                known.carriers(),
                known.graphql(),
                known.longBodies(),
                known.storage(),
                known.push(),
                known.mcp(),
                known.pages(),
                known.known());
        TraceContext trace = TraceContext.read(
                        List.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), List.of("vendor=x"))
                .orElseThrow();
        for (UpstreamRoutes.UpstreamRoute route : List.of(known, web)) {
            UpstreamExchange passage = client.to(route);
            passage.traceBy(trace);
            assertThat(passage.perTry()).hasSize(route.equals(web) ? 0 : 2);
        }
    }

    @Test
    void aConnectionIsReused() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"))) {
            for (int i = 0; i < 3; i++) {
                assertThat(text(send(upstream, "GET", ""))).isEqualTo("ok");
            }
            assertThat(upstream.connections).hasSize(1);
        }
    }

    @Test
    void aConnectionThatEndedWhileIdleIsReplaced() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        try (ScriptedUpstream upstream = new ScriptedUpstream(line -> {
            line.request();
            line.say(ScriptedUpstream.ok("ok"));
            line.hangUp();
            closed.countDown();
        })) {
            assertThat(text(send(upstream, "POST", "1"))).isEqualTo("ok");
            closed.await();
            assertThat(text(send(upstream, "POST", "2"))).isEqualTo("ok");
            assertThat(upstream.connections).hasSize(2);
            assertThat(upstream.requests).hasSize(2);
        }
    }

    @Test
    void aClosedConnectionIsNoticedBeforeWriting() throws Exception {
        CountDownLatch leave = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(1);
        CountDownLatch free = new CountDownLatch(1);
        MultiThreadIoEventLoopGroup one = loops(1);
        try (UpstreamClient single = new UpstreamClient(UpstreamLimits.DEFAULT, one);
                ScriptedUpstream upstream = new ScriptedUpstream(line -> {
                    line.request();
                    line.say(ScriptedUpstream.ok("ok"));
                    leave.await();
                    line.hangUp();
                    left.countDown();
                })) {
            UpstreamRoutes.UpstreamRoute route = FrontFixture.route(upstream.address());
            HttpCall call = call(upstream.address(), "POST", "delete");
            single.ask(route, call, CREDENTIAL);
            SingleThreadEventExecutor loop = (SingleThreadEventExecutor) one.next();
            loop.execute(() -> awaitQuietly(free)); // the loop is busy while the peer disconnects
            leave.countDown();
            left.await();
            FutureTask<Bytes> second = new FutureTask<>(() -> single.ask(route, call, CREDENTIAL));
            Thread.startVirtualThread(second);
            while (loop.pendingTasks() == 0) {
                WaitLoop.pause();
            }
            free.countDown();

            assertThat(second.get()).isEqualTo(Bytes.utf8("ok"));
            assertThat(upstream.connections).hasSize(2);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static MultiThreadIoEventLoopGroup loops(int threads) {
        return new MultiThreadIoEventLoopGroup(threads, NioIoHandler.newFactory());
    }

    @Test
    void aCallIsNotRetriedAfterTheUpstreamHasIt() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream(ScriptedUpstream.Line::request)) {
            assertThatThrownBy(() -> send(upstream, "POST", "delete"))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(NotSentException.class);
            assertThat(upstream.requests).hasSize(1);
            assertThat(upstream.connections).hasSize(1);
        }
    }

    @Test
    void aPooledConnectionThatDiesUnderARequestIsNotReplaced() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream(line -> {
            line.request();
            line.say(ScriptedUpstream.ok("ok"));
            line.request();
        })) {
            assertThat(text(send(upstream, "POST", "1"))).isEqualTo("ok");
            assertThatThrownBy(() -> send(upstream, "POST", "2"))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(NotSentException.class);
            assertThat(upstream.requests).hasSize(2);
            assertThat(upstream.connections).hasSize(1);
        }
    }

    @Test
    void anUnreachableUpstreamMeansNothingWasSent() throws Exception {
        URI gone;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            gone = URI.create("http://127.0.0.1:" + socket.getLocalPort());
        }
        assertThatThrownBy(() -> send(gone, call(gone, "GET", ""))).isInstanceOf(NotSentException.class);
    }

    @Test
    void aBrokenAnswerIsAnError() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream(line -> {
            line.request();
            line.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
        })) {
            UpstreamAnswer answer = send(upstream, "GET", "");
            assertThatThrownBy(() -> text(answer)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void anUpstreamMayAnswerBeforeItHasReadTheRequest() throws Exception {
        String large = "x".repeat(1024 * 1024);
        try (ScriptedUpstream upstream = new ScriptedUpstream(line -> {
            line.head();
            line.say("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
            line.awaitEnd();
        })) {
            UpstreamAnswer answer = send(upstream, "POST", large);
            assertThat(answer.status()).isEqualTo(413);
            assertThat(text(answer)).isEqualTo("no");
        }
    }

    @Test
    void interimAnswersAreSkipped() throws Exception {
        try (ScriptedUpstream upstream =
                ScriptedUpstream.always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                        + ScriptedUpstream.ok("ok"))) {
            assertThat(text(send(upstream, "GET", ""))).isEqualTo("ok");
            assertThat(text(send(upstream, "GET", ""))).isEqualTo("ok");
        }
    }

    @Test
    void anAnswerToHeadHasNoBodyWhateverItsLengthSays() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")) {
            for (int i = 0; i < 2; i++) {
                assertThat(text(send(upstream, "HEAD", ""))).isEmpty();
            }
            assertThat(upstream.connections).hasSize(1);
        }
    }

    @Test
    void ambiguousAnswersAreRefused() throws Exception {
        for (String head : List.of(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
                "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
                "HELO\r\n\r\n")) {
            try (ScriptedUpstream upstream = ScriptedUpstream.always(head)) {
                assertThat(catchThrowable(() -> text(send(upstream, "GET", ""))))
                        .as(head)
                        .isInstanceOf(IOException.class)
                        .isNotInstanceOf(NotSentException.class);
            }
        }
    }

    @Test
    void unsolicitedBytesAreNotTheNextAnswer() throws Exception {
        try (ScriptedUpstream upstream = new ScriptedUpstream(line -> {
            line.request();
            line.say(ScriptedUpstream.ok("ok") + "HTTP/1.1 200 OK\r\nX: ");
            line.request();
        })) {
            assertThat(text(send(upstream, "GET", ""))).isEqualTo("ok");
            assertThat(text(send(upstream, "GET", ""))).isEqualTo("ok");
            assertThat(upstream.connections).hasSize(2);
        }
    }

    @Test
    void anUnreadAnswerIsNotFetched() throws Exception {
        int megabytes = 200;
        byte[] megabyte = new byte[1024 * 1024];
        try (ScriptedUpstream upstream = new ScriptedUpstream(line -> {
            line.request();
            line.say("HTTP/1.1 200 OK\r\nContent-Length: " + (long) megabytes * megabyte.length + "\r\n\r\n");
            for (int i = 0; i < megabytes; i++) {
                line.say(megabyte);
            }
        })) {
            UpstreamAnswer answer = send(upstream, "GET", "");
            long read = 0;
            try (answer) {
                Optional<byte[]> piece = answer.next();
                while (piece.isPresent()) {
                    read += piece.get().length;
                    piece = answer.next();
                }
                assertThat(answer.body().peak()).isLessThanOrEqualTo(2 * ResponseDecoder.MAX_PIECE);
            }
            assertThat(read).isEqualTo((long) megabytes * megabyte.length);
        }
    }

    @Test
    void aCredentialForAnotherAddressIsNotSent() throws Exception {
        Credential elsewhere = target -> {
            throw new IllegalStateException("not for " + target);
        };
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"))) {
            URI address = upstream.address();
            assertThatThrownBy(
                            () -> client.to(FrontFixture.route(address)).forward(call(address, "GET", ""), elsewhere))
                    .isInstanceOf(NotSentException.class);
            assertThat(upstream.connections).isEmpty();
        }
    }

    @Test
    void clearTextIsSentOnlyToLoopback() {
        for (String address :
                List.of("http://example.com", "http://10.0.0.1", "http://127.0.0.1.evil.example", "ftp://localhost")) {
            URI target = URI.create(address);
            assertThatThrownBy(() -> send(target, call(target, "GET", "")))
                    .as(address)
                    .isInstanceOf(NotSentException.class)
                    .hasMessageContaining("https");
        }
    }

    @Test
    void aCallForAnotherAuthorityOrWithAForeignFieldIsNotWritten() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"))) {
            URI address = upstream.address();
            String own = address.getRawAuthority();
            List<HttpCall> calls = List.of(
                    new HttpCall("GET", "evil.example", "/x", List.of(), List.of(), Bytes.empty()),
                    new HttpCall("GET", own, "/../x", List.of(), List.of(), Bytes.empty()),
                    new HttpCall("GET", own, "x", List.of(), List.of(), Bytes.empty()),
                    new HttpCall("GET", own, "/\ud800", List.of(), List.of(), Bytes.empty()),
                    new HttpCall("GET", own, "/a%2fb", List.of(), List.of(), Bytes.empty()),
                    new HttpCall("GET", own, "/x", List.of(), List.of(new Header("host", "evil")), Bytes.empty()),
                    new HttpCall("GET", own, "/x", List.of(), List.of(new Header("authorization", "x")), Bytes.empty()),
                    new HttpCall(
                            "GET", own, "/x", List.of(), List.of(new Header("content-length", "9")), Bytes.empty()),
                    new HttpCall("GET", own, "/x", List.of(), List.of(new Header("x", "a\r\nb: c")), Bytes.empty()));
            for (HttpCall call : calls) {
                assertThatThrownBy(() -> send(address, call))
                        .as(call.toString())
                        .isInstanceOf(NotSentException.class);
            }
            assertThat(upstream.connections).isEmpty();
        }
    }

    @Test
    void askingReadsTheWholeAnswerOrFails() throws Exception {
        try (ScriptedUpstream upstream = ScriptedUpstream.always(ScriptedUpstream.ok("known"))) {
            URI address = upstream.address();
            assertThat(client.ask(FrontFixture.route(address), call(address, "GET", ""), CREDENTIAL))
                    .isEqualTo(Bytes.utf8("known"));
        }
        String failing = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
        String huge = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + "x".repeat(UpstreamClient.MAX_ASKED + 1);
        for (String answer : List.of(failing, huge)) {
            try (ScriptedUpstream upstream = new ScriptedUpstream(line -> {
                line.request();
                line.say(answer);
            })) {
                URI address = upstream.address();
                assertThatThrownBy(() -> client.ask(FrontFixture.route(address), call(address, "GET", ""), CREDENTIAL))
                        .isInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void anUnansweredCallTimesOut() throws Exception {
        UpstreamLimits hasty = new UpstreamLimits(
                Duration.ofSeconds(5), Duration.ofMillis(50), Duration.ofMillis(50), Duration.ofSeconds(1), 1);
        try (UpstreamClient impatient = new UpstreamClient(hasty, loops(1));
                ScriptedUpstream silent = new ScriptedUpstream(line -> {
                    line.request();
                    line.awaitEnd();
                })) {
            URI address = silent.address();
            for (int i = 0; i < 2; i++) { // the second shows that the first released its only slot
                assertThatThrownBy(() ->
                                impatient.to(FrontFixture.route(address)).forward(call(address, "GET", ""), CREDENTIAL))
                        .hasMessageContaining("silent")
                        .isNotInstanceOf(NotSentException.class);
            }
        }
    }

    @Test
    void anErrorWhileWritingFailsTheCall() throws Exception {
        try (MultiThreadIoEventLoopGroup loops = loops(1)) {
            UpstreamSocket socket = new UpstreamSocket();
            loops.register(socket).sync();
            UpstreamConnection connection =
                    new UpstreamConnection(socket, new ResponseDecoder(), UpstreamLimits.DEFAULT, _ -> {});
            FullHttpRequest spent = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
            spent.release();
            AnswerQueue pull = new AnswerQueue(connection);
            connection.send(spent, pull);
            assertThatThrownBy(pull::answer).hasRootCauseInstanceOf(IllegalReferenceCountException.class);
            socket.closeFuture().sync();
        }
    }

    @ParameterizedTest
    @MethodSource("dev.interlock.testing.Loopbacks#table")
    void clearTextConnectionsStayOnLoopback(URI address, boolean here) {
        Throwable refused = catchThrowable(() -> UpstreamClient.requireSafe(address));
        assertThat(refused == null).isEqualTo(here);
    }
}
