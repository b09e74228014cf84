package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.RefusalText;
import dev.interlock.action.Secret;
import dev.interlock.front.tls.CertificateAuthority;
import dev.interlock.front.tls.HostCertificates;
import dev.interlock.front.tls.InvalidIdentityException;
import dev.interlock.front.tls.ServerIdentity;
import dev.interlock.gate.Handler;
import dev.interlock.gate.ProbeMarks;
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
import io.netty.util.NetUtil;
import io.netty.util.concurrent.EventExecutor;
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
import java.util.stream.Stream;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;

/**
 * The front for HTTP/1.1 and HTTP/2. It has shared listeners on loopback, {@code http://127.0.0.1:7411/{upstream}/…}
 * (or https), which are proxies too if the operator says so. Each agent with a place of its own has one Unix socket.
 * Remote machines have one listener beyond loopback. Threading: any thread may call any method.
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
    private final EventLoopGroup loops;
    private final ExecutorService requests;
    private final ConcurrentHashMap<String, OpenListener> places = new ConcurrentHashMap<>();
    private final Queue<OpenListener> doors = new ConcurrentLinkedQueue<>();
    private final BodyBudget bodies;
    private final BodyBudget.ListenerBudget sharedBodies;
    private final Path spools;
    private final BodyBudget disk = new BodyBudget(BodySpool.MOST);
    private final BodySpool sharedSpool;
    private final Semaphore sharedAnswering;
    private final ProbeClient probeClient;
    private volatile Optional<RemoteListener> remote = Optional.empty();
    private volatile boolean draining;

    private record RemoteListener(OpenListener door, RemoteConnections connections) {}

    /** @param certificates for hosts in tunnels, if tunnels are opened there */
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

    /**
     * Creates a front that is closed until {@link #listen} or {@link #openPlace}.
     *
     * @param spools the directory for bodies that are too long for memory
     */
    public HttpFront(
            UpstreamRoutes routes,
            Handler handler,
            GatewayRequests own,
            UpstreamClient upstreams,
            RefusalRecorder recorder,
            Clock clock,
            Path spools) {
        this(
                routes,
                new Exchange(routes, handler, own, upstreams, recorder, clock),
                clock,
                ClientLimits.DEFAULT,
                spools);
    }

    HttpFront(UpstreamRoutes routes, Exchange exchange, Clock clock, ClientLimits limits, Path spools) {
        this.spools = spools;
        this.sharedSpool = spool();
        this.routes = routes;
        this.exchange = exchange;
        this.loops = exchange.loops();
        this.requests = Executors.newThreadPerTaskExecutor(this::thread);
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
     */
    public InetSocketAddress listen(InetSocketAddress address) throws IOException {
        return listen(address, Optional.empty());
    }

    /** Does the same for TLS alone. Each client is shown the present value of {@code identity}. */
    public InetSocketAddress listen(InetSocketAddress address, Supplier<ServerIdentity> identity) throws IOException {
        return listen(address, Optional.of(identity));
    }

    /**
     * Listens on {@code address}, which may be beyond loopback, for remote machines. Each proves itself by its
     * certificate, which {@code identity} requires, and is at a place of its own.
     *
     * @param machines returns the place of the machine that has a certificate, unless it has ended
     */
    public InetSocketAddress listenRemotely(
            InetSocketAddress address,
            Supplier<ServerIdentity> identity,
            Function<X509Certificate, Optional<String>> machines)
            throws IOException {
        TlsHandshakeHandler.PendingHandshakes inTunnels =
                new TlsHandshakeHandler.PendingHandshakes(limits.handshakes());
        BodyBudget.ListenerBudget own = bodies.listenerBudget();
        BodySpool spool = spool();
        Semaphore answering = new Semaphore(limits.answering());
        Function<FrontListener, ConnectionContext> entry =
                listener -> entry(listener, shared(), inTunnels, own, spool, answering);
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

    private ConnectionContext entry(
            FrontListener listener,
            ProxyTunnels tunnels,
            TlsHandshakeHandler.PendingHandshakes handshakes,
            BodyBudget.ListenerBudget own,
            BodySpool spool,
            Semaphore answering) {
        return new ConnectionContext(
                listener, tunnels, handshakes, own, spool, answering, exchange, limits, requests, () -> draining);
    }

    /** Returns a thread for a request, on the event loop that has read it. */
    private Thread thread(Runnable task) {
        for (EventExecutor loop : loops) {
            if (loop.inEventLoop()) {
                return LoopThreads.unstarted(loop, task);
            }
        }
        return Thread.ofVirtual().unstarted(task);
    }

    private BodySpool spool() {
        return new BodySpool(spools, disk.listenerBudget());
    }

    private ProxyTunnels shared() {
        return new ProxyTunnels(routes, () -> shared, false);
    }

    private InetSocketAddress listen(InetSocketAddress address, Optional<Supplier<ServerIdentity>> identity)
            throws IOException {
        if (address.isUnresolved() || !address.getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException("this listener is for loopback only, not on `" + address + "`");
        }
        TlsHandshakeHandler.PendingHandshakes handshakes =
                new TlsHandshakeHandler.PendingHandshakes(limits.handshakes());
        OpenListener door = open(NioServerSocketChannel.class, address, identity, () -> shared, channel -> {
            int port = ((InetSocketAddress) channel.parent().localAddress()).getPort();
            Optional<ServerIdentity> shown = identity.map(Supplier::get);
            FrontListener listener = shown.map(own -> FrontListener.encrypted(port, own.names()))
                    .orElseGet(() -> FrontListener.loopback(port));
            ConnectionContext entry = entry(listener, shared(), handshakes, sharedBodies, sharedSpool, sharedAnswering);
            shown.ifPresentOrElse(
                    own -> channel.pipeline().addLast(encrypted(entry, own, FrontRefusals.UNENCRYPTED)),
                    () -> choose(channel, entry));
        });
        doors.add(door);
        return (InetSocketAddress) door.listener().localAddress();
    }

    /**
     * Opens a separate Unix socket for {@code place}. Returns an authority for this place alone, which the agent has to
     * trust to use the proxy there.
     *
     * @param entering whether a user may connect, as the kernel identifies them; checked for each connection
     */
    public CertificateAuthority openPlace(String place, Path socket, Predicate<UserPrincipal> entering)
            throws IOException {
        return openPlace(place, socket, CertificateAuthority.shortLived(clock.instant(), random), entering);
    }

    /**
     * Does the same for a place that was open before, with the certificate and the key of the authority that it had.
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
        ConnectionContext entry = entry(
                FrontListener.ofPlace(place),
                new ProxyTunnels(routes, () -> own, true),
                new TlsHandshakeHandler.PendingHandshakes(limits.handshakes()),
                bodies.listenerBudget(),
                spool(),
                new Semaphore(limits.answering()));
        OpenListener door = open(
                NioServerDomainSocketChannel.class,
                UnixDomainSocketAddress.of(socket),
                Optional.empty(),
                () -> own,
                channel -> {
                    UnixDomainPrincipal peer = channel.config().getOption(PEER);
                    if (peer != null && entering.test(peer.user())) {
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

    /**
     * Closes {@code place}, or a remote machine's connections, with everything in flight, because its lease has ended.
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
     * the field {@link FrontEndpoint#carrier}. It carries a probe's mark, so it never leaves, for any verdict. Throws
     * if no answer comes in time, or the endpoint is closed or does not lead there.
     */
    public ProbeAnswer probe(FrontEndpoint way, String upstream, HttpCall call, Optional<Secret> credential)
            throws IOException, InterruptedException {
        OpenListener door = door(way.front()).orElseThrow(() -> new IOException("the listener is closed"));
        if (!reaches(way, upstream)) {
            throw new IOException("there is no endpoint of `" + upstream + "`");
        }
        Secret mark = exchange.marks().make();
        try {
            if (!way.isProxy()) {
                String own = door.listener().localAddress() instanceof InetSocketAddress bound
                        ? "127.0.0.1:" + bound.getPort()
                        : "localhost";
                return probeClient.ask(
                        road(door, way.isHttp2(), Optional.empty()),
                        request(call, "/" + upstream + call.path(), own, way, credential, mark));
            }
            UpstreamRoutes.UpstreamRoute route = (UpstreamRoutes.UpstreamRoute) routes.find(upstream);
            UpstreamOrigin origin = UpstreamOrigin.of(route.address());
            String path = UpstreamOrigin.targetIn(route.address().toString()).replaceFirst("/$", "") + call.path();
            boolean isTunnelled = origin.scheme().equals("https");
            Optional<ProbeClient.ProbeTunnel> tunnel = isTunnelled
                    ? door.certificates()
                            .get()
                            .map(own -> new ProbeClient.ProbeTunnel(
                                    origin, own.authority().certificate(), credential, mark))
                    : Optional.empty();
            if (isTunnelled && tunnel.isEmpty()) {
                throw new IOException("the listener has no certificate authority");
            }
            return probeClient.ask(
                    road(door, false, tunnel),
                    request(
                            call,
                            isTunnelled ? path : origin + path,
                            route.server().authority(),
                            way,
                            isTunnelled ? Optional.empty() : credential,
                            mark));
        } finally {
            exchange.marks().withdraw(mark);
        }
    }

    private static ProbeClient.ProbeRoute road(
            OpenListener door, boolean http2, Optional<ProbeClient.ProbeTunnel> tunnel) {
        return new ProbeClient.ProbeRoute(
                door.listener().localAddress(),
                door.identity().map(identity -> identity.get().certificate()),
                http2,
                tunnel);
    }

    private static FullHttpRequest request(
            HttpCall call, String target, String host, FrontEndpoint way, Optional<Secret> credential, Secret mark) {
        FullHttpRequest request = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1,
                HttpMethod.valueOf(call.method()),
                target,
                Unpooled.wrappedBuffer(call.body().toArray()));
        request.headers().set("host", host).set("content-length", call.body().length());
        call.headers().forEach(header -> request.headers().set(header.name(), header.value()));
        request.headers().set("accept", ProblemDetails.PROBLEM); // a client of Git would get its refusal as text
        mark.use(value -> request.headers().set(ProbeMarks.NAME, value));
        credential.ifPresent(secret -> secret.use(value -> request.headers().set(way.carrier(), "Bearer " + value)));
        return request;
    }

    private Optional<OpenListener> door(String front) {
        return doors.stream()
                .filter(door -> door.address().equals(front))
                .findFirst()
                .or(() -> Optional.ofNullable(places.get(front)));
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
        requests.shutdownNow();
    }

    /** Returns the memory left for bodies, for the test of the bound. */
    long bodiesLeft() {
        return bodies.left();
    }

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
                .addLast(ProtocolDetector.ofHttpVersion(
                        limits, context -> http1(context, entry), context -> http2(context, entry)));
    }

    private ProtocolDetector encrypted(ConnectionContext entry, ServerIdentity identity, RefusalText otherwise) {
        return ProtocolDetector.ofTls(limits, context -> handshake(context, entry, identity), context -> {
            RequestDecoder decoder = http1(context, entry);
            decoder.discard();
            context.pipeline().context(decoder).fireChannelRead(UnreadableRequestException.broken(otherwise));
        });
    }

    private void handshake(ChannelHandlerContext context, ConnectionContext entry, ServerIdentity identity) {
        TlsHandshakeHandler.begin(
                context,
                identity,
                limits,
                entry.handshakes(),
                (shaken, name) -> http1(shaken, asked(entry, name)),
                (shaken, name) -> http2(shaken, asked(entry, name)));
    }

    private static ConnectionContext asked(ConnectionContext entry, Optional<String> name) {
        return name.map(asked -> entry.through(entry.listener().asked(asked))).orElse(entry);
    }

    private RequestDecoder http1(ChannelHandlerContext context, ConnectionContext entry) {
        RequestDecoder decoder = new RequestDecoder(limits, entry.bodies(), entry.spool());
        HttpResponseEncoder encoder = new HttpResponseEncoder();
        ClientConnection connection = new ClientConnection(
                decoder,
                entry,
                (asking, opened) -> tunnel(context.channel(), List.of(asking, encoder), decoder, entry, opened));
        context.pipeline().addLast(decoder, encoder, connection);
        return decoder;
    }

    private void http2(ChannelHandlerContext context, ConnectionContext entry) {
        new ClientStreams(entry).into(context.pipeline());
    }

    /** Reads {@code channel} from here on only as the inside of {@code tunnel}. */
    private void tunnel(
            Channel channel,
            List<ChannelHandler> before,
            RequestDecoder decoder,
            ConnectionContext entry,
            ProxyTunnel tunnel) {
        channel.closeFuture().addListener(_ -> ended(tunnel, entry.listener()));
        ChannelPipeline pipeline = channel.pipeline();
        ChannelHandlerContext reading = pipeline.context(decoder);
        if (reading == null || !channel.isActive()) {
            channel.close();
            return;
        }
        ConnectionContext inside = entry.through(entry.listener().through(tunnel));
        pipeline.addLast(encrypted(inside, tunnel.identity(), FrontRefusals.UNENCRYPTED_IN_TUNNEL));
        before.forEach(pipeline::remove);
        reading.writeAndFlush(Unpooled.wrappedBuffer(ESTABLISHED));
        reading.fireChannelActive();
        channel.config().setAutoRead(true);
        pipeline.remove(decoder); // removing it hands on the bytes behind the CONNECT
    }

    private void ended(ProxyTunnel tunnel, FrontListener listener) {
        if (!tunnel.used().get()) {
            try {
                requests.execute(() -> exchange.recordUnusedTunnel(tunnel, listener));
            } catch (RejectedExecutionException e) {
                // The gateway itself ends.
            }
        }
    }

    /** Closes the connection without a request for longest; false if every connection has a request in flight. */
    private static boolean shedOldest(ChannelGroup connections) {
        Optional<WaitingConnection> oldest = connections.stream()
                .flatMap(WaitingConnection::of)
                .max(Comparator.comparingLong(WaitingConnection::nanos));
        if (oldest.isEmpty() || !oldest.get().connection().shed()) {
            return false;
        }
        oldest.get().channel().close();
        return true;
    }

    private record WaitingConnection(Channel channel, IdleCloseable connection, long nanos) {
        static Stream<WaitingConnection> of(Channel channel) {
            return channel.pipeline().last() instanceof IdleCloseable connection
                    ? connection.since().stream()
                            .mapToObj(since -> new WaitingConnection(channel, connection, System.nanoTime() - since))
                    : Stream.empty();
        }
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

    /** The answer to a probe, with the receipt that it names, which only the front can name. */
    public record ProbeAnswer(int status, Optional<String> receipt, Bytes body) {}
}
