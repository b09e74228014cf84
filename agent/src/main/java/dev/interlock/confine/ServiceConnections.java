package dev.interlock.confine;

import dev.interlock.action.LocalService;
import dev.interlock.adminapi.LeaseQuestion;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
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
import java.util.stream.Collectors;

/**
 * The connections of one agent to services of its person's machine. This process makes them, with that person's rights.
 * The gateway permits and records each before it is made. Without its answer there is no connection.
 *
 * <p>Threading: a virtual thread for each service and each connection.
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

    private static final Duration CHECK_PAUSE = Duration.ofSeconds(1);
    private static final int CONNECT_MILLIS = 5_000;

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
                Thread.ofVirtual()
                        .name("accept-" + service.service())
                        .start(() -> ForwardedConnection.acceptEach(
                                socket.listener(), opened.room, agent -> opened.serve(service, agent)));
            }
            if (!services.isEmpty()) {
                Thread.ofVirtual().name("check-services").start(opened::checkPeriodically);
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

    private void serve(LocalService service, SocketChannel agent) {
        // Before the gateway is asked: what it has permitted may be cut before it is made.
        ServiceConnection connection = new ServiceConnection(service, new ForwardedConnection(agent));
        working.add(Thread.currentThread()); // before the question whether this is closed, which then waits for it
        current.add(connection);
        try {
            if (!closed) {
                serve(service, connection.forwarded());
            }
        } catch (IOException e) {
            // It is not made; the agent sees that by the end of its own connection.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does so
        } finally {
            connection.forwarded().cut();
            current.remove(connection);
            working.remove(Thread.currentThread());
        }
    }

    private void serve(LocalService service, ForwardedConnection connection) throws IOException, InterruptedException {
        String opened = permission(service);
        boolean reached = false;
        try {
            Optional<SocketChannel> host = connect(connection, service.port());
            reached = host.isPresent();
            if (reached) {
                connection.copy(host.get());
            }
        } finally {
            connection.cut();
            recordEnd(new LeaseQuestion.ClosedConnection(
                    place.lease(), service, opened, reached, connection.sent(), connection.received()));
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

    /** A new seal may have left out a service, whose connections then end. */
    private void checkPeriodically() {
        try {
            while (!closed) {
                Set<LocalService> used =
                        current.stream().map(ServiceConnection::service).collect(Collectors.toUnmodifiableSet());
                for (LocalService service : used) {
                    if (!isPermitted(service)) {
                        current.stream()
                                .filter(connection -> connection.service().equals(service))
                                .forEach(connection -> connection.forwarded().cut());
                    }
                }
                Thread.sleep(CHECK_PAUSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does so
        }
    }

    private boolean isPermitted(LocalService service) throws InterruptedException {
        questions.acquire();
        try {
            return places.permitsService(place, service);
        } catch (RuntimeException e) {
            return true; // unreadable counts as no answer
        } finally {
            questions.release();
        }
    }

    /** Ends all connections at once. Later ones are made if the gateway permits them. */
    void cut() {
        current.forEach(connection -> connection.forwarded().cut());
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

    /** Returns a connection to {@code port} of this machine; empty if nothing listens there. */
    private static Optional<SocketChannel> connect(ForwardedConnection connection, int port) throws IOException {
        for (String address : LOOPBACK) {
            SocketChannel tried = connection.take(SocketChannel.open());
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

    private record ServiceConnection(LocalService service, ForwardedConnection forwarded) {}
}
