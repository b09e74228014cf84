package dev.interlock.front.postgres;

import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** A listener and its sessions. Threading: one virtual thread accepts, and each session has one. */
final class SessionListener implements Closeable {

    private static final System.Logger LOG = System.getLogger(SessionListener.class.getName());

    private static final int MAX_SESSIONS = 1_000;

    /** Clients whose lease is not known yet. More wait in the kernel until these have entered, or their time is up. */
    private static final int MAX_GREETING = 64;

    /** Waits for clients. */
    interface Acceptor extends Closeable {

        /** Returns the next client, or nothing if it may not enter. */
        Optional<Socket> accept() throws IOException;

        /** Connects to it, as a client does. */
        Socket dial() throws IOException;
    }

    private final FrontParts parts;
    private final Acceptor acceptor;
    private final Optional<String> place;
    private final Semaphore greeting = new Semaphore(MAX_GREETING);
    private final Set<ClientSession> open = ConcurrentHashMap.newKeySet();
    private volatile boolean isClosed;

    /** {@code place}: the place of the agent whose own listener it is, if it is one's own. */
    SessionListener(FrontParts parts, Acceptor acceptor, Optional<String> place) {
        this.parts = parts;
        this.acceptor = acceptor;
        this.place = place;
    }

    void start() {
        Thread.ofVirtual().name("postgres-listener").start(this::accept);
    }

    Socket dial() throws IOException {
        return acceptor.dial();
    }

    private void accept() {
        while (!isClosed) {
            greeting.acquireUninterruptibly();
            boolean isPassedOn = false;
            try {
                Optional<Socket> socket = acceptor.accept();
                if (socket.isPresent()) {
                    isPassedOn = begin(socket.get());
                }
            } catch (IOException e) {
                if (!isClosed) {
                    LOG.log(System.Logger.Level.WARNING, "a client could not be accepted", e);
                }
            } finally {
                if (!isPassedOn) {
                    greeting.release();
                }
            }
        }
    }

    private boolean begin(Socket socket) throws IOException {
        if (open.size() >= MAX_SESSIONS) {
            socket.close();
            return false;
        }
        ClientSession session = new ClientSession(parts, socket, place, greeting::release);
        open.add(session);
        Thread.ofVirtual().name("postgres-session").start(() -> {
            try {
                session.run();
            } finally {
                open.remove(session);
            }
        });
        if (isClosed) {
            session.close();
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        isClosed = true;
        acceptor.close();
        open.forEach(ClientSession::close);
    }
}
