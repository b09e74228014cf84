package dev.interlock.front.postgres;

import dev.interlock.action.Attempt;
import dev.interlock.action.Attempt.PresentedCredential;
import dev.interlock.action.Call;
import dev.interlock.action.Header;
import dev.interlock.action.Impact;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.gate.Credential;
import dev.interlock.gate.DryRun;
import dev.interlock.gate.InFlightCall;
import dev.interlock.gate.LocalUpstream;
import dev.interlock.gate.NotSentException;
import dev.interlock.gate.Outcome;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client, from its greeting to its end. Threading: one virtual thread, and one for what the server
 * says.
 */
final class ClientSession implements Runnable, Closeable {

    private static final System.Logger LOG = System.getLogger(ClientSession.class.getName());

    /** A client that takes longer to greet, and to show its lease, is cut. */
    private static final Duration GREETING = Duration.ofSeconds(15);

    /** Where a client carries its lease. */
    static final String CARRIER = "password";

    private static final int TLS_HANDSHAKE = 0x16;
    private static final int MAX_PASSWORD = 4_096;

    private final FrontParts parts;
    private final Socket socket;
    private final Optional<String> place;
    private final AtomicReference<Runnable> greeted;
    private final Set<ServerConnection> servers = ConcurrentHashMap.newKeySet();
    private volatile boolean isClosed;
    private volatile @Nullable Wire client;

    /**
     * Creates it.
     *
     * @param place the place whose own listener the client came to, if it did
     * @param greeted is told once when the client's lease is known, or the client is gone
     */
    ClientSession(FrontParts parts, Socket socket, Optional<String> place, Runnable greeted) {
        this.parts = parts;
        this.socket = socket;
        this.place = place;
        this.greeted = new AtomicReference<>(greeted);
    }

    @Override
    public void run() {
        Thread deadline = Wire.closeAfter(GREETING, this);
        try {
            socket.setTcpNoDelay(true);
            greet(deadline);
        } catch (ProtocolException e) {
            say(Answers.fatal(Answers.PROTOCOL, Objects.requireNonNullElse(e.getMessage(), ""), ""));
        } catch (IOException _) {
            // the client has gone
        } catch (RuntimeException | StackOverflowError e) {
            LOG.log(System.Logger.Level.ERROR, "a session ended by an internal failure", e);
            say(Answers.fatal(Answers.UNAVAILABLE, "Interlock failed, and nothing was sent", ""));
        } finally {
            deadline.interrupt();
            markGreeted();
            close();
        }
    }

    private void markGreeted() {
        greeted.getAndSet(() -> {}).run();
    }

    private void say(Message last) {
        Wire open = client;
        try {
            if (open != null) {
                open.send(last);
            }
        } catch (IOException _) {
            // it is gone
        }
    }

    private void greet(Thread deadline) throws IOException {
        byte[] first = {(byte) peek()};
        boolean isDirect =
                place.isEmpty() && first[0] == TLS_HANDSHAKE; // without asking first, as clients of PostgreSQL 17 may
        Socket current = isDirect ? direct(first) : socket;
        Wire wire = isDirect ? new Wire(current) : new Wire(socket, first);
        client = wire;
        while (true) {
            switch (StartupPacket.read(wire.in())) {
                case StartupPacket.Encryption(boolean isTls) -> {
                    boolean takes = isTls && place.isEmpty() && parts.hasTls() && !(current instanceof SSLSocket);
                    if (takes && !wire.isDrained()) {
                        throw new ProtocolException("something was sent ahead of the encryption");
                    }
                    wire.write(new byte[] {(byte) (takes ? 'S' : 'N')}, 1);
                    wire.flush();
                    if (takes) {
                        current = parts.encrypted(socket, new byte[0]);
                        wire = new Wire(current);
                        client = wire;
                    }
                }
                case StartupPacket.Cancel(var key) -> {
                    parts.cancel(key);
                    return;
                }
                case StartupPacket.Greeting greeting -> {
                    enter(wire, current instanceof SSLSocket, greeting, deadline);
                    return;
                }
            }
        }
    }

    /** Whoever does not ask first must name the protocol, so that no page of a browser can speak to this port. */
    private SSLSocket direct(byte[] first) throws IOException {
        SSLSocket secured = parts.encrypted(socket, first);
        if (!ClientTls.ALPN.equals(secured.getApplicationProtocol())) {
            throw new ProtocolException("a client that does not ask for encryption first must name `postgresql`");
        }
        return secured;
    }

