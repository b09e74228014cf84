package dev.interlock.confine;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The ports of one agent that people open at this machine's loopback.
 *
 * <p>This process listens there. For each connection it asks the start inside for one to the agent's server, which
 * comes by a socket of this process. So this process connects to nothing: whatever the agent does, nobody gets further
 * than into its own sandbox.
 *
 * <p>Threading: a virtual thread for each listener and each connection, and one that looks at which usual ports the
 * agent listens.
 */
final class PublishedPorts implements AutoCloseable {

    /** Names the ports to the agent, and tells the start to serve them. */
    static final String VARIABLE = "INTERLOCK_PUBLISHED";

    /** Where the start is asked. Each port has its own socket, by its number. */
    private static final String REQUESTS = "0";

    /** The time for the start inside to connect. */
    private static final Duration ARRIVAL = Duration.ofSeconds(10);

    private static final Duration LOOK_PAUSE = Duration.ofMillis(500);

    /** For whoever still sends while it is told that nothing is there. */
    private static final int FAREWELL_MILLIS = 1_000;

    private static final List<String> LOOPBACK = List.of("127.0.0.1", "::1");

    private final Map<PublishedPort, List<ServerSocketChannel>> listening = new ConcurrentHashMap<>();
    private final Map<String, SandboxSocket> sockets = new TreeMap<>();
    private final Map<Integer, SynchronousQueue<SocketChannel>> arrivals = new ConcurrentHashMap<>();
    private final Set<ForwardedConnection> current = ConcurrentHashMap.newKeySet();
    private final Semaphore room = new Semaphore(ServiceConnections.MOST);
    private final Set<String> published = new TreeSet<>();
    private volatile Supplier<ListeningPorts> agent = () -> ListeningPorts.NONE;
    private volatile Optional<SocketChannel> requests = Optional.empty();
    private volatile List<PublishedPort> usual = List.of();
    private volatile boolean closed;

    private PublishedPorts() {}

