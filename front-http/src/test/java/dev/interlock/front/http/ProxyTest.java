package dev.interlock.front.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.action.Attempt;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.front.tls.CertificateAuthority;
import dev.interlock.front.tls.HostCertificates;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the front as a proxy: it makes the same attempts as the reverse front. Everything else is refused and recorded.
 */
@Timeout(300) // nothing here waits by the clock; a test that hangs has failed
final class ProxyTest {

    private static final String LEASE = "ilk_FAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAK";
    private static final String HOST = "api.example.com";

    @TempDir
    private Path directory;

    private ScriptedUpstream upstream;
    private FrontFixture setting;
    private PlaceRelay relay;
    private CertificateAuthority authority;

    @BeforeEach
    void open() throws Exception {
        upstream = ScriptedUpstream.always(ScriptedUpstream.ok("ok"));
        setting = new FrontFixture(upstream.address(), Instant.now());
        Path socket = directory.resolve("place.sock");
        authority = setting.front.openPlace("place-1", socket, _ -> true);
        relay = new PlaceRelay(socket);
        Files.writeString(directory.resolve("ca.pem"), authority.pem());
        seal("https://" + HOST, Map.of("up", FrontFixture.route(upstream.address())));
    }

    @AfterEach
    void close() throws Exception {
        relay.close();
        setting.close();
        upstream.close();
    }

    private void seal(String origin, Map<String, UpstreamRoutes.UpstreamRoute> upstreams) {
        setting.sealed.put(origin, new UpstreamRoutes.OriginRoutes(upstreams));
    }

    /** Returns a route to the upstream whose sealed address has a base path. */
    private UpstreamRoutes.UpstreamRoute below(String base) {
        return FrontFixture.route(URI.create(upstream.address() + base));
    }

    private record ToolOutput(int exit, String out) {}

    private ToolOutput curl(String... arguments) throws Exception {
        return curl(relay.address(), arguments);
    }

