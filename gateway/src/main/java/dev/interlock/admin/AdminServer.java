package dev.interlock.admin;

import dev.interlock.adminapi.AskedCommand;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import jdk.net.ExtendedSocketOptions;

/**
 * Listens on a Unix socket: one canonical JSON object a line in, one or more out.
 *
 * <p>A request is {@code {"arguments":{…},"command":"…"}}; an answer is {@code {"ok":true,"result":{…}}} or
 * {@code {"error":{"kind":…,"next":…,"reason":…},"ok":false}}.
 *
 * <p>Threading: one virtual thread accepts, and one for each connection talks.
 */
public final class AdminServer implements AutoCloseable {

    /** Maximum bytes of a line: a signed statement or a seal with its policies fits. */
    static final int MAX_LINE = 4 << 20;
    /** Maximum connections of entitled users: a runaway script must not exhaust the descriptors. */
    static final int MAX_CONNECTIONS = 64;
    /** Maximum connections of one user. One of them may be an agent's user, and must leave room for the others. */
    static final int MAX_OF_ONE = MAX_CONNECTIONS / 2;
    /** Maximum connections that hold a run, counted apart: they must not keep out people who want to end one. */
    static final int MAX_STAYING = 512;
    /** Maximum connections of users who are not entitled, counted apart: they must keep nobody else out. */
    static final int MAX_STRANGERS = 16;
    /** Maximum bytes that are read from a user who is not entitled: enough to name the command in a receipt. */
    static final int MAX_STRANGE_LINE = 64 << 10;
    /** The command in a receipt about a line that is no request. */
    static final String UNREADABLE = "unreadable";
    /** The command in a receipt about a connection beyond {@link #MAX_STRANGERS}. */
    static final String CROWD = "too-many-connections";
    /** The pause after a failure to accept: descriptors that ran out do not come back within microseconds. */
    static final Duration DEFAULT_PAUSE = Duration.ofMillis(100);
    /** The time that a running command gets to end before its connection is cut. */
    private static final Duration DEFAULT_GRACE = Duration.ofSeconds(2);

    private static final System.Logger LOG = System.getLogger(AdminServer.class.getName());

    /** The listening socket. A test replaces it by one that fails. */
    interface ListeningSocket {
        SocketChannel accept() throws IOException;

        UserPrincipal peer(SocketChannel channel) throws IOException;

        void close() throws IOException;
    }

    private record KernelDoor(ServerSocketChannel server) implements ListeningSocket {
        @Override
        public SocketChannel accept() throws IOException {
            return server.accept();
        }

        @Override
        public UserPrincipal peer(SocketChannel channel) throws IOException {
            return channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }

    private final ListeningSocket door;
    private final Path socket;
    private final CommandRunner commands;
    private final Semaphore connections = new Semaphore(MAX_CONNECTIONS);
    private final Map<UserPrincipal, Semaphore> ofEach;

    private final AtomicLong quietUntil = new AtomicLong(System.nanoTime());
    private final Semaphore staying = new Semaphore(MAX_STAYING);
    private final Semaphore strangers = new Semaphore(MAX_STRANGERS);
    private final Duration pause;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Map<Thread, SocketChannel> talks = new ConcurrentHashMap<>();
    private final Thread acceptor = Thread.ofVirtual().name("admin").unstarted(this::accept);

    AdminServer(
            ListeningSocket door, Path socket, Set<UserPrincipal> entitled, CommandRunner commands, Duration pause) {
        this.door = door;
        this.socket = socket;
        this.ofEach =
                entitled.stream().collect(Collectors.toUnmodifiableMap(user -> user, _ -> new Semaphore(MAX_OF_ONE)));
        this.commands = commands;
        this.pause = pause;
    }

    /** Binds {@code socket}, replacing what a dead daemon left there, and begins to answer. */
    public static AdminServer start(Path socket, Set<UserPrincipal> entitled, CommandRunner commands)
            throws IOException {
        Files.deleteIfExists(socket);
        ListeningSocket door = bind(socket);
        return new AdminServer(door, socket, entitled, commands, DEFAULT_PAUSE).start();
    }

    static ListeningSocket bind(Path socket) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        channel.bind(UnixDomainSocketAddress.of(socket));
        // Everybody may connect: a try by a user who is not entitled is refused below, and becomes a receipt.
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
        return new KernelDoor(channel);
    }

