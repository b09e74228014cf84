package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests connections whose one end is done before the other. */
@Timeout(60)
final class ForwardedConnectionTest {

    private ServerSocketChannel listener;
    private SocketChannel client;
    private SocketChannel first;
    private SocketChannel second;
    private SocketChannel server;

    @BeforeEach
    void open() throws IOException {
        listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
        client = SocketChannel.open(listener.getLocalAddress());
        first = listener.accept();
        second = SocketChannel.open(listener.getLocalAddress());
        server = listener.accept();
    }

    @AfterEach
    void close() throws IOException {
        for (SocketChannel one : List.of(client, first, second, server)) {
            one.close();
        }
        listener.close();
    }

    private Thread forwarding(Duration silence) {
        ForwardedConnection connection = new ForwardedConnection(first, silence);
        return Thread.ofVirtual().start(() -> {
            try {
                connection.copy(connection.take(second));
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** The server takes no notice, and never ends its own direction. */
    @Test
    void aHalfClosedConnectionEndsAfterSilence() throws Exception {
        Thread forwarding = forwarding(Duration.ofMillis(50));
        client.shutdownOutput();
        forwarding.join();
        assertThat(server.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }

    @Test
    void anAnswerAfterTheRequestsEndArrives() throws Exception {
        Thread forwarding = forwarding(Duration.ofSeconds(50));
        client.shutdownOutput();
        assertThat(server.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        server.write(ByteBuffer.wrap(new byte[] {7}));
        server.close();
        ByteBuffer answer = ByteBuffer.allocate(2);
        assertThat(client.read(answer)).isEqualTo(1);
        assertThat(answer.get(0)).isEqualTo((byte) 7);
        forwarding.join();
    }
}