    /** Runs curl with the settings of {@code run}: the proxy with the lease, and the certificate to trust. */
    private ToolOutput curl(InetSocketAddress proxy, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "-m", "30"));
        command.addAll(List.of("--cacert", directory.resolve("ca.pem").toString()));
        command.addAll(List.of("-w", "\n%{http_code} %{http_version}"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        String address = "http://lease:" + LEASE + "@127.0.0.1:" + proxy.getPort();
        builder.environment().putAll(Map.of("https_proxy", address, "http_proxy", address));
        Process process = builder.start();
        try (InputStream out = process.getInputStream()) {
            return new ToolOutput(0, new String(out.readAllBytes(), StandardCharsets.UTF_8));
        } finally {
            process.waitFor();
        }
    }

    private RawClient raw() throws IOException {
        return new RawClient(relay.address());
    }

    private static String connect(String target, String more) {
        return "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n" + more + "\r\n";
    }

    /** Returns the inside of a tunnel to {@code host}, opened under the name {@code name}. */
    private SSLSocket tunnel(String host, String name) throws Exception {
        InetSocketAddress address = relay.address();
        Socket socket = new Socket(address.getAddress(), address.getPort());
        socket.setSoTimeout(10_000);
        socket.getOutputStream().write(connect(host + ":443", "").getBytes(StandardCharsets.US_ASCII));
        byte[] expected = "HTTP/1.1 200 Connection Established\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        assertThat(socket.getInputStream().readNBytes(expected.length)).isEqualTo(expected);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(new ByteArrayInputStream(authority.trustStore()), "interlock".toCharArray());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, host, 443, true);
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(name)));
        tls.setSSLParameters(parameters);
        return tls;
    }

    /** Sends a request through a tunnel to {@link #HOST}, and returns the answer up to the end of the connection. */
    private String inside(String request) throws Exception {
        try (SSLSocket tls = tunnel(HOST, HOST)) {
            tls.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(tls.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private Refusal refused() throws InterruptedException {
        while (setting.unread.isEmpty()) {
            if (Thread.interrupted()) {
                throw new InterruptedException("nothing came to be on record");
            }
            LockSupport.parkNanos(1_000_000);
        }
        return setting.unread.getFirst().refusal();
    }

    private void nothingLeft() {
        assertThat(setting.handler.attempts).isEmpty();
    }

    // Permitted requests.

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    @Tag("process")
    void aTunnelledRequestIsTheAttemptThatTheReverseFrontMakes(String protocol) throws Exception {
        String[] body = {"-H", "Content-Type: application/json", "-d", "{\"query\":\"{ me }\"}"};
        List<String> through = new ArrayList<>(List.of(protocol, "https://" + HOST + "/graphql/v2?b=2&a=%2F+x"));
        through.addAll(List.of(body));
        assertThat(curl(through.toArray(String[]::new)).out()).startsWith("ok\n200");
        List<String> direct = new ArrayList<>(List.of(
                "--noproxy", "*", "http://127.0.0.1:" + relay.address().getPort() + "/up/graphql/v2?b=2&a=%2F+x"));
        direct.addAll(List.of(body));
        direct.addAll(List.of("-u", "lease:" + LEASE));
        assertThat(curl(direct.toArray(String[]::new)).out()).startsWith("ok\n200");

        Attempt one = setting.handler.attempts.get(0);
        Attempt other = setting.handler.attempts.get(1);
        assertThat(one.call()).isEqualTo(other.call());
        assertThat(one.upstream()).isEqualTo(other.upstream());
        assertThat(one.place()).isEqualTo(other.place()).contains("place-1");
        assertThat(tokens(one)).isEqualTo(tokens(other)).containsExactly("lease", LEASE);
        assertThat(setting.unread).isEmpty();
    }

    private static List<String> tokens(Attempt attempt) {
        return attempt.presented().stream()
                .map(carried -> carried.secret().<String>use(text -> text))
                .toList();
    }

    @Test
    @Tag("process")
    void theProxyLeaseIsNotForwarded() throws Exception {
        curl("https://" + HOST + "/x");
        assertThat(String.join("\n", upstream.requests)).contains("GET /x").doesNotContain("ilk_", "proxy-auth");
        assertThat(((HttpCall) setting.handler.attempts.getFirst().call()).toString())
                .doesNotContain("ilk_");
    }

    @Test
    @Tag("process")
    void anAbsoluteUrlIsTheSameCall() throws Exception {
        seal("http://" + HOST, Map.of("up", FrontFixture.route(upstream.address())));
        assertThat(curl("http://" + HOST + "/graphql/v2?a=1").out()).startsWith("ok\n200");
        HttpCall call = setting.handler.call(0);
        assertThat(call.path()).isEqualTo("/graphql/v2");
        assertThat(tokens(setting.handler.attempts.getFirst())).containsExactly("lease", LEASE);
    }

    @Test
    @Tag("process")
    void theLongestBasePathDecides() throws Exception {
        seal("https://" + HOST, Map.of("short", below("/api"), "long", below("/api/v3")));
        curl("https://" + HOST + "/api/v3/repos");
        curl("https://" + HOST + "/api/v30/repos");
        assertThat(setting.handler.attempts).extracting(Attempt::upstream).containsExactly("long", "short");
        assertThat(setting.handler.call(0).path()).isEqualTo("/repos");
        assertThat(setting.handler.call(1).path()).isEqualTo("/v30/repos");
        assertThat(curl("https://" + HOST + "/else").out()).contains("the path is under none of their addresses");
    }

    @Test
    @Tag("process")
    void anAmbiguousUrlMatchesNoUpstream() throws Exception {
        seal("https://" + HOST, Map.of("one", below("/api"), "two", below("/api/")));
        assertThat(curl("https://" + HOST + "/api/x").out()).contains("`one`, `two`", "\n403");
        nothingLeft();
    }

    private UpstreamRoutes.UpstreamRoute knowing(String path) {
        UpstreamRoutes.UpstreamRoute plain = below("");
        return new UpstreamRoutes.UpstreamRoute(
                plain.server(),
                plain.carriers(),
                plain.graphql(),
                plain.longBodies(),
                plain.storage(),
                plain.push(),
                plain.mcp(),
                plain.pages(),
                path::equals);
    }

    /** As several servers of MCP do, whose addresses differ in the path that their catalogs name. */
    @Test
    @Tag("process")
    void ofSeveralUpstreamsTheOneThatKnowsThePathIsMeant() throws Exception {
        seal(
                "https://" + HOST,
                Map.of("notes", knowing("/notes/mcp"), "mail", knowing("/mail/mcp"), "both", knowing("/mail/mcp2")));
        curl("https://" + HOST + "/notes/mcp");
        curl("https://" + HOST + "/mail/mcp?x=1");
        assertThat(setting.handler.attempts).extracting(Attempt::upstream).containsExactly("notes", "mail");
        assertThat(curl("https://" + HOST + "/mail").out()).contains("`both`, `mail`, `notes`", "\n403");
    }

    @Test
    void aConnectOfAnOlderClientHasNoHost() throws Exception {
        try (RawClient client = raw()) {
            assertThat(client.send("CONNECT " + HOST + ":443 HTTP/1.0\r\n\r\n")
                            .head()
                            .getFirst())
                    .contains(" 200 ");
        }
    }

    /** Keys are made for a new host. */
    @Test
    void aTunnelIsOpenedBesideTheEventLoop() throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", HttpFront.class.getModule()))
                .isTrue();
        try (RawClient client = raw()) {
            client.send(connect(HOST + ":443", "")).head();
        }
        assertThat(setting.handler.threads).isNotEmpty().noneMatch(thread -> thread.contains("EventLoop"));
    }

    // Refused requests.

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    @Tag("process")
    void anUnsealedHostIsRefusedWithAReason(String protocol) throws Exception {
        assertThat(curl(protocol, "-H", "Authorization: Bearer sk_stray", "https://evil.example.net/upload")
                        .out())
                .contains("names no upstream at `https://evil.example.net`", "\"kind\":\"denied\"", "\n403");
        assertThat(setting.unread).hasSize(1);
        assertThat(setting.unread.getFirst().presented())
                .extracting(Attempt.PresentedCredential::carrier)
                .contains("header proxy-authorization password", "header authorization");
        nothingLeft();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1:443",
                "169.254.169.254:443",
                "[::1]:443",
                "127.1:443",
                "2130706433:443",
                "0x7f000001:443",
                "0x7f.1:443",
                "api.example.com:22",
                "api.example.com:0443",
                "api.example.com:0",
                "api.example.com:65536",
                "api.example.com:",
                "api.example.com",
                "api.example.com.:443",
                "user@api.example.com:443",
                "api..example.com:443",
                "https://api.example.com:443",
                "api.example.com:443:443",
                ":443",
                "-a.example.com:443",
                "other.example.com:8443",
                "*"
            })
    void aTunnelToAnythingButANamedHostIsRefused(String target) throws Exception {
        try (RawClient client = raw()) {
            RawClient.Reply reply = client.send(connect(target, "")).reply();
            assertThat(reply.status()).as(reply.body()).isIn(400, 403);
        }
        assertThat(setting.unread).hasSize(1);
        nothingLeft();
    }

    /** A secret may be spelled in a host name, and is found only in its original case. */
    @Test
    void theRequestedTargetIsReportedVerbatim() throws Exception {
        String host = "sK-Stray.Example.com";
        List<String> requests = List.of(
                connect(host + ":8443", ""),
                "GET https://" + host + "/x HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
                "GET /up/x HTTP/1.1\r\nHost: localhost\r\nHost: " + host + "\r\n\r\n",
                "GET /sK-Stray/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
        for (String request : requests) {
            setting.unread.clear();
            try (RawClient client = raw()) {
                assertThat(client.send(request).reply().status()).isIn(400, 403);
            }
            assertThat(setting.unread.getFirst().asked()).as(request).contains("sK-Stray");
        }
        nothingLeft();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /x HTTP/1.1\r\nHost: sk-stray.example.com\r\nConnection: close\r\n\r\n", ""})
    void theRequestedTunnelIsReportedVerbatim(String inside) throws Exception {
        try (SSLSocket tls = tunnel("sK-Stray.Example.com", "sk-stray.example.com")) {
            if (inside.isEmpty()) {
                tls.close();
            } else {
                tls.getOutputStream().write(inside.getBytes(StandardCharsets.US_ASCII));
                assertThat(tls.getInputStream().readAllBytes()).isNotEmpty();
            }
        }
        assertThat(refused().toString()).doesNotContain("sK-Stray");
        assertThat(setting.unread.getFirst().asked()).contains("sK-Stray");
        nothingLeft();
    }

    @Test
    void aConnectWithABodyIsRefusedAndNothingMoreIsRead() throws Exception {
        for (String framing :
                List.of("Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 9999999\r\n")) {
            try (RawClient client = raw()) {
                String next = "GET /up/x HTTP/1.1\r\nHost: localhost\r\n\r\n";
                RawClient.Reply reply = client.send(connect(HOST + ":443", framing)
                                + (framing.startsWith("T") ? "0\r\n\r\n" : "12345")
                                + next)
                        .reply();
                assertThat(reply.status()).as(framing).isEqualTo(400);
                assertThat(reply.body()).contains("CONNECT has a body");
            }
        }
        nothingLeft();
    }

    @Test
    void aRefusedConnectEndsTheConnection() throws Exception {
        try (RawClient client = raw()) {
            client.send(connect("127.0.0.1:443", "") + "GET /up/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(client.reply().header("connection")).contains("close");
        }
        nothingLeft();
    }

    @Test
    void theHostOfAConnectIsItsTarget() throws Exception {
        try (RawClient client = raw()) {
            String request = "CONNECT " + HOST + ":443 HTTP/1.1\r\nHost: evil.example.net\r\n\r\n";
            assertThat(client.send(request).reply().status()).isEqualTo(400);
        }
    }

    @Test
    void clearTextInATunnelIsRefused() throws Exception {
        for (String bytes : List.of("GET /up/x HTTP/1.1\r\nHost: localhost\r\n\r\n", "SSH-2.0-x\r\n", "\0\0\0\1")) {
            setting.unread.clear();
            try (RawClient client = raw()) {
                client.send(connect(HOST + ":443", "") + bytes);
                assertThat(client.head().getFirst()).contains(" 200 ");
                assertThat(client.reply().status()).isEqualTo(400);
            }
            assertThat(refused().reason()).contains("something other than TLS");
        }
        nothingLeft();
    }

    @Test
    void theServerNameMustEqualTheTunnels() throws Exception {
        try (SSLSocket tls = tunnel(HOST, "other.example.com")) {
            assertThatThrownBy(tls::startHandshake).isInstanceOf(SSLException.class);
        }
        assertThat(refused().reason()).contains("no request came through it");
        nothingLeft();
    }

    @Test
    void aTunnelDoesNotLeadToTheGatewaysPaths() throws Exception {
        try (SSLSocket tls = tunnel(HOST, "localhost")) {
            assertThatThrownBy(tls::startHandshake).isInstanceOf(SSLException.class);
        }
        assertThat(inside("POST /.interlock/leases HTTP/1.1\r\nHost: " + HOST
                        + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"))
                .contains("ok");
        assertThat(setting.handler.derivations).isEmpty();
        assertThat(setting.handler.call(0).path()).isEqualTo("/.interlock/leases");
    }

    @Test
    void theHostInsideMustEqualTheTunnels() throws Exception {
        for (String host : List.of("evil.example.net", HOST + ":8443", "127.0.0.1", HOST + ".")) {
            assertThat(inside("GET /x HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 403")
                    .contains("The Host is not `https://" + HOST + "`");
        }
        assertThat(inside("GET /x HTTP/1.1\r\nHost: " + HOST + "\r\nHost: " + HOST + "\r\n\r\n"))
                .startsWith("HTTP/1.1 400");
        assertThat(inside("GET /x HTTP/1.1\r\nConnection: close\r\n\r\n")).startsWith("HTTP/1.1 400");
        nothingLeft();
    }

    @Test
    @Tag("process")
    void theAuthorityOfAStreamMustEqualTheTunnels() throws Exception {
        assertThat(curl("--http2", "-H", "Host: evil.example.net", "https://" + HOST + "/x")
                        .out())
                .contains("The Host is not `https://" + HOST + "`", "\n403 2");
        nothingLeft();
    }

    @Test
    void aTunnelInATunnelIsRefused() throws Exception {
        assertThat(inside("CONNECT other.example.com:443 HTTP/1.1\r\nHost: " + HOST + "\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 403")
                .contains("CONNECT inside a tunnel");
        assertThat(inside("GET https://" + HOST + "/x HTTP/1.1\r\nHost: " + HOST + "\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 403")
                .contains("not in origin form");
        nothingLeft();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://169.254.169.254/latest/meta-data",
                "http://127.0.0.1/x",
                "http://[::1]/x",
                "http://lease@api.example.com/x",
                "http://api.example.com:8080/x",
                "http://api.example.com/x", // sealed with https alone
                "https://evil.example.net/x",
                "http:///x",
                "http://api.example.com:/x"
            })
    void anAbsoluteUrlToAnUnsealedOriginIsRefused(String url) throws Exception {
        try (RawClient client = raw()) {
            String host = URI.create(url).getRawAuthority();
            RawClient.Reply reply = client.send("GET " + url + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                    .reply();
            assertThat(reply.status()).as(reply.body()).isEqualTo(403);
        }
        assertThat(setting.unread).hasSize(1);
        nothingLeft();
    }

    @Test
    void anAbsoluteUrlMustMatchItsHost() throws Exception {
        try (RawClient client = raw()) {
            String request = "GET https://" + HOST + "/x HTTP/1.1\r\nHost: evil.example.net\r\n\r\n";
            assertThat(client.send(request).reply().body()).contains("The Host is not `https://" + HOST + "`");
        }
        nothingLeft();
    }

    @Test
    @Tag("process")
    void aDistrustingClientIsStillRecorded() throws Exception {
        Files.writeString(directory.resolve("ca.pem"), "");
        curl("https://evil.example.net/x");
        assertThat(refused().reason()).contains("`https://evil.example.net`", "no request came through");
        assertThat(setting.unread.getFirst().presented()).isNotEmpty();
        assertThat(setting.unread.getFirst().place()).contains("place-1");
    }

    @Test
    void redirectsLeadOnlyToSealedHosts() throws Exception {
        seal("https://files.example.com", Map.of("files", FrontFixture.route(upstream.address())));
        for (Map.Entry<String, Optional<String>> one : Map.of(
                        "https://files.example.com/x?y=1",
                        Optional.of("https://files.example.com/x?y=1"),
                        "https://evil.example.net/x",
                        Optional.<String>empty(),
                        "https://deploy:evil.example.net@files.example.com/x",
                        Optional.<String>empty())
                .entrySet()) {
            try (ScriptedUpstream leading = ScriptedUpstream.always(
                    "HTTP/1.1 302 Found\r\nLocation: " + one.getKey() + "\r\nContent-Length: 0\r\n\r\n")) {
                seal("https://" + HOST, Map.of("up", FrontFixture.route(leading.address())));
                String answer = inside("GET /x HTTP/1.1\r\nHost: " + HOST + "\r\nConnection: close\r\n\r\n");
                assertThat(answer).startsWith("HTTP/1.1 302");
                if (one.getValue().isPresent()) {
                    assertThat(answer).contains("location: " + one.getValue().get());
                } else {
                    assertThat(answer).doesNotContain("evil.example.net");
                }
            }
        }
    }

    // Hosts that nobody has added.

    /** The route to {@code host}, which an agent chose, leads to the upstream here. */
    private void openWeb(String host) {
        setting.sealed.put(
                "https://" + host, new UpstreamRoutes.WebRoute("web", FrontFixture.route(upstream.address())));
    }

    @Test
    @Tag("process")
    void aPageOfTheWebIsACallOfItsUpstream() throws Exception {
        openWeb("docs.example.net");
        assertThat(curl("https://docs.example.net/guide/?q=1").out()).startsWith("ok\n200");
        assertThat(setting.handler.attempts).singleElement().satisfies(attempt -> {
            assertThat(attempt.upstream()).isEqualTo("web");
            assertThat(HttpCall.of(attempt.call()).path()).isEqualTo("/guide/");
        });
    }

    /** An address to which a provider redirects often opens without a credential. */
    @Test
    void onlyPagesOfTheWebLeadToItsHosts() throws Exception {
        openWeb("docs.example.net");
        try (ScriptedUpstream leading = ScriptedUpstream.always(
                "HTTP/1.1 302 Found\r\nLocation: https://docs.example.net/x?sig=1\r\nContent-Length: 0\r\n\r\n")) {
            seal("https://" + HOST, Map.of("up", FrontFixture.route(leading.address())));
            String asked = "GET /x HTTP/1.1\r\nHost: " + HOST + "\r\nConnection: close\r\n\r\n";
            assertThat(inside(asked)).startsWith("HTTP/1.1 302").doesNotContain("docs.example.net");
            setting.sealed.put(
                    "https://" + HOST, new UpstreamRoutes.WebRoute("web", FrontFixture.route(leading.address())));
            assertThat(inside(asked)).contains("location: https://docs.example.net/x?sig=1");
        }
    }

    @Test
    void theSharedListenerReadsNoWebByUrls() throws Exception {
        openWeb("docs.example.net");
        try (RawClient client = new RawClient(setting.address)) {
            String asked = "GET https://docs.example.net/x HTTP/1.1\r\nHost: docs.example.net\r\n"
                    + "Proxy-Authorization: Bearer lease\r\n\r\n";
            assertThat(client.send(asked).reply().status()).isEqualTo(403);
        }
        nothingLeft();
    }

    @Test
    @Tag("process")
    void theSharedListenerReadsNoWeb() throws Exception {
        openWeb("docs.example.net");
        CertificateAuthority kept = CertificateAuthority.longLived(Set.of(HOST), Instant.now(), new SecureRandom());
        setting.front.enableTunnels(kept);
        assertThat(curl(setting.address, "https://docs.example.net/x").out()).contains("response 403");
        nothingLeft();
    }

    @Test
    void hostsOfTheWebUseNothingOfSealedOnes() throws Exception {
        for (int i = 0; i <= HostCertificates.AT_ONCE; i++) {
            openWeb("h" + i + ".example.net");
            try (RawClient client = raw()) {
                client.send(connect("h" + i + ".example.net:443", "")).head();
            }
        }
        try (RawClient client = raw()) {
            assertThat(client.send(connect("h0.example.net:443", "")).head().getFirst())
                    .contains(" 200 ");
        }
        openWeb("one-more.example.net");
        try (RawClient client = raw()) {
            assertThat(client.send(connect("one-more.example.net:443", ""))
                            .reply()
                            .body())
                    .contains("Too many different hosts");
        }
    }

    // Limits.

    @Test
    void tooManyHostsAreRefusedEarly() throws Exception {
        for (int i = 0; i < HostCertificates.AT_ONCE; i++) {
            try (RawClient client = raw()) {
                assertThat(client.send(connect("h" + i + ".example.net:443", ""))
                                .head()
                                .getFirst())
                        .contains(" 200 ");
            }
        }
        try (RawClient client = raw()) {
            RawClient.Reply reply =
                    client.send(connect("one-more.example.net:443", "")).reply();
            assertThat(reply.status()).isEqualTo(403);
            assertThat(reply.body()).contains("Too many different hosts");
        }
    }

    /** A process that can connect to the place, or a tool that contacts its vendor, must not lock its agent out. */
    @Test
    @Tag("process")
    void unsealedHostsUseNothingOfSealedOnes() throws Exception {
        for (int i = 0; i <= HostCertificates.AT_ONCE; i++) {
            try (RawClient client = raw()) {
                client.send(connect("h" + i + ".example.net:443", "")).head();
            }
        }
        assertThat(curl("https://" + HOST + "/x").out()).startsWith("ok\n200");
    }

    @Test
    @Tag("process")
    void theSharedListenerCertifiesOnlySealedHosts() throws Exception {
        assertThat(curl(setting.address, "https://" + HOST + "/x").out()).contains("response 403");
        CertificateAuthority kept = CertificateAuthority.longLived(Set.of(HOST), Instant.now(), new SecureRandom());
        setting.front.enableTunnels(kept);
        Files.writeString(directory.resolve("ca.pem"), kept.pem());
        assertThat(curl(setting.address, "https://" + HOST + "/x").out()).startsWith("ok\n200");
        assertThat(curl(setting.address, "https://evil.example.net/x").out()).contains("response 403");
        assertThat(setting.handler.attempts).hasSize(1);
        assertThat(setting.handler.attempts.getFirst().place()).isEmpty();
    }

    private CertificateAuthority tunnelsForAll() {
        CertificateAuthority kept = CertificateAuthority.longLived(Set.of(HOST), Instant.now(), new SecureRandom());
        setting.front.enableTunnels(kept);
        return kept;
    }

    /** Many clients send their credential only when they are asked for it (RFC 9110 §11.7). */
    @ParameterizedTest
    @ValueSource(strings = {"CONNECT api.example.com:443", "GET http://api.example.com/x"})
    void theSharedProxyAsksForACredential(String line) throws Exception {
        seal("http://" + HOST, Map.of("up", FrontFixture.route(upstream.address())));
        tunnelsForAll();
        String host = line.startsWith("CONNECT") ? HOST + ":443" : HOST;
        try (RawClient client = new RawClient(setting.address)) {
            RawClient.Reply reply = client.send(line + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                    .reply();
            assertThat(reply.status()).isEqualTo(407);
            assertThat(reply.header("proxy-authenticate")).contains("Basic realm=\"interlock\"");
            assertThat(reply.body()).contains("carried no lease", "http://lease:$INTERLOCK_LEASE@HOST:PORT");
        }
        nothingLeft();
        assertThat(setting.unread).as("on record").hasSize(1);
        try (RawClient client = new RawClient(setting.address)) {
            String wrong = "Proxy-Authorization: Bearer sk_stray\r\n";
            client.send(line + " HTTP/1.1\r\nHost: " + host + "\r\n" + wrong + "\r\n");
            assertThat(client.head().getFirst()).as("never for a wrong one").doesNotContain(" 407 ");
        }
    }

    @Test
    @Tag("process")
    void aClientThatAnswersTheChallengeIsServed() throws Exception {
        Files.writeString(directory.resolve("ca.pem"), tunnelsForAll().pem());
        assertThat(curl(setting.address, "-v", "--proxy-anyauth", "https://" + HOST + "/x")
                        .out())
                .contains(" 407 ", "ok\n200");
    }

    @Test
    void aPlaceAsksForNoCredential() throws Exception {
        try (RawClient client = raw()) {
            assertThat(client.send(connect(HOST + ":443", "")).head().getFirst())
                    .contains(" 200 ");
        }
    }

    @Test
    void aDisconnectInATunnelEndsTheWait() throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.WAIT;
        try (SSLSocket tls = tunnel(HOST, HOST)) {
            String request = "GET /x HTTP/1.1\r\nHost: " + HOST + "\r\nPrefer: wait=9\r\n\r\n";
            tls.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            setting.handler.waiting.await();
        }
        setting.handler.gone.await();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.1", "--http2"})
    @Tag("process")
    void aTunnelledClientLearnsThatItWaited(String version) throws Exception {
        setting.handler.does = FakeHandler.FakeBehaviour.WAIT_AND_FORWARD;
        setting.handler.decided.countDown();
        assertThat(curl(version, "-i", "-H", "Prefer: wait=9", "https://" + HOST + "/x")
                        .out())
                .containsIgnoringCase("preference-applied: wait=9");
    }
}