    AdminServer start() {
        acceptor.start();
        return this;
    }

    /** Accepts connections after every failure: while nobody can connect, nobody can end a lease. */
    private void accept() {
        while (!isClosing()) {
            try {
                SocketChannel channel = door.accept();
                admit(channel);
            } catch (IOException | RuntimeException e) {
                if (isClosing()) {
                    return;
                }
                LOG.log(System.Logger.Level.WARNING, "the admin socket could not accept a connection", e);
                rest();
            }
        }
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    /** Waits for the pause, or until the server is closed. */
    private void rest() {
        try {
            boolean _ = closing.await(pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void admit(SocketChannel channel) throws IOException {
        UserPrincipal user;
        try {
            user = door.peer(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        Optional<Semaphore> own = Optional.ofNullable(ofEach.get(user));
        boolean known = own.isPresent();
        Optional<ConnectionPermit> seat =
                ConnectionPermit.take(known ? List.of(own.get(), connections) : List.of(strangers));
        if (seat.isPresent()) {
            AdminConnection talk = new AdminConnection(channel, seat.get());
            start(talk, () -> {
                if (known) {
                    serve(user, talk);
                } else {
                    refuse(user, channel);
                }
            });
        } else {
            channel.close();
            if (known) {
                tellSentAway(user);
            } else {
                Thread.ofVirtual().name("admin-peer").start(() -> commands.refused(new Peer(user.getName()), CROWD));
            }
        }
    }

    /** Logs a connection that was refused for want of room, once a minute, so that a loop does not fill the log. */
    private void tellSentAway(UserPrincipal user) {
        long now = System.nanoTime();
        long until = quietUntil.get();
        if (now - until >= 0 && quietUntil.compareAndSet(until, now + TimeUnit.MINUTES.toNanos(1))) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the admin socket rejected user {0}: the connection limit of this user or of the socket is reached",
                    user.getName());
        }
    }

    /** A conversation with one peer, until it ends or breaks. */
    @FunctionalInterface
    private interface Conversation {
        void hold() throws IOException;
    }

    /** Thrown only by writing to a peer that reads no more, so that no failure of ours is taken for it. */
    private static final class PeerGoneException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private PeerGoneException(IOException cause) {
            super(cause);
        }
    }

    private record ConnectionPermit(List<Semaphore> places) {

        static Optional<ConnectionPermit> take(List<Semaphore> places) {
            for (int i = 0; i < places.size(); i++) {
                if (!places.get(i).tryAcquire()) {
                    places.subList(0, i).forEach(Semaphore::release);
                    return Optional.empty();
                }
            }
            return Optional.of(new ConnectionPermit(places));
        }

        void leave() {
            places.forEach(Semaphore::release);
        }
    }

    private final class AdminConnection implements ResultSink {

        private final SocketChannel channel;
        private final List<Runnable> endings = new ArrayList<>();
        private ConnectionPermit seat;
        private boolean stays;

        AdminConnection(SocketChannel channel, ConnectionPermit seat) {
            this.channel = channel;
            this.seat = seat;
        }

        @Override
        public void accept(Json.Members result) {
            write(
                    Channels.newOutputStream(channel),
                    Json.object().with("ok", true).with("result", result));
        }

        @Override
        public void onEnd(Runnable then) throws AdminRefusedException {
            if (!stays) {
                ConnectionPermit other = ConnectionPermit.take(List.of(staying))
                        .orElseThrow(() -> new AdminRefusedException(
                                "unavailable",
                                "There are " + MAX_STAYING + " runs already, which is the maximum.",
                                "Wait until one of them has ended."));
                seat.leave();
                seat = other;
                stays = true;
            }
            endings.add(then);
        }

        /** Frees the room, and runs the endings unless the gateway ends: then the peers come back to the next one. */
        void over() {
            seat.leave();
            if (!isClosing()) {
                endings.forEach(Runnable::run);
            }
        }
    }

    private void start(AdminConnection held, Conversation conversation) {
        Thread talk = Thread.ofVirtual().name("admin-peer").unstarted(() -> {
            try (SocketChannel _ = held.channel) {
                conversation.hold();
            } catch (IOException | PeerGoneException e) {
                LOG.log(System.Logger.Level.DEBUG, "an admin connection broke: {0}", e.getMessage());
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "an admin connection failed", e);
            } finally {
                talks.remove(Thread.currentThread());
                held.over();
            }
        });
        talks.put(talk, held.channel);
        talk.start();
    }

    private void serve(UserPrincipal user, AdminConnection talk) throws IOException {
        InputStream in = new BufferedInputStream(Channels.newInputStream(talk.channel));
        Peer peer = new Peer(user.getName());
        Optional<byte[]> line = line(in);
        while (line.isPresent()) {
            answer(peer, line.get(), talk);
            line = isClosing() ? Optional.empty() : line(in);
        }
    }

    private void answer(Peer peer, byte[] line, AdminConnection talk) {
        OutputStream out = Channels.newOutputStream(talk.channel);
        try {
            AskedCommand asked = RecordJson.read(AskedCommand.class, Json.readObject(line));
            commands.run(peer, asked.command(), asked.arguments(), talk);
        } catch (AdminRefusedException e) {
            write(out, failure(e.kind(), String.valueOf(e.getMessage()), e.next()));
        } catch (MalformedException e) {
            write(out, failure("malformed", "The request is invalid: " + e.getMessage() + ".", "See docs/admin.md."));
        } catch (PeerGoneException e) {
            throw e;
        } catch (RuntimeException e) {
            // The peer learns nothing of our internals; the log has them.
            LOG.log(System.Logger.Level.ERROR, "an administrative command failed", e);
            write(out, failure("unavailable", "The gateway failed to execute this command.", "See the daemon's log."));
        }
    }

    /** Refuses a user who is not entitled. Everything that they send becomes one refusal and one receipt. */
    private void refuse(UserPrincipal user, SocketChannel channel) throws IOException {
        Peer peer = new Peer(user.getName());
        byte[] line = strangeLine(new BufferedInputStream(Channels.newInputStream(channel)));
        if (line.length == 0) {
            return; // the peer sent nothing that could be refused
        }
        commands.refused(peer, commandIn(line));
        write(
                Channels.newOutputStream(channel),
                failure(
                        "not_entitled",
                        "The user `" + peer.user() + "` may not use the administrative socket.",
                        "Ask a person who administers this gateway."));
    }

    private static byte[] strangeLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int b = in.read();
        while (b >= 0 && b != '\n' && line.size() < MAX_STRANGE_LINE) {
            line.write(b);
            b = in.read();
        }
        if (b == '\n' && line.size() == 0) {
            line.write(b);
        }
        return line.toByteArray();
    }

    private static String commandIn(byte[] line) {
        try {
            return Json.readObject(line).text("command");
        } catch (MalformedException e) {
            return UNREADABLE;
        }
    }

    private static Json.Members failure(String kind, String reason, String next) {
        return Json.object()
                .with("ok", false)
                .with(
                        "error",
                        Json.object().with("kind", kind).with("reason", reason).with("next", next));
    }

    private static void write(OutputStream out, Json.Members answer) {
        try {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            line.writeBytes(answer.canonical());
            line.write('\n');
            out.write(line.toByteArray());
            out.flush();
        } catch (IOException e) {
            throw new PeerGoneException(e);
        }
    }

    private static Optional<byte[]> line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                return Optional.empty();
            }
            if (line.size() == MAX_LINE) {
                throw new IOException("a line is longer than " + MAX_LINE + " bytes");
            }
            line.write(b);
        }
        return Optional.of(line.toByteArray());
    }

    /** Accepts no more connections, reads no more requests, and gives running commands some time to end. */
    @Override
    public void close() throws IOException {
        closing.countDown();
        door.close();
        Files.deleteIfExists(socket);
        long end = System.nanoTime() + DEFAULT_GRACE.toNanos();
        try {
            acceptor.join(DEFAULT_GRACE); // every accepted connection is in `talks` then
            talks.values().forEach(AdminServer::hearNoMore);
            for (Thread talk : talks.keySet()) {
                talk.join(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (SocketChannel left : talks.values()) {
            left.close();
        }
    }

    /** Ends the reading of an idle peer at once; the answer to a running command can still be written. */
    private static void hearNoMore(SocketChannel channel) {
        try {
            channel.shutdownInput();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "an admin peer went away: {0}", e.getMessage());
        }
    }
}