    private int peek() throws IOException {
        InputStream in = socket.getInputStream();
        int first = in.read();
        if (first < 0) {
            throw new ProtocolException("the connection ended");
        }
        return first;
    }

    private boolean isNear() {
        if (place.isPresent()) {
            return true;
        }
        InetAddress peer = ((InetSocketAddress) socket.getRemoteSocketAddress()).getAddress();
        return peer.isLoopbackAddress() || peer.equals(socket.getLocalAddress());
    }

    private void enter(Wire wire, boolean isEncrypted, StartupPacket.Greeting greeting, Thread deadline)
            throws IOException {
        if (!isEncrypted && !isNear()) {
            throw new ProtocolException(
                    "a lease is taken in plain text on this machine alone; use `sslmode=verify-full`");
        }
        if (greeting.isNegotiated()) {
            Message.Builder newest = Message.of('v')
                    .int32(StartupPacket.NEWEST)
                    .int32(greeting.refused().size());
            greeting.refused().forEach(newest::text);
            wire.write(newest.build());
        }
        Seal.Upstream upstream = parts.upstream(greeting.database());
        wire.send(Message.of('R').int32(3).build());
        Message answer = wire.read(MAX_PASSWORD);
        if (answer.type() != 'p') {
            throw new ProtocolException("a password was expected: the lease");
        }
        deadline.interrupt();
        String password = answer.reader().text();
        List<PresentedCredential> lease =
                password.isEmpty() ? List.of() : List.of(new PresentedCredential(CARRIER, new Secret(password)));
        if (greeting.mark()
                .filter(mark -> parts.marks().redeem(List.of(mark.<String>use(text -> text))))
                .isPresent()) {
            wire.send(
                    switch (new Opening(parts, upstream, lease, place).askProbe()) {
                        case Outcome.Refused<String> refused -> Answers.probed(refused.refusal(), refused.receipt());
                        case Outcome.Held<String> held -> Answers.probed(held.refusal(), held.receipt());
                        case Outcome.Forwarded<String> _, Outcome.DryRunOutcome<String> _ ->
                            Message.of('R').int32(0).build();
                    });
            return;
        }
        connect(wire, upstream, lease, greeting);
    }

    /**
     * Opening a session is a call by itself: it reads, and needs the credential for reading. A lease that may change
     * nothing gets a session in which the server itself refuses writes; one that may write without asking gets the role
     * for it, if that is another one.
     */
    private void connect(
            Wire wire, Seal.Upstream upstream, List<PresentedCredential> lease, StartupPacket.Greeting greeting)
            throws IOException {
        Opening opening = new Opening(parts, upstream, lease, place);
        Dialler dialler = new Dialler(opening, greeting.settings());
        switch (parts.gate().handle(opening.attempt(Impact.READ, false), dialler)) {
            case Outcome.Forwarded<Dialler.Dialled> forwarded -> {
                try (InFlightCall open = forwarded.flight()) { // so that a kill ends the session, whatever it does
                    open.leavePlace();
                    serve(wire, upstream, lease, forwarded.answer(), greeting.minor());
                }
            }
            case Outcome.Refused<Dialler.Dialled> refused ->
                wire.send(Answers.fatal(
                        Answers.WRONG_PASSWORD,
                        refused.refusal().reason(),
                        refused.refusal().next()));
            case Outcome.Held<Dialler.Dialled> held ->
                wire.send(Answers.fatal(Answers.HELD, "confirmation required", "interlock hold show " + held.hold()));
            case Outcome.DryRunOutcome<Dialler.Dialled> _ -> throw new IllegalStateException("nobody asked");
        }
    }

