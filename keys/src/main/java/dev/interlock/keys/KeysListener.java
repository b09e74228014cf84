package dev.interlock.keys;

import dev.interlock.action.RefusalCounters;
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
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;
import jdk.net.ExtendedSocketOptions;

/**
 * The socket of a keys process that has a user of its own: anybody may knock, and nobody but the gateway is heard.
 *
 * <p>Threading: one thread listens, and one for each line talks.
 */
final class KeysListener {

    /** Of one user within a minute: enough to see who knocks, and nothing to fill a disk with. */
    static final int MAX_LINES = 20;

    /** Descriptors that ran out come back, but not within microseconds: until then nothing spins. */
    static final Duration DEFAULT_PAUSE = Duration.ofMillis(100);

    /** Of whom it is said that nobody could be let in; no user is called so. */
    private static final String NOBODY = "";

    /** The socket as the kernel gives it, or as a test lets it fail. */
    interface Socket extends AutoCloseable {
        SocketChannel accept() throws IOException;

        UserPrincipal peer(SocketChannel channel) throws IOException;

        boolean isOpen();

        @Override
        void close() throws IOException;
    }

    /** What is talked about with the gateway, until that ends or breaks. */
    @FunctionalInterface
    interface Conversation {
        void hold(InputStream in, OutputStream out) throws IOException;
    }

    private record KernelSocket(ServerSocketChannel server) implements Socket {
        @Override
        public SocketChannel accept() throws IOException {
            return server.accept();
        }

        @Override
        public UserPrincipal peer(SocketChannel channel) throws IOException {
            return channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
        }

        @Override
        public boolean isOpen() {
            return server.isOpen();
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }

    private final Socket socket;
    private final UserPrincipal gateway;
    private final Conversation conversation;
    private final Consumer<String> log;
    private final RefusalCounters tallies;
    private final Duration pause;

    /**
     * Listens nowhere yet.
     *
     * @param gateway who is heard
     * @param log takes what happens, a line each, and no more of them than may fill a disk
     */
    KeysListener(
            Socket socket,
            UserPrincipal gateway,
            Conversation conversation,
            Consumer<String> log,
            InstantSource clock,
            Duration pause) {
        this.socket = socket;
        this.gateway = gateway;
        this.conversation = conversation;
        this.log = log;
        this.tallies = new RefusalCounters(clock, MAX_LINES);
        this.pause = pause;
    }

    /** Binds {@code path}, replacing what a dead process left there. */
    static Socket bind(Path path) throws IOException {
        Files.deleteIfExists(path);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        // Everyone may knock; the kernel says who it is.
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
        return new KernelSocket(server);
    }

    /** Goes on whatever happens, until the socket is closed: without its keys a gateway refuses everything. */
    void listen() {
        while (socket.isOpen()) {
            try {
                admit(socket.accept());
            } catch (IOException | RuntimeException e) {
                if (socket.isOpen()) {
                    tell(NOBODY, "a connection could not be accepted: " + e.getMessage());
                    rest();
                }
            }
        }
    }

    private void rest() {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // the next accept closes the socket then
        }
    }

    private void admit(SocketChannel channel) throws IOException {
        UserPrincipal peer;
        try {
            peer = socket.peer(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        if (!peer.equals(gateway)) {
            try (channel) {
                tell(peer.getName(), "`" + peer.getName() + "` is not the gateway, so its connection was closed");
            }
            return;
        }
        Thread.ofVirtual().name("gateway").start(() -> {
            try (channel) {
                conversation.hold(Channels.newInputStream(channel), Channels.newOutputStream(channel));
            } catch (IOException e) {
                tell(peer.getName(), "the connection to the gateway broke: " + e.getMessage());
            }
        });
    }

    private void tell(String of, String what) {
        Optional<RefusalCounters.Counted> untold = tallies.admit(of);
        if (untold.isPresent()) {
            long times = untold.get().number();
            log.accept(times == 0 ? what : what + "; it happened " + times + " times before");
        }
    }
}
