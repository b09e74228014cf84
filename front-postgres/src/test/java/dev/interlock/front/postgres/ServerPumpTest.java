package dev.interlock.front.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerPumpTest {

    private static final int LONG = 1 << 20;

    /** A session runs any number of known statements, and each guard answers anew. */
    @Test
    void answersOfGuardsDoNotAddUp() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 2, InetAddress.getLoopbackAddress());
                Socket server = connect(listener);
                Wire database = new Wire(listener.accept());
                Socket client = connect(listener);
                Wire own = new Wire(listener.accept())) {
            ServerPump pump = new ServerPump(new Wire(server), new Wire(client));
            Thread.ofVirtual().start(pump);
            for (int i = 0; i <= Batch.MAX_BYTES / LONG; i++) {
                pump.beginGuarded(List.of());
                database.write(Message.of('D').bytes(new byte[LONG]).build());
                database.write(Message.of('3').build());
                database.send(Message.of('Z').int8('I').build());
                assertThat(pump.holds()).isTrue();
                assertThat(pump.await()).isEqualTo(ServerPump.Turn.CLIENT);
            }
            assertThat(own.read(LONG).type()).isEqualTo('Z');
        }
    }

    private static Socket connect(ServerSocket listener) throws IOException {
        return new Socket(listener.getInetAddress(), listener.getLocalPort());
    }
}
