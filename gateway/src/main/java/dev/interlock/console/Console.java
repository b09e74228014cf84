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

/** Listens for browsers. A few threads move bytes; each request has a virtual one of its own. */
public final class Console implements AutoCloseable {

    /** Limits open connections: enough for a hundred people's browsers. Beyond that new ones wait. */
    static final int MAX_CONNECTIONS = 512;
    /** Limits the bytes of a request's headers. Cookies and browser headers fit many times over. */
    private static final int MAX_HEADERS = 16 * 1024;

    private static final List<String> LOOPBACKS = List.of("127.0.0.1", "::1");
    private static final Duration DEFAULT_IDLE = Duration.ofSeconds(45);
    private static final Duration DEFAULT_GRACE = Duration.ofSeconds(1);
    /** The number of threads. One accepts and one selects; Jetty wants some to spare. */
    private static final int THREADS = 8;

    /**
     * The console's address.
     *
     * @param listen the local address and port
     * @param origin the origin in browsers: scheme, name and port, nothing else
     * @param tls the TLS context; required beyond loopback
     */
    public record ConsoleAddress(InetSocketAddress listen, URI origin, Optional<SSLContext> tls) {

        /** @throws IllegalArgumentException if secrets would cross a network in the clear, or the origin is none */
        public ConsoleAddress {
            if (tls.isEmpty()
                    && (listen.getAddress() == null || !listen.getAddress().isLoopbackAddress())) {
                throw new IllegalArgumentException(
                        "`console.listen` is not a loopback address, so `console.tls` is required");
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
         * Returns the addresses to listen at. Browsers try both loopback addresses for {@code localhost}. A stranger
         * who binds the one that we leave free would pass for the console.
         */
        List<InetAddress> addresses() {
            Set<InetAddress> all = new LinkedHashSet<>(Set.of(listen.getAddress()));
            String name = origin.getHost().toLowerCase(Locale.ROOT);
            if (name.equals("localhost") || name.endsWith(".localhost")) {
                LOOPBACKS.stream()
                        .map(InetAddress::ofLiteral)
                        .filter(ConsoleAddress::isHere)
                        .forEach(all::add);
            }
            return List.copyOf(all);
        }

        /** Returns whether this machine has {@code address}; without IPv6 nobody else can bind that one either. */
        private static boolean isHere(InetAddress address) {
            try {
                return NetworkInterface.getByInetAddress(address) != null;
            } catch (SocketException e) {
                return true; // then the bind fails with the reason
            }
        }

        /** Returns the value that {@code Host} must have. */
        String authority() {
            return origin.getRawAuthority();
        }
    }

    private final Server server;

    private Console(Server server) {
        this.server = server;
    }

    /** Binds the console's addresses, and begins to answer. */
    public static Console start(ConsoleAddress place, CommandRunner commands, Sessions sessions, InstantSource clock)
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

    /** Returns a server that does not listen yet; {@code time} cuts off slow clients, the server's own if empty. */
    static Server server(
            ConsoleAddress place,
            CommandRunner commands,
            Sessions sessions,
            InstantSource clock,
            Optional<Scheduler> time) {
        QueuedThreadPool threads = new QueuedThreadPool(THREADS, 1);
        threads.setName("console");
        threads.setReservedThreads(0);
        threads.setVirtualThreadsExecutor(VirtualThreads.getNamedVirtualThreadsExecutor("console-request"));
        Server server = new Server(threads);
        ServerConnector[] connectors = place.addresses().stream()
                .map(address -> connector(server, place, address))
                .toArray(ServerConnector[]::new);
        IdleConnectionLimiter idleLimiter = new IdleConnectionLimiter(time.orElseGet(server::getScheduler));
        for (ServerConnector connector : connectors) {
            connector.addBean(idleLimiter);
        }
        server.setConnectors(connectors);
        server.addBean(new NetworkConnectionLimit(MAX_CONNECTIONS, connectors));
        server.setStopTimeout(DEFAULT_GRACE.toMillis());
        server.setHandler(new ConsoleHandler(place, new Routes(commands, sessions, clock), sessions, idleLimiter));
        server.setErrorHandler(new ErrorPages(place));
        return server;
    }

    private static ServerConnector connector(Server server, ConsoleAddress place, InetAddress address) {
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
        // The check of `Host` compares the name that is asked for, so the certificate's name need not be compared too.
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
