package dev.interlock.keys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests peers of the keys process's own socket, and its failures. */
@Timeout(300)
final class KeysListenerTest {

    /** The real socket, which fails on demand. */
    private static final class FaultySocket implements KeysListener.Socket {
        private final KeysListener.Socket socket;
        private final Semaphore accepts = new Semaphore(0);
        private final Semaphore peers = new Semaphore(0);

        private FaultySocket(KeysListener.Socket socket) {
            this.socket = socket;
        }

        @Override
        public SocketChannel accept() throws IOException {
            if (accepts.tryAcquire()) {
                throw new IOException("too many open files");
            }
            return socket.accept();
        }

        @Override
        public UserPrincipal peer(SocketChannel channel) throws IOException {
            if (peers.tryAcquire()) {
                throw new IllegalStateException("no such user");
            }
            return socket.peer(channel);
        }

        @Override
        public boolean isOpen() {
            return socket.isOpen();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @TempDir
    Path directory;

    private final TestingClock clock = new TestingClock();
    private final List<String> said = new CopyOnWriteArrayList<>();
    private FaultySocket socket;

    @BeforeEach
    void bind() throws IOException {
        socket = new FaultySocket(KeysListener.bind(directory.resolve("keys.sock")));
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
    }

    private void listen(UserPrincipal gateway) {
        KeysListener door =
                new KeysListener(socket, gateway, (_, out) -> out.write('!'), said::add, clock, Duration.ofMillis(1));
        Thread.ofPlatform().daemon().start(door::listen);
    }

    private UserPrincipal self() throws IOException {
        return Files.getOwner(directory);
    }

    /** Connects, and returns everything up to the end. */
    private String connectAndRead() throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(directory.resolve("keys.sock")));
            StringBuilder told = new StringBuilder();
            ByteBuffer one = ByteBuffer.allocate(1);
            while (channel.read(one.clear()) >= 0) {
                told.append((char) one.get(0));
            }
            return told.toString();
        }
    }

    @Test
    void aThousandKnocksOfAStrangerAreAFewLinesAndACount() throws Exception {
        listen(KeysMain.user("61301"));
        for (int i = 0; i < 1000; i++) {
            assertThat(connectAndRead()).isEmpty();
        }
        clock.pass(Duration.ofMinutes(1));
        assertThat(connectAndRead()).isEmpty();
        assertThat(said).hasSize(KeysListener.MAX_LINES + 1).allMatch(line -> line.contains("is not the gateway"));
        assertThat(said.getFirst()).contains("`" + self().getName() + "`");
        assertThat(said.getLast()).endsWith("; earlier occurrences: 980");
    }

    @Test
    void whatGoesWrongAtTheDoorKeepsNobodyOutForLong() throws Exception {
        socket.accepts.release(100);
        socket.peers.release();
        listen(self());
        assertThat(connectAndRead()).as("nobody can tell who it is").isEmpty();
        assertThat(connectAndRead()).isEqualTo("!");
        assertThat(said).hasSize(KeysListener.MAX_LINES);
        assertThat(said.getFirst()).isEqualTo("a connection could not be accepted: too many open files");
    }
}
