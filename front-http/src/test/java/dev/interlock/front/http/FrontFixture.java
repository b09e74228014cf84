package dev.interlock.front.http;

import dev.interlock.front.git.PushAdmission;
import dev.interlock.front.tls.ServerIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** A front on a port of its own, with a fake gate and one upstream called {@code up}. */
final class FrontFixture implements AutoCloseable {

    static final ClientLimits PATIENT = ClientLimits.DEFAULT;
    /** Empty, because the files in it have no names. */
    static final Path SPOOLS = Path.of("target", "bodies");

    static final Instant NOW = Instant.parse("2026-11-20T08:00:00Z");

    final FakeHandler handler = new FakeHandler();
    final List<RefusalRecorder.UnreadRequest> unread = new CopyOnWriteArrayList<>();
    final Map<String, UpstreamRoutes.OriginLookup> sealed = new ConcurrentHashMap<>();
    final UpstreamClient upstreams = new UpstreamClient();
    final HttpFront front;
    final InetSocketAddress address;

    FrontFixture(URI upstream, ClientLimits limits) throws IOException {
        front = front(route(upstream), limits, Clock.fixed(NOW, ZoneOffset.UTC));
        address = front.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /** Creates a front whose upstream has a certificate by {@code ca}. */
    FrontFixture(URI upstream, Optional<String> ca) throws IOException {
        this(route(upstream, ca), PATIENT);
    }

    /** Creates a front with the upstream at {@code route}. */
    FrontFixture(UpstreamRoutes.UpstreamRoute route, ClientLimits limits) throws IOException {
        front = front(route, limits, Clock.fixed(NOW, ZoneOffset.UTC));
        address = front.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    /**
     * Creates a front that speaks only TLS. Its certificates are valid from now on, because its clients check the time.
     */
    FrontFixture(URI upstream, ClientLimits limits, Supplier<ServerIdentity> identity) throws IOException {
        front = front(route(upstream), limits, Clock.fixed(Instant.now(), ZoneOffset.UTC));
        address = front.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), identity);
    }

    static BodySpool spool() {
        return new BodySpool(SPOOLS, new BodyBudget(BodySpool.MOST).listenerBudget());
    }

    private HttpFront front(UpstreamRoutes.UpstreamRoute route, ClientLimits limits, Clock clock) {
        UpstreamRoutes routes = new UpstreamRoutes() {
            @Override
            public RouteLookup find(String name) {
                return FrontFixture.find(name, route);
            }

            @Override
            public OriginLookup at(UpstreamOrigin origin) {
                handler.threads.add(Thread.currentThread().toString());
                return sealed.getOrDefault(origin.toString(), new OriginRoutes(Map.of()));
            }
        };
        return new HttpFront(
                routes,
                new Exchange(
                        routes,
                        handler,
                        new GatewayRequests(handler, handler::elevate, handler::undo, handler::whoami, handler::plan),
                        upstreams,
                        this::record,
                        clock),
                clock,
                limits,
                SPOOLS);
    }

    /** Creates a front whose certificates are valid from {@code now} on, for clients that check the time. */
    FrontFixture(URI upstream, Instant now) throws IOException {
        this(upstream, PATIENT, now);
    }

    /** Creates the same with {@code limits}. */
    FrontFixture(URI upstream, ClientLimits limits, Instant now) throws IOException {
        front = front(route(upstream), limits, Clock.fixed(now, ZoneOffset.UTC));
        address = front.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    FrontFixture(URI upstream) throws IOException {
        this(upstream, PATIENT);
    }

    static UpstreamRoutes.UpstreamRoute route(URI upstream) {
        return route(upstream, Optional.empty());
    }

    static UpstreamRoutes.UpstreamRoute route(URI upstream, Optional<String> ca) {
        UpstreamRoutes.ExtraCarriers carriers =
                new UpstreamRoutes.ExtraCarriers(Set.of("project-access-token"), Set.of("token"));
        return new UpstreamRoutes.UpstreamRoute(
                new UpstreamServer(upstream, ca, false, false),
                carriers,
                path -> path.startsWith("/graphql"),
                (method, path) -> method.equals("PUT") && path.startsWith("/files/"),
                _ -> false,
                PushAdmission.NONE,
                McpReader.NONE);
    }

    /** Returns a route to an upstream that speaks HTTP/2 without TLS. */
    static UpstreamRoutes.UpstreamRoute priorKnowledge(URI upstream) {
        UpstreamRoutes.UpstreamRoute route = route(upstream);
        return new UpstreamRoutes.UpstreamRoute(
                new UpstreamServer(upstream, Optional.empty(), false, true),
                route.carriers(),
                route.graphql(),
                route.longBodies(),
                _ -> false,
                PushAdmission.NONE,
                McpReader.NONE);
    }

    static ClientLimits impatient(Duration deadline) {
        return TestingLimits.patient(deadline, parts -> {
            parts.connections = 2;
            parts.handshakes = 2;
        });
    }

    /** Returns the usual limits, except for the silence after which a client's presence is checked. */
    static ClientLimits lookingAfter(Duration quiet) {
        return TestingLimits.usual(parts -> parts.quiet = quiet);
    }

    private static UpstreamRoutes.RouteLookup find(String name, UpstreamRoutes.UpstreamRoute route) {
        return switch (name) {
            case "up" -> route;
            case "early" -> new UpstreamRoutes.NoSealInForce("No seal is in force.");
            case "deep" -> throw new StackOverflowError("as of a library that an agent's words take too deep");
            case "broken" -> throw new IllegalStateException("a bug of ours");
            default -> new UpstreamRoutes.UnknownUpstream();
        };
    }

    private String record(RefusalRecorder.UnreadRequest refused) {
        handler.threads.add(Thread.currentThread().toString());
        unread.add(refused);
        return "R-front";
    }

    RawClient client() throws IOException {
        return new RawClient(address);
    }

    /** Returns a well-formed request head for {@code target}, with {@code more} lines, each ended by CRLF. */
    String request(String method, String target, String more) {
        return method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + address.getPort() + "\r\n" + more + "\r\n";
    }

    @Override
    public void close() {
        front.close();
        upstreams.close();
    }
}
