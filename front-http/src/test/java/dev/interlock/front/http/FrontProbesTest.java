package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Secret;
import dev.interlock.front.tls.CertificateAuthority;
import dev.interlock.front.tls.ServerIdentity;
import dev.interlock.gate.NotSentException;
import dev.interlock.gate.ProbeMarks;
import dev.interlock.testing.TestingCertificate;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests probe requests through the front's own listeners. A request with the probe's mark is never forwarded. */
@Timeout(300)
final class FrontProbesTest {

    private static final HttpCall CALL = new HttpCall(
            "POST",
            "",
            "/graphql",
            List.of(),
            List.of(new Header("content-type", "application/json")),
            Bytes.utf8("{\"query\":\"mutation { volumeDelete(volumeId: \\\"probe\\\") }\"}"));

    @TempDir
    private Path directory;

    private ScriptedUpstream upstream;
    private FrontFixture setting;

    @BeforeEach
    void open() throws IOException {
        upstream = ScriptedUpstream.always(ScriptedUpstream.ok("gone"));
        setting = new FrontFixture(upstream.address());
    }

    @AfterEach
    void close() throws IOException {
        setting.close();
        upstream.close();
    }

    private HttpFront.ProbeAnswer probe(FrontEndpoint way) throws Exception {
        return setting.front.probe(way, "up", CALL, Optional.of(new Secret("nobody's")));
    }

    private static String body(HttpFront.ProbeAnswer reaction) {
        return new String(reaction.body().toArray(), StandardCharsets.UTF_8);
    }

