package dev.interlock.confine;

import dev.interlock.action.LocalService;
import dev.interlock.adminapi.LeaseQuestion;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The connections of one agent to services of its person's machine. This process makes them, with that person's rights.
 * The gateway permits and records each before it is made. Without its answer there is no connection.
 *
 * <p>Threading: a virtual thread for each service and for each direction of a connection.
 */
final class ServiceConnections implements AutoCloseable {

    /** Where the sockets are inside, each by the name of its service. */
    static final String INSIDE = "/run/interlock/services";

    /** Names the services to the agent, and to the start, which listens at their ports. */
    static final String VARIABLE = "INTERLOCK_SERVICES";

    /** Connections at once. More have to wait. */
    static final int MOST = 80;

    /** Questions to the gateway at once. It answers no more than 32 of one user. */
    private static final int MOST_QUESTIONS = 4;

    private static final int CONNECT_MILLIS = 5_000;
    private static final int PIECE = 1 << 16;
    private static final Duration PAUSE = Duration.ofMillis(100);

    /** The most that the end of a run waits until the ends of its connections are recorded. */
    private static final Duration RECORDING = Duration.ofSeconds(5);

    private static final List<String> LOOPBACK = List.of("127.0.0.1", "::1");

    private final PlaceProvider places;
    private final PlaceProvider.AgentPlace place;
    private final Map<String, SandboxSocket> listening = new TreeMap<>();
    private final Set<ServiceConnection> current = ConcurrentHashMap.newKeySet();
    private final Set<Thread> working = ConcurrentHashMap.newKeySet();
    private final Semaphore room = new Semaphore(MOST);
    private final Semaphore questions = new Semaphore(MOST_QUESTIONS);
    private volatile boolean closed;

    private ServiceConnections(PlaceProvider places, PlaceProvider.AgentPlace place) {
        this.places = places;
        this.place = place;
    }

    static ServiceConnections open(
            List<LocalService> services, Path scratch, int uid, PlaceProvider places, PlaceProvider.AgentPlace place)
            throws IOException, SandboxException {
        ServiceConnections opened = new ServiceConnections(places, place);
        try {
            for (LocalService service : services) {
                SandboxSocket socket = SandboxSocket.create(scratch, uid);
                opened.listening.put(service.service(), socket);
                Thread.ofVirtual().name("accept-" + service.service()).start(() -> opened.accept(service, socket));
            }
            return opened;
        } catch (IOException | SandboxException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    /** Returns the socket of each service, by its name. */
    Map<String, Path> sockets() {
        Map<String, Path> sockets = new TreeMap<>();
        listening.forEach((name, socket) -> sockets.put(name, socket.path()));
        return sockets;
    }

    private void accept(LocalService service, SandboxSocket socket) {
        try {
            while (true) {
                room.acquire();
                try {
                    SocketChannel agent = socket.listener().accept();
                    Thread thread = Thread.ofVirtual()
                            .name("serve-" + service.service())
                            .unstarted(() -> serve(service, agent));
                    working.add(thread);
                    thread.start();
                } catch (IOException e) {
                    room.release();
                    if (!socket.listener().isOpen()) {
                        return;
                    }
                    Thread.sleep(PAUSE); // such as without descriptors, which do not come back within microseconds
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does so
        }
    }

    private void serve(LocalService service, SocketChannel agent) {
        // Before the gateway is asked: what it has permitted may be cut before it is made.
        ServiceConnection connection = new ServiceConnection(agent);
        current.add(connection);
        try {
            if (!closed) {
                serve(service, connection);
            }
        } catch (IOException e) {
            // It is not made; the agent sees that by the end of its own connection.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does so
        } finally {
            connection.cut();
            current.remove(connection);
            working.remove(Thread.currentThread());
            room.release();
        }
    }

    private void serve(LocalService service, ServiceConnection connection) throws IOException, InterruptedException {
        String opened = permission(service);
        boolean reached = false;
        try {
            Optional<SocketChannel> host = connection.connect(service.port());
            reached = host.isPresent();
            if (reached) {
                connection.copy(host.get());
            }
        } finally {
            connection.cut();
            recordEnd(new LeaseQuestion.ClosedConnection(
                    place.lease(), service, opened, reached, connection.sent.get(), connection.received.get()));
        }
    }

    private String permission(LocalService service) throws IOException, InterruptedException {
        questions.acquire();
        try {
            return places.openService(place, service);
        } catch (RuntimeException e) {
            throw new IOException("the gateway's answer cannot be read", e);
        } finally {
            questions.release();
        }
    }

    private void recordEnd(LeaseQuestion.ClosedConnection connection) throws InterruptedException {
        questions.acquire();
        try {
            places.closeService(connection);
        } catch (IOException | RuntimeException e) {
            // The ledger has its beginning without an end, which shows that the gateway was away.
        } finally {
            questions.release();
        }
    }

    /** Ends all connections at once. Later ones are made if the gateway permits them. */
    void cut() {
        current.forEach(ServiceConnection::cut);
    }

    /** Ends all connections for good, and waits for their receipts. May be called again. */
    @Override
    public void close() throws IOException {
        closed = true;
        for (SandboxSocket socket : listening.values()) {
            socket.close();
        }
        cut();
        long end = System.nanoTime() + RECORDING.toNanos();
        try {
            for (Thread thread : working) {
                thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // whoever waits is to go on; the connections have ended
        }
    }

    /** One connection, from the agent's to the service's. */
    private static final class ServiceConnection {

        private final SocketChannel agent;
        private final AtomicLong sent = new AtomicLong();
        private final AtomicLong received = new AtomicLong();
        private Optional<SocketChannel> host = Optional.empty();
        private boolean ended;

        ServiceConnection(SocketChannel agent) {
            this.agent = agent;
        }

        /** Returns a connection to {@code port} of this machine; empty if nothing listens there. */
        Optional<SocketChannel> connect(int port) throws IOException {
            for (String address : LOOPBACK) {
                SocketChannel tried = taken(SocketChannel.open());
                try {
                    SocketAddress at = new InetSocketAddress(address, port);
                    tried.socket().connect(at, CONNECT_MILLIS);
                    return Optional.of(tried);
                } catch (IOException e) {
                    tried.close();
                }
            }
            return Optional.empty();
        }

        private synchronized SocketChannel taken(SocketChannel channel) throws IOException {
            if (ended) {
                channel.close();
                throw new AsynchronousCloseException();
            }
            host = Optional.of(channel);
            return channel;
        }

        synchronized void cut() {
            ended = true;
            end(agent);
            host.ifPresent(ServiceConnection::end);
        }

        private static void end(SocketChannel channel) {
            try {
                channel.close();
            } catch (IOException e) {
                // It is closed for this process in any case.
            }
        }

        /** Copies in both directions until both have ended. */
        void copy(SocketChannel service) throws InterruptedException {
            Thread sending = Thread.ofVirtual().name("send").start(() -> copy(agent, service, sent));
            copy(service, agent, received);
            sending.join();
        }

        private void copy(SocketChannel from, SocketChannel to, AtomicLong count) {
            ByteBuffer piece = ByteBuffer.allocate(PIECE);
            try {
                while (from.read(piece) >= 0) {
                    piece.flip();
                    while (piece.hasRemaining()) {
                        count.addAndGet(to.write(piece));
                    }
                    piece.clear();
                }
                to.shutdownOutput();
            } catch (IOException e) {
                cut(); // one end is gone, or it was cut
            }
        }
    }
}
