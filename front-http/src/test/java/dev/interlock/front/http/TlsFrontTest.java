package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.front.tls.ServerIdentity;
import dev.interlock.testing.TestingCertificate;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests TLS to clients: the same requests and the same care behind it, and nothing unencrypted. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
final class TlsFrontTest {

    private static final String NAMED = "gateway.test";

    @TempDir
    private Path directory;

    private TestingCertificate certificate;
    private ScriptedUpstream upstream;
    private FrontFixture setting;

    @BeforeEach
    void open() throws Exception {
        certificate = TestingCertificate.forName("localhost", NAMED);
        Files.writeString(directory.resolve("ca.pem"), certificate.pem());
        upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"));
        ServerIdentity identity = identity(certificate);
        setting = new FrontFixture(upstream.address(), ClientLimits.DEFAULT, () -> identity);
    }

    @AfterEach
    void close() throws Exception {
        setting.close();
        upstream.close();
    }

    private static ServerIdentity identity(TestingCertificate of) throws Exception {
        return ServerIdentity.read(
                of.pem().getBytes(StandardCharsets.US_ASCII),
                of.key().getBytes(StandardCharsets.US_ASCII),
                Instant.now());
    }

    private String url(String host, String path) {
        return "https://" + host + ":" + setting.address.getPort() + path;
    }