    /** @throws SandboxException if one of {@code named} is in use */
    static PublishedPorts open(List<PublishedPort> named) throws IOException, SandboxException {
        PublishedPorts opened = new PublishedPorts();
        try {
            for (PublishedPort port : named) {
                opened.listen(port);
            }
            return opened;
        } catch (BindException e) {
            opened.close();
            throw SandboxException.ofOrder(
                    "A port to publish cannot be opened: " + e.getMessage() + ".",
                    "End what listens there, or publish at another, as `--publish 3001:3000`.");
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private synchronized void listen(PublishedPort port) throws IOException {
        List<ServerSocketChannel> listeners = new ArrayList<>();
        try {
            for (String address : LOOPBACK) {
                InetAddress loopback = InetAddress.getByName(address);
                if (NetworkInterface.getByInetAddress(loopback) != null) { // not every machine has the second
                    ServerSocketChannel listener = ServerSocketChannel.open();
                    listeners.add(listener);
                    listener.bind(new InetSocketAddress(loopback, port.outside()));
                }
            }
        } catch (IOException e) {
            close(listeners);
            throw e instanceof BindException
                    ? new BindException("port " + port.outside() + " of this machine is in use")
                    : e;
        }
        listening.put(port, listeners);
        published.add("127.0.0.1:" + port.outside()
                + (port.outside() == port.inside() ? "" : " (port " + port.inside() + " inside)"));
        listeners.forEach(listener -> Thread.ofVirtual()
                .name("publish-" + port)
                .start(() -> ForwardedConnection.acceptEach(listener, room, person -> serve(port, person))));
    }

    /** Returns what was published so far, as people open it. */
    synchronized List<String> published() {
        return List.copyOf(published);
    }

    /** Returns what people are told before the agent starts. */
    synchronized List<String> announced() {
        List<String> announced = new ArrayList<>(published);
        if (!usual.isEmpty()) {
            announced.add(
                    "127.0.0.1:" + usual.stream().map(PublishedPort::toString).collect(Collectors.joining(", "))
                            + ", while the agent has a server there");
        }
        return announced;
    }

    /** Returns the ports as the agent is told of them, with those that it may open. */
    synchronized String written() {
        return Stream.concat(listening.keySet().stream(), usual.stream())
                .map(PublishedPort::toString)
                .distinct()
                .collect(Collectors.joining(" "));
    }

    /**
     * Returns the sockets that this needs inside, by their names.
     *
     * @param more ports that are published while the agent listens there
     */
    Map<String, Path> createSockets(Path scratch, int uid, List<PublishedPort> more)
            throws IOException, SandboxException {
        usual = List.copyOf(more);
        Set<Integer> inside = new TreeSet<>();
        listening.keySet().forEach(port -> inside.add(port.inside()));
        usual.forEach(port -> inside.add(port.inside()));
        if (!inside.isEmpty()) {
            SandboxSocket asked = SandboxSocket.create(scratch, uid);
            sockets.put(REQUESTS, asked);
            Thread.ofVirtual().name("await-start").start(() -> acceptRequests(asked.listener()));
        }
        for (int port : inside) {
            SandboxSocket socket = SandboxSocket.create(scratch, uid);
            sockets.put(Integer.toString(port), socket);
            Thread.ofVirtual().name("arrive-" + port).start(() -> acceptArrivals(port, socket.listener()));
        }
        Map<String, Path> paths = new TreeMap<>();
        sockets.forEach((name, socket) -> paths.put(name, socket.path()));
        return paths;
    }

    /** The first is the start's. An agent that comes first only keeps people from its own servers. */
    private void acceptRequests(ServerSocketChannel listener) {
        try {
            requests = Optional.of(listener.accept());
        } catch (IOException e) {
            // The run is over.
        }
    }

    private void acceptArrivals(int port, ServerSocketChannel listener) {
        try {
            while (true) {
                SocketChannel arrived = listener.accept();
                if (!arrivals(port).offer(arrived, LOOK_PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
                    arrived.close(); // nobody asked for it
                }
            }
        } catch (IOException e) {
            // The run is over.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does so
        }
    }

    private SynchronousQueue<SocketChannel> arrivals(int port) {
        return arrivals.computeIfAbsent(port, _ -> new SynchronousQueue<>());
    }

    /** Serves them from now on, by what {@code sandbox} listens at. */
    void serve(RunningSandbox sandbox) {
        agent = sandbox::listeningPorts;
        if (!usual.isEmpty()) {
            Thread.ofVirtual().name("watch-ports").start(this::watch);
        }
    }

    private void watch() {
        try {
            while (!closed) {
                ListeningPorts now = agent.get();
                for (PublishedPort port : usual) {
                    follow(port, now.address(port.inside()).isPresent());
                }
                Thread.sleep(LOOK_PAUSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does so
        }
    }

    private synchronized void follow(PublishedPort port, boolean listens) {
        try {
            if (listens && !closed && !listening.containsKey(port)) {
                listen(port);
            } else if (!listens && listening.containsKey(port)) {
                close(listening.remove(port)); // it is free again for whoever wants it
            }
        } catch (IOException e) {
            // Somebody else's server is there. It stays, and the port may become free.
        }
    }

    private void serve(PublishedPort port, SocketChannel person) {
        ForwardedConnection connection = new ForwardedConnection(person);
        current.add(connection);
        try {
            Optional<SocketChannel> server = closed ? Optional.empty() : reach(port);
            if (server.isPresent()) {
                connection.copy(connection.take(server.get()));
            } else {
                answerAbsence(port, person);
            }
        } catch (IOException e) {
            // The person's own end is gone.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does so
        } finally {
            connection.cut();
            current.remove(connection);
        }
    }

    private Optional<SocketChannel> reach(PublishedPort port) throws InterruptedException {
        Optional<String> address = agent.get().address(port.inside());
        if (address.isEmpty() || requests.isEmpty()) {
            return Optional.empty();
        }
        try {
            request(requests.get(), port.inside() + " TCP:" + address.get() + ":" + port.inside() + "\n");
        } catch (IOException e) {
            return Optional.empty(); // the agent has ended what it asks
        }
        return Optional.ofNullable(arrivals(port.inside()).poll(ARRIVAL.toMillis(), TimeUnit.MILLISECONDS));
    }

    private static void request(SocketChannel start, String line) throws IOException {
        synchronized (start) {
            write(start, line);
        }
    }

    private static void answerAbsence(PublishedPort port, SocketChannel person) throws IOException {
        String text = "Interlock: the agent has no server at port " + port.inside()
                + " of its sandbox now. Load this again when it has one.\n";
        write(
                person,
                "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: " + text.length()
                        + "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n" + text);
        person.shutdownOutput();
        // What was not read when it is closed would take the answer from whoever sent it.
        person.socket().setSoTimeout(FAREWELL_MILLIS);
        person.socket().getInputStream().readNBytes(1 << 16);
    }

    private static void write(SocketChannel channel, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static void close(List<ServerSocketChannel> listeners) {
        for (ServerSocketChannel listener : listeners) {
            try {
                listener.close();
            } catch (IOException e) {
                // It is closed for this process in any case.
            }
        }
    }

    /** Ends all for good. May be called again. */
    @Override
    public synchronized void close() throws IOException {
        closed = true;
        listening.values().forEach(PublishedPorts::close);
        current.forEach(ForwardedConnection::cut);
        for (SandboxSocket socket : sockets.values()) {
            socket.close();
        }
        if (requests.isPresent()) {
            requests.get().close();
        }
    }
}
