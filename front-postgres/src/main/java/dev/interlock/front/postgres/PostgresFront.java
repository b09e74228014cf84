package dev.interlock.front.postgres;

import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.action.UnderstoodCall;
import dev.interlock.gate.Handler;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import jdk.net.ExtendedSocketOptions;

/**
 * The listeners for clients of PostgreSQL: one that all share, and one for each running agent. Each connection has a
 * virtual thread of its own, which blocks: so a slow reader is waited for, and nothing is queued. Threading: any.
 */
public final class PostgresFront implements Closeable {

    private final FrontParts parts;
    private final ServerSocket socket;
    private final SessionListener shared;
    private final Map<String, SessionListener> places = new ConcurrentHashMap<>();

    private PostgresFront(FrontParts parts, ServerSocket socket) {
        this.parts = parts;
        this.socket = socket;
        this.shared = new SessionListener(parts, new SharedAcceptor(socket), Optional.empty());
    }

    private record SharedAcceptor(ServerSocket socket) implements SessionListener.Acceptor {
        @Override
        public Optional<Socket> accept() throws IOException {
            return Optional.of(socket.accept());
        }

        @Override
        public Socket dial() throws IOException {
            InetAddress own = socket.getInetAddress();
            return new Socket(own.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : own, socket.getLocalPort());
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /** Lets in whom {@code entering} names, as the kernel says who it is. */
    private record PlaceAcceptor(ServerSocketChannel channel, Path path, Predicate<UserPrincipal> entering)
            implements SessionListener.Acceptor {
        @Override
        public Optional<Socket> accept() throws IOException {
            SocketChannel client = channel.accept();
            try {
                if (entering.test(
                        client.getOption(ExtendedSocketOptions.SO_PEERCRED).user())) {
                    return Optional.of(new ChannelSocket(client));
                }
            } catch (IOException | RuntimeException e) {
                client.close();
                throw e;
            }
            client.close();
            return Optional.empty();
        }

        @Override
        public Socket dial() throws IOException {
            return new ChannelSocket(SocketChannel.open(UnixDomainSocketAddress.of(path)));
        }

        @Override
        public void close() throws IOException {
            channel.close();
            Files.deleteIfExists(path); // it outlives its listener, and would block the next one
        }
    }

    /**
     * Listens at {@code address}; without {@code tls} on loopback alone.
     *
     * @param upstreams those of the seal in force
     * @param tls the certificate for clients, if they may encrypt
     * @param upstreamTls trusts the certificates of databases
     */
    public static PostgresFront listen(
            InetSocketAddress address,
            Supplier<Collection<Seal.Upstream>> upstreams,
            Handler gate,
            Optional<ClientTls> tls,
            UpstreamTls upstreamTls,
            InstantSource clock,
            SecureRandom random)
            throws IOException {
        if (address.isUnresolved()) {
            throw new IOException("there is no host `" + address.getHostString() + "`");
        }
        if (tls.isEmpty() && !address.getAddress().isLoopbackAddress()) {
            throw new IOException(address.getHostString() + " is beyond this machine, and the gateway has no `tls`");
        }
        ServerSocket listener = new ServerSocket();
        try {
            listener.bind(address);
        } catch (IOException e) {
            listener.close();
            throw new IOException("cannot listen at " + address + ": " + e.getMessage(), e);
        }
        PostgresFront front =
                new PostgresFront(new FrontParts(upstreams, gate, tls, upstreamTls, clock, random), listener);
        front.shared.start();
        Thread.ofVirtual().name("postgres-grammar").start(front.parts.reader()::warmUp);
        return front;
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    /** Returns a call that would destroy {@code name} if it existed and anybody were let in with it. */
    public static UnderstoodCall destructiveProbe(Seal.Upstream upstream, String name) {
        return Opening.probe(upstream, name);
    }

    /** The catalog of the upstreams that are databases. */
    public static final String CATALOG = ActionWriter.PROVIDER;

    /** The name of the shared listener among the fronts that are probed. */
    public static final String SHARED = "postgres";

    /** Where a probe's credential is found, as refusals name it. */
    public static final String CARRIER = ClientSession.CARRIER;

    /**
     * The answer to a probe.
     *
     * @param kind the kind of refusal
     * @param receipt the receipt that it names
     */
    public record ProbeAnswer(boolean isRefused, String kind, String reason, String receipt) {
        static final ProbeAnswer NOT_REFUSED = new ProbeAnswer(false, "", "", "");
    }

    /** Returns the open listeners: {@link #SHARED}, and the places of agents. */
    public Set<String> listeners() {
        Set<String> open = new TreeSet<>(places.keySet());
        if (!socket.isClosed()) {
            open.add(SHARED);
        }
        return open;
    }

    /**
     * Greets the database of {@code upstream} at {@code listener} as a client would, with {@code credential} for a
     * password. It carries a probe's mark, so nothing ever reaches the server. Throws if no answer comes in time.
     */
    public ProbeAnswer probe(String listener, String upstream, Optional<Secret> credential) throws IOException {
        SessionListener own = listener.equals(SHARED) ? shared : places.get(listener);
        if (own == null) {
            throw new IOException("the listener is closed");
        }
        Secret mark = parts.marks().make();
        try {
            return ProbeClient.ask(
                    own.dial(),
                    upstream,
                    mark,
                    credential.map(secret -> secret.<String>use(text -> text)).orElse(""));
        } finally {
            parts.marks().withdraw(mark);
        }
    }

    /** Closes {@code listener} for good, because it does not refuse what it must refuse. */
    public void shut(String listener) throws IOException {
        closePlace(listener);
        if (listener.equals(SHARED)) {
            shared.close();
        }
    }

    /** Returns the names by which clients reach the databases of the seal in force. */
    public List<String> databases() {
        return parts.databases().stream().map(Seal.Upstream::name).sorted().toList();
    }

    /**
     * Opens a separate Unix socket for {@code place}.
     *
     * @param entering whether a user may connect, as the kernel identifies them; checked for each connection
     */
    public void openPlace(String place, Path path, Predicate<UserPrincipal> entering) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        PlaceAcceptor acceptor = new PlaceAcceptor(channel, path, entering);
        SessionListener own = new SessionListener(parts, acceptor, Optional.of(place));
        if (places.putIfAbsent(place, own) != null) {
            channel.close();
            throw new IOException("the listener of `" + place + "` is open already");
        }
        try {
            Files.deleteIfExists(path); // of a gateway that was killed
            channel.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
        } catch (IOException | RuntimeException e) {
            places.remove(place, own);
            acceptor.close();
            throw e;
        }
        own.start();
    }

    /** Closes the listener of {@code place} with all its sessions; does nothing if it is closed already. */
    public void closePlace(String place) throws IOException {
        SessionListener own = places.remove(place);
        if (own != null) {
            own.close();
        }
    }

    @Override
    public void close() throws IOException {
        shared.close();
        for (String place : places.keySet()) {
            closePlace(place);
        }
    }

    /** A connection to a Unix socket. It has no timeouts: whoever must not wait closes it. */
    static final class ChannelSocket extends Socket {

        private final SocketChannel channel;

        ChannelSocket(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public InputStream getInputStream() {
            return Channels.newInputStream(channel);
        }

        @Override
        public OutputStream getOutputStream() {
            return Channels.newOutputStream(channel);
        }

        @Override
        public void setTcpNoDelay(boolean on) {}

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
