package dev.interlock.front.http;

import dev.interlock.action.HttpCall;
import dev.interlock.action.Secret;
import dev.interlock.front.tls.CertificateAuthority;
import dev.interlock.front.tls.HostCertificates;
import dev.interlock.front.tls.InvalidIdentityException;
import dev.interlock.front.tls.ServerIdentity;
import dev.interlock.gate.ElevationRequests;
import dev.interlock.gate.Handler;
import dev.interlock.gate.LeaseDeriver;
import dev.interlock.gate.UndoRequests;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;

/**
 * The front for HTTP/1.1 and HTTP/2. It has shared listeners on loopback, {@code http://127.0.0.1:7411/{upstream}/…}
 * (or https), which are proxies too if the operator says so. Each agent with a place of its own has one Unix socket.
 * Remote machines have one listener beyond loopback.
 *
 * <p>Threading: any thread may call any method.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the result of closing is seen on the channel itself
public final class HttpFront implements AutoCloseable {

    private static final ChannelOption<UnixDomainPrincipal> PEER =
            NioChannelOption.of(ExtendedSocketOptions.SO_PEERCRED);

    /** The line that clients of a proxy wait for before they continue. */
    private static final byte[] ESTABLISHED =
            "HTTP/1.1 200 Connection Established\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final UpstreamRoutes routes;
    private final Exchange exchange;
    private final ClientLimits limits;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();
    private volatile Optional<HostCertificates> shared = Optional.empty();
    private final EventLoopGroup loops = UpstreamClient.newEventLoops();
    private final ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
    private final ConcurrentHashMap<String, OpenListener> places = new ConcurrentHashMap<>();
    private final Queue<OpenListener> doors = new ConcurrentLinkedQueue<>();
    private final BodyBudget bodies;
    private final BodyBudget.ListenerBudget sharedBodies;
    private final Semaphore sharedAnswering;
    private final ProbeClient probeClient;
    private volatile Optional<RemoteListener> remote = Optional.empty();
    private volatile boolean draining;

    /** The listener for remote machines. */
    private record RemoteListener(OpenListener door, RemoteConnections connections) {}

    /**
     * The listener that a connection came in by, with its limits and its tunnels.
     *
     * @param handshakes of this listener, those in tunnels included
     * @param bodies the memory for connections of this listener; the shared listeners count as one
     * @param answering a permit for each HTTP/2 request that may be answered at once; the shared listeners count as one
     *     here, too
     */
    private record ConnectionContext(
            FrontListener listener,
            ProxyTunnels tunnels,
            PendingHandshakes handshakes,
            BodyBudget.ListenerBudget bodies,
            Semaphore answering) {

        ConnectionContext through(FrontListener other) {
            return new ConnectionContext(other, tunnels, handshakes, bodies, answering);
        }
    }

    /**
     * A listener and its connections.
     *
     * @param identity the front's identity there, if TLS is spoken
     * @param certificates the certificates for hosts in tunnels, if tunnels are opened there
     */
    private record OpenListener(
            Channel listener,
            ChannelGroup connections,
            Optional<Supplier<ServerIdentity>> identity,
            Supplier<Optional<HostCertificates>> certificates) {

        boolean isProxy() {
            return certificates.get().isPresent();
        }

        String address() {
            InetSocketAddress bound = (InetSocketAddress) listener.localAddress();
            return (identity.isPresent() ? "https://" : "http://") + bound.getHostString() + ":" + bound.getPort();
        }
    }

    /** Creates a front that is closed until {@link #listen} or {@link #openPlace}. */
    public HttpFront(
            UpstreamRoutes routes,
            Handler handler,
            LeaseDeriver deriver,
            ElevationRequests elevator,
            UndoRequests undoer,
            UpstreamClient upstreams,
            RefusalRecorder recorder,
            Clock clock) {
        this(
                routes,
                new Exchange(routes, handler, deriver, elevator, undoer, upstreams, recorder, clock),
                clock,
                ClientLimits.DEFAULT);
    }

    HttpFront(UpstreamRoutes routes, Exchange exchange, Clock clock, ClientLimits limits) {
        this.routes = routes;
        this.exchange = exchange;
        this.clock = clock;
        this.limits = limits;
        this.bodies = new BodyBudget(limits.bodies());
        this.sharedBodies = bodies.listenerBudget();
        this.sharedAnswering = new Semaphore(limits.answering());
        this.probeClient = new ProbeClient(limits.head());
    }

    /**
     * Listens on {@code address}, port 0 for any. Returns the address in use.
     *
     * @throws IllegalArgumentException if it is not loopback: the lease would cross a network in the clear
     * @throws IOException if the address cannot be used
     */
    public InetSocketAddress listen(InetSocketAddress address) throws IOException {
        PendingHandshakes handshakes = new PendingHandshakes(limits.handshakes());
        return listen(
                address,
                Optional.empty(),
                channel -> choose(
                        channel,
                        new ConnectionContext(
                                FrontListener.loopback(port(channel)),
                                shared(),
                                handshakes,
                                sharedBodies,
                                sharedAnswering)));
    }

    /**
     * Listens on {@code address} for TLS alone. Each client is shown the present value of {@code identity}.
     *
     * @throws IllegalArgumentException if it is not loopback: a lease is valid for everybody on this machine
     * @throws IOException if the address cannot be used
     */
    public InetSocketAddress listen(InetSocketAddress address, Supplier<ServerIdentity> identity) throws IOException {
        PendingHandshakes handshakes = new PendingHandshakes(limits.handshakes());
        return listen(address, Optional.of(identity), channel -> encrypted(channel, identity.get(), handshakes));
    }

    /**
     * Listens on {@code address}, which may be beyond loopback, for remote machines. Each proves itself by its
     * certificate, which {@code identity} requires, and is at a place of its own.
     *
     * @param machines returns the place of the machine that has a certificate, unless it has ended
     * @throws IOException if the address cannot be used
     */
    public InetSocketAddress listenRemotely(
            InetSocketAddress address,
            Supplier<ServerIdentity> identity,
            Function<X509Certificate, Optional<String>> machines)
            throws IOException {
        PendingHandshakes inTunnels = new PendingHandshakes(limits.handshakes());
        BodyBudget.ListenerBudget own = bodies.listenerBudget();
        Semaphore answering = new Semaphore(limits.answering());
        Function<FrontListener, ConnectionContext> entry =
                listener -> new ConnectionContext(listener, shared(), inTunnels, own, answering);
        RemoteConnections connections = new RemoteConnections(
                limits,
                clock,
                machines,
                (context, listener) -> http1(context, entry.apply(listener)),
                (context, listener) -> http2(context, entry.apply(listener)));
        OpenListener door = open(
                NioServerSocketChannel.class,
                address,
                Optional.of(identity),
                () -> shared,
                channel -> connections.greet(channel, identity.get()));
        remote = Optional.of(new RemoteListener(door, connections));
        return (InetSocketAddress) door.listener().localAddress();
    }

    /** Returns the address where it listens for remote machines; empty if it does not, or no longer. */
    public Optional<InetSocketAddress> remoteAddress() {
        return remote.map(listener -> listener.door().listener())
                .filter(Channel::isOpen)
                .map(channel -> (InetSocketAddress) channel.localAddress());
    }

    /** Closes the listener for remote machines for good, with everything in flight there. */
    public void shutRemote() {
        Optional<RemoteListener> closing = remote;
        remote = Optional.empty();
        closing.ifPresent(one -> shut(one.door()));
    }

    /** Lets clients of the shared listeners open tunnels; they have to trust {@code authority} first. */
    public void enableTunnels(CertificateAuthority authority) {
        shared = Optional.of(new HostCertificates(authority, clock));
    }

    private ProxyTunnels shared() {
        return new ProxyTunnels(routes, () -> shared, false);
    }

    private InetSocketAddress listen(
            InetSocketAddress address, Optional<Supplier<ServerIdentity>> identity, Consumer<Channel> greeting)
            throws IOException {
        if (address.isUnresolved() || !address.getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException("the reverse front listens on loopback only, not on `" + address + "`");
        }
        OpenListener door = open(NioServerSocketChannel.class, address, identity, () -> shared, greeting);
        doors.add(door);
        return (InetSocketAddress) door.listener().localAddress();
    }

    /**
     * Opens a separate Unix socket for {@code place}. Returns an authority for this place alone. The agent has to trust
     * it to use the proxy there.
     *
     * @param entering whether a user may connect, as the kernel identifies them; checked for each connection
     * @throws IOException if the socket cannot be made, or the place is open already
     */
    public CertificateAuthority openPlace(String place, Path socket, Predicate<UserPrincipal> entering)
            throws IOException {
        return openPlace(place, socket, CertificateAuthority.shortLived(clock.instant(), random), entering);
    }

    /**
     * Does the same for a place that was open before, with the authority that it had.
     *
     * @param pem the authority's certificate
     * @param key the authority's key
     * @throws InvalidIdentityException if these two are no pair
     */
    public void reopenPlace(String place, Path socket, String pem, Secret key, Predicate<UserPrincipal> entering)
            throws IOException, InvalidIdentityException {
        CertificateAuthority authority = CertificateAuthority.shortLived(
                pem.getBytes(StandardCharsets.US_ASCII),
                key.use(text -> text.getBytes(StandardCharsets.US_ASCII)),
                random);
        Files.deleteIfExists(socket); // nobody listens there any more
        openPlace(place, socket, authority, entering);
    }

    private CertificateAuthority openPlace(
            String place, Path socket, CertificateAuthority authority, Predicate<UserPrincipal> entering)
            throws IOException {
        Optional<HostCertificates> own = Optional.of(new HostCertificates(authority, clock));
        ConnectionContext entry = new ConnectionContext(
                FrontListener.ofPlace(place),
                new ProxyTunnels(routes, () -> own, true),
                new PendingHandshakes(limits.handshakes()),
                bodies.listenerBudget(),
                new Semaphore(limits.answering()));
        OpenListener door = open(
                NioServerDomainSocketChannel.class,
                UnixDomainSocketAddress.of(socket),
                Optional.empty(),
                () -> own,
                channel -> {
                    if (isLetIn(channel, entering)) {
                        choose(channel, entry);
                    } else {
                        channel.close();
                    }
                });
        if (places.putIfAbsent(place, door) != null) {
            shut(door);
            throw new IOException("the listener of `" + place + "` is open already");
        }
        try {
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
        } catch (IOException | RuntimeException e) {
            closePlace(place);
            throw e;
        }
        return authority;
    }

    private static boolean isLetIn(Channel channel, Predicate<UserPrincipal> entering) {
        UnixDomainPrincipal peer = channel.config().getOption(PEER);
        return peer != null && entering.test(peer.user());
    }

    /**
     * Closes {@code place} with everything in flight there, because its lease has ended. Nothing happens if it is not
     * open. If it is that of a remote machine, its connections are closed.
     */
    public void closePlace(String place) {
        remote.ifPresent(listener -> listener.connections().close(place));
        OpenListener door = places.remove(place);
        if (door != null) {
            shut(door);
        }
    }

    /** Returns every open endpoint, the shared listener's first. */
    public List<FrontEndpoint> endpoints() {
        List<FrontEndpoint> ways = new ArrayList<>();
        for (String protocol : List.of(FrontEndpoint.HTTP_1, FrontEndpoint.HTTP_2)) {
            doors.forEach(door -> ways.add(new FrontEndpoint(door.address(), protocol, false)));
            places.keySet().forEach(place -> ways.add(new FrontEndpoint(place, protocol, true)));
        }
        doors.stream()
                .filter(OpenListener::isProxy)
                .forEach(door -> ways.add(new FrontEndpoint(door.address(), FrontEndpoint.PROXY, false)));
        places.keySet().forEach(place -> ways.add(new FrontEndpoint(place, FrontEndpoint.PROXY, true)));
        return List.copyOf(ways);
    }

    /** Returns whether {@code upstream} can be reached by {@code way}: a proxy takes names, and not addresses. */
    public boolean reaches(FrontEndpoint way, String upstream) {
        return !way.isProxy()
                || (routes.find(upstream) instanceof UpstreamRoutes.UpstreamRoute route
                        && UpstreamOrigin.of(route.address()).isNamed());
    }

    /**
     * Sends {@code call} to {@code upstream} as an agent would, through a separate socket, with {@code credential} in
     * {@code Authorization} if there is one. It carries a probe's mark, so it never leaves, for any verdict.
     *
     * @throws IOException if no answer comes in time, or the endpoint is closed or does not lead there
     */
    public ProbeAnswer probe(FrontEndpoint way, String upstream, HttpCall call, Optional<Secret> credential)
            throws IOException, InterruptedException {
        OpenListener door = door(way.front()).orElseThrow(() -> new IOException("the listener is closed"));
        if (!reaches(way, upstream)) {
            throw new IOException("there is no endpoint of `" + upstream + "`");
        }
        Secret mark = exchange.marks().make();
        try {
            return way.isProxy()
                    ? probe(door, (UpstreamRoutes.UpstreamRoute) routes.find(upstream), call, credential, mark)
                    : probeClient.ask(
                            road(door, way.isHttp2(), Optional.empty()),
                            request(call, "/" + upstream + call.path(), ownHost(door), credential, mark));
        } finally {
            exchange.marks().withdraw(mark);
        }
    }

    /** Sends a probe for the provider's own address through the listener as a proxy. */
    private ProbeAnswer probe(
            OpenListener door,
            UpstreamRoutes.UpstreamRoute route,
            HttpCall call,
            Optional<Secret> credential,
            Secret mark)
            throws IOException, InterruptedException {
        UpstreamOrigin origin = UpstreamOrigin.of(route.address());
        String path = UpstreamOrigin.targetIn(route.address().toString()).replaceFirst("/$", "") + call.path();
        if (!origin.scheme().equals("https")) {
            return probeClient.ask(
                    road(door, false, Optional.empty()),
                    request(call, origin + path, route.server().authority(), credential, mark));
        }
        CertificateAuthority authority = door.certificates()
                .get()
                .orElseThrow(() -> new IOException("the listener has no certificate authority"))
                .authority();
        return probeClient.ask(
                road(door, false, Optional.of(new ProbeClient.ProbeTunnel(origin, authority.certificate()))),
                request(call, path, route.server().authority(), credential, mark));
    }

    private static ProbeClient.ProbeRoute road(
            OpenListener door, boolean http2, Optional<ProbeClient.ProbeTunnel> tunnel) {
        return new ProbeClient.ProbeRoute(
                door.listener().localAddress(),
                door.identity().map(identity -> identity.get().certificate()),
                http2,
                tunnel);
    }

    private static String ownHost(OpenListener door) {
        return door.listener().localAddress() instanceof InetSocketAddress bound
                ? "127.0.0.1:" + bound.getPort()
                : "localhost";
    }

    private static FullHttpRequest request(
            HttpCall call, String target, String host, Optional<Secret> credential, Secret mark) {
        FullHttpRequest request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1,
                HttpMethod.valueOf(call.method()),
                target,
                Unpooled.wrappedBuffer(call.body().toArray()));
        request.headers().set("host", host).set("content-length", call.body().length());
        call.headers().forEach(header -> request.headers().set(header.name(), header.value()));
        request.headers().set("accept", ProblemDetails.PROBLEM); // a client of Git would get its refusal as text
        mark.use(value -> request.headers().set(ProbeMarks.HEADER, value));
        credential.ifPresent(secret -> secret.use(value -> request.headers().set("authorization", "Bearer " + value)));
        return request;
    }

    private Optional<OpenListener> door(String front) {
        Optional<OpenListener> shared =
                doors.stream().filter(door -> door.address().equals(front)).findFirst();
        return shared.or(() -> Optional.ofNullable(places.get(front)));
    }

    /**
     * Closes {@code front} for good, with everything in flight there, because it does not refuse what it must refuse.
     */
    public void shut(String front) {
        closePlace(front);
        door(front).ifPresent(door -> {
            doors.remove(door);
            shut(door);
        });
    }

    /** Lets no new request in, gives those in flight some seconds, and then closes everything. */
    @Override
    public void close() {
        draining = true;
        List<OpenListener> all = new ArrayList<>(doors);
        all.addAll(places.values());
        remote.ifPresent(listener -> all.add(listener.door()));
        all.forEach(door -> unlink(door.listener()));
        all.forEach(door -> door.connections().forEach(HttpFront::closeIfIdle));
        long end = System.nanoTime() + limits.drain().toNanos();
        for (OpenListener door : all) {
            door.connections().newCloseFuture().awaitUninterruptibly(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            shut(door);
        }
        probeClient.close();
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
        requests.shutdownNow();
    }

    /** Returns the memory left for bodies, for the test of the bound. */
    long bodiesLeft() {
        return bodies.left();
    }

    private static int port(Channel channel) {
        return ((InetSocketAddress) channel.parent().localAddress()).getPort();
    }

    /** Opens a listener. Each connection that may stay is handed to {@code greeting}. */
    private OpenListener open(
            Class<? extends ServerChannel> kind,
            SocketAddress address,
            Optional<Supplier<ServerIdentity>> identity,
            Supplier<Optional<HostCertificates>> vouchers,
            Consumer<Channel> greeting)
            throws IOException {
        ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
        ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(kind)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        admit(channel, greeting, connections);
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            String where = address instanceof InetSocketAddress inet
                    ? NetUtil.toSocketAddressString(inet) // Java's own form has a slash before it
                    : address.toString();
            throw new IOException(
                    "cannot listen on `" + where + "`: " + bound.cause().getMessage(), bound.cause());
        }
        return new OpenListener(bound.channel(), connections, identity, vouchers);
    }

    private void admit(Channel channel, Consumer<Channel> greeting, ChannelGroup connections) {
        // Counted for each listener separately: an agent's use of its own place does not affect others. At the shared
        // listener, the connection without a request for longest is closed first.
        if (draining || (connections.size() >= limits.connections() && !shedOldest(connections))) {
            channel.close();
            return;
        }
        connections.add(channel);
        greeting.accept(channel);
    }

    private void choose(Channel channel, ConnectionContext entry) {
        channel.pipeline()
                .addLast(new ProtocolDetector.HttpVersionDetector(
                        limits, context -> http1(context, entry), context -> http2(context, entry)));
    }

    private void encrypted(Channel channel, ServerIdentity identity, PendingHandshakes handshakes) {
        FrontListener listener = FrontListener.encrypted(port(channel), identity.names());
        ConnectionContext entry = new ConnectionContext(listener, shared(), handshakes, sharedBodies, sharedAnswering);
        channel.pipeline()
                .addLast(new ProtocolDetector.TlsDetector(
                        limits,
                        context -> handshake(context, entry, identity),
                        context -> unencrypted(
                                context, entry, UnreadableRequestException.broken(FrontRefusals.UNENCRYPTED))));
    }

    private void handshake(ChannelHandlerContext context, ConnectionContext entry, ServerIdentity identity) {
        SslHandler tls = identity.handler(context.alloc());
        tls.setHandshakeTimeoutMillis(limits.handshake().toMillis());
        entry.handshakes().begin(context.channel());
        tls.handshakeFuture().addListener(_ -> entry.handshakes().end(context.channel()));
        context.pipeline()
                .addLast(
                        tls,
                        new TlsHandshakeHandler(
                                tls,
                                (shaken, name) -> http1(shaken, asked(entry, name)),
                                (shaken, name) -> http2(shaken, asked(entry, name))));
    }

    private static ConnectionContext asked(ConnectionContext entry, Optional<String> name) {
        return name.map(asked -> entry.through(entry.listener().asked(asked))).orElse(entry);
    }

    private void unencrypted(ChannelHandlerContext context, ConnectionContext entry, UnreadableRequestException why) {
        RequestDecoder decoder = http1(context, entry);
        decoder.discard();
        context.pipeline().context(decoder).fireChannelRead(why);
    }

    private RequestDecoder http1(ChannelHandlerContext context, ConnectionContext entry) {
        RequestDecoder decoder = new RequestDecoder(limits, entry.bodies());
        HttpResponseEncoder encoder = new HttpResponseEncoder();
        ClientConnection connection = new ClientConnection(
                decoder,
                exchange,
                entry.listener(),
                limits,
                entry.bodies(),
                requests,
                () -> draining,
                entry.tunnels(),
                (asking, opened) -> tunnel(context.channel(), List.of(asking, encoder), decoder, entry, opened));
        context.pipeline().addLast(decoder, encoder, connection);
        return decoder;
    }

    private void http2(ChannelHandlerContext context, ConnectionContext entry) {
        new ClientStreams(
                        exchange, entry.listener(), limits, entry.bodies(), entry.answering(), requests, () -> draining)
                .into(context.pipeline());
    }

    /** Reads {@code channel} from here on only as the inside of {@code opened}. */
    private void tunnel(
            Channel channel,
            List<ChannelHandler> before,
            RequestDecoder decoder,
            ConnectionContext entry,
            ProxyTunnels.OpenedTunnel opened) {
        ProxyTunnel tunnel = opened.tunnel();
        channel.closeFuture().addListener(_ -> ended(tunnel, entry.listener()));
        ChannelPipeline pipeline = channel.pipeline();
        ChannelHandlerContext reading = pipeline.context(decoder);
        if (reading == null || !channel.isActive()) {
            channel.close();
            return;
        }
        ConnectionContext inside = entry.through(entry.listener().through(tunnel));
        pipeline.addLast(new ProtocolDetector.TlsDetector(
                limits,
                context -> handshake(context, inside, opened.identity()),
                context -> unencrypted(
                        context, inside, UnreadableRequestException.broken(FrontRefusals.UNENCRYPTED_IN_TUNNEL))));
        before.forEach(pipeline::remove);
        reading.writeAndFlush(Unpooled.wrappedBuffer(ESTABLISHED));
        reading.fireChannelActive();
        channel.config().setAutoRead(true);
        pipeline.remove(decoder); // removing it hands on the bytes behind the CONNECT
    }

    private void ended(ProxyTunnel tunnel, FrontListener listener) {
        if (!tunnel.isHeard()) {
            try {
                requests.execute(() -> exchange.recordUnusedTunnel(tunnel, listener));
            } catch (RejectedExecutionException e) {
                // The gateway itself ends.
            }
        }
    }

    /**
     * Closes the connection without a request for longest. Returns false if every connection has a request in flight.
     */
    private static boolean shedOldest(ChannelGroup connections) {
        Optional<WaitingConnection> oldest = connections.stream()
                .flatMap(channel -> waiting(channel).stream())
                .max(Comparator.comparingLong(WaitingConnection::nanos));
        if (oldest.isEmpty() || !oldest.get().connection().shed()) {
            return false;
        }
        oldest.get().channel().close();
        return true;
    }

    private record WaitingConnection(Channel channel, IdleCloseable connection, long nanos) {}

    private static Optional<WaitingConnection> waiting(Channel channel) {
        return sheddable(channel).flatMap(connection -> {
            OptionalLong since = connection.since();
            return since.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new WaitingConnection(channel, connection, System.nanoTime() - since.getAsLong()));
        });
    }

    private static Optional<IdleCloseable> sheddable(Channel channel) {
        return Optional.ofNullable(channel.pipeline().last())
                .filter(IdleCloseable.class::isInstance)
                .map(IdleCloseable.class::cast);
    }

    private static void closeIfIdle(Channel channel) {
        channel.eventLoop().execute(() -> {
            ChannelHandlerContext last = channel.pipeline().lastContext();
            if (last != null && last.handler() instanceof IdleCloseable connection) {
                connection.closeIfIdle(last);
            }
        });
    }

    private static void shut(OpenListener door) {
        unlink(door.listener());
        door.connections().close().awaitUninterruptibly();
    }

    // The socket's file outlives its listener, and would block the next one.
    private static void unlink(Channel listener) {
        SocketAddress address = listener.localAddress();
        listener.close().awaitUninterruptibly();
        if (address instanceof UnixDomainSocketAddress socket) {
            try {
                Files.deleteIfExists(socket.getPath());
            } catch (IOException e) {
                System.getLogger(HttpFront.class.getName())
                        .log(System.Logger.Level.WARNING, "a socket file could not be removed", e);
            }
        }
    }
}