    private void everyWayIsAnswered(String... ways) throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.REFUSE;
        assertThat(setting.front.endpoints())
                .extracting(FrontEndpoint::protocol)
                .containsExactlyInAnyOrder(ways);
        for (FrontEndpoint way : setting.front.endpoints()) {
            if (!setting.front.reaches(way, "up")) {
                assertThat(way.protocol()).as("it is asked for by an address").isEqualTo(FrontEndpoint.PROXY);
                continue;
            }
            HttpFront.ProbeAnswer reaction = probe(way);
            assertThat(reaction.status()).isEqualTo(403);
            assertThat(reaction.receipt()).contains("R-refused");
            assertThat(body(reaction)).contains("\"kind\":\"denied\"", "\"receipt\":\"R-refused\"");
        }
        assertThat(setting.handler.attempts)
                .hasSize((int) setting.front.endpoints().stream()
                        .filter(way -> setting.front.reaches(way, "up"))
                        .count())
                .allMatch(attempt -> attempt.isProbe());
        assertThat(setting.handler.attempts)
                .allSatisfy(attempt -> assertThat(attempt.presented()).hasSize(1));
        assertThat(upstream.requests).isEmpty();
    }

    @Test
    void probesUseEveryProtocolAndListener() throws Exception {
        setting.front.openPlace("place", directory.resolve("gateway.sock"), _ -> true);
        everyWayIsAnswered(
                FrontEndpoint.HTTP_1,
                FrontEndpoint.HTTP_2,
                FrontEndpoint.HTTP_1,
                FrontEndpoint.HTTP_2,
                FrontEndpoint.PROXY);
        assertThat(setting.handler.attempts)
                .filteredOn(attempt -> attempt.place().isPresent())
                .hasSize(2);
    }

    @Test
    void probesUseTlsLikeTheFront() throws Exception {
        TestingCertificate certificate = TestingCertificate.forName("localhost");
        ServerIdentity identity = identity(certificate);
        setting.close();
        setting = new FrontFixture(upstream.address(), ClientLimits.DEFAULT, () -> identity);
        everyWayIsAnswered(FrontEndpoint.HTTP_1, FrontEndpoint.HTTP_2);
        assertThat(setting.front.endpoints()).allMatch(way -> way.front().startsWith("https://"));

        try (ProbeClient probeClient = new ProbeClient(Duration.ofSeconds(20))) {
            ServerIdentity other = identity(TestingCertificate.forName("elsewhere"));
            assertThatThrownBy(() -> probeClient.ask(
                            new ProbeClient.ProbeRoute(
                                    setting.address, Optional.of(other.certificate()), false, Optional.empty()),
                            request(setting.address)))
                    .as("it believes nobody else's certificate")
                    .isInstanceOf(IOException.class);
        }
    }

    /** The probe uses a tunnel, or a whole URL; with and without a base path. */
    @ParameterizedTest
    @ValueSource(strings = {"https://provider.test", "https://provider.test:8443/base/", "http://provider.test/base"})
    void proxyProbesAskForTheProvidersAddress(String provider) throws Exception {
        named(URI.create(provider));
        setting.front.enableTunnels(
                CertificateAuthority.longLived(Set.of("provider.test"), Instant.now(), new SecureRandom()));
        setting.front.openPlace("place", directory.resolve("gateway.sock"), _ -> true);
        everyWayIsAnswered(
                FrontEndpoint.HTTP_1,
                FrontEndpoint.HTTP_2,
                FrontEndpoint.PROXY,
                FrontEndpoint.HTTP_1,
                FrontEndpoint.HTTP_2,
                FrontEndpoint.PROXY);
        assertThat(setting.handler.attempts)
                .hasSize(6)
                .allMatch(attempt -> attempt.upstream().equals("up"))
                .allMatch(attempt ->
                        attempt.call() instanceof HttpCall call && call.path().equals(CALL.path()));
    }

    /** They come every few seconds, and are no agent's. */
    @ParameterizedTest
    @ValueSource(strings = {"https://provider.test", "http://provider.test/base"})
    void refusedProbesWithoutLeaseAreKnown(String provider) throws Exception {
        named(URI.create(provider));
        setting.front.enableTunnels(
                CertificateAuthority.longLived(Set.of("provider.test"), Instant.now(), new SecureRandom()));
        FrontEndpoint proxy = setting.front.endpoints().stream()
                .filter(FrontEndpoint::isProxy)
                .findFirst()
                .orElseThrow();
        assertThat(setting.front.probe(proxy, "up", CALL, Optional.empty()).status())
                .isEqualTo(407);
        assertThat(setting.unread).singleElement().matches(RefusalRecorder.UnreadRequest::isProbe);
        assertThat(setting.handler.attempts).isEmpty();
    }

    @Test
    void probesAskThroughATunnelInsideTls() throws Exception {
        ServerIdentity identity = identity(TestingCertificate.forName("localhost"));
        URI provider = URI.create("https://provider.test");
        setting.close();
        setting = new FrontFixture(provider, ClientLimits.DEFAULT, () -> identity);
        setting.sealed.put(
                UpstreamOrigin.of(provider).toString(),
                new UpstreamRoutes.OriginRoutes(Map.of("up", FrontFixture.route(provider))));
        setting.front.enableTunnels(
                CertificateAuthority.longLived(Set.of("provider.test"), Instant.now(), new SecureRandom()));
        everyWayIsAnswered(FrontEndpoint.HTTP_1, FrontEndpoint.HTTP_2, FrontEndpoint.PROXY);
    }

    @Test
    void tunnelProbesTrustOnlyTheTunnelsAuthority() throws Exception {
        URI provider = URI.create("https://provider.test");
        named(provider);
        setting.front.enableTunnels(
                CertificateAuthority.longLived(Set.of("provider.test"), Instant.now(), new SecureRandom()));
        CertificateAuthority other =
                CertificateAuthority.longLived(Set.of("provider.test"), Instant.now(), new SecureRandom());
        try (ProbeClient probeClient = new ProbeClient(Duration.ofSeconds(20))) {
            assertThatThrownBy(() -> probeClient.ask(
                            new ProbeClient.ProbeRoute(
                                    setting.address,
                                    Optional.empty(),
                                    false,
                                    Optional.of(new ProbeClient.ProbeTunnel(
                                            UpstreamOrigin.of(provider),
                                            other.certificate(),
                                            Optional.of(new Secret("nobody's")),
                                            new Secret("no mark")))),
                            request(setting.address)))
                    .isInstanceOf(IOException.class);
        }
        assertThat(setting.handler.attempts).isEmpty();
    }

    /** Starts a front for {@code provider}, which is asked for by name. */
    private void named(URI provider) throws IOException {
        setting.close();
        setting = new FrontFixture(provider, Instant.now());
        setting.sealed.put(
                UpstreamOrigin.of(provider).toString(),
                new UpstreamRoutes.OriginRoutes(Map.of("up", FrontFixture.route(provider))));
    }

    private static ProbeClient.ProbeRoute road(InetSocketAddress door, boolean http2) {
        return new ProbeClient.ProbeRoute(door, Optional.empty(), http2, Optional.empty());
    }

    private static ServerIdentity identity(TestingCertificate of) throws Exception {
        return ServerIdentity.read(
                of.pem().getBytes(StandardCharsets.US_ASCII),
                of.key().getBytes(StandardCharsets.US_ASCII),
                Instant.now());
    }

    @Test
    void aForwardedProbeReachesNoUpstream() throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.FORWARD;
        for (FrontEndpoint way : setting.front.endpoints()) {
            assertThat(body(probe(way))).doesNotContain("\"kind\":\"denied\"");
        }
        assertThat(setting.handler.failures).hasSize(2).allMatch(NotSentException.class::isInstance);
        assertThat(upstream.requests).isEmpty();
    }

    @Test
    void anAgentsMarkIsDroppedAndDoesNothing() throws Exception {
        try (RawClient client = setting.client()) {
            client.send(setting.request("GET", "/up/x", "Interlock-Probe: " + "A".repeat(43) + "\r\n"));
            assertThat(client.head().getFirst()).contains("200");
        }
        assertThat(setting.handler.attempts).singleElement().matches(attempt -> !attempt.isProbe());
        assertThat(upstream.requests).singleElement().asString().doesNotContainIgnoringCase("interlock-probe");
    }

    @Test
    void aProbeMarkIsSingleUse() {
        ProbeMarks marks = new ProbeMarks();
        String mark = marks.make().use(value -> value);
        assertThat(marks.redeem(List.of(mark, mark))).as("two of them").isFalse();
        assertThat(marks.redeem(List.of(mark))).isTrue();
        assertThat(marks.redeem(List.of(mark))).as("seen and sent again").isFalse();
        Secret late = marks.make();
        marks.withdraw(late);
        assertThat(marks.redeem(List.of(late.<String>use(value -> value))))
                .as("its probe is over")
                .isFalse();
    }

    private static FullHttpRequest request(InetSocketAddress to) {
        FullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/up/x", Unpooled.EMPTY_BUFFER);
        request.headers().set("host", "127.0.0.1:" + to.getPort()).set("content-length", 0);
        return request;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aProbeOfAHangingFrontTimesOut(boolean http2) throws Exception {
        try (ServerSocket hung = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ProbeClient probeClient = new ProbeClient(Duration.ofMillis(200))) {
            InetSocketAddress address = (InetSocketAddress) hung.getLocalSocketAddress();
            assertThatThrownBy(() -> probeClient.ask(road(address, http2), request(address)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no answer");
        }
    }

    @Test
    void theProbeReportsTheFrontsAnswer() throws Exception {
        URI front = upstream.address();
        try (ProbeClient probeClient = new ProbeClient(Duration.ofSeconds(20))) {
            InetSocketAddress address = new InetSocketAddress(front.getHost(), front.getPort());
            HttpFront.ProbeAnswer reaction = probeClient.ask(road(address, false), request(address));
            assertThat(reaction.status()).isEqualTo(200);
            assertThat(reaction.receipt()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aClosedConnectionIsNoAnswer(boolean http2) throws Exception {
        try (ScriptedUpstream rude = new ScriptedUpstream(ScriptedUpstream.Line::hangUp);
                ProbeClient probeClient = new ProbeClient(Duration.ofSeconds(20))) {
            InetSocketAddress address =
                    new InetSocketAddress("127.0.0.1", rude.address().getPort());
            assertThatThrownBy(() -> probeClient.ask(road(address, http2), request(address)))
                    .isInstanceOf(IOException.class);
        }
    }

    // The kernel accepts connections as long as the selector holds the closed listener's key; nobody answers them.
    private RawClient.Reply askFront() throws IOException {
        try (RawClient client = setting.client()) {
            return client.send(setting.request("GET", "/up/x", "")).reply();
        }
    }

    @Test
    void aClosedFrontServesNobodyAndOthersContinue() throws Exception {
        setting.front.openPlace("place", directory.resolve("gateway.sock"), _ -> true);
        FrontEndpoint shared = setting.front.endpoints().getFirst();
        setting.front.shut(shared.front());
        assertThatThrownBy(this::askFront).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> probe(shared)).isInstanceOf(IOException.class);
        assertThat(setting.front.endpoints()).hasSize(3).allMatch(FrontEndpoint::isPlace);
        setting.front.shut("place");
        assertThat(setting.front.endpoints()).isEmpty();
    }
}
