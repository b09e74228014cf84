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
 * The socket of a keys process that has a user of its own. Anybody may connect, and only the gateway's user is
 * answered. Threading: one thread accepts, and each connection has one.
 */
final class KeysListener {

    /** Maximum log lines about one user within a minute: enough to see who connects, and too few to fill a disk. */
    static final int MAX_LINES = 20;

    /** Exhausted descriptors come back, but not within microseconds; the loop must not spin. */
    static final Duration DEFAULT_PAUSE = Duration.ofMillis(100);

    private static final String NOBODY = ""; // the name under which failures to accept are counted; no user has it

    /** The kernel's socket, or one that a test lets fail. */
    interface Socket extends AutoCloseable {
        SocketChannel accept() throws IOException;

        UserPrincipal peer(SocketChannel channel) throws IOException;

        boolean isOpen();

        @Override
        void close() throws IOException;
    }

    @FunctionalInterface
    interface KeysConversation {
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
    private final KeysConversation conversation;
    private final Consumer<String> log;
    private final RefusalCounters tallies;
    private final Duration pause;

    /** Answers only the user {@code gateway}; {@code log} receives lines, few enough that they fill no disk. */
    KeysListener(
            Socket socket,
            UserPrincipal gateway,
            KeysConversation conversation,
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

    static Socket bind(Path path) throws IOException {
        Files.deleteIfExists(path);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        // Everyone may connect; the kernel tells which user it is.
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
        return new KernelSocket(server);
    }

    /** Accepts connections until it is closed, in spite of any failure: without keys a gateway refuses all. */
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
        Optional<RefusalCounters.CountedRefusals> untold = tallies.admit(of);
        if (untold.isPresent()) {
            long times = untold.get().number();
            log.accept(times == 0 ? what : what + "; earlier occurrences: " + times);
        }
    }
}