    private List<String> curl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "curl",
                "-sS",
                "--max-time",
                "20",
                "--resolve",
                NAMED + ":" + setting.address.getPort() + ":127.0.0.1",
                "--resolve",
                "evil.example:" + setting.address.getPort() + ":127.0.0.1",
                "--cacert",
                directory.resolve("ca.pem").toString(),
                "-w",
                "\n%{http_version} %{http_code}"));
        command.addAll(List.of(arguments));
        Process curl = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<String> lines = curl.inputReader().readAllLines();
        curl.waitFor();
        return lines;
    }

    /** Returns a client's socket that trusts the certificate, before its handshake. */
    private SSLSocket socket() throws Exception {
        SSLSocket socket = (SSLSocket) certificate.trusting().getSocketFactory().createSocket();
        socket.connect(setting.address);
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static SSLSocket offering(SSLSocket socket, String... protocols) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        socket.setSSLParameters(parameters);
        return socket;
    }

    private static SSLSocket asking(SSLSocket socket, String name) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(name)));
        socket.setSSLParameters(parameters);
        return socket;
    }

    private static String say(SSLSocket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    @Tag("process")
    void curlAgreesOnHttp2OrOnHttp1() throws Exception {
        assertThat(curl("-d", "{}", url("localhost", "/up/x"))).containsExactly("ok", "2 200");
        assertThat(curl("--http1.1", url("localhost", "/up/y"))).containsExactly("ok", "1.1 200");
        assertThat(curl("--tls-max", "1.2", url("localhost", "/up/z"))).containsExactly("ok", "2 200");
        assertThat(curl("--no-alpn", url("localhost", "/up/z"))).containsExactly("ok", "1.1 200");
        assertThat(curl(url(NAMED, "/up/z"))).containsExactly("ok", "2 200");
        assertThat(setting.handler.attempts).hasSize(5);
    }

    @Test
    @Tag("process")
    void curlDistrustsAnotherServerAtThePort() throws Exception {
        Files.writeString(
                directory.resolve("ca.pem"),
                TestingCertificate.forName("other.example").pem());
        assertThat(curl(url("localhost", "/up/x"))).anyMatch(line -> line.contains("certificate"));
        assertThat(setting.handler.attempts).isEmpty();
    }

    @Test
    @Tag("process")
    void openSslGetsNoOlderProtocol() throws Exception {
        for (String old : List.of("-tls1", "-tls1_1")) {
            assertThat(openssl(old, "-cipher", "DEFAULT@SECLEVEL=0"))
                    .contains("protocol version")
                    .doesNotContain("BEGIN CERTIFICATE");
        }
        assertThat(openssl("-tls1_2")).contains("BEGIN CERTIFICATE");
        assertThat(openssl("-tls1_2", "-cipher", "AES128-SHA")).contains("handshake failure");
    }

    private String openssl(String... arguments) throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/openssl")), "openssl is not installed");
        List<String> command =
                new ArrayList<>(List.of("openssl", "s_client", "-connect", "127.0.0.1:" + setting.address.getPort()));
        command.addAll(List.of(arguments));
        Process openssl = new ProcessBuilder(command).redirectErrorStream(true).start();
        openssl.getOutputStream().close();
        String said = new String(openssl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(openssl.waitFor(300, TimeUnit.SECONDS)).isTrue();
        return said;
    }

    @Test
    void clearTextIsRefusedUnread() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/x", "Authorization: Bearer stray\r\n"));
            RawClient.Reply reply = client.reply();
            assertThat(reply.status()).isEqualTo(400);
            assertThat(reply.body()).contains("expects TLS").contains("https://");
            assertThat(client.rest()).isEmpty();
        }
        try (RawClient client = setting.client()) {
            client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
            assertThat(client.reply().status()).isEqualTo(400);
        }
        assertThat(setting.handler.attempts).isEmpty();
        assertThat(setting.unread).hasSize(2);
    }

    @Test
    @Tag("process")
    void anotherServerNameGetsNoHandshake() throws Exception {
        try (SSLSocket socket = asking(socket(), "evil.example")) {
            assertThatThrownBy(socket::startHandshake)
                    .isInstanceOf(SSLHandshakeException.class)
                    .hasMessageContaining("unrecognized_name");
        }
        assertThat(curl("-k", url("evil.example", "/up/x"))).anyMatch(line -> line.contains("unrecognized name"));
    }

    @Test
    @Tag("process")
    void theHostMustEqualTheServerName() throws Exception {
        int port = setting.address.getPort();
        for (String protocol : List.of("--http1.1", "--http2")) {
            assertThat(curl(protocol, "-H", "Host: localhost:" + port, url(NAMED, "/up/x")))
                    .last()
                    .asString()
                    .endsWith(" 400");
            assertThat(curl(protocol, "-H", "Host: evil.example:" + port, url("localhost", "/up/x")))
                    .last()
                    .asString()
                    .endsWith(" 400");
        }
        assertThat(setting.handler.attempts).isEmpty();
    }

    @Test
    void onlyTheNegotiatedProtocolIsSpoken() throws Exception {
        String host = "Host: localhost:" + setting.address.getPort() + "\r\nConnection: close\r\n\r\n";
        try (SSLSocket socket = offering(socket(), "http/1.1")) {
            assertThat(say(socket, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
                    .contains("400")
                    .contains("not_understood");
        }
        try (SSLSocket socket = socket()) { // without ALPN, there is no prior knowledge either
            assertThat(say(socket, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).contains("not_understood");
        }
        try (SSLSocket socket = offering(socket(), "h2")) {
            assertThat(say(socket, "GET /up/x HTTP/1.1\r\n" + host)).doesNotContain("HTTP/1.1 ");
        }
        try (SSLSocket socket = offering(socket(), "spdy/3")) {
            assertThatThrownBy(socket::startHandshake).hasMessageContaining("no_application_protocol");
        }
        assertThat(setting.handler.attempts).isEmpty();
    }

    @Test
    void aClosingRefusalEndsWithATlsClose() throws Exception {
        try (SSLSocket socket = socket()) {
            String said = say(socket, "GET /up/x HTTP/1.0\r\n\r\n"); // without close_notify this would throw
            assertThat(said).startsWith("HTTP/1.1 400").endsWith("}");
        }
    }

    @Test
    @Tag("process")
    void aTruncatedAnswerIsTruncatedForTheClient() throws Exception {
        ServerIdentity identity = identity(certificate);
        FrontFixture before = setting;
        try (ScriptedUpstream torn = new ScriptedUpstream(line -> {
                    line.request();
                    line.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
                    line.hangUp();
                });
                FrontFixture cut = new FrontFixture(torn.address(), ClientLimits.DEFAULT, () -> identity)) {
            setting = cut;
            for (String protocol : List.of("--http1.1", "--http2")) {
                assertThat(curl(protocol, url("localhost", "/up/x"))).anyMatch(line -> line.startsWith("curl: "));
            }
        } finally {
            setting = before;
        }
    }

    /** The client leaves with a close_notify, and without one, like a killed process. */
    @Test
    @Tag("process")
    void leavingAQuietStreamEndsItUpstream() throws Exception {
        CountDownLatch goodbye = new CountDownLatch(1);
        CountDownLatch both = new CountDownLatch(2);
        ServerIdentity identity = identity(certificate);
        FrontFixture before = setting;
        try (ScriptedUpstream events = new ScriptedUpstream(line -> {
                    line.head();
                    line.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n");
                    try {
                        line.awaitEnd();
                    } finally {
                        goodbye.countDown();
                        both.countDown();
                    }
                });
                FrontFixture quiet = new FrontFixture(
                        events.address(), FrontFixture.lookingAfter(Duration.ofMillis(20)), () -> identity)) {
            setting = quiet;
            try (SSLSocket socket = socket()) {
                socket.getOutputStream()
                        .write(quiet.request("GET", "/up/events", "").getBytes(StandardCharsets.US_ASCII));
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
                assertThat(in.lines().filter("data: 1"::equals).findFirst()).isPresent();
            }
            goodbye.await();
            Process curl = new ProcessBuilder(
                            "curl",
                            "-sSN",
                            "--http1.1",
                            "--cacert",
                            directory.resolve("ca.pem").toString(),
                            url("localhost", "/up/events"))
                    .start();
            assertThat(curl.inputReader().readLine()).isEqualTo("data: 1");
            curl.destroyForcibly();
            both.await();
        } finally {
            setting = before;
        }
    }

    private static byte[] beginningOfAHandshake() {
        return new byte[] {22, 3, 1, 0, 100, 1}; // the first byte of a record of 100
    }

    @Test
    void anUnfinishedHandshakeTimesOut() throws Exception {
        ServerIdentity identity = identity(certificate);
        Duration forever = Duration.ofMinutes(5);
        ClientLimits limits = TestingLimits.patient(forever, parts -> parts.handshake = Duration.ofMillis(50));
        try (FrontFixture hasty = new FrontFixture(upstream.address(), limits, () -> identity);
                RawClient slow = hasty.client()) {
            slow.send(beginningOfAHandshake());
            slow.rest(); // an alert, or nothing
        }
        ClientLimits firstByte = TestingLimits.patient(forever, parts -> parts.head = Duration.ofMillis(50));
        try (FrontFixture hasty = new FrontFixture(upstream.address(), firstByte, () -> identity);
                RawClient silent = hasty.client()) {
            assertThat(silent.rest()).isEmpty();
        }
    }

    @Test
    void theOldestOfManyUnfinishedHandshakesIsClosed() {
        TlsHandshakeHandler.PendingHandshakes handshakes = new TlsHandshakeHandler.PendingHandshakes(2);
        List<EmbeddedChannel> channels = List.of(new EmbeddedChannel(), new EmbeddedChannel(), new EmbeddedChannel());
        channels.forEach(handshakes::begin);
        assertThat(channels).extracting(EmbeddedChannel::isOpen).containsExactly(false, true, true);
        handshakes.end(channels.get(1));
        handshakes.begin(new EmbeddedChannel());
        assertThat(channels.get(2).isOpen()).isTrue();
    }

    @Test
    @Tag("process")
    void stalledHandshakesBlockNobody() throws Exception {
        ServerIdentity identity = identity(certificate);
        Duration forever = Duration.ofMinutes(5);
        ClientLimits limits = TestingLimits.patient(forever, parts -> {
            parts.drain = Duration.ZERO;
            parts.connections = 99;
            parts.handshakes = 2;
        });
        FrontFixture before = setting;
        try (FrontFixture crowded = new FrontFixture(upstream.address(), limits, () -> identity);
                RawClient first = crowded.client();
                RawClient second = crowded.client();
                RawClient third = crowded.client()) {
            setting = crowded;
            List<CompletableFuture<Void>> ends = new ArrayList<>();
            for (RawClient client : List.of(first, second, third)) {
                client.send(beginningOfAHandshake());
                ends.add(CompletableFuture.runAsync(() -> end(client), Thread::startVirtualThread));
            }
            CompletableFuture.anyOf(ends.toArray(CompletableFuture[]::new)).get();
            assertThat(curl(url("localhost", "/up/x"))).contains("2 200"); // at the cost of one more
        } finally {
            setting = before;
        }
    }

    private static void end(RawClient client) {
        try {
            client.rest();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void newConnectionsGetTheRenewedCertificate() throws Exception {
        TestingCertificate renewed = TestingCertificate.forName("localhost", "renewed.test");
        AtomicReference<ServerIdentity> shown = new AtomicReference<>(identity(certificate));
        try (FrontFixture renewing = new FrontFixture(upstream.address(), ClientLimits.DEFAULT, shown::get)) {
            InetSocketAddress address = renewing.address;
            try (SSLSocket open =
                    (SSLSocket) certificate.trusting().getSocketFactory().createSocket()) {
                open.connect(address);
                open.startHandshake();
                shown.set(identity(renewed));
                try (SSLSocket later =
                        (SSLSocket) renewed.trusting().getSocketFactory().createSocket()) {
                    later.connect(address);
                    later.startHandshake();
                }
                open.getOutputStream()
                        .write(("GET /up/x HTTP/1.1\r\nHost: localhost:" + address.getPort()
                                        + "\r\nConnection: close\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                try (InputStream in = open.getInputStream()) {
                    assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                            .endsWith("ok");
                }
            }
        }
    }
}
