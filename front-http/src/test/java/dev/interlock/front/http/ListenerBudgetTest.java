package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.front.tls.CertificateAuthority;
import dev.interlock.front.tls.ServerIdentity;
import dev.interlock.testing.TestingCertificate;
import dev.interlock.testing.WaitLoop;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Instant;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that bodies count in the budget of the listener that they arrive at, over any protocol. */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
final class ListenerBudgetTest {

    private static final String HOST = "api.example.com";
    private static final int LARGE = 2 * BodyBudget.UNCOUNTED;

    /** The whole budget: two bodies at one listener, and a third at another. */
    private static final int ALL = 5 * LARGE;

    @TempDir
    private Path directory;

    private ScriptedUpstream upstream;
    private FrontFixture setting;
    private CertificateAuthority authority;
    private PlaceRelay place;

    @BeforeEach
    void open() throws Exception {
        ClientLimits limits = TestingLimits.usual(parts -> parts.bodies = ALL);
        upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"));
        setting = new FrontFixture(upstream.address(), limits, Instant.now());
        setting.sealed.put(
                "https://" + HOST,
                new UpstreamRoutes.OriginRoutes(Map.of("up", FrontFixture.route(upstream.address()))));
        Path socket = directory.resolve("agent.sock");
        authority = setting.front.openPlace("place-1", socket, _ -> true);
        place = new PlaceRelay(socket);
    }

    @AfterEach
    void close() throws Exception {
        place.close();
        setting.close();
        upstream.close();
    }

    /** Returns a request whose last byte never comes. */
    private static String endless() {
        return "POST /up/x HTTP/1.1\r\nHost: " + HOST + "\r\nContent-Length: " + LARGE + "\r\n\r\n"
                + "x".repeat(LARGE - 1);
    }

    private static SSLSocket say(SSLSocket socket) throws IOException {
        socket.getOutputStream().write(endless().getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** Waits until {@code count} bodies have arrived, except for their last bytes. */
    private void awaitHeld(int count) {
        while (setting.front.bodiesLeft() > ALL - count * (LARGE - 1)) {
            assertThat(Thread.currentThread().isInterrupted()).isFalse(); // the class's time limit
            WaitLoop.pause();
        }
    }

    private static void assertFull(InetSocketAddress door) throws IOException {
        try (RawClient third = new RawClient(door)) {
            assertThat(third.send(endless()).reply().body()).contains("no memory is left");
        }
    }

    private void assertRoom(InetSocketAddress door) throws IOException {
        try (RawClient elsewhere = new RawClient(door)) {
            elsewhere.send("POST /up/x HTTP/1.1\r\nHost: 127.0.0.1:" + door.getPort() + "\r\nContent-Length: " + LARGE
                    + "\r\n\r\n" + "x".repeat(LARGE));
            assertThat(elsewhere.reply().status()).isEqualTo(200);
        }
    }

    @Test
    void sharedListenersShareOneBudget() throws Exception {
        TestingCertificate certificate = TestingCertificate.forName("localhost");
        ServerIdentity identity = ServerIdentity.read(
                certificate.pem().getBytes(StandardCharsets.US_ASCII),
                certificate.key().getBytes(StandardCharsets.US_ASCII),
                Instant.now());
        InetSocketAddress tls =
                setting.front.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), () -> identity);
        try (SSLSocket first = encrypted(certificate, tls);
                SSLSocket second = encrypted(certificate, tls)) {
            say(first);
            awaitHeld(1);
            say(second);
            awaitHeld(2);
            assertFull(setting.address);
            assertRoom(place.address());
        }
    }

    private static SSLSocket encrypted(TestingCertificate certificate, InetSocketAddress address) throws Exception {
        return (SSLSocket)
                certificate.trusting().getSocketFactory().createSocket(address.getAddress(), address.getPort());
    }

    @Test
    void streamsUseTheBudgetOfTheirListener() throws Exception {
        try (StreamClient client = new StreamClient(place.address())) {
            for (int i = 1; i <= 2; i++) {
                client.begin()
                        .head(StreamClient.head("POST", "/up/x", place.address()), false)
                        .data("x".repeat(LARGE - 1), false);
                awaitHeld(i);
            }
            assertFull(place.address());
            assertRoom(setting.address);
        }
    }

    @Test
    void tunnelledBodiesUseTheBudgetOfTheirListener() throws Exception {
        try (SSLSocket first = tunnel();
                SSLSocket second = tunnel()) {
            say(first);
            awaitHeld(1);
            say(second);
            awaitHeld(2);
            assertFull(place.address());
            assertRoom(setting.address);
        }
    }

    private SSLSocket tunnel() throws Exception {
        Socket socket = new Socket(place.address().getAddress(), place.address().getPort());
        String connect = "CONNECT " + HOST + ":443 HTTP/1.1\r\nHost: " + HOST + ":443\r\n\r\n";
        socket.getOutputStream().write(connect.getBytes(StandardCharsets.US_ASCII));
        byte[] expected = "HTTP/1.1 200 Connection Established\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        assertThat(socket.getInputStream().readNBytes(expected.length)).isEqualTo(expected);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(new ByteArrayInputStream(authority.trustStore()), "interlock".toCharArray());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return (SSLSocket) context.getSocketFactory().createSocket(socket, HOST, 443, true);
    }
}
