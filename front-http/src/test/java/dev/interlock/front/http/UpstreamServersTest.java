package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.action.SaltedDigests;
import dev.interlock.evidence.Json;
import dev.interlock.gate.Credential;
import dev.interlock.gate.NotSentException;
import dev.interlock.testing.TestingCertificate;
import dev.interlock.testing.WaitLoop;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests HTTP/2 towards common servers: Node's own, and nginx in front of Node. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("process")
final class UpstreamServersTest {

    private static final Credential CREDENTIAL =
            _ -> Optional.of(new Header("authorization", "Bearer " + FakeHandler.REAL));

    /** The number of requests after which nginx ends a connection; a low one, so that this happens often. */
    private static final int REQUESTS = 7;

    /** The headers that the gateway or the connection adds. */
    private static final Set<String> OWN =
            Set.of("user-agent", "accept-encoding", "authorization", "content-length", "connection");

    private static final int LONG = 24 * 1024 * 1024;

    private final Map<String, Integer> ports = new HashMap<>();
    private final List<Process> processes = new ArrayList<>();
    private TestingCertificate certificate;
    private UpstreamClient client;

    @TempDir
    private static Path home;

    @BeforeAll
    void start() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/node")), "Node is not installed");
        assumeTrue(Files.isExecutable(Path.of("/usr/sbin/nginx")), "nginx is not installed");
        certificate = TestingCertificate.forName("localhost");
        Path key = Files.writeString(home.resolve("key.pem"), certificate.key());
        Path chain = Files.writeString(home.resolve("cert.pem"), certificate.pem());
        Path script = home.resolve("server.js");
        try (InputStream in = UpstreamServersTest.class.getResourceAsStream("server.js")) {
            Files.copy(in, script);
        }
        Process node = new ProcessBuilder("node", script.toString(), key.toString(), chain.toString())
                .redirectError(home.resolve("node.err").toFile())
                .start();
        processes.add(node);
        BufferedReader out = node.inputReader();
        String line = out.readLine();
        assertThat(line).as(Files.readString(home.resolve("node.err"))).isNotNull();
        for (String door : line.split(" ")) {
            ports.put(door.split("=")[0], Integer.parseInt(door.split("=")[1]));
        }
        try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket two = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ports.put("nginx", one.getLocalPort());
            ports.put("nginx-clear", two.getLocalPort());
        }
        Path configuration = Files.writeString(home.resolve("nginx.conf"), nginx());
        processes.add(new ProcessBuilder("/usr/sbin/nginx", "-p", home.toString(), "-c", configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("nginx.err").toFile())
                .start());
        awaitNginx();
    }

    private void awaitNginx() throws IOException {
        while (true) { // the class's time limit ends it
            try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), ports.get("nginx"))) {
                return;
            } catch (IOException e) {
                assertThat(processes)
                        .as(Files.readString(home.resolve("nginx.err")))
                        .allMatch(Process::isAlive);
                LockSupport.parkNanos(10_000_000);
            }
        }
    }

    private String nginx() {
        return """
                daemon off;
                worker_processes 1;
                user root;
                pid %1$s/nginx.pid;
                error_log %1$s/nginx-error.log warn;
                events {}
                http {
                  access_log off;
                  client_body_temp_path %1$s/body;
                  proxy_temp_path %1$s/proxy;
                  fastcgi_temp_path %1$s/f;
                  uwsgi_temp_path %1$s/u;
                  scgi_temp_path %1$s/s;
                  client_max_body_size 0;
                  keepalive_requests %2$d;
                  server {
                    listen 127.0.0.1:%3$d ssl http2;
                    listen 127.0.0.1:%5$d http2;
                    ssl_certificate %1$s/cert.pem;
                    ssl_certificate_key %1$s/key.pem;
                    location / {
                      proxy_pass http://127.0.0.1:%4$d;
                      proxy_http_version 1.1;
                      proxy_set_header Host $http_host;
                      proxy_buffering off;
                      proxy_request_buffering off;
                    }
                  }
                }
                """.formatted(home, REQUESTS, ports.get("nginx"), ports.get("clear"), ports.get("nginx-clear"));
    }

    @AfterAll
    void stop() {
        for (Process process : processes) {
            process.destroy();
            process.onExit().join();
        }
    }

    @BeforeEach
    void open() {
        client = new UpstreamClient();
    }

    @AfterEach
    void close() {
        client.close();
    }

    private UpstreamRoutes.UpstreamRoute route(String server) {
        return server.endsWith("-clear")
                ? FrontFixture.priorKnowledge(URI.create("http://localhost:" + ports.get(server)))
                : FrontFixture.route(
                        URI.create("https://localhost:" + ports.get(server)), Optional.of(certificate.pem()));
    }

    private FrontFixture setting(String server) throws IOException {
        return new FrontFixture(route(server), FrontFixture.PATIENT);
    }

    private HttpCall call(String server, String method, String path, String body) {
        return new HttpCall(
                method,
                route(server).server().authority(),
                path,
                List.of(),
                List.of(new Header("accept", "*/*")),
                Bytes.utf8(body));
    }

    private String ask(String server, String method, String path, String body) throws IOException {
        return text(client.to(route(server)).forward(call(server, method, path, body), CREDENTIAL));
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

    /** The digest that was decided on must stand for one request in both protocols. */
    @Test
    void theSameRequestArrivesInBothProtocols() throws Exception {
        List<Header> headers = List.of(
                new Header("accept", "*/*"),
                new Header("content-type", "application/json"),
                new Header("cookie", "a=1; b=2"),
                new Header("x-twice", "1"),
                new Header("x-twice", "2"),
                new Header("x-empty", ""));
        List<Parameter> query = List.of(new Parameter("q", "1&2=+ é"), new Parameter("q", ""));
        for (String body : List.of("", "{}", "x".repeat(300_000))) {
            List<String> arrived = new ArrayList<>();
            for (String server : List.of("h1", "h2", "h2-clear")) {
                HttpCall call = new HttpCall(
                        "POST", route(server).server().authority(), "/a b/c;d", query, headers, Bytes.utf8(body));
                String seen = text(client.to(route(server)).forward(call, CREDENTIAL));
                assertThat(seen)
                        .contains("\"version\":\"" + (server.equals("h1") ? "1.1" : "2.0") + "\"")
                        .contains("\"sha256\":\"" + Bytes.utf8(body).sha256() + "\"")
                        .contains("host: localhost:" + ports.get(server));
                arrived.add(
                        seen.replace(ports.get(server).toString(), "PORT").replaceAll("\"version\":\"[0-9.]+\"", ""));
            }
            assertThat(arrived).containsOnly(arrived.getFirst());
        }
    }

    /** The gateway computes it before anything is sent, and the server from what it received alone. */
    @ParameterizedTest
    @ValueSource(strings = {"h1", "h2", "nginx", "h2-clear", "nginx-clear"})
    void theSignedDigestMatchesTheArrivingRequest(String server) throws Exception {
        List<Parameter> query = List.of(new Parameter("q", "1&2=+ é"), new Parameter("flag", ""));
        List<Header> headers = List.of(new Header("accept", "*/*"), new Header("content-type", "application/json"));
        HttpCall call =
                new HttpCall("POST", route(server).server().authority(), "/a b", query, headers, Bytes.utf8("{}"));
        JsonNode seen =
                new ObjectMapper().readTree(text(client.to(route(server)).forward(call, CREDENTIAL)));
        URI url = URI.create("http://upstream" + seen.path("url").asText());
        List<Parameter> seenQuery = new ArrayList<>();
        for (String piece : url.getRawQuery().split("&")) {
            String[] pair = piece.split("=", 2);
            seenQuery.add(new Parameter(decoded(pair[0]), decoded(pair[1])));
        }
        String authority = "";
        List<Header> seenHeaders = new ArrayList<>();
        for (JsonNode field : seen.path("fields")) {
            String[] pair = field.asText().split(": ", 2);
            if (pair[0].equals("host")) {
                authority = pair[1];
            } else if (!OWN.contains(pair[0])) {
                seenHeaders.add(new Header(pair[0], pair[1]));
            }
        }
        Json.Members digested = new HttpCall(
                        seen.path("method").asText(), authority, url.getPath(), seenQuery, seenHeaders, Bytes.empty())
                .canonical(SaltedDigests.OPEN)
                .with(
                        "body_digest",
                        SaltedDigests.OPEN.of(
                                HexFormat.of().parseHex(seen.path("sha256").asText())))
                .with("body_length", seen.path("length").asLong());
        assertThat(Bytes.of(digested.canonical()).sha256())
                .isEqualTo(
                        Bytes.of(call.canonical(SaltedDigests.OPEN).canonical()).sha256());
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "nginx", "h2-clear", "nginx-clear"})
    void aLongPollBlocksNobody(String server) throws Exception {
        try (FrontFixture setting = setting(server);
                RawClient events = setting.client();
                RawClient other = setting.client()) {
            events.send(setting.request("GET", "/up/events", ""));
            assertThat(events.head().getFirst()).contains("200");
            assertThat(events.chunk()).isEqualTo("data: 1\n\n");
            other.send(setting.request("POST", "/up/go", "Content-Length: 0\r\n"));
            assertThat(other.reply().body()).isEqualTo("gone");
            assertThat(events.chunk()).isEqualTo("data: 2\n\n");
            assertThat(events.chunk()).isEmpty();
        }
    }

    /** It says nothing meanwhile: nobody writes, and so nobody sees by that that the client has disconnected. */
    @ParameterizedTest
    @CsvSource({"h2,h1", "h2,h2", "nginx,h1", "nginx,h2", "h2-clear,h2"})
    void leavingAnEventStreamEndsItUpstream(String server, String client) throws Exception {
        int before = closed();
        ClientLimits soon = FrontFixture.lookingAfter(Duration.ofMillis(20));
        try (FrontFixture setting = new FrontFixture(route(server), soon)) {
            if (client.equals("h1")) {
                try (RawClient events = setting.client()) {
                    events.send(setting.request("GET", "/up/events", ""));
                    assertThat(events.head().getFirst()).contains("200");
                    assertThat(events.chunk()).isEqualTo("data: 1\n\n");
                }
            } else {
                try (StreamClient streams = new StreamClient(setting.address)) {
                    StreamClient.OpenRequest events =
                            streams.begin().head(StreamClient.head("GET", "/up/events", setting.address), true);
                    events.begun.await();
                    events.reset();
                    awaitClosed(before + 1);
                    assertThat(streams.connection.isActive()).isTrue(); // its other streams are other calls
                }
            }
            awaitClosed(before + 1);
            setting.handler.landed.await();
            try (RawClient again = setting.client()) {
                again.send(setting.request("GET", "/up/counts", ""));
                assertThat(again.reply().status()).isEqualTo(200);
            }
        }
    }

    private int closed() throws IOException {
        return new ObjectMapper()
                .readTree(ask("h1", "GET", "/counts", ""))
                .path("closed")
                .asInt();
    }

    private void awaitClosed(int number) throws IOException {
        while (closed() < number) { // the class's time limit ends it
            WaitLoop.pause();
        }
    }

    /** It gets a connection, and no request. */
    @Test
    void aServerWithAnotherProtocolIsSentNothing() throws Exception {
        UpstreamRoutes.UpstreamRoute wrong =
                FrontFixture.priorKnowledge(URI.create("http://localhost:" + ports.get("clear")));
        assertThatThrownBy(() -> client.to(wrong).forward(call("h1", "POST", "/wrong", ""), CREDENTIAL))
                .isInstanceOf(NotSentException.class);
        assertThat(ask("h1", "GET", "/counts", "")).doesNotContain("/wrong");
    }

    /** Many calls at once share one connection without TLS, as with it. */
    @Test
    void callsInTheClearShareAConnection() throws Exception {
        Set<String> from = ConcurrentHashMap.newKeySet();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<?>> calls = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                calls.add(threads.submit(() -> from.add(ask("h2-clear", "GET", "/port", ""))));
            }
            for (Future<?> call : calls) {
                call.get();
            }
        }
        assertThat(from).hasSize(1);
    }

    @Test
    void hintsTrailersAndEarlyAnswersAreAsInHttp1() throws Exception {
        for (String server : List.of("h1", "h2")) {
            assertThat(ask(server, "GET", "/hints", "")).isEqualTo("ok");
            assertThat(ask(server, "GET", "/trailers", "")).isEqualTo("ok");
            assertThat(ask(server, "POST", "/early", "x".repeat(1024 * 1024))).isEqualTo("no");
            assertThat(ask(server, "HEAD", "/x", "")).isEmpty();
        }
    }

    /** Node sends GOAWAY on all connections at once; no call is lost or arrives twice. */
    @Test
    void aServerThatRestartsLosesNoCall() throws Exception {
        assertThat(ask("h2", "GET", "/x", "")).contains("2.0");
        assertThat(ask("h2", "POST", "/restart", "")).isEqualTo("bye");
        assertThat(ask("h2", "GET", "/x", "")).contains("2.0");
    }

    /**
     * Node defends against rapid resets (CVE-2023-44487): it ends a connection with a thousand, and all of its calls.
     */
    @Test
    void cancelledReadsEndNoOtherCall() throws Exception {
        try (UpstreamAnswer events = client.to(route("h2")).forward(call("h2", "GET", "/events", ""), CREDENTIAL)) {
            for (int i = 0; i < 2_000; i++) {
                client.to(route("h2"))
                        .forward(call("h2", "GET", "/quiet", ""), CREDENTIAL)
                        .close();
            }
            assertThat(ask("h2", "POST", "/go", "")).isEqualTo("gone");
            assertThat(text(events)).isEqualTo("data: 1\n\ndata: 2\n\n");
        }
    }

    /**
     * nginx does this after a number of requests (RFC 9113 §6.8). A call that it does not answer was certainly not
     * sent.
     */
    @Test
    void repeatedConnectionEndsLeaveNoUnknownOutcome() throws Exception {
        int many = 200;
        Set<String> notSent = ConcurrentHashMap.newKeySet();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<?>> calls = new ArrayList<>();
            for (int i = 0; i < many; i++) {
                String path = "/once/" + i;
                calls.add(threads.submit(() -> {
                    try {
                        return ask("nginx", "POST", path, "delete it");
                    } catch (NotSentException e) {
                        notSent.add(path); // more at once than a connection may serve
                        return "";
                    }
                }));
            }
            for (Future<?> call : calls) {
                call.get();
            }
        }
        assertThat(notSent).hasSizeLessThan(many / 2);
        String counts = ask("h1", "GET", "/counts", "");
        for (int i = 0; i < many; i++) {
            if (notSent.contains("/once/" + i)) {
                assertThat(counts).doesNotContain("\"/once/" + i + "\"");
            } else {
                assertThat(counts).contains("\"/once/" + i + "\":1");
            }
        }
    }

    /** A body that is passed on unread, with any protocol on either side; curl waits for 100 Continue. */
    @ParameterizedTest
    @ValueSource(strings = {"h2", "nginx", "h2-clear", "nginx-clear"})
    void aLongUploadArrivesWhole(String server) throws Exception {
        Path file = home.resolve("long.bin");
        byte[] bytes = new byte[LONG];
        new java.util.Random(7).nextBytes(bytes);
        Files.write(file, bytes);
        String digest =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        for (String protocol : List.of("--http1.1", "--http2-prior-knowledge")) {
            try (FrontFixture setting = setting(server)) {
                Process curl = new ProcessBuilder(
                                "curl",
                                "-sS",
                                "--max-time",
                                "60",
                                "-H",
                                "Expect: 100-continue",
                                protocol,
                                "-T",
                                file.toString(),
                                "http://127.0.0.1:" + setting.address.getPort() + "/up/files/a")
                        .redirectErrorStream(true)
                        .start();
                String said = String.join("\n", curl.inputReader().readAllLines());
                assertThat(said).contains("\"length\":" + LONG).contains(digest).doesNotContain("expect");
                StreamedBody body = ((LongBody) setting.handler.call(0).stream().orElseThrow()).inflow();
                assertThat(body.peak()).isPositive().isLessThan(512 * 1024);
                assertThat(setting.handler
                                .endings
                                .getFirst()
                                .sent()
                                .orElseThrow()
                                .text("body_sha256"))
                        .isEqualTo(digest);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "nginx", "h2-clear", "nginx-clear"})
    void aLongAnswerIsFetchedAsItIsRead(String server) throws Exception {
        HttpCall down = new HttpCall(
                "GET",
                route(server).server().authority(),
                "/down",
                List.of(new Parameter("bytes", Integer.toString(LONG))),
                List.of(),
                Bytes.empty());
        try (UpstreamAnswer answer = client.to(route(server)).forward(down, CREDENTIAL)) {
            long read = 0;
            Optional<byte[]> piece = answer.next();
            while (piece.isPresent()) {
                read += piece.get().length;
                piece = answer.next();
            }
            assertThat(read).isEqualTo(LONG);
            assertThat(answer.body().peak()).isPositive().isLessThanOrEqualTo(2 * UpstreamStreams.WINDOW);
        }
    }
}
