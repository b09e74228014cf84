package dev.interlock.front.postgres;

import dev.interlock.action.Seal;
import dev.interlock.gate.Handler;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The listener for clients of PostgreSQL. Each connection has a virtual thread of its own, which blocks: so a slow
 * reader is waited for, and nothing is queued.
 */
public final class PostgresFront implements Closeable {

    private static final System.Logger LOG = System.getLogger(PostgresFront.class.getName());

    /** More clients wait until others leave. */
    private static final int MAX_SESSIONS = 1_000;

    private final FrontParts parts;
    private final ServerSocket listener;
    private final Set<ClientSession> open = ConcurrentHashMap.newKeySet();

    private PostgresFront(FrontParts parts, ServerSocket listener) {
        this.parts = parts;
        this.listener = listener;
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
        Thread.ofVirtual().name("postgres-listener").start(front::accept);
        Thread.ofVirtual().name("postgres-grammar").start(front.parts.reader()::warmUp);
        return front;
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                if (open.size() >= MAX_SESSIONS) {
                    socket.close();
                    continue;
                }
                ClientSession session = new ClientSession(parts, socket);
                open.add(session);
                Thread.ofVirtual().name("postgres-session").start(() -> {
                    try {
                        session.run();
                    } finally {
                        open.remove(session);
                    }
                });
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    LOG.log(System.Logger.Level.WARNING, "a client could not be accepted", e);
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        open.forEach(ClientSession::close);
    }
}
