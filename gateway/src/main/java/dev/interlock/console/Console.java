package dev.interlock.console;

import dev.interlock.admin.CommandRunner;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Listens for browsers.
 *
 * <p>Threading: a few threads move bytes; each request has a virtual one of its own.
 */
public final class Console implements AutoCloseable {

    /** A hundred people who look, and what their browsers open besides; beyond that new ones wait. */
    static final int MAX_CONNECTIONS = 512;

    /** Cookies and what browsers say of themselves fit many times over. */
    private static final int MAX_HEADERS = 16 * 1024;

    private static final List<String> LOOPBACKS = List.of("127.0.0.1", "::1");

    private static final Duration DEFAULT_IDLE = Duration.ofSeconds(45);
    private static final Duration DEFAULT_GRACE = Duration.ofSeconds(1);

    /** One accepts and one selects; Jetty wants some to spare. */
    private static final int THREADS = 8;

    /**
     * Where it is.
     *
     * @param listen its own address and port
     * @param origin what browsers call it: scheme, name and port, nothing else
     * @param tls with what it encrypts; demanded beyond loopback
     */
    public record Place(InetSocketAddress listen, URI origin, Optional<SSLContext> tls) {

        /**
         * @throws IllegalArgumentException if passwords and names would cross a network in the clear, or the origin is
         *     none
         */
        public Place {
            if (tls.isEmpty()
                    && (listen.getAddress() == null || !listen.getAddress().isLoopbackAddress())) {
                throw new IllegalArgumentException("`console.listen` is not a loopback "
                    + "address, so `console.tls` is required");
            }
            String scheme = tls.isPresent() ? "https" : "http";
            boolean bare = origin.getHost() != null
                    && (origin.getRawPath() == null || origin.getRawPath().isEmpty())
                    && origin.getRawQuery() == null
                    && origin.getRawFragment() == null
                    && origin.getRawUserInfo() == null;
            if (!bare || !scheme.equals(origin.getScheme())) {
                throw new IllegalArgumentException("`console.origin` must be written as `" + scheme
                        + "://NAME:PORT`, as browsers use it, not `" + origin + "`");
            }
        }

        boolean isEncrypted() {
            return tls.isPresent();
        }

        /**
         * Where it listens: browsers look for {@code localhost} at either loopback address, and whoever has the one
         * that we leave is us for them.
         */
        List<InetAddress> addresses() {
            Set<InetAddress> all = new LinkedHashSet<>(Set.of(listen.getAddress()));
            String name = origin.getHost().toLowerCase(Locale.ROOT);
            if (name.equals("localhost") || name.endsWith(".localhost")) {
                LOOPBACKS.stream()
                        .map(InetAddress::ofLiteral)
                        .filter(Place::isHere)
                        .forEach(all::add);
            }
            return List.copyOf(all);
        }

        /** A machine may have no IPv6; where nothing can be bound, nobody else can bind it. */
        private static boolean isHere(InetAddress address) {
            try {
                return NetworkInterface.getByInetAddress(address) != null;
            } catch (SocketException e) {
                return true; // then binding it says so
            }
        }

        /** What must stand in {@code Host}. */
        String authority() {
            return origin.getRawAuthority();
        }
    }

    private final Server server;

    private Console(Server server) {
        this.server = server;
    }

    /**
     * Binds it, and begins to answer.
     *
     * @param sessions who is signed in
     * @throws IOException if it cannot be bound
     */
    public static Console start(Place place, CommandRunner commands, Sessions sessions, InstantSource clock)
            throws IOException {
        Server server = server(place, commands, sessions, clock, Optional.empty());
        try {
            server.start();
            return new Console(server);
        } catch (Exception e) {
            stop(server);
            throw e instanceof IOException failed ? failed : new IOException("the console did not start", e);
        }
    }

    /**
     * What would listen, and does not yet.
     *
     * @param time by which whoever is slow is cut off; the server's own if empty
     */
    static Server server(
            Place place, CommandRunner commands, Sessions sessions, InstantSource clock, Optional<Scheduler> time) {
        QueuedThreadPool threads = new QueuedThreadPool(THREADS, 1);
        threads.setName("console");
        threads.setReservedThreads(0);
        threads.setVirtualThreadsExecutor(VirtualThreads.getNamedVirtualThreadsExecutor("console-request"));
        Server server = new Server(threads);
        ServerConnector[] connectors = place.addresses().stream()
                .map(address -> connector(server, place, address))
                .toArray(ServerConnector[]::new);
        Crowd crowd = new Crowd(time.orElseGet(server::getScheduler));
        for (ServerConnector connector : connectors) {
            connector.addBean(crowd);
        }
        server.setConnectors(connectors);
        server.addBean(new NetworkConnectionLimit(MAX_CONNECTIONS, connectors));
        server.setStopTimeout(DEFAULT_GRACE.toMillis());
        server.setHandler(new Door(place, new Routes(commands, sessions, clock), sessions, crowd));
        server.setErrorHandler(new Faults(place));
        return server;
    }

    private static ServerConnector connector(Server server, Place place, InetAddress address) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(MAX_HEADERS);
        http.setResponseHeaderSize(MAX_HEADERS);
        http.setHttpCompliance(HttpCompliance.RFC9110);
        http.setUriCompliance(UriCompliance.RFC3986);
        http.setRelativeRedirectAllowed(true);
        ConnectionFactory[] speaks = place.tls()
                .map(tls -> new ConnectionFactory[] {encrypting(tls), new HttpConnectionFactory(secure(http))})
                .orElseGet(() -> new ConnectionFactory[] {new HttpConnectionFactory(http)});
        ServerConnector connector = new ServerConnector(server, 1, 1, speaks);
        connector.setHost(address.getHostAddress());
        connector.setPort(place.listen().getPort());
        connector.setIdleTimeout(DEFAULT_IDLE.toMillis());
        return connector;
    }

    private static HttpConfiguration secure(HttpConfiguration http) {
        // Which name is asked for, `Door` checks: of the certificate it says nothing.
        http.addCustomizer(new SecureRequestCustomizer(false));
        return http;
    }

    private static SslConnectionFactory encrypting(SSLContext context) {
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setSslContext(context);
        tls.setIncludeProtocols("TLSv1.3", "TLSv1.2");
        tls.setRenegotiationAllowed(false);
        return new SslConnectionFactory(tls, "http/1.1");
    }

    private static void stop(Server server) {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the console did not stop", e);
        }
    }

    @Override
    public void close() {
        stop(server);
    }
}
