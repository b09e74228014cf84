package dev.interlock.front.postgres;

import dev.interlock.action.Seal;
import dev.interlock.gate.Handler;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
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
        this.shared = new SessionListener(parts, new SharedDoor(socket), Optional.empty());
    }

    private record SharedDoor(ServerSocket socket) implements SessionListener.Door {
        @Override
        public Optional<Socket> accept() throws IOException {
            return Optional.of(socket.accept());
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /** Lets in whom {@code entering} names, as the kernel says who it is. */
    private record PlaceDoor(ServerSocketChannel channel, Path path, Predicate<UserPrincipal> entering)
            implements SessionListener.Door {
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
        Files.deleteIfExists(path); // of a gateway that was killed
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        PlaceDoor door = new PlaceDoor(channel, path, entering);
        SessionListener own = new SessionListener(parts, door, Optional.of(place));
        try {
            channel.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
        } catch (IOException | RuntimeException e) {
            door.close();
            throw e;
        }
        if (places.putIfAbsent(place, own) != null) {
            channel.close();
            throw new IOException("the listener of `" + place + "` is open already");
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
}