    private void serve(
            Wire wire, Seal.Upstream upstream, List<PresentedCredential> lease, Dialler.Dialled dialled, int minor)
            throws IOException {
        ServerConnection open = dialled.connection();
        markGreeted();
        StartupPacket.CancelKey key = parts.register(this, minor);
        try {
            wire.write(Message.of('R').int32(0).build());
            for (Message parameter : open.parameters()) {
                wire.write(parameter);
            }
            wire.write(Message.of('K')
                    .int32(key.process())
                    .bytes(HexFormat.of().parseHex(key.secret()))
                    .build());
            wire.send(Answers.ready('I'));
            ServerPump pump = new ServerPump(open.wire(), wire);
            Thread.ofVirtual().name("postgres-answers").start(() -> {
                pump.run();
                close(); // the client sees the end at once, and not at its next statement
            });
            UpstreamSession session = new UpstreamSession(upstream.address(), dialled.credentials(), pump, this::cut);
            try (MessageMemory.Share room = parts.messages().share()) {
                new StatementPhase(
                                wire,
                                open,
                                pump,
                                parts.reader(),
                                room,
                                parts.gate(),
                                session,
                                new OtherRole((role, own) -> dial(open.server(), role, own), dialled.settings()),
                                new Catalogs(pump, () -> dial(open.server(), dialled.role(), dialled.settings())),
                                call -> new Attempt(upstream.name(), lease, place, call, parts.now()),
                                new Opening(parts, upstream, lease, place)::mayStillRead)
                        .run();
            } finally {
                session.ended(false);
            }
        } finally {
            parts.unregister(key);
        }
    }

    /** Opens a connection that is cancelled and closed with this session. */
    private ServerConnection dial(ServerAddress address, ServerConnection.Role role, Map<String, String> settings)
            throws IOException {
        servers.removeIf(each -> each.wire().socket().isClosed());
        ServerConnection open = ServerConnection.open(address, role, settings, parts.random());
        servers.add(open);
        if (isClosed) {
            open.close();
            throw new IOException("the session has ended");
        }
        return open;
    }

    /** Cancels what runs at the server. */
    void cancel() {
        for (ServerConnection open : servers) {
            try {
                open.cancel();
            } catch (IOException _) {
                // as with a server: nobody learns whether it came in time
            }
        }
    }

    /** Ends it. The server would not notice before its statement is done, so that is cancelled too. */
    private void cut() {
        close();
        Thread.ofVirtual().name("postgres-cancel").start(this::cancel);
    }

    @Override
    public void close() {
        isClosed = true;
        for (Closeable open : Stream.concat(Stream.of(socket), servers.stream()).toList()) {
            try {
                open.close();
            } catch (IOException _) {
                // it is closed
            }
        }
    }

    private final class Dialler implements LocalUpstream<Dialler.Dialled> {

        /** A session with its settings, and the credentials that the gate has opened for it. */
        record Dialled(
                ServerConnection connection,
                ServerConnection.Role role,
                Map<String, String> settings,
                Set<String> credentials) {
            @Override
            public String toString() {
                return "session";
            }
        }

        private final Opening opening;
        private final Map<String, String> settings;

        private Dialler(Opening opening, Map<String, String> settings) {
            this.opening = opening;
            this.settings = new TreeMap<>(settings);
        }

        /** {@inheritDoc} Asks first what the lease may do: here it is known to be good. */
        @Override
        public Dialled forward(Call outgoing, Credential credential) throws IOException {
            Seal.Upstream upstream = opening.upstream();
            String secret = credential
                    .headerFor(upstream.address())
                    .map(Header::value)
                    .orElseThrow(() -> new NotSentException("the upstream has no credential"));
            DryRun.Prediction writes = opening.prediction(Impact.WRITE);
            if (writes == DryRun.Prediction.REFUSE && opening.prediction(Impact.DESTROY) == DryRun.Prediction.REFUSE) {
                settings.put("default_transaction_read_only", "on");
            }
            Optional<String> writing = writes == DryRun.Prediction.PERMIT && opening.hasRoleForWriting()
                    ? opening.roleForWriting()
                    : Optional.empty();
            try {
                ServerConnection.Role role = ServerConnection.Role.read(writing.orElse(secret));
                ServerAddress address = new ServerAddress(
                        upstream.address(), parts.upstreamTls().trusting(upstream.ca()));
                return new Dialled(
                        dial(address, role, settings),
                        role,
                        settings,
                        Stream.concat(Stream.of(secret), writing.stream()).collect(Collectors.toSet()));
            } catch (IOException e) {
                throw new NotSentException("the database cannot be reached: " + e.getMessage(), e);
            }
        }

        @Override
        public void cut() {
            ClientSession.this.cut();
        }
    }
}
